import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { loadCropFeature } from '../catalog/croplayers.ts';
import { type Dataset, datasetType, loadDatasets, loadVersion, type Version } from '../catalog/datasets.ts';
import { tilesOf } from '../catalog/tiles.ts';
import type { Limits } from '../config.ts';
import type { Schema } from '../db/schema.ts';
import type { Format, Refusal } from '../formats/format.ts';
import { findFormat, formatsFor, isMapFormat, isOnMap, isRasterFormat } from '../formats/registry.ts';
import type { GdalInstallation } from '../gdal/drivers.ts';
import { type Extent, parseExtent } from '../geometry/extent.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { estimateImage, estimatePaths, PAGE_BYTES } from '../pdf/estimate.ts';
import { type MapSketch, sketchMap } from '../pdf/sketch.ts';
import { estimateRaster, rasterSeconds } from '../raster/estimate.ts';
import { pixelsInside } from '../raster/share.ts';
import type { Versions } from '../storage/versions.ts';
import { sampleDeflated } from '../store/deflated.ts';
import { type DeflatedSample, FEATURES_FILE, type Profile } from '../store/profile.ts';
import { TILES_FILE } from '../store/rastertiles.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { isRaster, KINDS } from '../store/versionprofile.ts';
import { parseCropFeatureUrl, parseItemUrl, resourceUrl, type SiteAddress } from './addresses.ts';
import { anticipateCrs, checkCrs, type LayerInCrs } from './crs.ts';
import { estimateArchive, estimateItem } from './estimate.ts';
import { usualSeconds } from './eta.ts';
import { Findings } from './findings.ts';
import { checkOption, multiplierOf, OPTION_RULES } from './options.ts';
import { shareInside } from './share.ts';

/** Characters of a name. */
export const MAX_NAME = 200;
/** Characters of a webhook's address. */
export const MAX_URL = 2000;
const TOP_LEVEL = ['crs', 'formats', 'items', 'name', 'extent', 'options', 'delivery', 'notify'];
/** Type, subtype and parameters (RFC 9110 section 8.3.1). */
const MIMETYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}(?:;[\w.+=-]{1,100})*$/;
const ITEM_KEYS = ['item', 'color', 'tile_id'];

/** What was asked for, checked, as it is kept with the export. */
export interface ExportRequest {
  /** The name as it was asked for, which maps are headed with; null where none was. Absent in exports from before there were maps. */
  title?: string | null;
  crs: string | null;
  formats: Record<string, string>;
  items: RequestedItem[];
  extent: RequestedExtent | null;
  options: Record<string, unknown>;
  delivery: { method: 'download' };
}

export interface RequestedItem {
  type: 'layer' | 'table';
  dataset: number;
  /** The version that was the newest, or was asked for, when the export was accepted. */
  version: number;
  /** True when the item's URL named the version. */
  pinned: boolean;
  /** The chosen format's mimetype. */
  format: string;
  color: string | null;
  /** The id of one tile; null for all of the item. */
  tile: string | null;
}

type RequestedExtent = { geometry: Extent['geometry'] } | { cropLayer: number; cropFeature: number };

interface CheckedItem {
  /** As it was sent. */
  sent: Record<string, unknown>;
  dataset: Dataset | null;
  version: Version | null;
  /** The tile that was asked for, by its id. */
  tile: string | null;
  format: Format | null;
  sizeEstimate: number;
  /** About how long it takes to be made; null where that goes by its size. */
  seconds: number | null;
}

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
}

export interface CheckContext {
  db: Kysely<Schema>;
  site: SiteAddress;
  installation: GdalInstallation;
  versions: Pick<Versions, 'open'>;
  limits: Limits;
}

/** Checks a request to create an export, and finds everything that is wrong with it. */
export async function checkRequest(body: Readonly<Record<string, unknown>>, context: CheckContext): Promise<Check> {
  const findings = new Findings();
  const warnings: string[] = [];
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
    await estimate(item, index, { crs, extent: extent?.crop ?? null, options, map, findings, context });
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
  };
}

/** Why an item's format cannot hold it at all; null where it can. */
function refusalOf({ version, format }: CheckedItem): Refusal | null {
  if (!version || !format) return null;
  const { profile } = version;
  if (isMapFormat(format)) return null;
  if (!isRasterFormat(format)) return isRaster(profile) ? null : format.refuse(profile);
  if (!isRaster(profile)) return null;
  const { dataTypes } = format.raster;
  const type = profile.bands.find(({ data_type: one }) => !dataTypes.includes(one))?.data_type;
  if (!type) return null;
  const message = `${format.displayName} holds pixels of type ${dataTypes.join(', ')}, and this layer’s are ${type}. Choose another format, such as GeoTIFF.`;
  return { code: 'format-not-for-kind', message };
}

