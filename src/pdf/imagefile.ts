import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createDeflate, type Deflate } from 'node:zlib';

/** Rows of bytes that go to a file, as they are or deflated. */
export class RowFile {
  readonly path: string;
  readonly #out: WriteStream;
  readonly #deflate: Deflate | null;
  #error: unknown;

  constructor(path: string, isDeflated: boolean) {
    this.path = path;
    this.#out = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    this.#out.on('error', (error) => {
      this.#error ??= error;
    });
    this.#deflate = isDeflated ? createDeflate({ level: 6 }) : null;
    this.#deflate?.pipe(this.#out);
  }

  async write(row: Uint8Array): Promise<void> {
    if (this.#error) throw this.#error;
    const to = this.#deflate ?? this.#out;
    // The row's memory is used again, so it has to be taken first.
    if (!to.write(Buffer.from(row))) await Promise.race([once(to, 'drain'), once(this.#out, 'close')]);
  }

  async end(): Promise<void> {
    const closed = once(this.#out, 'close');
    (this.#deflate ?? this.#out).end();
    await closed;
    if (this.#error) throw this.#error;
  }
}
