import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib';
import type { ReadyContent } from './ready.ts';

// The bytes are those of PKWARE's APPNOTE.TXT 6.3.10; numbers in brackets are its sections.

/** What is deflated at a time. */
const BLOCK_BYTES = 1 << 20;
/** How far back deflate looks (RFC 1951 section 2): each block is given the end of the one before. */
const WINDOW_BYTES = 1 << 15;
/** Enough to keep every core busy while a finished block is written. */
const BLOCKS_IN_FLIGHT = availableParallelism() + 1;
/** Up to this, an entry's bytes wait in memory until its header can be written before them. */
const HELD_BYTES = 8 << 20;
/** What is gathered before it goes to the disk. */
const PENDING_BYTES = 1 << 20;
/** Below this, a trip to the thread pool takes longer than the work. */
const SMALL_BYTES = 1 << 15;

/** The largest number that a field of four bytes holds stands for "see the zip64 extra field" [4.4.1.4]. */
const MAX_4_BYTES = 0xffffffff;
const MAX_2_BYTES = 0xffff;

/** Files that deflate makes no smaller. */
const COMPRESSED = new Set(
  '.7z .br .bz2 .docx .gz .jp2 .jpeg .jpg .kmz .mp4 .ods .odt .parquet .png .tif .tiff .webp .xlsx .xz .zip .zst'.split(' '),
);

/** What an entry became. */
export interface ZipEntry {
  name: string;
  /** Bytes of the content, uncompressed. */
  size: number;
  /** Of the content, uncompressed; lower-case hexadecimal. */
  sha256: string;
}

export interface ZipOptions {
  /** Ends the writing; what is being added then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called with the number of bytes of content read since the last call. */
  onRead?: (bytes: number) => void;
  /** Called once for every byte of the zip, when it is in the file as it stays: so many bytes from a position on, in no order. */
  onWritten?: (position: number, bytes: number) => void;
  /** From this size or offset on, zip64 fields are used. Lower than the format's own only to test them. */
  zip64From?: number;
}

/** The fields of an entry that its local and its central header share. */
interface Header {
  name: Buffer;
  flags: number;
  method: 0 | 8;
  modified: Date;
  crc: number;
  compressedSize: number;
  size: number;
  /** Whether the sizes are in the zip64 extra field. */
  zip64: boolean;
}

/**
 * Writes one zip file, entry after entry, in bounded memory. The same entries give the same bytes. Local headers hold the sizes
 * and the CRC, so that readers that go through the file from its start need no data descriptors [4.3.9].
 */
export class ZipWriter {
  readonly #file: FileHandle;
  readonly #signal: AbortSignal | undefined;
  readonly #onRead: (bytes: number) => void;
  readonly #onWritten: (position: number, bytes: number) => void;
  readonly #zip64From: number;
  readonly #hash: Hash = createHash('sha256');
  readonly #names = new Set<string>();
  readonly #central: Buffer[] = [];
  /** Bytes of the zip so far, with those pending. */
  #size = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** The write that goes on while more is gathered. */
  #writing: Promise<void> = Promise.resolve();

  /** @param file empty, open for reading and writing; the caller closes it. */
  constructor(file: FileHandle, options: ZipOptions = {}) {
    this.#file = file;
    this.#signal = options.signal;
    this.#onRead = options.onRead ?? (() => {});
    this.#onWritten = options.onWritten ?? (() => {});
    this.#zip64From = options.zip64From ?? MAX_4_BYTES;
  }

  /**
   * Adds a file, deflated unless its extension says that it is compressed already.
   * @param name relative, with `/`.
   * @param modified the entry's time, kept to the second.
   * @throws when the file's size changes meanwhile, or it cannot be read, or the zip not be written.
   */
  async addFile(name: string, path: string, modified: Date): Promise<ZipEntry> {
    const source = await open(path, 'r');
    try {
      const { size } = await source.stat();
      return await this.#add(name, size, modified, readBlocks(source, size, path));
    } finally {
      await source.close();
    }
  }