interface Estimating {
  crs: string | null;
  extent: MultiPolygon | null;
  options: Readonly<Record<string, unknown>>;
  map: RequestedMap | null;
  findings: Findings;
  context: CheckContext;
}

/** The map of a request. */
interface RequestedMap {
  sketch: MapSketch;
  /** Layers of features on it. */
  layers: number;
}

function mapOf(items: readonly CheckedItem[], area: MultiPolygon | null, options: Readonly<Record<string, unknown>>): RequestedMap | null {
  const profiles = items.flatMap(({ format, version }) => (format && version && isOnMap(format) ? [version.profile] : []));
  const extents = profiles.flatMap(({ extent_wgs84: extent }) => (extent ? [extent] : []));
  if (extents.length === 0) return null;
  return { sketch: sketchMap(extents, area, options), layers: profiles.filter((profile) => !isRaster(profile)).length };
}

const OUTSIDE = 'Nothing of this layer lies within the extent. Leave the item out, or choose another extent.';

/** Fills in an item's size, and finds out whether the extent leaves anything of it. */
async function estimate(item: CheckedItem, index: number, { crs, extent, options, map, findings, context }: Estimating): Promise<void> {
  if (!item.version) return;
  const { content, profile } = item.version;
  if (isRaster(profile)) {
    const tiles = await tilesOf(await context.versions.open(content, [TILES_FILE]));
    const share = await pixelsInside(extent, profile, item.tile === null ? tiles : tiles.filter(({ id }) => id === item.tile));
    if (!share) findings.addToItem(index, 'outside-extent', '.item', OUTSIDE);
    else if (item.format && isRasterFormat(item.format)) {
      const { raster: writer, fixedCrs } = item.format;
      const multiplier = multiplierOf(options);
      const moves = (fixedCrs ?? crs ?? profile.crs.id) !== profile.crs.id;
      const bytes = estimateRaster(profile, writer, share, { multiplier, moves });
      item.sizeEstimate = bytes;
      item.seconds = rasterSeconds(profile, writer, share, { multiplier, moves, crops: extent !== null, bytes });
    } else if (map) item.sizeEstimate = estimateImage(profile, map.sketch);
    return;
  }
  const open = () => context.versions.open(content, [FEATURES_FILE]);
  const share = extent && profile.kind === 'vector' ? await shareInside(extent, profile, await open()) : null;
  if (extent && profile.kind === 'vector' && share === null) {
    findings.addToItem(index, 'outside-extent', '.item', OUTSIDE);
    return;
  }
  if (map && item.format && isOnMap(item.format)) {
    item.sizeEstimate = await pathsOf(content, await open(), profile, share?.vertices ?? profile.vertex_count, map);
    return;
  }
  const written = item.format?.fixedCrs ?? crs ?? profile.crs?.id;
  const deflated = profile.deflated ?? (await deflatedSample(content, await open(), profile));
  item.sizeEstimate = estimateItem(profile, item.format, { share, moved: written !== profile.crs?.id, deflated });
}

/** Estimates that are remembered: people validate before they create, and change other things meanwhile. */
const drawn = new Map<string, Promise<number>>();
const DRAWN_KEPT = 500;

function pathsOf(content: string, dir: string, profile: Profile, vertices: number, { sketch, layers }: RequestedMap): Promise<number> {
  const key = JSON.stringify([content, vertices, layers, sketch]);
  const known = drawn.get(key);
  if (known) return known;
  if (drawn.size >= DRAWN_KEPT) drawn.clear();
  const bytes = FlatGeobufFile.open(join(dir, FEATURES_FILE)).then((file) =>
    estimatePaths(file, profile, vertices, layers, sketch).finally(() => file.close()),
  );
  drawn.set(key, bytes);
  bytes.catch(() => drawn.delete(key));
  return bytes;
}

/** Samples of versions that were published without one. */
const samples = new Map<string, Promise<DeflatedSample>>();
const SAMPLES_KEPT = 5000;

