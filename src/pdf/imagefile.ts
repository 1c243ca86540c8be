import { createWriteStream, type WriteStream } from 'node:fs';
import { createDeflate, type Deflate } from 'node:zlib';

/** Bytes that are gathered before they are written. */
const BLOCK = 1 << 18;

/** Rows of bytes that go to a file, as they are or deflated. */
export class RowFile {
  readonly path: string;
  readonly #out: WriteStream;
  readonly #deflate: Deflate | null;
  readonly #closed: Promise<void>;
  /** One that is filled while the other is written. */
  #block = Buffer.allocUnsafeSlow(BLOCK);
  #other = Buffer.allocUnsafeSlow(BLOCK);
  #length = 0;
  /** Until the other block is written. */
  #writing: Promise<void> = Promise.resolve();
  #error: unknown;

  constructor(path: string, isDeflated: boolean) {
    this.path = path;
    this.#out = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    this.#out.on('error', (error) => {
      this.#error ??= error;
    });
    this.#closed = new Promise((resolve) => this.#out.once('close', resolve));
    this.#deflate = isDeflated ? createDeflate({ level: 6 }) : null;
    this.#deflate?.pipe(this.#out);
  }

  /** The row's memory may be used again at once. */
  async write(row: Uint8Array): Promise<void> {
    for (let at = 0; at < row.length; ) {
      const part = row.subarray(at, at + BLOCK - this.#length);
      this.#block.set(part, this.#length);
      this.#length += part.length;
      at += part.length;
      if (this.#length === BLOCK) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#error) throw this.#error;
    const bytes = this.#block.subarray(0, this.#length);
    [this.#block, this.#other, this.#length] = [this.#other, this.#block, 0];
    const written = new Promise<void>((resolve) => (this.#deflate ?? this.#out).write(bytes, () => resolve()));
    // A file that fails closes, and its block is never said to be written.
    this.#writing = Promise.race([written, this.#closed]);
  }

  async end(): Promise<void> {
    if (this.#length > 0 && !this.#error) await this.#flush();
    (this.#deflate ?? this.#out).end();
    await this.#closed;
    if (this.#error) throw this.#error;
  }
}
