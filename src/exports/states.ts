import { randomUUID } from 'node:crypto';
import { type Insertable, type Kysely, type RawBuilder, type Selectable, sql, type UpdateObject } from 'kysely';
import type { Schema } from '../db/schema.ts';

export type ExportState = Schema['exports']['state'];
export type ExportRow = Selectable<Schema['exports']>;

/** Each state and those it may become; the rest are final. The words are the API's own. */
const TRANSITIONS: Readonly<Record<ExportState, readonly ExportState[]>> = {
  processing: ['complete', 'error', 'cancelled'],
  complete: ['gone'],
  cancelled: [],
  error: [],
  gone: [],
};

export interface ExportError {
  code: string;
  /** A sentence that says what to do. */
  message: string;
  /** The item concerned, by its place in the request; null: the whole export. */
  item: number | null;
}

/** A step of an item (`crop`, `write`), or of the whole (`archive`, with no item). */
export interface Stage {
  item: number | null;
  name: string;
  /** 0..1. */
  progress: number;
}

/** Who asked to be told of the end is told from now on (exports/notify.ts). */
const WHERE_ASKED = sql<Date | null>`case when notify is null then null else now() end`;

/** By the database's clock, which all machines have in common: their own may differ. */
const NOW = sql<Date>`now()`;

/** An export, and the attempt that has it: an attempt that another one has taken over from changes nothing any more. */
export type Attempt = Pick<ExportRow, 'id' | 'claim'>;

/** Every change of state is one conditional UPDATE: of two that race, one wins and the other answers undefined. */
async function move(
  db: Kysely<Schema>,
  { id, claim }: { id: number; claim?: ExportRow['claim'] },
  from: ExportState,
  to: ExportState,
  change: UpdateObject<Schema, 'exports'>,
): Promise<ExportRow | undefined> {
  if (!TRANSITIONS[from].includes(to)) throw new Error(`An export cannot go from ${from} to ${to}.`);
  let update = db
    .updateTable('exports')
    .set({ ...change, state: to, ...(from === 'processing' ? { notify_at: WHERE_ASKED } : {}) })
    .where('id', '=', id)
    .where('state', '=', from);
  if (claim !== undefined) update = update.where('claim', 'is not distinct from', claim);
  return update.returningAll().executeTakeFirst();
}

/** Records an accepted export: state `processing`. */
export async function accept(
  db: Kysely<Schema>,
  values: Omit<Insertable<Schema['exports']>, 'state' | 'turn' | 'created_at'> & { turn: RawBuilder<Date>; created_at?: RawBuilder<Date> },
): Promise<ExportRow> {
  return db
    .insertInto('exports')
    .values({ ...values, state: 'processing' })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Begins another attempt, and takes the export from any that still goes on; undefined when the export is no longer processing. */
export async function begin(db: Kysely<Schema>, id: number, worker: string): Promise<ExportRow | undefined> {
  return db
    .updateTable('exports')
    .set((set) => ({
      attempts: set('attempts', '+', 1),
      claim: randomUUID(),
      worker,
      started_at: set.fn.coalesce('started_at', NOW),
    }))
    .where('id', '=', id)
    .where('state', '=', 'processing')
    .returningAll()
    .executeTakeFirst();
}

/** Takes an attempt back that was stopped in good order, not by a fault. */
export async function putBack(db: Kysely<Schema>, { id, claim }: Attempt): Promise<void> {
  await db
    .updateTable('exports')
    .set((set) => ({ attempts: set('attempts', '-', 1) }))
    .where('id', '=', id)
    .where('state', '=', 'processing')
    .where('claim', 'is not distinct from', claim)
    .execute();
}

/** Records how far an attempt has come; progress never falls. False when the export is no longer processing, or another attempt has it. */
export async function report(db: Kysely<Schema>, { id, claim }: Attempt, progress: number, stages: readonly Stage[]): Promise<boolean> {
  const updated = await db
    .updateTable('exports')
    .set((set) => ({ progress: set.fn<number>('greatest', ['progress', set.val(progress)]), stages: JSON.stringify(stages) }))
    .where('id', '=', id)
    .where('state', '=', 'processing')
    .where('claim', 'is not distinct from', claim)
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

export interface Archived {
  key: string;
  contentHash: string;
  sizeBytes: number;
  sha256: string;
  warnings: readonly string[];
  stages: readonly Stage[];
  /** How long the archive is kept, in milliseconds. */
  keepFor: number;
}

/** The archive is durable under its final name. */
export function complete(db: Kysely<Schema>, attempt: Attempt, archived: Archived): Promise<ExportRow | undefined> {
  return move(db, attempt, 'processing', 'complete', {
    progress: 1,
    stages: JSON.stringify(archived.stages),
    warnings: JSON.stringify(archived.warnings),
    archive_key: archived.key,
    content_hash: archived.contentHash,
    size_zipped: archived.sizeBytes,
    sha256: archived.sha256,
    finished_at: NOW,
    expires_at: sql<Date>`now() + ${archived.keepFor} * interval '1 millisecond'`,
    crop: null,
  });
}

export function fail(db: Kysely<Schema>, attempt: Attempt, error: ExportError): Promise<ExportRow | undefined> {
  return move(db, attempt, 'processing', 'error', { error: JSON.stringify(error), finished_at: NOW, crop: null });
}

export function cancel(db: Kysely<Schema>, id: number): Promise<ExportRow | undefined> {
  return move(db, { id }, 'processing', 'cancelled', { finished_at: NOW, crop: null });
}

/** The archive is to be removed: the caller does that after this. */
export function expire(db: Kysely<Schema>, id: number): Promise<ExportRow | undefined> {
  return move(db, { id }, 'complete', 'gone', { expires_at: NOW });
}