  /** Adds content that is deflated already, or stored as it is; see `addFile`. */
  async addReady(name: string, content: ReadyContent, modified: Date): Promise<ZipEntry> {
    this.#signal?.throwIfAborted();
    const { path, size, crc, sha256 } = content;
    const [method, compressedSize] = 'compressedSize' in content ? ([8, content.compressedSize] as const) : ([0, size] as const);
    const encodedName = this.#takeName(name);
    const zip64 = Math.max(size, compressedSize) >= this.#zip64From;
    const header: Header = { name: encodedName, flags: flagsOf(encodedName, name), method, modified, crc, compressedSize, size, zip64 };
    const offset = this.#size;
    await this.#append(localHeader(header));
    const source = await open(path, 'r');
    try {
      // One is written, one summed up, and one read at the same time.
      const buffers = Array.from({ length: 3 }, () => Buffer.allocUnsafe(Math.min(BLOCK_BYTES, compressedSize)));
      for await (const block of readBlocks(source, compressedSize, path, buffers)) {
        this.#signal?.throwIfAborted();
        await this.#append(block);
        this.#onRead((block.length / compressedSize) * size);
      }
    } finally {
      await source.close();
    }
    this.#central.push(centralHeader(header, offset, this.#zip64From));
    return { name, size, sha256 };
  }

  /** Adds content from memory; see `addFile`. */
  async addBytes(name: string, content: Uint8Array, modified: Date): Promise<ZipEntry> {
    return this.#add(name, content.length, modified, sliceBlocks(content));
  }

  /**
   * Writes the central directory and its end. The file is not synced.
   * @returns the zip's size in bytes and its SHA-256, lower-case hexadecimal.
   */
  async finish(): Promise<{ size: number; sha256: string }> {
    const start = this.#size;
    for (const header of this.#central) await this.#append(header);
    await this.#append(endOfCentralDirectory(this.#central.length, start, this.#size - start, this.#zip64From));
    await this.#flush();
    await this.#writing;
    return { size: this.#size, sha256: this.#hash.digest('hex') };
  }

  async #add(name: string, size: number, modified: Date, blocks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<ZipEntry> {
    this.#signal?.throwIfAborted();
    const encodedName = this.#takeName(name);
    const stored = size === 0 || COMPRESSED.has(extname(name).toLowerCase());
    const header: Header = {
      name: encodedName,
      flags: flagsOf(encodedName, name),
      method: stored ? 0 : 8,
      modified,
      crc: 0,
      compressedSize: 0,
      size,
      // Deflate adds less than a thousandth to what it cannot make smaller.
      zip64: size + size / 1000 >= this.#zip64From,
    };
    const sha256 = createHash('sha256');
    const checked = this.#check(blocks, sha256, header);
    const offset = this.#size;
    await this.#appendEntry(header, stored ? checked : this.#deflate(checked, size), size <= SMALL_BYTES);
    this.#central.push(centralHeader(header, offset, this.#zip64From));
    return { name, size, sha256: sha256.digest('hex') };
  }

  #takeName(name: string): Buffer {
    const parts = name.split('/');
    const encoded = Buffer.from(name);
    // [4.4.17.1]: relative, forward slashes. What leaves the folder that it is unpacked to is never written.
    if (/[\\\0]/.test(name) || parts.some((part) => part === '' || part === '.' || part === '..') || encoded.length > MAX_2_BYTES)
      throw new Error(`"${name}" cannot be the name of an entry in a zip.`);
    if (this.#names.has(name)) throw new Error(`"${name}" is in this zip already.`);
    this.#names.add(name);
    return encoded;
  }

  async *#check(blocks: AsyncIterable<Buffer> | Iterable<Buffer>, sha256: Hash, header: Header): AsyncGenerator<Buffer> {
    for await (const block of blocks) {
      this.#signal?.throwIfAborted();
      sha256.update(block);
      header.crc = crc32(block, header.crc);
      this.#onRead(block.length);
      yield block;
    }
  }

