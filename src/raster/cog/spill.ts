import { type FileHandle, open, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { release } from '../../archive/deflated.ts';
import type { Readable } from '../../store/cog/tiff.ts';

/** Of all crops that go on at once, and a piece of it. */
const MOST_IN_MEMORY = Math.floor((128 << 20) / availableParallelism());
const PIECE_BYTES = 8 << 20;

/** The numbers of the files in a crop's tables. */
export const SOURCE = 0;
export const SPILL = 1;

/** Blocks that were made, until it is known where they go: in memory as long as there are few, then in a temporary file as well. */
export class Spill implements Readable {
  readonly #path: string;
  readonly #most: number;
  readonly #pieces: Buffer[] = [];
  #file: Promise<FileHandle> | null = null;
  #size = 0;

  /**
   * @param path of a file that is not there yet.
   * @param most bytes in memory; lower only to test it.
   */
  constructor(path: string, most = MOST_IN_MEMORY) {
    this.#path = path;
    this.#most = most;
  }

  /** @returns where the bytes are; they may be others afterwards. */
  async append(bytes: Uint8Array): Promise<number> {
    const offset = this.#size;
    this.#size += bytes.length;
    let done = 0;
    for (let at = offset; done < bytes.length && at < this.#most; at = offset + done) {
      const [index, from] = [Math.floor(at / PIECE_BYTES), at % PIECE_BYTES];
      const piece = this.#pieces[index] ?? Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, this.#most - index * PIECE_BYTES));
      this.#pieces[index] = piece;
      const part = bytes.subarray(done, done + piece.length - from);
      piece.set(part, from);
      done += part.length;
    }
    if (done === bytes.length) return offset;
    this.#file ??= open(this.#path, 'wx+', 0o600);
    const file = await this.#file;
    while (done < bytes.length) done += (await file.write(bytes, done, bytes.length - done, offset + done - this.#most)).bytesWritten;
    return offset;
  }

  async read(into: Buffer, at: number, length: number, position: number): Promise<{ bytesRead: number }> {
    if (position >= this.#most) return (await this.#file)?.read(into, at, length, position - this.#most) ?? { bytesRead: 0 };
    const from = position % PIECE_BYTES;
    const bytesRead = this.#pieces[Math.floor(position / PIECE_BYTES)]?.copy(into, at, from, from + length) ?? 0;
    return { bytesRead };
  }

  async close(): Promise<void> {
    for (const piece of this.#pieces.splice(0)) release(piece);
    if (!this.#file) return;
    const file = await this.#file;
    await file.close();
    await rm(this.#path, { force: true });
  }
}
