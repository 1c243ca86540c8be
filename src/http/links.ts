import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { loadDataset } from '../catalog/datasets.ts';
import { resourceUrl } from '../exports/addresses.ts';
import { dataModifiedAt, findOrCreateExport, hadArchive, loadExport, QuotaExceeded } from '../exports/exports.ts';
import { OPTION_RULES } from '../exports/options.ts';
import { Export, exportResource } from '../exports/resource.ts';
import type { ExportError, ExportRow } from '../exports/states.ts';
import { findShortName } from '../formats/registry.ts';
import { type Bounds, boundsPolygon } from '../geometry/bounds.ts';
import { boxParameter, readBox } from './bbox.ts';
import { isFresh, noneMatch, notModifiedSince } from './conditional.ts';
import { HttpError } from './errors.ts';
import { checkBody, closing, downloadAddress, requester } from './exports.ts';
import { callerOf, Id, operation, queryOf, ref, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';
import { refusal, Verdict, verdict } from './verdict.ts';

const WAIT_SECONDS = 30;

const LINK_QUERY = Type.Object({
  format: Type.Optional(Type.String({ description: 'A mimetype, or its short name: `gpkg`, `shp`, `csv`, …', examples: ['gpkg'] })),
  crs: Type.Optional(Type.String({ description: '`EPSG:n`; the layer’s own unless told.' })),
  bbox: boxParameter('Crops to west,south,east,north in degrees; across the antimeridian where west is past east.'),
  cropfeature: Type.Optional(Type.String({ description: 'Crops to a crop feature, by its URL.' })),
  color: Type.Optional(Type.String({ description: '`#RRGGBB`, with the `#` written `%23`.' })),
  tile_id: Type.Optional(Type.String({ description: 'A tile of a tiled dataset.' })),
  ...Object.fromEntries(OPTION_RULES.map(({ name, label }) => [name, Type.Optional(Type.String({ description: label }))])),
  wait: Type.Optional(Type.Integer({ minimum: 0, maximum: 60, description: `Seconds to wait for it; ${WAIT_SECONDS} unless told.` })),
  key: Type.Optional(Type.String({ description: 'A token with the scope `links`, where no header can be sent.' })),
});

/** `/layers/:id/export/` and `/tables/:id/export/`: one stable address for the newest archive (API.md, "Direct links"). */
export function linkRoutes(app: FastifyInstance, site: Site): void {
  for (const type of ['layer', 'table'] as const) {
    // The last part of the second form is for clients that name a file after the address, such as `curl -O`.
    for (const [path, params, how] of [
      [`/${type}s/:id/export/`, Type.Object({ id: Id }), 'by a direct link'],
      [`/${type}s/:id/export/:filename`, Type.Object({ id: Id, filename: Type.String() }), 'by a direct link that ends in a file name'],
    ] as const) {
      resource(app, path, {
        GET: operation({
          scope: ['links', 'exports:write'],
          keyInQuery: true,
          summary: `Download a ${type} ${how}`,
          description:
            'Finds or creates the export that the query describes on the newest version. Ready: leads to its archive, with `ETag` and `Last-Modified` of the data, so that nothing is fetched twice. Not ready in time: 202 with the export.',
          params,
          query: LINK_QUERY,
          headers: { 'If-None-Match': 'The `ETag` of what you have.', 'If-Modified-Since': 'When you fetched what you have.' },
          answers: {
            302: 'The archive’s address is in `Location`.',
            304: 'You have it already.',
            202: ref(Export),
            400: Type.Union([ref(Verdict), Type.Object({ detail: Type.String() })]),
          },
          accepts: '*/*',
          handler: (request, reply) => follow(request, reply, type, request.params.id, request.query.wait ?? WAIT_SECONDS),
        }),
      });
    }
  }

  async function follow(request: FastifyRequest, reply: FastifyReply, type: 'layer' | 'table', id: number, wait: number) {
    const address = siteAddress(site, request);
    const { userId } = callerOf(request);
    // Who has too many exports in the making may still fetch one that is made: the limit is looked at when another is needed.
    const check = await checkBody(site, request, await requestOf(request, type, id));
    if (!check.request) return reply.code(400).send(verdict(address, check));
    const modified = Math.floor(dataModifiedAt(check).getTime() / 1000) * 1000;
    const tags = noneMatch(request).map((tag) => tag.replaceAll('"', ''));
    // An archive may have expired since, and its content still be the newest.
    if (notModifiedSince(request, modified) || (await hadArchive(site.db, userId, check, site.config, tags)))
      return notModified(reply, request.headers['if-none-match'], modified);
    let row: ExportRow;
    try {
      row = await findOrCreateExport(site.db, site.queue, check, requester(site, request), site.config);
    } catch (error) {
      if (!(error instanceof QuotaExceeded)) throw error;
      return reply.code(400).send(verdict(address, refusal(check, site.config.limits)));
    }
    request.exportId = row.id;
    if (row.state === 'processing' && wait > 0) {
      await site.watcher.untilFinal(row.id, wait * 1000, closing(reply));
      row = (await loadExport(site.db, userId, row.id)) ?? row;
    }
    if (row.state === 'processing') {
      const answer = exportResource(address, row);
      return reply
        .code(202)
        .header('Location', answer.url)
        .header('Retry-After', String(Math.min(600, Math.max(1, answer.eta_seconds ?? 5))))
        .send(answer);
    }
    if (row.state !== 'complete') {
      const reason = (row.error as ExportError | null)?.message ?? `Its state is ${row.state}.`;
      throw new HttpError(409, `The archive could not be made. ${reason}`);
    }
    const validators = { etag: `"${row.sha256}"`, modified };
    if (isFresh(request, validators)) return notModified(reply, validators.etag, modified);
    return reply
      .header('ETag', validators.etag)
      .header('Last-Modified', new Date(modified).toUTCString())
      .redirect(await downloadAddress(site, request, row), 302);
  }

  /** The query as the body of a request to create an export. */
  async function requestOf(request: FastifyRequest, type: 'layer' | 'table', id: number): Promise<object> {
    const query = queryOf(request);
    const address = siteAddress(site, request);
    const dataset = await loadDataset(site.db, id);
    const kind = dataset?.kind ?? (type === 'table' ? 'table' : 'vector');
    const known = new Set(Object.keys(LINK_QUERY.properties));
    const value = (name: string) => query.get(name) || undefined;
    const format = value('format');
    const options = OPTION_RULES.flatMap(({ name, type: optionType }) => {
      const text = value(name);
      return text === undefined ? [] : [[name, optionType === 'choice' ? text : parsed(text)]];
    });
    const box = value('bbox');
    const extent = box === undefined ? value('cropfeature') : boxExtent(readBox(box));
    const [color, tile] = [value('color'), value('tile_id')];
    return {
      ...Object.fromEntries([...query].filter(([name]) => !known.has(name))),
      items: [{ item: resourceUrl(address, `/${type}s/${id}/`), ...(color ? { color } : {}), ...(tile ? { tile_id: tile } : {}) }],
      formats: format === undefined ? {} : { [kind]: findShortName(kind, format)?.mimetype ?? format },
      crs: value('crs') ?? dataset?.version.profile.crs?.id,
      ...(extent === undefined ? {} : { extent }),
      options: Object.fromEntries(options),
    };
  }
}

function notModified(reply: FastifyReply, etag: string | undefined, modified: number) {
  if (etag !== undefined && etag !== '*' && !etag.includes(',')) reply.header('ETag', etag);
  return reply.code(304).header('Last-Modified', new Date(modified).toUTCString()).send();
}

/** `true`, `false` or a number, as JSON would have it; any other text as it is, to be refused by the option's rule. */
function parsed(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

function boxExtent([west, south, east, north]: Bounds) {
  return { type: 'Polygon', coordinates: boundsPolygon([west, south, east < west ? east + 360 : east, north]) };
}
