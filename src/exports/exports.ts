import { createHash, randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { containing, type Page, type Sort } from '../catalog/datasets.ts';
import type { Limits } from '../config.ts';
import type { Schema } from '../db/schema.ts';
import type { ExportQueue } from '../queue/queue.ts';
import type { SiteAddress } from './addresses.ts';
import { type AuditVia, auditExport } from './audit.ts';
import { exportName } from './naming.ts';
import type { Notify } from './notify.ts';
import type { Check } from './request.ts';
import { accept, type ExportRow, type ExportState } from './states.ts';
import { isLong, turnOf } from './turn.ts';

export interface ExportSite {
  /** Generated names begin with it, and names that were asked for with the prefix. */
  siteName: string;
  namePrefix: string;
  limits: Pick<Limits, 'active' | 'activePerUser'>;
}

/** Who asks for an export. */
export interface Requester {
  userId: number;
  /** Signs what a webhook is told. */
  notifyKey: string;
  /** Where the request reached the site. */
  address: SiteAddress;
  via: AuditVia;
  /** The span of the request, as a `traceparent`; null where no traces are sent. */
  trace: string | null;
}

/**
 * Records a valid request as an export and queues it, both in one transaction: once this returns, a crash loses neither.
 * @param check of a request that is valid.
 * @param idempotency the client's own key for this request.
 */
export async function createExport(
  db: Kysely<Schema>,
  queue: ExportQueue,
  check: Check,
  by: Requester,
  site: ExportSite,
  idempotency?: IdempotencyKey,
): Promise<ExportRow> {
  const row = await db.transaction().execute(async (trx) => {
    const created = await insert(trx, queue, check, by, site);
    if (idempotency) {
      const { keyHash, bodyHash } = idempotency;
      const values = { user_id: by.userId, key_hash: keyHash, body_hash: bodyHash, export_id: created.id, created_at: sql<Date>`now()` };
      await trx
        .insertInto('idempotency_keys')
        .values(values)
        .onConflict((conflict) =>
          conflict.columns(['user_id', 'key_hash']).doUpdateSet(values).where('idempotency_keys.created_at', '<', KEYS_SINCE),
        )
        .returning('export_id')
        // Nothing comes back where the same key was used a moment ago: what was inserted goes again.
        .executeTakeFirstOrThrow(() => new KeyTaken());
    }
    return created;
  });
  queue.wake();
  return row;
}

/**
 * The user's newest export of the same content, made or in the making; else a new one.
 * @param check of a request that is valid.
 */
export async function findOrCreateExport(
  db: Kysely<Schema>,
  queue: ExportQueue,
  check: Check,
  by: Requester,
  site: ExportSite,
): Promise<ExportRow> {
  const { hash } = identity(check, site);
  const row = await db.transaction().execute(async (trx) => {
    // Two that ask at once get one export.
    await sql`select pg_advisory_xact_lock(hashtext(${`${by.userId} ${hash}`}))`.execute(trx);
    const found = await trx
      .selectFrom('exports')
      .selectAll()
      .where('user_id', '=', by.userId)
      .where('request_hash', '=', hash)
      .where('state', 'in', ['processing', 'complete'])
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return found ?? insert(trx, queue, check, by, site);
  });
  queue.wake();
  return row;
}

/** Whether an archive of the same content as a valid request had this checksum, be it gone by now. */
export async function hadArchive(
  db: Kysely<Schema>,
  userId: number,
  check: Check,
  site: ExportSite,
  sha256: readonly string[],
): Promise<boolean> {
  if (sha256.length === 0) return false;
  const found = await db
    .selectFrom('exports')
    .select('id')
    .where('user_id', '=', userId)
    .where('request_hash', '=', identity(check, site).hash)
    .where('sha256', 'in', sha256)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

async function insert(trx: Kysely<Schema>, queue: ExportQueue, check: Check, by: Requester, site: ExportSite): Promise<ExportRow> {
  if (!check.request) throw new Error('Only a valid request becomes an export.');
  const { active, activePerUser } = site.limits;
  if ((await countActive(trx)) >= active) throw new SiteBusy();
  if (activePerUser !== null) {
    // Requests of one user take turns here, so that none slips past the limit.
    await sql`select pg_advisory_xact_lock(${by.userId})`.execute(trx);
    if ((await countActive(trx, by.userId)) >= activePerUser) throw new QuotaExceeded();
  }
  const jobId = randomUUID();
  const { name, hash } = identity(check, site);
  const accepted = await accept(trx, {
    user_id: by.userId,
    name,
    // By the clock that all machines have in common, but without its microseconds, which an answer could not repeat: a filter by that answer must not
    // find it again.
    created_at: sql<Date>`date_trunc('milliseconds', now())`,
    created_via: by.via === 'web' ? 'web' : 'api',
    request: JSON.stringify(check.request),
    request_hash: hash,
    data_modified_at: dataModifiedAt(check),
    crop: check.crop ? JSON.stringify(check.crop) : null,
    notify: check.notifyUrl && JSON.stringify({ url: check.notifyUrl, key: by.notifyKey, address: by.address } satisfies Notify),
    size_estimate: check.sizeEstimate,
    seconds_estimate: check.secondsEstimate,
    job_id: jobId,
    turn: turnOf(by.userId, check.secondsEstimate),
    stages: JSON.stringify([]),
    warnings: JSON.stringify(check.warnings),
  });
  await trx
    .updateTable('users')
    .set((set) => ({ export_count: set('export_count', '+', 1) }))
    .where('id', '=', by.userId)
    .execute();
  await auditExport(trx, accepted.id, by.userId, by.via);
  await queue.add(trx, {
    exportId: accepted.id,
    trace: by.trace,
    jobId,
    turn: accepted.turn ?? accepted.created_at,
    long: isLong(check.secondsEstimate),
  });
  return accepted;
}

/** All users together have as many exports in the making as the site takes on. */
export class SiteBusy extends Error {}

/** The user has as many exports in the making as the site allows. */
export class QuotaExceeded extends Error {}

/** The name of the export that a valid request becomes, and a hash of all that decides what its archive holds. */
function identity(check: Check, site: ExportSite): { name: string; hash: string } {
  const named = check.items.map((item) => ({ slug: item.dataset?.slug ?? '', format: item.format?.shortName ?? '' }));
  const name = exportName(check.name, named, site);
  const about = check.items.map(({ dataset }) => [dataset?.title, dataset?.license?.id]);
  const { crs, items, options } = check.request ?? {};
  const content = JSON.stringify([name, site.siteName, about, crs, items, check.crop, options]);
  return { name, hash: createHash('sha256').update(content).digest('hex') };
}

/** When the newest of the versions asked for was published. */
export function dataModifiedAt({ items }: Check): Date {
  return new Date(Math.max(0, ...items.map(({ version }) => version?.publishedAt.getTime() ?? 0)));
}

/** A key by which a client may send the same request twice and have one export, as hashes. */
export interface IdempotencyKey {
  keyHash: string;
  bodyHash: string;
}

/** Another request with the same key was faster; its export is there now. */
export class KeyTaken extends Error {}

const KEYS_SINCE = sql<Date>`now() - interval '24 hours'`;

export function idempotencyKey(key: string, body: unknown): IdempotencyKey {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  return { keyHash: hash(key), bodyHash: hash(JSON.stringify(body)) };
}

/** The export that was created with a key within 24 hours; `conflict` when it came with another body. */
export async function findByKey(
  db: Kysely<Schema>,
  userId: number,
  { keyHash, bodyHash }: IdempotencyKey,
): Promise<ExportRow | 'conflict' | undefined> {
  const known = await db
    .selectFrom('idempotency_keys')
    .select(['export_id', 'body_hash'])
    .where('user_id', '=', userId)
    .where('key_hash', '=', keyHash)
    .where('created_at', '>=', KEYS_SINCE)
    .executeTakeFirst();
  if (!known) return undefined;
  return known.body_hash === bodyHash ? loadExport(db, userId, known.export_id) : 'conflict';
}

/** Forgets the keys whose time is over; gives back how many. */
export async function forgetKeys(db: Kysely<Schema>): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('idempotency_keys').where('created_at', '<', KEYS_SINCE).executeTakeFirst();
  return Number(numDeletedRows);
}

/** How many exports are being made, of a user or of all. */
export async function countActive(db: Kysely<Schema>, userId?: number): Promise<number> {
  let active = db.selectFrom('exports').where('state', '=', 'processing');
  if (userId !== undefined) active = active.where('user_id', '=', userId);
  const { total } = await active.select((select) => select.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  return Number(total);
}

export interface ExportFilter {
  state?: ExportState | undefined;
  createdAfter?: Date | undefined;
  createdBefore?: Date | undefined;
  /** A part of the name, in any case. */
  q?: string | undefined;
}

/** What exports can be sorted by. */
export const EXPORT_FIELDS = ['id', 'created_at', 'name', 'state'] as const;

/** What a list tells of an export. */
const SUMMARY = ['id', 'name', 'created_at', 'created_via', 'state'] as const;
type SummaryRow = Pick<ExportRow, (typeof SUMMARY)[number]>;

/** A user's exports, in order. */
export async function listExports(
  db: Kysely<Schema>,
  userId: number,
  filter: ExportFilter,
  page: Page,
  { field, descending }: Sort<(typeof EXPORT_FIELDS)[number]>,
): Promise<{ total: number; exports: SummaryRow[] }> {
  let matching = db.selectFrom('exports').where('user_id', '=', userId);
  if (filter.state) matching = matching.where('state', '=', filter.state);
  if (filter.createdAfter) matching = matching.where('created_at', '>', filter.createdAfter);
  if (filter.createdBefore) matching = matching.where('created_at', '<', filter.createdBefore);
  if (filter.q) matching = matching.where('name', 'ilike', containing(filter.q));
  const filtered = Object.values(filter).some((value) => value !== undefined);
  // Counting ten thousand rows takes longer than all else of a list.
  const count = filtered
    ? matching.select((select) => select.fn.countAll<number>().as('total'))
    : db.selectFrom('users').select('export_count as total').where('id', '=', userId);
  const direction = descending ? 'desc' : 'asc';
  const ordered = matching.select(SUMMARY).orderBy(field, direction).orderBy('id', direction);
  const [{ total }, exports] = await Promise.all([
    count.executeTakeFirstOrThrow(),
    ordered.limit(page.limit).offset(page.offset).execute(),
  ]);
  return { total: Number(total), exports };
}

/** One export of a user; undefined also when it is another user's. */
export async function loadExport(db: Kysely<Schema>, userId: number, id: number): Promise<ExportRow | undefined> {
  return db.selectFrom('exports').selectAll().where('id', '=', id).where('user_id', '=', userId).executeTakeFirst();
}
