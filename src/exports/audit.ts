import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** How something was asked for: by the API, in a browser, by a direct link, or by whoever had the address of a download. */
export type AuditVia = Schema['audit']['via'];

/** What is told of each layer or table: as it was then. */
interface AuditedDataset {
  id: number;
  version: number;
  title: string;
  /** Its SPDX id, or its title where it has none; null: no licence was given. */
  licence: string | null;
}

export interface AuditRow {
  id: number;
  at: Date;
  event: 'export' | 'download';
  /** Null: not known, since an address was used that somebody else had asked for. */
  user: string | null;
  via: AuditVia;
  export_id: number;
  datasets: AuditedDataset[];
  /** Of the archive; null for an export that was asked for. */
  bytes: number | null;
  /** When a download was begun; null where that is not known: a bucket does not tell, or the address was never used. */
  fetched_at: Date | null;
}

/** What an export holds, with the licences of now, or of when it was asked for where that is written down. */
const DATASETS = sql`coalesce(
  (select one.datasets from audit one where one.export_id = exports.id and one.event = 'export' order by one.id limit 1),
  (select jsonb_agg(jsonb_build_object('id', datasets.id, 'version', (item->>'version')::int, 'title', datasets.title,
      'licence', coalesce(licenses.spdx_id, licenses.title)) order by place)
    from jsonb_array_elements(exports.request->'items') with ordinality as items (item, place)
    join datasets on datasets.id = (item->>'dataset')::int left join licenses on licenses.id = datasets.license_id),
  '[]')`;

/** Writes down that an export was asked for. */
export async function auditExport(db: Kysely<Schema>, exportId: number, userId: number, via: AuditVia): Promise<void> {
  await sql`insert into audit (event, user_id, via, export_id, datasets)
    select 'export', ${userId}, ${via}, id, ${DATASETS} from exports where id = ${exportId}`.execute(db);
}

/**
 * Writes down that a user was given the address of an archive: a download, however many requests it takes.
 * @param address what tells it from others; see {@link auditFetch}.
 */
export async function auditDownload(db: Kysely<Schema>, exportId: number, userId: number, via: AuditVia, address: string): Promise<void> {
  await sql`insert into audit (event, user_id, via, export_id, datasets, bytes, address)
    select 'download', ${userId}, ${via}, id, ${DATASETS}, size_zipped, ${address} from exports where id = ${exportId}`.execute(db);
}

/**
 * Writes down that the address of an archive was used. The first time it is the download of whoever was given it; later, all of the archive in one
 * piece is another download, by somebody unknown. Parts are the rest of one that was begun.
 */
export async function auditFetch(db: Kysely<Schema>, address: string, whole: boolean): Promise<void> {
  const { numAffectedRows = 0n } = await sql`update audit set fetched_at = now() where id = (
    select id from audit where address = ${address} and fetched_at is null order by id limit 1 for update skip locked)`.execute(db);
  if (numAffectedRows > 0n || !whole) return;
  await sql`insert into audit (event, via, export_id, datasets, bytes, fetched_at)
    select 'download', 'address', export_id, datasets, bytes, now() from audit where address = ${address} order by id limit 1`.execute(db);
}

/** Of the audit log, at a time. */
const MOST_ROWS = 10_000;

/** Forgets what is older than it is kept, the oldest first, and no more than so many rows, so that none of it takes long. Gives back how many. */
export async function expireAudit(db: Kysely<Schema>, keepMs: number, most = MOST_ROWS): Promise<number> {
  const { numAffectedRows = 0n } = await sql`delete from audit where id in (
    select id from audit where at < now() - ${keepMs / 1000} * interval '1 second' order by at limit ${most})`.execute(db);
  return Number(numAffectedRows);
}

export interface AuditFilter {
  user?: string | undefined;
  /** The id of a layer or a table. */
  dataset?: number | undefined;
  event?: 'export' | 'download' | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** What was written down, newest first. */
export async function listAudit(db: Kysely<Schema>, filter: AuditFilter, limit: number): Promise<AuditRow[]> {
  let matching = db.selectFrom('audit').leftJoin('users', 'users.id', 'audit.user_id');
  if (filter.user !== undefined) matching = matching.where('users.name', '=', filter.user);
  if (filter.event !== undefined) matching = matching.where('event', '=', filter.event);
  if (filter.since !== undefined) matching = matching.where('at', '>=', filter.since);
  if (filter.until !== undefined) matching = matching.where('at', '<', filter.until);
  if (filter.dataset !== undefined) matching = matching.where(sql<boolean>`datasets @> ${JSON.stringify([{ id: filter.dataset }])}::jsonb`);
  const rows = await matching
    .select(['audit.id', 'at', 'event', 'users.name as user', 'via', 'export_id', 'datasets', 'bytes', 'fetched_at'])
    .orderBy('audit.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, datasets: row.datasets as AuditedDataset[] }));
}
