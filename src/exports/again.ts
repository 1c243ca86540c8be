import type { Kysely } from 'kysely';
import type { Limits } from '../config.ts';
import type { Schema } from '../db/schema.ts';
import type { ExportQueue } from '../queue/queue.ts';
import type { SiteAddress } from './addresses.ts';
import { createExport, type ExportSite } from './exports.ts';
import type { CheckContext } from './items.ts';
import type { Notify } from './notify.ts';
import { checkRequest } from './request.ts';
import { exportResource } from './resource.ts';
import type { ExportRow } from './states.ts';

/** Why an export is not asked for again, as a sentence. */
export class CannotAskAgain extends Error {}

/** Where the request that is made of an export says that things are; nobody outside sees it. */
const HERE: SiteAddress = { origin: 'http://localhost', version: 'v1', hosts: ['localhost'] };

/**
 * Creates a new export of what one that has ended was to hold, for the same user.
 * @throws {CannotAskAgain}
 */
export async function askAgain(
  id: number,
  site: Omit<CheckContext, 'site' | 'limits'> & Omit<ExportSite, 'limits'> & { db: Kysely<Schema>; queue: ExportQueue; limits: Limits },
): Promise<ExportRow> {
  const row = await site.db.selectFrom('exports').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new CannotAskAgain(`There is no export ${id}.`);
  if (row.state === 'processing') throw new CannotAskAgain(`Export ${id} is being made.`);
  if (row.state === 'complete') throw new CannotAskAgain(`Export ${id} is complete.`);
  const { crs, formats, items, extent, options } = exportResource(HERE, row);
  const notify = row.notify as Notify | null;
  const { title } = row.request as { title?: string };
  const body = {
    formats,
    items,
    options,
    ...(crs === null ? {} : { crs }),
    ...(extent === null ? {} : { extent }),
    ...(title === undefined ? {} : { name: title }),
    ...(notify ? { notify: { url: notify.url } } : {}),
  };
  const check = await checkRequest(body, { ...site, site: HERE });
  if (!check.request)
    throw new CannotAskAgain(`What export ${id} asked for is not valid any more: ${Object.values(check.findings.errors).flat().join(' ')}`);
  const by = { userId: row.user_id, notifyKey: notify?.key ?? '', address: notify?.address ?? HERE, via: 'admin' as const, trace: null };
  // Who runs the site may go past the limits of users.
  return createExport(site.db, site.queue, check, by, { ...site, limits: { active: Number.POSITIVE_INFINITY, activePerUser: null } });
}
