import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Bucket } from './bucket.ts';
import { checkKey, type Following, type Presigned, type Storage, StorageError } from './storage.ts';

const ARCHIVES = 'archives/';
const TYPE = 'application/zip';

/** Archives as objects of a bucket, below `archives/`. */
export class S3Storage implements Storage {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  async put(key: string, path: string, signal?: AbortSignal): Promise<void> {
    await this.#bucket.putFile(keyOf(key), path, TYPE, signal);
    await rm(path);
  }

  follow(key: string, path: string, signal: AbortSignal): Following {
    return this.#bucket.follow(keyOf(key), path, TYPE, signal);
  }

  async read(key: string, from: number, to: number): Promise<Readable> {
    const stream = await this.#bucket.read(keyOf(key), { from, to });
    if (!stream) throw new StorageError('An archive is no longer in the bucket.');
    return stream;
  }

  async address(key: string, download: Presigned): Promise<string> {
    return this.#bucket.address(keyOf(key), download);
  }

  async stat(key: string): Promise<{ size: number } | null> {
    const size = await this.#bucket.size(keyOf(key));
    return size === null ? null : { size };
  }

  async remove(key: string): Promise<void> {
    await this.#bucket.remove(keyOf(key));
  }

  async *list(): AsyncGenerator<{ key: string; modified: Date }> {
    for await (const { key, modified } of this.#bucket.list(ARCHIVES)) yield { key: key.slice(ARCHIVES.length), modified };
  }

  async check(): Promise<void> {
    await this.#bucket.size(keyOf('ready'));
  }

  async removeUploads(before: Date, dryRun: boolean): Promise<number> {
    let count = 0;
    for await (const upload of this.#bucket.uploads()) {
      if (upload.begun > before) continue;
      if (!dryRun) await this.#bucket.abort(upload);
      count++;
    }
    return count;
  }
}

function keyOf(key: string): string {
  return `${ARCHIVES}${checkKey(key)}`;
}
