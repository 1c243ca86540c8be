import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { resourceUrl, type SiteAddress } from '../exports/addresses.ts';
import { etaSeconds } from '../exports/eta.ts';
import { countActive, createExport, listExports, loadExport } from '../exports/exports.ts';
import { type Check, checkRequest, type ExportRequest } from '../exports/request.ts';
import { cancel, type ExportError, type ExportRow, type ExportState, type Stage } from '../exports/states.ts';
import { signDownload } from '../storage/signed.ts';
import { licenseOf } from './data.ts';
import { HttpError, notFound } from './errors.ts';
import { describeExports } from './options.ts';
import { readPaging, sendPage } from './paging.ts';
import { callerOf, pathId, queryText, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';
import { optionalTimestamp, timestamp } from './times.ts';

/** How long a download's address works: long enough to resume a large one the next morning. */
const DOWNLOAD_TTL_MS = 24 * 3_600_000;

/** `/exports/` (seed/export-api.txt; API.md, "Exports"). */
export function exportRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/exports/', {
    GET: { scope: 'exports:read', handler: list },
    POST: { scope: 'exports:write', handler: create },
    OPTIONS: { handler: () => describeExports(site.installation) },
  });
  resource(app, '/exports/validate/', { POST: { scope: 'exports:write', handler: validate } });
  resource(app, '/exports/:id/', {
    GET: { scope: 'exports:read', handler: async (request) => detail(siteAddress(site, request), await own(request)) },
    DELETE: { scope: 'exports:write', handler: remove },
  });
  resource(app, '/exports/:id/download/', { GET: { scope: 'exports:read', handler: download } });

  async function list(request: FastifyRequest, reply: FastifyReply) {
    const paging = readPaging(request);
    const filter = { state: stateFilter(queryText(request, 'state')), q: queryText(request, 'q') };
    const { total, exports } = await listExports(site.db, callerOf(request).userId, filter, paging);
    const address = siteAddress(site, request);
    return sendPage(
      request,
      reply,
      address,
      paging,
      total,
      exports.map((row) => summary(address, row)),
    );
  }

  async function create(request: FastifyRequest, reply: FastifyReply) {
    const address = siteAddress(site, request);
    const check = await checked(request, address);
    if (!check.request) return reply.code(400).send(verdict(address, check));
    const caller = callerOf(request);
    const row = await createExport(site.db, site.queue, check, { userId: caller.userId, via: 'api' }, site.config);
    const body = detail(address, row);
    return reply.code(201).header('Location', body.url).send(body);
  }

  async function validate(request: FastifyRequest) {
    const address = siteAddress(site, request);
    return verdict(address, await checked(request, address));
  }

  async function remove(request: FastifyRequest, reply: FastifyReply) {
    const { id } = await own(request);
    const row = await cancel(site.db, id);
    if (!row) return reply.code(409).send({ errors: ["Can't cancel"] });
    site.runner.cancelled(id);
    return detail(siteAddress(site, request), row);
  }

  async function download(request: FastifyRequest, reply: FastifyReply) {
    const row = await own(request);
    if (row.state === 'processing') throw new HttpError(404, 'This export is still being made. Ask again when its state is complete.');
    if (row.state === 'gone') throw new HttpError(410, 'This archive was removed. Create the export again.');
    if (row.state !== 'complete' || !row.archive_key || !row.sha256)
      throw new HttpError(409, `There is nothing to download: the state of this export is ${row.state}.`);
    const signed = signDownload(
      { key: row.archive_key, filename: `${row.name}.zip`, sha256: row.sha256, expires: Date.now() + DOWNLOAD_TTL_MS },
      site.downloadSecret,
    );
    return reply.header('Cache-Control', 'no-store').redirect(`${siteAddress(site, request).origin}/downloads/${signed}`, 302);
  }

  async function own(request: FastifyRequest): Promise<ExportRow> {
    const row = await loadExport(site.db, callerOf(request).userId, pathId(request, 'id', 'export'));
    if (!row) throw notFound('export');
    return row;
  }

  /** Checks the body; a user with too many active exports is told so along with all else. */
  async function checked(request: FastifyRequest, address: SiteAddress): Promise<Check> {
    const { body } = request;
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new HttpError(400, 'Send a JSON object with formats, items and crs.');
    const { maxExportBytes, maxActivePerUser } = site.config;
    const context = { db: site.db, site: address, installation: site.installation, versionDir: site.versionDir, maxExportBytes };
    const check = await checkRequest({ ...body }, context);
    if (maxActivePerUser !== null && (await countActive(site.db, callerOf(request).userId)) >= maxActivePerUser) {
      check.findings.add(
        'quota-exceeded',
        'items',
        `You have ${maxActivePerUser} exports in the making, as many as this site allows. Wait for one, or cancel it.`,
      );
      return { ...check, request: null };
    }
    return check;
  }
}