function deflatedSample(content: string, dir: string, profile: Profile): Promise<DeflatedSample> {
  const known = samples.get(content);
  if (known) return known;
  if (samples.size >= SAMPLES_KEPT) samples.clear();
  const sample = FlatGeobufFile.open(join(dir, FEATURES_FILE)).then((file) => sampleDeflated(file, profile).finally(() => file.close()));
  samples.set(content, sample);
  sample.catch(() => samples.delete(content));
  return sample;
}

/** A text of the client's, short enough to stand in a sentence. */
function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Absent and null mean the same in every optional field. */
function absent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function checkName(value: unknown, findings: Findings): string | undefined {
  if (absent(value)) return undefined;
  if (typeof value === 'string' && value.length <= MAX_NAME) return value;
  findings.add('option-invalid', 'name', `Must be a text of at most ${MAX_NAME} characters.`);
  return undefined;
}

function checkDelivery(value: unknown, findings: Findings): void {
  if (absent(value)) return;
  if (isObject(value) && value.method === 'download' && Object.keys(value).length === 1) return;
  findings.add('option-invalid', 'delivery', 'Must be {"method": "download"}: archives are downloaded.');
}

function checkNotify(value: unknown, findings: Findings): string | null {
  if (absent(value)) return null;
  const url = isObject(value) && Object.keys(value).length === 1 && typeof value.url === 'string' ? URL.parse(value.url) : null;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && url.href.length <= MAX_URL) return url.href;
  findings.add('option-invalid', 'notify', 'Must be {"url": "https://…"}: the address that is told when the export has ended.');
  return null;
}

