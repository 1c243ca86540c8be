import { loadCropFeature } from '../catalog/croplayers.ts';
import { datasetType } from '../catalog/datasets.ts';
import { isMissing } from '../disk.ts';
import { isOnMap } from '../formats/registry.ts';
import { parseExtent } from '../geometry/extent.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { PAGE_BYTES } from '../pdf/estimate.ts';
import { parseCropFeatureUrl, resourceUrl } from './addresses.ts';
import { anticipateCrs, checkCrs, type LayerInCrs } from './crs.ts';
import { estimateArchive } from './estimate.ts';
import { usualSeconds } from './eta.ts';
import { absent, checkDelivery, checkName, checkNotify, checkOptions, shown } from './fields.ts';
import { Findings } from './findings.ts';
import { type CheckContext, type CheckedItem, checkFormats, checkItems, refusalOf } from './items.ts';
import type { ExportRequest, RequestedExtent } from './requested.ts';
import { estimate, mapOf } from './sizes.ts';

const TOP_LEVEL = ['crs', 'formats', 'items', 'name', 'extent', 'options', 'delivery', 'notify'];

/** What became of a request's check. */
export interface Check {
  findings: Findings;
  items: CheckedItem[];
  sizeEstimate: number;
  /** What making it usually takes, in seconds; waiting before it is not in it. */
  secondsEstimate: number;
  /** Sentences on what was ignored. */
  warnings: string[];
  name: string | undefined;
  /** Who is told of the final state. */
  notifyUrl: string | null;
  /** Null when the request is not valid. */
  request: ExportRequest | null;
  /** EPSG:4326. */
  crop: MultiPolygon | null;
  /** Errors of the file system: files of versions that are not there, which whoever runs the site should know of. */
  missing: unknown[];
}

const MISSING = 'The data of this item are missing on this site, which is no fault of yours. Tell the site, or choose another version.';

/** Checks a request to create an export, and finds everything that is wrong with it. */
export async function checkRequest(body: Readonly<Record<string, unknown>>, context: CheckContext): Promise<Check> {
  const findings = new Findings();
  const warnings: string[] = [];
  const missing: unknown[] = [];
  for (const key of Object.keys(body)) {
    if (!TOP_LEVEL.includes(key))
      findings.add('unknown-field', key, `There is no field "${shown(key)}". Known are ${TOP_LEVEL.join(', ')}.`);
  }
  // It takes a process the first time, which can run while the rest is looked at.
  anticipateCrs(body.crs);
  const name = checkName(body.name, findings);
  checkDelivery(body.delivery, findings);
  const notifyUrl = checkNotify(body.notify, findings);
  const options = checkOptions(body.options, findings);
  const extent = await checkExtent(body.extent, findings, context);
  const items = await checkItems(body.items, findings, context);
  const formats = checkFormats(body.formats, items, findings, warnings, context.installation);
  const hasLayers = items.some(({ dataset }) => dataset && dataset.kind !== 'table');
  const asked = { hasLayers, anyItems: items.length > 0, extent: extent?.crop ?? null };
  const crs = await checkCrs(body.crs, layersOf(items), asked, findings, warnings);

  const map = mapOf(items, extent?.crop ?? null, options);
  for (const [index, item] of items.entries()) {
    const refusal = refusalOf(item);
    if (refusal) findings.addToItem(index, refusal.code, '.item', refusal.message);
    try {
      await estimate(item, index, { crs, extent: extent?.crop ?? null, options, map, findings, context });
    } catch (error) {
      if (!isMissing(error)) throw error;
      findings.addToItem(index, 'not-found', '.item', MISSING);
      missing.push(error);
    }
  }
  const texts = items.flatMap(({ dataset, version }) => [dataset?.license?.text ?? '', version?.metadataXml ?? '']);
  const sizeEstimate = items.reduce(
    (sum, item) => sum + item.sizeEstimate,
    (map ? PAGE_BYTES : 0) + estimateArchive(items.length, extent?.requested ?? null, texts),
  );
  const { exportBytes } = context.limits;
  if (exportBytes !== null && sizeEstimate > exportBytes) {
    findings.add(
      'too-large',
      'items',
      `The archive would have about ${sizeEstimate} bytes; this site allows ${exportBytes}. Ask for fewer items or a smaller extent.`,
    );
  }
  const request: ExportRequest = {
    ...(items.some(({ format }) => format && isOnMap(format)) ? { title: name ?? null } : {}),
    crs,
    formats,
    items: items.flatMap((item) => {
      if (!item.dataset || !item.version || !item.format) return [];
      return {
        type: datasetType(item.dataset.kind),
        dataset: item.dataset.id,
        version: item.version.id,
        pinned: typeof item.sent.item === 'string' && /\/versions\/\d+\/?$/.test(item.sent.item),
        format: item.format.mimetype,
        color: typeof item.sent.color === 'string' ? item.sent.color : null,
        tile: item.tile,
      };
    }),
    extent: extent?.requested ?? null,
    options,
    delivery: { method: 'download' },
  };
  return {
    findings,
    items,
    sizeEstimate,
    secondsEstimate: usualSeconds(items),
    warnings,
    name,
    notifyUrl,
    request: findings.any ? null : request,
    crop: extent?.crop ?? null,
    missing,
  };
}

async function checkExtent(
  value: unknown,
  findings: Findings,
  context: CheckContext,
): Promise<{ requested: RequestedExtent; crop: MultiPolygon } | null> {
  if (absent(value)) return null;
  // A text is a crop feature's URL, or GeoJSON once more encoded.
  if (typeof value === 'string' && !value.trimStart().startsWith('{')) {
    const address = parseCropFeatureUrl(context.site, value);
    const feature = address && (await loadCropFeature(context.db, address.cropLayer, address.cropFeature));
    if (address && feature) return { requested: address, crop: feature.geometry };
    const example = resourceUrl(context.site, '/exports/croplayers/1/cropfeatures/1/');
    findings.add(
      'not-found',
      'extent',
      `Not a crop feature of this site. Its URL looks like ${example}; an area may also be a GeoJSON Polygon or MultiPolygon.`,
    );
    return null;
  }
  const parsed = await parseExtent(value, context.limits.vertices);
  if ('code' in parsed) {
    findings.add(parsed.code, 'extent', parsed.message);
    return null;
  }
  return { requested: { geometry: parsed.geometry }, crop: parsed.coordinates };
}

/** The layers among the items that have a format, for the check of the CRS. */
function layersOf(items: readonly CheckedItem[]): LayerInCrs[] {
  return items.flatMap(({ dataset, version, format }) => {
    if (!dataset || !version || !format || dataset.kind === 'table') return [];
    const { extent_wgs84, crs } = version.profile;
    const { fixedCrs, displayName, crsOptional } = format;
    return [{ title: dataset.title, extent: extent_wgs84, crs: crs?.id ?? null, fixedCrs, formatName: displayName, crsOptional }];
  });
}
