import { type FileHandle, open } from 'node:fs/promises';
import { TYPE, TYPE_BYTES } from './tags.ts';

/** Of one file: directories, entries of all of them, and bytes of values. More than any real file has: a million pixels a side take 64 MiB. */
const MOST_DIRECTORIES = 256;
const MOST_ENTRIES = 16_384;
const MOST_VALUE_BYTES = 96 << 20;
/** Read at once: a Cloud Optimized GeoTIFF has its directories at its start. */
const HEAD_BYTES = 1 << 16;

/** A file that is no TIFF, is damaged, or uses what is not known here. The message is a sentence without a path. */
export class TiffError extends Error {}

/** A field of a directory (TIFF 6.0 section 2). */
export interface TiffField {
  type: number;
  /** Values, not bytes. */
  count: number;
  /** The values in the byte order of the file. */
  bytes: Buffer;
}

/** An image file directory: its fields by tag. */
export type TiffDirectory = ReadonlyMap<number, TiffField>;

export interface Tiff {
  path: string;
  /** Of the file, in bytes. */
  size: number;
  littleEndian: boolean;
  /** BigTIFF: offsets of 8 bytes. */
  big: boolean;
  /** In the order of the file. */
  directories: TiffDirectory[];
}

/**
 * Reads the directories of a TIFF or BigTIFF, of either byte order, without its pixels.
 * @throws {TiffError} when it is none or is damaged; the system's error when it cannot be read.
 */
export async function openTiff(path: string): Promise<Tiff> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const reader = await DirectoryReader.of(handle, size);
    return { path, size, ...(await reader.readAll()) };
  } finally {
    await handle.close();
  }
}

/** A file, or what is read like one. */
export interface Readable {
  read(into: Buffer, at: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

/** Reads exactly so many bytes of a file. */
export async function readExactly(handle: Readable, offset: number, length: number): Promise<Buffer<ArrayBuffer>> {
  return readInto(handle, offset, Buffer.from(new ArrayBuffer(length)));
}

/** The same into bytes that are there; all of them are filled, and given back. */
export async function readInto<Bytes extends Buffer>(handle: Readable, offset: number, bytes: Bytes): Promise<Bytes> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, offset + at);
    if (bytesRead === 0) throw new TiffError('The TIFF ends early.');
    at += bytesRead;
  }
  return bytes;
}

class DirectoryReader {
  readonly #handle: FileHandle;
  readonly #size: number;
  readonly #head: Buffer;
  readonly #littleEndian: boolean;
  readonly #big: boolean;
  #entries = 0;
  #valueBytes = 0;

