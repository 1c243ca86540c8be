import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Bucket } from './bucket.ts';
import { type Entry, fetchFile } from './fetch.ts';

const PARTS = 'parts/';

/** What one process has made for another, as objects of a bucket below `parts/`, for as long as the other needs it. */
export class Parts {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** @returns what the file is known by. */
  async put(key: string, path: string, signal: AbortSignal): Promise<Entry> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash, { signal });
    await this.#bucket.putFile(`${PARTS}${key}`, path, 'application/octet-stream', signal);
    return { size: (await stat(path)).size, sha256: hash.digest('hex') };
  }

  /** Brings a file here, to a path where there is none. */
  fetch(key: string, path: string, entry: Entry, signal: AbortSignal): Promise<void> {
    return fetchFile(this.#bucket, `${PARTS}${key}`, path, entry, signal);
  }

  /** Removes all files whose keys begin so. */
  async remove(prefix: string): Promise<void> {
    for await (const { key } of this.#bucket.list(`${PARTS}${prefix}`)) await this.#bucket.remove(key);
  }

  async *list(): AsyncGenerator<{ key: string; modified: Date }> {
    for await (const { key, modified } of this.#bucket.list(PARTS)) yield { key: key.slice(PARTS.length), modified };
  }
}
