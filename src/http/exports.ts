import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type AuditVia, auditDownload } from '../exports/audit.ts';
import { discard } from '../exports/expiry.ts';
import {
  countActive,
  createExport,
  EXPORT_FIELDS,
  findByKey,
  idempotencyKey,
  KeyTaken,
  listExports,
  loadExport,
  QuotaExceeded,
  type Requester,
} from '../exports/exports.ts';
import { type Check, checkRequest } from '../exports/request.ts';
import { Export, ExportSummary, exportResource, exportSummary, State } from '../exports/resource.ts';
import { cancel, type ExportRow } from '../exports/states.ts';
import { hashOfAddress, signDownload } from '../storage/signed.ts';
import { HttpError, notFound } from './errors.ts';
import { describeExports } from './options.ts';
import { PAGING, readPage, readSort, readTime, sendPage, sortBy, TimeFilter } from './paging.ts';
import { callerOf, Id, operation, ref, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';
import { ExportRequest, refusal, Verdict, verdict } from './verdict.ts';

/** How long a download's address works: long enough to resume a large one the next morning. */
const DOWNLOAD_TTL_MS = 24 * 3_600_000;
const OneExport = Type.Object({ id: Id });
const Refused = Type.Object({ errors: Type.Array(Type.String()) }, { $id: 'Refused', additionalProperties: false });
export const EXPORT_SCHEMAS = [ExportSummary, Export, ExportRequest, Verdict, Refused];

/** `/exports/` (seed/export-api.txt; API.md, "Exports"). */
export function exportRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/exports/', {
    GET: operation({
      scope: 'exports:read',
      summary: 'List exports',
      description: 'The exports you have created, newest first.',
      query: Type.Object({
        ...PAGING,
        sort: sortBy(EXPORT_FIELDS),
        state: Type.Optional(State),
        'created_at.after': TimeFilter,
        'created_at.before': TimeFilter,
        q: Type.Optional(Type.String({ description: 'A part of the name, in any case.' })),
      }),
      answers: { 200: Type.Array(ref(ExportSummary)) },
      async handler(request, reply) {
        const { query } = request;
        const filter = {
          state: query.state,
          createdAfter: readTime('created_at.after', query['created_at.after']),
          createdBefore: readTime('created_at.before', query['created_at.before']),
          q: query.q,
        };
        const page = readPage(query);
        const sort = readSort(query.sort, EXPORT_FIELDS, { field: 'id', descending: true });
        const { total, exports } = await listExports(site.db, callerOf(request).userId, filter, page, sort);
        const address = siteAddress(site, request);
        const rows = exports.map((row) => exportSummary(address, row));
        return sendPage(request, reply, address, page, total, rows);
      },
    }),
    POST: operation({
      scope: 'exports:write',
      summary: 'Create an export',
      description:
        'Creates and starts an export. A request that is not valid is answered 400, with what `validate` says of it. With `Idempotency-Key`, the same request within 24 hours gives the first export again; another body with the same key is answered 409.',
      body: ref(ExportRequest),
      headers: {
        'Idempotency-Key': 'Any text of your own, new for each export that you want.',
        Prefer: '`wait=N`: answer when the export has ended, or after N seconds (at most 60).',
      },
      answers: { 201: ref(Export), 400: Type.Union([ref(Verdict), Type.Object({ detail: Type.String() })]) },
      async handler(request, reply) {
        const { body } = request;
        const caller = callerOf(request);
        const sentKey = request.headers['idempotency-key'];
        const key = typeof sentKey === 'string' && sentKey !== '' ? idempotencyKey(sentKey, body) : undefined;
        const address = siteAddress(site, request);
        const known = key && (await findByKey(site.db, caller.userId, key));
        if (known === 'conflict')
          throw new HttpError(409, 'This Idempotency-Key came with another body before. Use a new key for each export.');
        let row = known;
        if (!row) {
          const check = await checked(site, request, body);
          if (!check.request) return reply.code(400).send(verdict(address, check));
          try {
            row = await createExport(site.db, site.queue, check, requester(site, request), site.config, key);
          } catch (error) {
            if (error instanceof QuotaExceeded) return reply.code(400).send(verdict(address, refusal(check, site.config.limits)));
            if (!(error instanceof KeyTaken) || !key) throw error;
            const first = await findByKey(site.db, caller.userId, key);
            if (!first || first === 'conflict')
              throw new HttpError(409, 'This Idempotency-Key came with another body before. Use a new key for each export.');
            row = first;
          }
        }
        request.exportId = row.id;
        const wait = preferredWait(request.headers.prefer);
        if (wait !== null) {
          reply.header('Preference-Applied', `wait=${wait}`);
          await site.watcher.untilFinal(row.id, wait * 1000, closing(reply));
          row = (await loadExport(site.db, caller.userId, row.id)) ?? row;
        }
        const answer = exportResource(address, row);
        return reply.code(201).header('Location', answer.url).send(answer);
      },
    }),
    OPTIONS: operation({
      summary: 'Describe the request',
      description: 'The form of `POST /exports/`. The formats are what this site can write now.',
      answers: { 200: Type.Object({ name: Type.String(), description: Type.String(), actions: Type.Object({ POST: Type.Unknown() }) }) },
      handler: () => describeExports(site.installation, site.config.limits),
    }),
  });
  resource(app, '/exports/validate/', {
    POST: operation({
      scope: 'exports:write',
      summary: 'Validate a request',
      description: 'Says all that is wrong with a request to create an export, and how large the archive will be. Creates nothing.',
      body: ref(ExportRequest),
      answers: { 200: ref(Verdict) },
      handler: async (request) => verdict(siteAddress(site, request), await checked(site, request, request.body)),
    }),
  });
  resource(app, '/exports/:id/', {
    GET: operation({
      scope: 'exports:read',
      summary: 'Get an export',
      params: OneExport,
      answers: { 200: ref(Export) },
      handler: async (request) => exportResource(siteAddress(site, request), await own(site, request, request.params.id)),
    }),
    DELETE: operation({
      scope: 'exports:write',
      summary: 'Cancel an export',
      params: OneExport,
      answers: { 200: ref(Export), 409: ref(Refused) },
      async handler(request, reply) {
        const { id } = await own(site, request, request.params.id);
        const row = await cancel(site.db, id);
        if (!row) return reply.code(409).send({ errors: ["Can't cancel"] });
        site.metrics.ended('cancelled');
        site.runner.cancelled(id);
        site.watcher.wake();
        site.notifier.wake();
        return exportResource(siteAddress(site, request), row);
      },
    }),
  });
  resource(app, '/exports/:id/discard/', {
    POST: operation({
      scope: 'exports:write',
      summary: 'Discard an archive',
      description: 'Removes the archive of an export that is complete. Its state becomes `gone`.',
      params: OneExport,
      answers: { 200: ref(Export), 409: ref(Refused) },
      async handler(request, reply) {
        const { id } = await own(site, request, request.params.id);
        const row = await discard(site.db, site.storage, id);
        if (!row) return reply.code(409).send({ errors: ["Can't discard"] });
        site.metrics.ended('gone');
        return exportResource(siteAddress(site, request), row);
      },
    }),
  });
  resource(app, '/exports/:id/download/', {
    GET: operation({
      scope: 'exports:read',
      summary: 'Download an archive',
      description:
        'Leads to an address that works for a day and needs no token. 404 while the export is processing, 410 when it is gone, 409 when there is nothing to download.',
      params: OneExport,
      answers: { 302: 'The address is in `Location`.' },
      async handler(request, reply) {
        const row = await own(site, request, request.params.id);
        if (row.state === 'processing') throw new HttpError(404, 'This export is still being made. Ask again when its state is complete.');
        if (row.state === 'gone') throw new HttpError(410, 'This archive was removed. Create the export again.');
        if (row.state !== 'complete') throw new HttpError(409, `There is nothing to download: the state of this export is ${row.state}.`);
        return reply.header('Cache-Control', 'no-store').redirect(await downloadAddress(site, request, row), 302);
      },
    }),
  });
}

