import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { type ExportRow, expire } from './states.ts';

/** By the database's clock: a machine whose own is wrong takes nothing away too early. */
const DUE = sql<boolean>`expires_at <= now()`;

/** Takes archives away whose time has come: `complete` becomes `gone`, then the file goes. Gives back how many. */
export async function expireArchives(db: Kysely<Schema>, storage: Storage): Promise<number> {
  const due = await db.selectFrom('exports').select('id').where('state', '=', 'complete').where(DUE).limit(1000).execute();
  let count = 0;
  for (const { id } of due) if (await discard(db, storage, id)) count++;
  return count;
}

/** How many archives there are whose time has come. */
export async function countDue(db: Kysely<Schema>): Promise<number> {
  const { total } = await db
    .selectFrom('exports')
    .select((select) => select.fn.countAll<number>().as('total'))
    .where('state', '=', 'complete')
    .where(DUE)
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
