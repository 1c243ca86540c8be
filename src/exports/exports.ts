import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Page } from '../catalog/datasets.ts';
import type { Schema } from '../db/schema.ts';
import type { ExportQueue } from '../queue/queue.ts';
import { exportName } from './naming.ts';
import type { Check } from './request.ts';
import { accept, type ExportRow, type ExportState } from './states.ts';

export interface ExportSite {
  siteName: string;
  namePrefix: string;
}

/**
 * Records a valid request as an export and queues it, both in one transaction: once this returns, a crash loses neither.
 * @param check of a request that is valid.
 */
export async function createExport(
  db: Kysely<Schema>,
  queue: ExportQueue,
  check: Check,
  by: { userId: number; via: 'web' | 'api' },
  site: ExportSite,
): Promise<ExportRow> {
  if (!check.request) throw new Error('Only a valid request becomes an export.');
  const request = check.request;
  const named = check.items.map((item) => ({ slug: item.dataset?.slug ?? '', format: item.format?.shortName ?? '' }));
  const jobId = randomUUID();
  const row = await db.transaction().execute(async (trx) => {
    const accepted = await accept(trx, {
      user_id: by.userId,
      name: exportName(check.name, named, site),
      created_via: by.via,
      request: JSON.stringify(request),
      crop: check.crop ? JSON.stringify(check.crop) : null,
      size_estimate: check.sizeEstimate,
      job_id: jobId,
      stages: JSON.stringify([]),
      warnings: JSON.stringify(check.warnings),
    });
    await queue.add(trx, accepted.id, jobId);
    return accepted;
  });
  queue.wake();
  return row;
}

/** How many exports of a user are being made. */
export async function countActive(db: Kysely<Schema>, userId: number): Promise<number> {
  const { total } = await db
    .selectFrom('exports')
    .select((select) => select.fn.countAll<number>().as('total'))
    .where('user_id', '=', userId)
    .where('state', '=', 'processing')
    .executeTakeFirstOrThrow();
  return Number(total);
}

export interface ExportFilter {
  state?: ExportState | undefined;
  /** A part of the name, in any case. */
  q?: string | undefined;
}

/** A user's exports, newest first. */
export async function listExports(
  db: Kysely<Schema>,
  userId: number,
  filter: ExportFilter,
  page: Page,
): Promise<{ total: number; exports: ExportRow[] }> {
  let matching = db.selectFrom('exports').where('user_id', '=', userId);
  if (filter.state) matching = matching.where('state', '=', filter.state);
  if (filter.q) matching = matching.where('name', 'ilike', `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`);
  const { total } = await matching.select((select) => select.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const exports = await matching.selectAll().orderBy('id', 'desc').limit(page.limit).offset(page.offset).execute();
  return { total: Number(total), exports };
}

/** One export of a user; undefined also when it is another user's. */
export async function loadExport(db: Kysely<Schema>, userId: number, id: number): Promise<ExportRow | undefined> {
  return db.selectFrom('exports').selectAll().where('id', '=', id).where('user_id', '=', userId).executeTakeFirst();
}