/** An export of the caller's; another's does not exist. */
export async function own(site: Site, request: FastifyRequest, id: number): Promise<ExportRow> {
  const row = await loadExport(site.db, callerOf(request).userId, id);
  if (!row) throw notFound('export');
  request.exportId = id;
  return row;
}

/** Who asks, for `createExport`. */
export function requester(site: Site, request: FastifyRequest): Requester {
  const { userId, tokenHash } = callerOf(request);
  return {
    userId,
    notifyKey: tokenHash,
    address: siteAddress(site, request),
    via: viaOf(request),
    trace: request.trace?.traceparent ?? null,
  };
}

function viaOf(request: FastifyRequest): AuditVia {
  if (request.routeOptions.config.keyInQuery) return 'link';
  return callerOf(request).sessionId === null ? 'api' : 'web';
}

/** The signed address of a complete export's archive; that it was given out is written down. */
export async function downloadAddress(site: Site, request: FastifyRequest, row: ExportRow): Promise<string> {
  if (!row.archive_key || !row.sha256) throw new Error('A complete export has an archive.');
  const filename = `${row.name}.zip`;
  const method = request.method === 'HEAD' ? 'HEAD' : 'GET';
  const elsewhere = await site.storage.address(row.archive_key, { method, filename, validFor: DOWNLOAD_TTL_MS });
  const given = async (address: string) => {
    if (method === 'GET') await auditDownload(site.db, row.id, callerOf(request).userId, viaOf(request), hashOfAddress(address));
    return address;
  };
  if (elsewhere !== null) return given(elsewhere);
  const download = {
    key: row.archive_key,
    filename,
    sha256: row.sha256,
    modified: row.data_modified_at.getTime(),
    expires: Date.now() + DOWNLOAD_TTL_MS,
  };
  return given(`${siteAddress(site, request).origin}/downloads/${signDownload(download, site.downloadSecret)}`);
}

/** Checks a request to create an export; a user with too many active exports is told so along with all else. */
async function checked(site: Site, request: FastifyRequest, body: unknown): Promise<Check> {
  const check = await checkBody(site, request, body);
  const { limits } = site.config;
  const { activePerUser } = limits;
  if (activePerUser === null || (await countActive(site.db, callerOf(request).userId)) < activePerUser) return check;
  return refusal(check, limits);
}

/** Checks a request by itself, whoever sends it. */
export async function checkBody(site: Site, request: FastifyRequest, body: unknown): Promise<Check> {
  const { db, config, installation, versions } = site;
  const context = { db, site: siteAddress(site, request), installation, versions, limits: config.limits };
  const check = await checkRequest({ ...Object(body) }, context);
  for (const err of check.missing) request.log.error({ err }, 'files of a version are missing');
  return check;
}

/** `Prefer: wait=N` (RFC 7240 section 4.3), in seconds; at most a minute, which no proxy cuts. */
function preferredWait(header: string | string[] | undefined): number | null {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(String(header ?? ''))?.[1];
  return seconds === undefined ? null : Math.min(60, Number(seconds));
}

/** Fires when the client has gone, or has fired where it had gone before. */
export function closing({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  if (raw.destroyed) controller.abort();
  raw.once('close', () => controller.abort());
  return controller.signal;
}