function stateFilter(text: string | undefined): ExportState | undefined {
  if (text === undefined) return undefined;
  const states = ['processing', 'cancelled', 'error', 'complete', 'gone'] as const satisfies ExportState[];
  const state = states.find((known) => known === text);
  if (!state) throw new HttpError(400, `state must be one of ${states.join(', ')}.`);
  return state;
}

/** The body of `validate`, and of a `create` that is not valid. */
function verdict(address: SiteAddress, check: Check) {
  return {
    items: check.items.map((item, index) => ({
      ...item.sent,
      license: licenseOf(address, item.dataset?.license ?? null),
      price: '0.00',
      is_valid: check.findings.ofItem(index).length === 0,
      invalid_reasons: check.findings.ofItem(index),
      size_estimate_zipped: item.sizeEstimate,
    })),
    size_estimate_zipped: check.sizeEstimate,
    is_valid: !check.findings.any,
    invalid_reasons: [...check.findings.reasons],
    errors: check.findings.errors,
    warnings: check.warnings,
  };
}

function summary(address: SiteAddress, row: ExportRow) {
  const url = resourceUrl(address, `/exports/${row.id}/`);
  return {
    id: row.id,
    name: row.name,
    created_at: timestamp(row.created_at),
    created_via: row.created_via,
    state: row.state,
    url,
    download_url: row.state === 'complete' ? `${url}download/` : null,
  };
}

function detail(address: SiteAddress, row: ExportRow) {
  const request = row.request as ExportRequest;
  const itemUrls = request.items.map((item) => {
    const version = item.pinned ? `versions/${item.version}/` : '';
    return resourceUrl(address, `/${item.type}s/${item.dataset}/${version}`);
  });
  const error = row.error as ExportError | null;
  const urlOf = (item: number | null) => (item === null ? null : (itemUrls[item] ?? null));
  return {
    ...summary(address, row),
    extent: extentOf(address, request),
    delivery: request.delivery,
    formats: request.formats,
    items: request.items.map((item, index) => ({ item: itemUrls[index], ...(item.color === null ? {} : { color: item.color }) })),
    crs: request.crs,
    options: request.options,
    size_estimate_zipped: row.size_estimate,
    progress: row.state === 'cancelled' ? null : row.progress,
    started_at: optionalTimestamp(row.started_at),
    finished_at: optionalTimestamp(row.finished_at),
    expires_at: optionalTimestamp(row.expires_at),
    eta_seconds: etaSeconds(row, Date.now()),
    size_zipped: row.size_zipped,
    sha256: row.sha256,
    warnings: row.warnings,
    error: error && { ...error, item: urlOf(error.item) },
    stages: (row.stages as Stage[]).map((stage) => ({ ...stage, item: urlOf(stage.item) })),
  };
}

function extentOf(address: SiteAddress, { extent }: ExportRequest) {
  if (!extent) return null;
  if ('geometry' in extent) return extent.geometry;
  return resourceUrl(address, `/exports/croplayers/${extent.cropLayer}/cropfeatures/${extent.cropFeature}/`);
}