  /**
   * Deflates blocks side by side. Each but the last ends at a byte boundary with an empty stored block (a "sync flush"), so that
   * their outputs one after the other are one deflate stream.
   */
  async *#deflate(blocks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
    const inFlight: Promise<Buffer>[] = [];
    let before: Buffer | undefined;
    let read = 0;
    try {
      for await (const block of blocks) {
        read += block.length;
        inFlight.push(deflateBlock(block, before, read === size));
        before = block;
        if (inFlight.length < BLOCKS_IN_FLIGHT) continue;
        const done = await inFlight.shift();
        if (done) yield done;
      }
      for (let done = await inFlight.shift(); done; done = await inFlight.shift()) yield done;
    } finally {
      await Promise.allSettled(inFlight);
    }
  }

  /** Appends the local header and the data; a large entry's header is written last, into the room left for it. */
  async #appendEntry(header: Header, data: AsyncIterable<Buffer>, small: boolean): Promise<void> {
    const start = this.#size;
    const headerBytes = localHeader(header).length;
    let held: Buffer[] = [];
    let spilled = false;
    for await (const bytes of data) {
      // Small entries are not worth a write of their own.
      header.compressedSize += bytes.length;
      if (spilled) {
        await this.#writeAt(bytes, start + headerBytes + header.compressedSize - bytes.length);
        continue;
      }
      held.push(small ? bytes : Buffer.from(bytes));
      if (header.compressedSize <= HELD_BYTES) continue;
      await this.#flush();
      await this.#writeAt(Buffer.concat(held), start + headerBytes);
      held = [];
      spilled = true;
    }
    if (!header.zip64 && header.compressedSize >= MAX_4_BYTES) throw new Error('Deflate gave more than it was thought to be able to.');
    const bytes = localHeader(header);
    if (!spilled) {
      for (const part of [bytes, ...held]) await this.#append(part);
      return;
    }
    await this.#writeAt(bytes, start);
    this.#hash.update(bytes);
    this.#size = start + headerBytes + header.compressedSize;
    await this.#hashFrom(start + headerBytes);
  }

  /** The hash goes through the file in order, so what was written before its header is read again. */
  async #hashFrom(position: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
    for (let at = position; at < this.#size; ) {
      this.#signal?.throwIfAborted();
      const { bytesRead } = await this.#file.read(buffer, 0, Math.min(buffer.length, this.#size - at), at);
      if (bytesRead === 0) throw new Error('The archive was cut off while it was written.');
      this.#hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#size += bytes.length;
    if (this.#pendingBytes >= PENDING_BYTES) await this.#flush();
  }

  /** Begins to write what is pending when the last write has ended. */
  async #flush(): Promise<void> {
    this.#signal?.throwIfAborted();
    await this.#writing;
    const bytes = this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (!bytes) return;
    this.#writing = this.#writeAt(bytes, this.#size - bytes.length);
    // Its failure is seen when it is waited for.
    this.#writing.catch(() => {});
  }

  async #writeAt(bytes: Buffer, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, position + at);
      at += bytesWritten;
    }
    this.#onWritten(position, bytes.length);
  }
}

/** Bit 11: the name is UTF-8 [4.4.4]; plain ASCII needs no word about it. */
function flagsOf(encoded: Buffer, name: string): number {
  return encoded.length === name.length ? 0 : 1 << 11;
}

/**
 * Reads a file in blocks, each while the one before is worked on.
 * @param buffers where blocks are read to in turn; without, each is one of its own.
 */
