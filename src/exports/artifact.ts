import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Storage } from '../storage/storage.ts';
import type { MakeRequest } from './make.ts';
import { complete, type ExportRow } from './states.ts';

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
 * @param expiresAt the archive stays as long as any export has it.
 * @returns undefined where there is no such archive, or this export is no longer processing.
 */
export async function reuseArchive(
  db: Kysely<Schema>,
  storage: Storage,
  id: number,
  hash: string,
  expiresAt: Date,
): Promise<ExportRow | undefined> {
  return db.transaction().execute(async (trx) => {
    // Locked, so that its archive is not taken away meanwhile (expiry.ts).
    const made = await trx
      .selectFrom('exports')
      .selectAll()
      .where('content_hash', '=', hash)
      .where('state', '=', 'complete')
      .orderBy('id', 'desc')
      .limit(1)
      .forUpdate()
      .executeTakeFirst();
    if (!made?.archive_key || made.sha256 === null || made.size_zipped === null) return undefined;
    const found = await storage.stat(made.archive_key);
    if (found?.size !== Number(made.size_zipped)) return undefined;
    return complete(trx, id, {
      key: made.archive_key,
      contentHash: hash,
      sizeBytes: made.size_zipped,
      sha256: made.sha256,
      warnings: made.warnings as string[],
      stages: [],
      expiresAt,
    });
  });
}
