import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { discard } from './expiry.ts';

export interface Verified {
  /** Archives that were read. */
  archives: number;
  /** Exports whose archive is not what was made, or is not there. */
  spoilt: number[];
}

/** One that comes wrong may have been spoilt on its way here, so that it is read again. */
const READINGS = 3;

/**
 * Reads all archives back and compares them with the SHA-256 that they had when they were made. Those that are spoilt are taken away, so that nobody
 * gets them any more: their exports are `gone`, and can be created again.
 * @param dryRun takes nothing away.
 * @throws {StorageError} where the storage does not answer; nothing is concluded from that.
 */
export async function verifyArchives(db: Kysely<Schema>, storage: Storage, dryRun: boolean): Promise<Verified> {
  const verified: Verified = { archives: 0, spoilt: [] };
  const archives = await db
    .selectFrom('exports')
    .select(['archive_key', 'sha256', 'size_zipped'])
    .distinct()
    .where('state', '=', 'complete')
    .orderBy('archive_key')
    .execute();
  for (const { archive_key: key, sha256, size_zipped: size } of archives) {
    if (key === null || sha256 === null || size === null) continue;
    verified.archives++;
    if (await isWhole(storage, key, { sha256, size: Number(size) })) continue;
    // It may have expired while it was read.
    const exports = await db.selectFrom('exports').select('id').where('archive_key', '=', key).where('state', '=', 'complete').execute();
    for (const { id } of exports) {
      verified.spoilt.push(id);
      if (!dryRun) await discard(db, storage, id);
    }
  }
  return verified;
}

async function isWhole(storage: Storage, key: string, made: { sha256: string; size: number }): Promise<boolean> {
  for (let reading = 0; reading < READINGS; reading++) {
    const found = await storage.stat(key);
    if (found?.size !== made.size) return false;
    const hash = createHash('sha256');
    for await (const chunk of await storage.read(key, 0, made.size - 1)) hash.update(chunk);
    if (hash.digest('hex') === made.sha256) return true;
  }
  return false;
}
