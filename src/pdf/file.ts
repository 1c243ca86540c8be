import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { createInflateRaw, deflateSync } from 'node:zlib';
import { Bytes, Name, type PdfDict, type PdfValue, Ref, serialized } from './objects.ts';

/** What is read at once of a stream that waits in a file. */
const CHUNK = 1 << 18;
/** The header of a zlib stream (RFC 1950 section 2.2): deflate, a window of 32 KiB, no dictionary. */
const ZLIB = Uint8Array.of(0x78, 0x9c);
/** The largest prime below 2^16, and how many bytes may be summed up before the sums pass 2^32 (RFC 1950 section 8.2). */
const ADLER_BASE = 65_521;
const ADLER_RUN = 5552;

/**
 * A PDF file that is written from front to back (ISO 32000-2 section 7.5): nothing is kept of what was written but where it stands.
 * The same objects in the same order give the same bytes.
 */
export class PdfFile {
  readonly #file: FileHandle;
  #length = 0;
  /** Where each object begins, by its number; -1 where it was not written yet. */
  readonly #offsets: number[] = [-1];

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param path of a file that is not there yet. */
  static async create(path: string): Promise<PdfFile> {
    const file = await open(path, 'wx', 0o600);
    const pdf = new PdfFile(file);
    // The second line tells programs that copy files that it holds more than text (section 7.5.2).
    await pdf.#text('%PDF-1.7\n%');
    await pdf.#bytes(Uint8Array.of(0xe2, 0xe3, 0xcf, 0xd3, 0x0a));
    return pdf;
  }

  /** So many bytes it has so far. */
  get length(): number {
    return this.#length;
  }

  /** A number for an object that is written later. */
  reserve(): Ref {
    this.#offsets.push(-1);
    return new Ref(this.#offsets.length - 1);
  }

  /** Writes an object; gives its number. */
  async object(value: PdfValue, ref = this.reserve()): Promise<Ref> {
    await this.#begin(ref);
    await this.#text(`${serialized(value)}\nendobj\n`);
    return ref;
  }

  /** Writes a stream of bytes that are deflated here. */
  async deflated(dict: PdfDict, content: Uint8Array | string, ref = this.reserve()): Promise<Ref> {
    const bytes = deflateSync(typeof content === 'string' ? Buffer.from(content, 'latin1') : content, { level: 9 });
    return this.stream({ ...dict, Filter: new Name('FlateDecode') }, bytes, ref);
  }

  /** Writes a stream of bytes as they are. */
  async stream(dict: PdfDict, content: Uint8Array, ref = this.reserve()): Promise<Ref> {
    await this.#begin(ref);
    await this.#text(`${serialized({ ...dict, Length: content.length })}\nstream\n`);
    await this.#bytes(content);
    await this.#text('\nendstream\nendobj\n');
    return ref;
  }

  /** Writes a stream of the bytes of a file, as they are. */
  async streamFile(dict: PdfDict, path: string, signal: AbortSignal, ref = this.reserve()): Promise<Ref> {
    const source = await open(path);
    try {
      const { size } = await source.stat();
      await this.#begin(ref);
      await this.#text(`${serialized({ ...dict, Length: size })}\nstream\n`);
      for await (const chunk of chunksOf(source, size, signal)) await this.#bytes(chunk);
      await this.#text('\nendstream\nendobj\n');
    } finally {
      await source.close();
    }
    return ref;
  }

  /** Writes a stream of the content of a file that holds it as raw deflate (RFC 1951). */
  async deflatedFile(
    dict: PdfDict,
    { path, compressedSize }: { path: string; compressedSize: number },
    signal: AbortSignal,
    ref = this.reserve(),
  ): Promise<Ref> {
    const source = await open(path);
    try {
      await this.#begin(ref);
      const length = ZLIB.length + compressedSize + 4;
      await this.#text(`${serialized({ ...dict, Filter: new Name('FlateDecode'), Length: length })}\nstream\n`);
      await this.#bytes(ZLIB);
      const sum = new Adler32();
      const inflate = createInflateRaw();
      inflate.on('data', (bytes: Buffer) => sum.add(bytes));
      const ended = new Promise<void>((resolve, reject) => inflate.on('end', resolve).on('error', reject));
      for await (const chunk of chunksOf(source, compressedSize, signal)) {
        await this.#bytes(chunk);
        // The chunk's memory is used again, so it has to be read before.
        await new Promise<void>((resolve) => inflate.write(chunk, () => resolve()));
      }
      inflate.end();
      await ended;
      await this.#bytes(sum.bytes());
      await this.#text('\nendstream\nendobj\n');
    } finally {
      await source.close();
    }
    return ref;
  }

  /**
   * Ends the file: where each object begins, and where to start reading (section 7.5.4 and 7.5.5).
   * @param identity what tells this document from others.
   */
  async end(root: Ref, info: Ref, identity: string): Promise<void> {
    const start = this.#length;
    const lines = this.#offsets.slice(1).map((offset, index) => {
      if (offset < 0) throw new Error(`Object ${index + 1} was not written.`);
      return `${String(offset).padStart(10, '0')} 00000 n \n`;
    });
    await this.#text(`xref\n0 ${this.#offsets.length}\n0000000000 65535 f \n${lines.join('')}`);
    const id = new Bytes(createHash('sha256').update(identity).digest().subarray(0, 16));
    const trailer = serialized({ Size: this.#offsets.length, Root: root, Info: info, ID: [id, id] });
    await this.#text(`trailer\n${trailer}\nstartxref\n${start}\n%%EOF\n`);
    await this.close();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #begin({ id }: Ref): Promise<void> {
    this.#offsets[id] = this.#length;
    await this.#text(`${id} 0 obj\n`);
  }

  #text(text: string): Promise<void> {
    return this.#bytes(Buffer.from(text, 'latin1'));
  }

  async #bytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten;
    this.#length += bytes.length;
  }
}

async function* chunksOf(file: FileHandle, size: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size)));
  for (let at = 0; at < size; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) throw new Error('A file of the map ends too early.');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The checksum at the end of a zlib stream (RFC 1950 section 8.2). */
class Adler32 {
  #a = 1;
  #b = 0;

  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += ADLER_RUN) {
      const to = Math.min(bytes.length, from + ADLER_RUN);
      for (let i = from; i < to; i++) {
        this.#a += bytes[i] ?? 0;
        this.#b += this.#a;
      }
      this.#a %= ADLER_BASE;
      this.#b %= ADLER_BASE;
    }
  }

  bytes(): Uint8Array {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#b * 65_536 + this.#a);
    return bytes;
  }
}
