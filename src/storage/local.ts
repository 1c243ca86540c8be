import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, type FileHandle, lstat, mkdir, open, opendir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkKey, isKey, type Storage } from './storage.ts';

/** What is read of a file at once: a slow client keeps some of it in memory, and there may be thousands of them. */
const PIECE_BYTES = 16 << 10;

/** Archives as files in one folder, which only this user may read. */
export class LocalStorage implements Storage {
  readonly #dir: string;

  /** @param dir made when the first file comes. */
  constructor(dir: string) {
    this.#dir = resolve(dir);
  }

  async put(key: string, path: string): Promise<void> {
    const target = this.path(key);
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    // A rename keeps what the file holds, so that has to be on the disk first.
    await makeDurable(path);
    try {
      await rename(path, target);
    } catch (error) {
      if (codeOf(error) !== 'EXDEV') throw error;
      await this.#copy(path, target);
      await rm(path);
    }
    await sync(this.#dir);
  }

  /** To be there is all that it takes. */
  follow(): null {
    return null;
  }

  /** The absolute path of a key's file, whether it exists or not. */
  path(key: string): string {
    return join(this.#dir, checkKey(key));
  }

  async read(key: string, from: number, to: number): Promise<AsyncIterable<Buffer>> {
    return pieces(await open(this.path(key)), from, to);
  }

  async address(): Promise<null> {
    return null;
  }

  async stat(key: string): Promise<{ size: number } | null> {
    const found = await this.#look(key);
    return found && { size: found.size };
  }

  async remove(key: string): Promise<void> {
    await rm(this.path(key), { force: true });
  }

  async *list(): AsyncGenerator<{ key: string; modified: Date }> {
    const dir = await opendir(this.#dir).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (!dir) return;
    for await (const { name } of dir) {
      if (!isKey(name)) continue;
      const found = await this.#look(name);
      if (found) yield { key: name, modified: found.mtime };
    }
  }

  async check(): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await access(this.#dir, constants.R_OK | constants.W_OK);
  }

  /** A file is written under its own name or none. */
  async removeUploads(): Promise<number> {
    return 0;
  }

  /** From another file system: to a temporary name beside it first, so that the key never names half a file. */
  async #copy(path: string, target: string): Promise<void> {
    const temporary = join(this.#dir, `${randomUUID()}.part`);
    try {
      await copyFile(path, temporary, constants.COPYFILE_EXCL);
      await makeDurable(temporary);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async #look(key: string): Promise<{ size: number; mtime: Date } | null> {
    try {
      const found = await lstat(this.path(key));
      return found.isFile() ? found : null;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }
}

/** Makes a file its owner's alone and waits until the disk has it. */
async function makeDurable(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until the disk has a folder's names. */
async function sync(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Reads each piece when it is asked for, and none before, into one buffer; from the first to the last byte, both inclusive. */
async function* pieces(file: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  try {
    for (let at = from; at <= to; ) {
      const { bytesRead, buffer } = await file.read(piece, { position: at, length: Math.min(PIECE_BYTES, to - at + 1) });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}
