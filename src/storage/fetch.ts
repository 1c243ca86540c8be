import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bucket } from './bucket.ts';
import { PART } from './cache.ts';
import { StorageError } from './storage.ts';

/** How often a file is fetched anew that came spoilt or not to its end. */
export const FETCHES = 5;

/** A file did not come as it is in the bucket; asked for again it may. */
export class Spoilt extends StorageError {}

/** What a file of a bucket is known by. */
export interface Entry {
  size: number;
  /** Hexadecimal. */
  sha256: string;
}

/**
 * Brings a file of a bucket to this machine, whole and as it was put there, or not at all.
 * @throws {StorageError} where it cannot be fetched; an error of code ENOENT where there is none.
 */
export async function fetchFile(bucket: Bucket, key: string, target: string, { size, sha256 }: Entry, signal?: AbortSignal): Promise<void> {
  // Another fetch may have ended since it was looked for.
  if (await exists(target)) return;
  // GDAL, which may be another user, reads it; others do not get into the data directory.
  await mkdir(dirname(target), { recursive: true });
  for (let fetch = 1; ; fetch++) {
    const part = `${target}.${randomUUID()}${PART}`;
    try {
      const got = await download(bucket, key, part, signal);
      if (got.size !== size || got.sha256 !== sha256) throw new Spoilt(`${key} came spoilt from the bucket. Publish it again.`);
      await rename(part, target);
      return;
    } catch (error) {
      await rm(part, { force: true });
      if (fetch === FETCHES || !(error instanceof Spoilt)) throw error;
      await pause(fetch);
    }
  }
}

async function download(bucket: Bucket, key: string, path: string, signal: AbortSignal | undefined): Promise<Entry> {
  const stream = (await bucket.read(key)) ?? notThere(key);
  const file = await open(path, 'wx');
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of interrupted(stream, key)) {
      signal?.throwIfAborted();
      hash.update(chunk);
      size += chunk.length;
      await file.appendFile(chunk);
    }
    await file.sync();
    return { size, sha256: hash.digest('hex') };
  } finally {
    stream.destroy();
    await file.close();
  }
}

/** Before a file is fetched once more; longer each time. */
export function pause(fetch: number): Promise<void> {
  return delay(100 * 2 ** fetch * (0.5 + Math.random()));
}

/** The chunks of a stream, whose failure is one of the storage. */
export async function* interrupted(stream: AsyncIterable<Buffer>, key: string): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    throw new Spoilt(`The bucket broke off while ${key} was read.`, { cause: error });
  }
}

export function notThere(what: string): never {
  throw Object.assign(new Error(`${what} is not in the bucket.`), { code: 'ENOENT' });
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