  private constructor(handle: FileHandle, size: number, head: Buffer) {
    this.#handle = handle;
    this.#size = size;
    this.#head = head;
    // TIFF 6.0 section 2: "II" or "MM", then 42; BigTIFF: 43, then 8 bytes an offset, then 0.
    const order = head.toString('latin1', 0, 2);
    if (head.length < 8 || (order !== 'II' && order !== 'MM')) throw new TiffError('This is not a TIFF.');
    this.#littleEndian = order === 'II';
    const version = this.#uint(head, 2, 2);
    if (version !== 42 && version !== 43) throw new TiffError('This is not a TIFF.');
    this.#big = version === 43;
    if (this.#big && (head.length < 16 || this.#uint(head, 4, 2) !== 8 || this.#uint(head, 6, 2) !== 0))
      throw new TiffError('The header of this BigTIFF is not a known one.');
  }

  static async of(handle: FileHandle, size: number): Promise<DirectoryReader> {
    return new DirectoryReader(handle, size, await readExactly(handle, 0, Math.min(size, HEAD_BYTES)));
  }

  async readAll(): Promise<Pick<Tiff, 'littleEndian' | 'big' | 'directories'>> {
    const directories: TiffDirectory[] = [];
    const seen = new Set<number>();
    let offset = this.#big ? this.#uint(this.#head, 8, 8) : this.#uint(this.#head, 4, 4);
    while (offset !== 0) {
      if (seen.has(offset)) throw new TiffError('The directories of this TIFF go round in a circle.');
      if (seen.size === MOST_DIRECTORIES) throw new TiffError(`This TIFF has more than ${MOST_DIRECTORIES} directories.`);
      seen.add(offset);
      const { directory, next } = await this.#readDirectory(offset);
      directories.push(directory);
      offset = next;
    }
    if (directories.length === 0) throw new TiffError('This TIFF has no image.');
    return { littleEndian: this.#littleEndian, big: this.#big, directories };
  }

  /** A directory: the count of entries, the entries, the next directory's offset (TIFF 6.0 section 2; BigTIFF: 8, 20 each, 8 bytes). */
  async #readDirectory(offset: number): Promise<{ directory: TiffDirectory; next: number }> {
    const [countBytes, entryBytes, offsetBytes] = this.#big ? [8, 20, 8] : [2, 12, 4];
    const count = this.#uint(await this.#read(offset, countBytes), 0, countBytes);
    this.#entries += count;
    if (this.#entries > MOST_ENTRIES) throw new TiffError(`The directories of this TIFF have more than ${MOST_ENTRIES} entries.`);
    const bytes = await this.#read(offset + countBytes, count * entryBytes + offsetBytes);
    const directory = new Map<number, TiffField>();
    for (let at = 0; at < count * entryBytes; at += entryBytes) {
      const type = this.#uint(bytes, at + 2, 2);
      const valueBytes = TYPE_BYTES[type] ?? 0;
      // TIFF 6.0 section 2: readers skip fields of a type that they do not know.
      if (valueBytes === 0) continue;
      const values = this.#uint(bytes, at + 4, offsetBytes);
      const length = values * valueBytes;
      const place = at + 4 + offsetBytes;
      this.#valueBytes += length;
      if (this.#valueBytes > MOST_VALUE_BYTES) throw new TiffError('The directories of this TIFF hold too much.');
      const value =
        length <= offsetBytes
          ? Buffer.from(bytes.subarray(place, place + length))
          : await this.#read(this.#uint(bytes, place, offsetBytes), length);
      directory.set(this.#uint(bytes, at, 2), { type, count: values, bytes: value });
    }
    return { directory, next: this.#uint(bytes, count * entryBytes, offsetBytes) };
  }

  /** A copy of the bytes at a place, checked to be in the file. */
  async #read(offset: number, length: number): Promise<Buffer> {
    if (offset + length > this.#size) throw new TiffError('This TIFF points beyond its end.');
    if (offset + length <= this.#head.length) return Buffer.from(this.#head.subarray(offset, offset + length));
    return readExactly(this.#handle, offset, length);
  }

  #uint(bytes: Buffer, at: number, length: number): number {
    if (length < 8) return this.#littleEndian ? bytes.readUIntLE(at, length) : bytes.readUIntBE(at, length);
    const value = Number(this.#littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    if (value > Number.MAX_SAFE_INTEGER) throw new TiffError('This BigTIFF points beyond its end.');
    return value;
  }
}

/** A field's values as numbers; empty where there is no such field, or it holds text. */
export function numbersOf(field: TiffField | undefined, littleEndian: boolean): Float64Array {
  if (!field || field.type === TYPE.ascii) return new Float64Array(0);
  const { type, count, bytes } = field;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readerOf(view, type, littleEndian);
  const size = TYPE_BYTES[type] ?? 1;
  return Float64Array.from({ length: count }, (_, index) => read(index * size));
}

function readerOf(view: DataView, type: number, little: boolean): (at: number) => number {
  switch (type) {
    case 3:
      return (at) => view.getUint16(at, little);
    case 4:
    case 13:
      return (at) => view.getUint32(at, little);
    case 5:
      return (at) => view.getUint32(at, little) / view.getUint32(at + 4, little);
    case 6:
      return (at) => view.getInt8(at);
    case 8:
      return (at) => view.getInt16(at, little);
    case 9:
      return (at) => view.getInt32(at, little);
    case 10:
      return (at) => view.getInt32(at, little) / view.getInt32(at + 4, little);
    case 11:
      return (at) => view.getFloat32(at, little);
    case 12:
      return (at) => view.getFloat64(at, little);
    case 16:
    case 18:
      return (at) => Number(view.getBigUint64(at, little));
    case 17:
      return (at) => Number(view.getBigInt64(at, little));
    default:
      return (at) => view.getUint8(at);
  }
}

/** A field's text, up to its first NUL; null where there is no such field. */
export function textOf(field: TiffField | undefined): string | null {
  if (!field || field.type !== TYPE.ascii) return null;
  const end = field.bytes.indexOf(0);
  return field.bytes.toString('utf8', 0, end < 0 ? undefined : end);
}

/** A field of numbers; `type` one of short, long, double, long8. */
export function fieldOf(type: number, values: ArrayLike<number>, littleEndian: boolean): TiffField {
  const size = TYPE_BYTES[type] ?? 0;
  const bytes = Buffer.alloc(values.length * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (type === TYPE.short) view.setUint16(i * size, value, littleEndian);
    else if (type === TYPE.long) view.setUint32(i * size, value, littleEndian);
    else if (type === TYPE.double) view.setFloat64(i * size, value, littleEndian);
    else view.setBigUint64(i * size, BigInt(value), littleEndian);
  }
  return { type, count: values.length, bytes };
}
