import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { type ExportRow, expire } from './states.ts';

/** Takes archives away whose time has come: `complete` becomes `gone`, then the file goes. Gives back how many. */
export async function expireArchives(db: Kysely<Schema>, storage: Storage, now: Date): Promise<number> {
  const due = await db
    .selectFrom('exports')
    .select('id')
    .where('state', '=', 'complete')
    .where('expires_at', '<=', now)
    .limit(1000)
    .execute();
  let count = 0;
  for (const { id } of due) if (await discard(db, storage, id)) count++;
  return count;
}

/** How many archives there are whose time has come. */
export async function countDue(db: Kysely<Schema>, now: Date): Promise<number> {
  const { total } = await db
    .selectFrom('exports')
    .select((select) => select.fn.countAll<number>().as('total'))
    .where('state', '=', 'complete')
    .where('expires_at', '<=', now)
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** Takes an export's archive away, unless another export has the same; undefined when the export is not complete. */
export async function discard(db: Kysely<Schema>, storage: Storage, id: number): Promise<ExportRow | undefined> {
  const gone = await expire(db, id);
  if (gone?.archive_key && !(await isArchiveOfAny(db, gone.archive_key))) await storage.remove(gone.archive_key);
  return gone;
}

/** Whether a complete export has an archive. */
export async function isArchiveOfAny(db: Kysely<Schema>, key: string): Promise<boolean> {
  const row = await db
    .selectFrom('exports')
    .select('id')
    .where('archive_key', '=', key)
    .where('state', '=', 'complete')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
