import { type Static, Type } from 'typebox';
import type { Limits } from '../config.ts';
import type { SiteAddress } from '../exports/addresses.ts';
import { MAX_NAME, MAX_URL } from '../exports/fields.ts';
import { REASON_CODES } from '../exports/findings.ts';
import type { Check } from '../exports/request.ts';
import { MultiPolygon, nullable, Options, Polygon } from '../exports/resource.ts';
import { License, licenseOf } from './licenses.ts';
import { ref } from './resource.ts';

/** What `POST /exports/` takes. `checkRequest` says all that is wrong with one; what it calls valid fits this. */
export const ExportRequest = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          item: Type.String({ description: 'The URL of a layer or table, or of one version of it.' }),
          color: Type.Optional(nullable(Type.String({ pattern: '^#[0-9a-fA-F]{6}$', description: 'For formats that carry style.' }))),
          tile_id: Type.Optional(nullable(Type.String({ description: 'A tile of a tiled dataset.' }))),
        },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
    formats: Type.Record(Type.String(), Type.Unknown(), {
      description: 'The mimetype of a format for each kind of data among the items; `OPTIONS` lists them.',
      examples: [{ vector: 'application/x-zipped-shp', table: 'text/csv' }],
    }),
    crs: Type.Optional(
      nullable(
        Type.String({
          description: '`EPSG:n`. Required unless every layer is asked for as KML, or only tables are.',
          examples: ['EPSG:2193'],
        }),
      ),
    ),
    extent: Type.Optional(
      Type.Union([Polygon, MultiPolygon, Type.String(), Type.Null()], {
        description: 'Crops the layers: a GeoJSON Polygon or MultiPolygon in EPSG:4326, or the URL of a crop feature.',
      }),
    ),
    name: Type.Optional(nullable(Type.String({ maxLength: MAX_NAME, description: 'Of the archive; made from the content unless given.' }))),
    options: Type.Optional(nullable(ref(Options))),
    delivery: Type.Optional(nullable(Type.Object({ method: Type.Literal('download') }, { additionalProperties: false }))),
    notify: Type.Optional(
      nullable(
        Type.Object(
          { url: Type.String({ maxLength: MAX_URL }) },
          { additionalProperties: false, description: 'Is told by a signed POST when the export has ended.' },
        ),
      ),
    ),
  },
  { $id: 'ExportRequest', additionalProperties: false },
);

const ReasonCode = Type.Enum([...REASON_CODES]);

/** What `validate` answers, and `create` when the request is not valid. */
export const Verdict = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        license: nullable(ref(License)),
        price: Type.String(),
        is_valid: Type.Boolean(),
        invalid_reasons: Type.Array(ReasonCode),
        size_estimate_zipped: Type.Integer({ minimum: 0, description: 'Bytes.' }),
      }),
      { description: 'The items as they were sent, each with what is to be said of it.' },
    ),
    size_estimate_zipped: Type.Integer({ minimum: 0, description: 'Bytes.' }),
    seconds_estimate: Type.Integer({ minimum: 1, description: 'What making the archive usually takes, once it has begun.' }),
    is_valid: Type.Boolean(),
    invalid_reasons: Type.Array(ReasonCode),
    errors: Type.Record(Type.String(), Type.Array(Type.String()), { description: 'Sentences by field path, such as `items[0].color`.' }),
    warnings: Type.Array(Type.String()),
  },
  { $id: 'Verdict', additionalProperties: false },
);

export function verdict(address: SiteAddress, { findings, items, sizeEstimate, secondsEstimate, warnings }: Check): Static<typeof Verdict> {
  return {
    items: items.map((item, index) => ({
      ...item.sent,
      license: item.dataset && licenseOf(address, item.dataset.license),
      price: '0.00',
      is_valid: findings.ofItem(index).length === 0,
      invalid_reasons: findings.ofItem(index),
      size_estimate_zipped: item.sizeEstimate,
    })),
    size_estimate_zipped: sizeEstimate,
    seconds_estimate: Math.max(1, Math.ceil(secondsEstimate)),
    is_valid: !findings.any,
    invalid_reasons: [...findings.reasons],
    errors: findings.errors,
    warnings,
  };
}

/** The same check with the word that the user has too many exports in the making. */
export function refusal(check: Check, { activePerUser }: Limits): Check {
  const sentence = `You have ${activePerUser} exports in the making, as many as this site allows. Wait for one, or cancel it.`;
  check.findings.add('quota-exceeded', 'items', sentence);
  return { ...check, request: null };
}