async function* readBlocks(file: FileHandle, size: number, path: string, buffers: readonly Buffer[] = []): AsyncGenerator<Buffer> {
  const read = async (position: number, turn: number): Promise<Buffer> => {
    const length = Math.min(BLOCK_BYTES, size - position);
    const block = buffers[turn % buffers.length]?.subarray(0, length) ?? Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await file.read(block, filled, length - filled, position + filled);
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was read.`);
      filled += bytesRead;
    }
    return block;
  };
  let ahead = size > 0 ? read(0, 0) : null;
  try {
    for (let position = 0, turn = 1; ahead; turn++) {
      const block = await ahead;
      position += block.length;
      ahead = position < size ? read(position, turn) : null;
      // Its failure is seen when it is waited for.
      ahead?.catch(() => {});
      yield block;
    }
  } finally {
    // The caller closes the file.
    await ahead?.catch(() => {});
  }
}

function* sliceBlocks(content: Uint8Array): Generator<Buffer> {
  for (let start = 0; start < content.length; start += BLOCK_BYTES) {
    yield Buffer.from(content.buffer, content.byteOffset + start, Math.min(BLOCK_BYTES, content.length - start));
  }
}

/** One block as a part of a deflate stream (RFC 1951), given the block before it. */
function deflateBlock(block: Buffer, before: Buffer | undefined, last: boolean): Promise<Buffer> {
  const options = {
    level: 6,
    finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    // Room for all of the output, so that it takes one trip to the thread pool.
    chunkSize: block.length + (block.length >> 9) + 64,
    ...(before ? { dictionary: before.subarray(-WINDOW_BYTES) } : {}),
  };
  if (block.length <= SMALL_BYTES) return Promise.resolve(deflateRawSync(block, options));
  return new Promise((resolve, reject) => {
    deflateRaw(block, options, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

/** Local file header [4.3.7]. */
function localHeader(header: Header): Buffer {
  const extra = Buffer.concat([...(header.zip64 ? [zip64Extra([header.size, header.compressedSize])] : []), timeExtra(header.modified)]);
  const bytes = Buffer.alloc(30);
  bytes.writeUInt32LE(0x04034b50, 0);
  writeShared(bytes, 4, header, extra.length, header.zip64);
  return Buffer.concat([bytes, header.name, extra]);
}

/** Central directory file header [4.3.12]. */
function centralHeader(header: Header, offset: number, zip64From: number): Buffer {
  const farOff = offset >= zip64From;
  // The fields in this order, and only those whose four bytes say so [4.5.3].
  const large = [...(header.zip64 ? [header.size, header.compressedSize] : []), ...(farOff ? [offset] : [])];
  const extra = Buffer.concat([...(large.length > 0 ? [zip64Extra(large)] : []), timeExtra(header.modified)]);
  const bytes = Buffer.alloc(46);
  bytes.writeUInt32LE(0x02014b50, 0);
  bytes.writeUInt16LE((3 << 8) | 63, 4); // made on Unix by version 6.3 of the format [4.4.2]
  writeShared(bytes, 6, header, extra.length, large.length > 0);
  // At 32: no comment, disk 0, no internal attributes.
  bytes.writeUInt32LE((0o100644 << 16) >>> 0, 38); // a Unix file that all may read [4.4.15]
  bytes.writeUInt32LE(farOff ? MAX_4_BYTES : offset, 42);
  return Buffer.concat([bytes, header.name, extra]);
}

/** The 26 bytes that both headers have, from "version needed to extract" to "extra field length" [4.4.3 to 4.4.11]. */
function writeShared(bytes: Buffer, at: number, header: Header, extraLength: number, zip64: boolean): void {
  const { date, time } = dosTime(header.modified);
  bytes.writeUInt16LE(zip64 ? 45 : 20, at); // 4.5 knows zip64, 2.0 deflate
  bytes.writeUInt16LE(header.flags, at + 2);
  bytes.writeUInt16LE(header.method, at + 4);
  bytes.writeUInt16LE(time, at + 6);
  bytes.writeUInt16LE(date, at + 8);
  bytes.writeUInt32LE(header.crc, at + 10);
  bytes.writeUInt32LE(header.zip64 ? MAX_4_BYTES : header.compressedSize, at + 14);
  bytes.writeUInt32LE(header.zip64 ? MAX_4_BYTES : header.size, at + 18);
  bytes.writeUInt16LE(header.name.length, at + 22);
  bytes.writeUInt16LE(extraLength, at + 24);
}

/** Zip64 extended information extra field [4.5.3]. */
function zip64Extra(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + values.length * 8);
  bytes.writeUInt16LE(0x0001, 0);
  bytes.writeUInt16LE(values.length * 8, 2);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  return bytes;
}

/** Extended timestamp extra field [4.6.1, and Info-ZIP's extrafld.txt]: flags (1: modified), seconds since 1970 UTC. */
function timeExtra(modified: Date): Buffer {
  const seconds = Math.floor(modified.getTime() / 1000);
  if (!(Math.abs(seconds) < 2 ** 31)) return Buffer.alloc(0);
  const bytes = Buffer.alloc(9);
  bytes.writeUInt16LE(0x5455, 0);
  bytes.writeUInt16LE(5, 2);
  bytes.writeUInt8(1, 4);
  bytes.writeInt32LE(seconds, 5);
  return bytes;
}

/** MS-DOS date and time [4.4.6], in UTC, to 2 seconds, from 1980 to 2107. */
function dosTime(modified: Date): { date: number; time: number } {
  const year = modified.getUTCFullYear();
  if (!(year >= 1980)) return { date: (1 << 5) | 1, time: 0 };
  if (year > 2107) return { date: (127 << 9) | (12 << 5) | 31, time: (23 << 11) | (59 << 5) | 29 };
  return {
    date: ((year - 1980) << 9) | ((modified.getUTCMonth() + 1) << 5) | modified.getUTCDate(),
    time: (modified.getUTCHours() << 11) | (modified.getUTCMinutes() << 5) | (modified.getUTCSeconds() >> 1),
  };
}

/** End of central directory record [4.3.16], behind its zip64 form and the locator of that [4.3.14, 4.3.15] where a field needs it. */
function endOfCentralDirectory(count: number, offset: number, size: number, zip64From: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  // At 4: this disk, the directory's disk: 0.
  end.writeUInt16LE(Math.min(count, MAX_2_BYTES), 8);
  end.writeUInt16LE(Math.min(count, MAX_2_BYTES), 10);
  end.writeUInt32LE(size >= zip64From ? MAX_4_BYTES : size, 12);
  end.writeUInt32LE(offset >= zip64From ? MAX_4_BYTES : offset, 16);
  if (count < MAX_2_BYTES && size < zip64From && offset < zip64From) return end;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4); // the length of what follows
  record.writeUInt16LE((3 << 8) | 63, 12);
  record.writeUInt16LE(45, 14);
  // At 16: this disk, the directory's disk: 0.
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  // At 4: the record's disk: 0.
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16); // one disk in all
  return Buffer.concat([record, locator, end]);
}
