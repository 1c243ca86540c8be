import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Storage } from '../storage/storage.ts';
import type { MakeRequest } from './make.ts';
import { type Attempt, complete, type ExportRow } from './states.ts';

/**
 * What decides every byte of an archive, as one SHA-256 (hex): two requests with the same one give the same archive.
 * @param software what makes it, with versions.
 */
export function contentHash(request: MakeRequest, software: string): string {
  const { tempDir: _, items, ...rest } = request;
  // A version's files never change, and its profile is made from them.
  const versions = items.map(({ profile: _profile, versionDir: _dir, ...item }) => item);
  return createHash('sha256')
    .update(JSON.stringify([software, rest, versions]))
    .digest('hex');
}

/**
 * Completes an export with the archive of another one that has the same content, whoever's it is. Which layers a user may have was checked when
 * the export was accepted.
 * @param keepFor how long this export has it, in milliseconds; it stays as long as any export does.
 * @returns undefined where there is no such archive, or this export is no longer processing.
 */
export async function reuseArchive(
  db: Kysely<Schema>,
  storage: Storage,
  attempt: Attempt,
  hash: string,
  keepFor: number,
): Promise<ExportRow | undefined> {
  const made = await db
    .selectFrom('exports')
    .selectAll()
    .where('content_hash', '=', hash)
    .where('state', '=', 'complete')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { archive_key: key, sha256, size_zipped: sizeBytes } = made ?? {};
  if (!made || !key || !sha256 || typeof sizeBytes !== 'number') return undefined;
  const found = await storage.stat(key);
  if (found?.size !== sizeBytes) return undefined;
  return db.transaction().execute(async (trx) => {
    // Locked, so that its archive is not taken away meanwhile (expiry.ts).
    const still = await trx
      .selectFrom('exports')
      .select('id')
      .where('id', '=', made.id)
      .where('state', '=', 'complete')
      .forUpdate()
      .executeTakeFirst();
    if (!still) return undefined;
    const warnings = made.warnings as string[];
    return complete(trx, attempt, { key, contentHash: hash, sizeBytes, sha256, warnings, stages: [], keepFor });
  });
}
