import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createDeflate, type Deflate } from 'node:zlib';

/** Rows of bytes that go to a file, as they are or deflated. */
export class RowFile {
  readonly path: string;
  readonly #out: WriteStream;
  readonly #deflate: Deflate | null;
  readonly #closed: Promise<void>;
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

  async write(row: Uint8Array): Promise<void> {
    if (this.#error) throw this.#error;
    const to = this.#deflate ?? this.#out;
    // The row's memory is used again, so it has to be taken first.
    if (!to.write(Buffer.from(row))) await Promise.race([once(to, 'drain'), this.#closed]);
  }

  async end(): Promise<void> {
    (this.#deflate ?? this.#out).end();
    await this.#closed;
    if (this.#error) throw this.#error;
  }
}