function checkOptions(value: unknown, findings: Findings): Record<string, unknown> {
  if (absent(value)) return {};
  if (!isObject(value)) {
    findings.add('option-invalid', 'options', 'Must be an object.');
    return {};
  }
  for (const [key, option] of Object.entries(value)) {
    const rule = OPTION_RULES.find((known) => known.name === key);
    const path = `options.${shown(key)}`;
    if (!rule) {
      findings.add(
        'unknown-field',
        path,
        `There is no option "${shown(key)}". Known are ${OPTION_RULES.map((known) => known.name).join(', ')}.`,
      );
      continue;
    }
    const wrong = checkOption(rule, option);
    if (wrong) findings.add('option-invalid', path, wrong);
  }
  return value;
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

async function checkItems(value: unknown, findings: Findings, context: CheckContext): Promise<CheckedItem[]> {
  if (absent(value) || (Array.isArray(value) && value.length === 0)) {
    findings.add('no-items', 'items', 'Name at least one layer or table: [{"item": "<its URL>"}].');
    return [];
  }
  if (!Array.isArray(value)) {
    findings.add('no-items', 'items', 'Must be a list: [{"item": "<URL of a layer or table>"}].');
    return [];
  }
  const { items: most } = context.limits;
  if (value.length > most) {
    findings.add('too-many-items', 'items', `An export has at most ${most} items, not ${value.length}. Make several exports.`);
    return [];
  }
  const sent: Record<string, unknown>[] = value.map((item) => (isObject(item) ? item : {}));
  const addresses = sent.map((item) => (typeof item.item === 'string' ? parseItemUrl(context.site, item.item) : null));
  const datasets = await loadDatasets(
    context.db,
    addresses.flatMap((address) => address?.id ?? []),
  );
  const items: CheckedItem[] = [];
  const seen = new Set<string>();
  for (const [index, item] of sent.entries()) {
    checkItemFields(item, index, findings);
    const address = addresses[index];
    const dataset = datasets.find((known) => known.id === address?.id && datasetType(known.kind) === address.type) ?? null;
    let version = dataset?.version ?? null;
    if (dataset && address?.version && address.version !== version?.id) {
      version = (await loadVersion(context.db, dataset.id, address.version)) ?? null;
    }
    if (!dataset || !version) {
      const example = resourceUrl(context.site, '/layers/1/');
      findings.addToItem(index, 'not-found', '.item', `Not a layer or table of this site. An item's URL looks like ${example}.`);
    } else if (item.color !== undefined && dataset.kind === 'table' && item.color !== null) {
      findings.addToItem(index, 'color-invalid', '.color', 'A table has no colour. Leave it out.');
    }
    const tile = version ? await checkTile(item.tile_id, index, version, findings, context) : null;
    // Each tile of a layer may be an item of its own.
    const identity = dataset && JSON.stringify([dataset.id, tile]);
    if (identity && seen.has(identity))
      findings.addToItem(index, 'duplicate-item', '.item', 'This item is listed twice. Leave one of them out.');
    if (identity) seen.add(identity);
    items.push({ sent: item, dataset, version, tile, format: null, sizeEstimate: 0, seconds: null });
  }
  return items;
}

function checkItemFields(item: Record<string, unknown>, index: number, findings: Findings): void {
  for (const key of Object.keys(item)) {
    if (!ITEM_KEYS.includes(key)) {
      findings.addToItem(
        index,
        'unknown-field',
        `.${shown(key)}`,
        `An item has no field "${shown(key)}". Known are ${ITEM_KEYS.join(', ')}.`,
      );
    }
  }
  if (!absent(item.color) && !(typeof item.color === 'string' && /^#[0-9a-fA-F]{6}$/.test(item.color))) {
    findings.addToItem(index, 'color-invalid', '.color', 'Must be # and six hexadecimal digits, such as #3399DD.');
  }
}

/** The id of a tile that was asked for and is there; null where none was, or it is not. */
async function checkTile(
  value: unknown,
  index: number,
  { profile, content }: Version,
  findings: Findings,
  context: CheckContext,
): Promise<string | null> {
  if (absent(value)) return null;
  if (!isRaster(profile) || !profile.tiled) {
    findings.addToItem(index, 'not-tiled', '.tile_id', 'This item has no tiles. Leave tile_id out.');
    return null;
  }
  const tiles = await tilesOf(await context.versions.open(content, [TILES_FILE]));
  const tile = tiles.find(({ id }) => id === value);
  if (tile) return tile.id;
  const example = tiles[0] ? `, such as "${shown(tiles[0].id)}"` : '';
  findings.addToItem(
    index,
    'tile-unknown',
    '.tile_id',
    `Must be the id of one of this layer’s ${tiles.length} tiles, as a text${example}. Its "tiles" lists them.`,
  );
  return null;
}

function checkFormats(
  value: unknown,
  items: CheckedItem[],
  findings: Findings,
  warnings: string[],
  installation: GdalInstallation,
): Record<string, string> {
  const formats: Record<string, string> = {};
  if (!absent(value) && !isObject(value)) {
    findings.add('no-format-for-kind', 'formats', 'Must be an object, such as {"vector": "application/x-zipped-shp"}.');
    return formats;
  }
  const wanted = new Set(items.flatMap((item) => item.dataset?.kind ?? []));
  for (const [kind, mimetype] of Object.entries(value ?? {})) {
    if (!KINDS.some((one) => one === kind)) {
      findings.add('unknown-field', `formats.${shown(kind)}`, `There is no kind "${shown(kind)}". Kinds are ${KINDS.join(', ')}.`);
      continue;
    }
    if (absent(mimetype)) continue;
    if (![...wanted].some((one) => one === kind)) {
      warnings.push(`The format for ${kind} was ignored: no item is of that kind.`);
      // Kept to be answered back, where it is a mimetype at all.
      if (typeof mimetype === 'string' && MIMETYPE.test(mimetype)) formats[kind] = mimetype;
    } else if (typeof mimetype === 'string') formats[kind] = mimetype;
    else {
      findings.add('format-not-available', `formats.${kind}`, 'Must be the mimetype of a format, as a text.');
      for (const one of wanted) if (one === kind) wanted.delete(one);
    }
  }
  for (const kind of wanted) {
    const concerned = items.flatMap((item, index) => (item.dataset?.kind === kind ? index : []));
    const refuse = (code: 'no-format-for-kind' | 'format-not-for-kind' | 'format-not-available', sentence: string) => {
      findings.add(code, `formats.${kind}`, sentence);
      for (const index of concerned) findings.itemReasons.set(index, new Set(findings.ofItem(index)).add(code));
    };
    const mimetype = formats[kind];
    const available = formatsFor(kind, installation);
    const choices = available.map((format) => format.mimetype).join(', ');
    if (mimetype === undefined) {
      refuse('no-format-for-kind', `A format for ${kind} is needed. This site writes ${choices}.`);
      continue;
    }
    const format = findFormat(kind, mimetype);
    if (format && available.includes(format)) {
      for (const index of concerned) {
        const item = items[index];
        if (item) item.format = format;
      }
    } else if (!format && KINDS.some((other) => findFormat(other, mimetype))) {
      refuse('format-not-for-kind', `${shown(mimetype)} is not a format for ${kind}. This site writes ${choices}.`);
    } else refuse('format-not-available', `This site cannot write ${shown(mimetype)}. It writes ${choices}.`);
  }
  return formats;
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
