import { type Static, type TSchema, Type } from 'typebox';
import { resourceUrl, type SiteAddress } from './addresses.ts';
import { etaSeconds } from './eta.ts';
import { OPTION_RULES, type OptionRule } from './options.ts';
import type { ExportRequest } from './requested.ts';
import type { ExportError, ExportRow, Stage } from './states.ts';
import { optionalTimestamp, timestamp } from './times.ts';

/** A URL of this or another site. */
export const Url = Type.String({ format: 'uri' });
/** ISO 8601 in UTC with six decimals. */
export const Time = Type.String({ format: 'date-time', examples: ['2016-04-20T20:41:07.136040Z'] });

export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

const Position = Type.Array(Type.Number(), { minItems: 2 });
const Rings = Type.Array(Type.Array(Position));
/** GeoJSON (RFC 7946), longitude and latitude of WGS 84. */
export const Polygon = Type.Object({ type: Type.Literal('Polygon'), coordinates: Rings });
export const MultiPolygon = Type.Object({ type: Type.Literal('MultiPolygon'), coordinates: Type.Array(Rings) });

/** The states of an export, in the API's own words. */
export const State = Type.Enum(['processing', 'cancelled', 'error', 'complete', 'gone'], {
  description:
    'processing: it is being created. cancelled: it was cancelled before it was complete. error: it could not be created. complete: it is at its download_url. gone: it was complete and has been removed, or has expired.',
});

const SUMMARY = {
  id: Type.Integer(),
  name: Type.String(),
  created_at: Time,
  created_via: Type.Enum(['web', 'api']),
  state: State,
  url: Url,
  download_url: nullable(Type.String({ format: 'uri', description: 'Null unless the state is complete.' })),
};

export const ExportSummary = Type.Object(SUMMARY, { $id: 'ExportSummary', additionalProperties: false });

export function exportSummary(
  address: SiteAddress,
  row: Pick<ExportRow, 'id' | 'name' | 'created_at' | 'created_via' | 'state'>,
): Static<typeof ExportSummary> {
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

function optionSchema(rule: OptionRule): TSchema {
  const about = { title: rule.label, default: rule.default };
  switch (rule.type) {
    case 'choice':
      return Type.Enum([...rule.choices], about);
    case 'boolean':
      return Type.Boolean(about);
    case 'integer':
      return Type.Integer({ ...about, minimum: rule.minimum, maximum: rule.maximum });
  }
}

/** Additional format options, as they are sent and answered back. */
export const Options = Type.Object(Object.fromEntries(OPTION_RULES.map((rule) => [rule.name, Type.Optional(optionSchema(rule))])), {
  $id: 'Options',
  additionalProperties: false,
});

export const Export = Type.Object(
  {
    ...SUMMARY,
    extent: nullable(Type.Union([Polygon, MultiPolygon, Url], { description: 'A polygon, or the URL of a crop feature.' })),
    delivery: Type.Object({ method: Type.Literal('download') }),
    formats: Type.Record(Type.String(), Type.String()),
    items: Type.Array(Type.Object({ item: Url, color: Type.Optional(Type.String()), tile_id: Type.Optional(Type.String()) })),
    crs: nullable(Type.String()),
    options: Type.Record(Type.String(), Type.Unknown()),
    size_estimate_zipped: Type.Integer({ minimum: 0, description: 'Bytes.' }),
    progress: nullable(Type.Number({ minimum: 0, maximum: 1, description: 'Never falls; 1 when complete, null when cancelled.' })),
    started_at: nullable(Time),
    finished_at: nullable(Time),
    expires_at: nullable(Time),
    eta_seconds: nullable(Type.Integer({ minimum: 0 })),
    size_zipped: nullable(Type.Integer({ minimum: 0, description: 'Bytes.' })),
    sha256: nullable(Type.String({ description: 'Of the archive, in lower-case hexadecimal.' })),
    warnings: Type.Array(Type.String()),
    error: nullable(Type.Object({ code: Type.String(), message: Type.String(), item: nullable(Url) })),
    stages: Type.Array(Type.Object({ item: nullable(Url), name: Type.String(), progress: Type.Number({ minimum: 0, maximum: 1 }) })),
    notify: nullable(Type.Object({ url: Url })),
    events_url: Url,
  },
  { $id: 'Export', additionalProperties: false },
);

/** An export as the API shows it. */
export function exportResource(address: SiteAddress, row: ExportRow): Static<typeof Export> {
  const request = row.request as ExportRequest;
  const itemUrls = request.items.map((item) => {
    const version = item.pinned ? `versions/${item.version}/` : '';
    return resourceUrl(address, `/${item.type}s/${item.dataset}/${version}`);
  });
  const error = row.error as ExportError | null;
  const notify = row.notify as { url: string } | null;
  const urlOf = (item: number | null) => (item === null ? null : (itemUrls[item] ?? null));
  const summary = exportSummary(address, row);
  return {
    ...summary,
    extent: extentOf(address, request),
    delivery: request.delivery,
    formats: request.formats,
    items: request.items.map(({ color, tile }, index) => ({
      item: itemUrls[index] ?? '',
      ...(color === null ? {} : { color }),
      ...(tile == null ? {} : { tile_id: tile }),
    })),
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
    warnings: row.warnings as string[],
    error: error && { ...error, item: urlOf(error.item) },
    stages: (row.stages as Stage[]).map((stage) => ({ ...stage, item: urlOf(stage.item) })),
    notify: notify && { url: notify.url },
    events_url: `${summary.url}events/`,
  };
}

function extentOf(address: SiteAddress, { extent }: ExportRequest): Static<typeof Export>['extent'] {
  if (!extent) return null;
  if ('geometry' in extent) return extent.geometry;
  return resourceUrl(address, `/exports/croplayers/${extent.cropLayer}/cropfeatures/${extent.cropFeature}/`);
}
