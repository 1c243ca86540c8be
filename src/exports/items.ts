import type { Kysely } from 'kysely';
import { type Dataset, datasetType, loadDatasets, loadVersion, type Version } from '../catalog/datasets.ts';
import { tilesOf } from '../catalog/tiles.ts';
import type { Limits } from '../config.ts';
import type { Schema } from '../db/schema.ts';
import { isMissing } from '../disk.ts';
import type { Format, Refusal } from '../formats/format.ts';
import { findFormat, formatsFor, isMapFormat, isRasterFormat } from '../formats/registry.ts';
import type { GdalInstallation } from '../gdal/drivers.ts';
import type { Versions } from '../storage/versions.ts';
import { type RasterTile, TILES_FILE } from '../store/rastertiles.ts';
import { isRaster, KINDS } from '../store/versionprofile.ts';
import { parseItemUrl, resourceUrl, type SiteAddress } from './addresses.ts';
import { absent, isObject, shown } from './fields.ts';
import type { Findings } from './findings.ts';

/** Type, subtype and parameters (RFC 9110 section 8.3.1). */
const MIMETYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}(?:;[\w.+=-]{1,100})*$/;
const ITEM_KEYS = ['item', 'color', 'tile_id'];

/** What a request is checked against. */
export interface CheckContext {
  db: Kysely<Schema>;
  site: SiteAddress;
  installation: GdalInstallation;
  versions: Pick<Versions, 'open'>;
  limits: Limits;
}

/** An item of a request, as far as it was found. */
export interface CheckedItem {
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

/** Why an item's format cannot hold it at all; null where it can. */
export function refusalOf({ version, format }: CheckedItem): Refusal | null {
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

export async function checkItems(value: unknown, findings: Findings, context: CheckContext): Promise<CheckedItem[]> {
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
  const tiles = await knownTiles(content, context);
  // What is missing is said of the item.
  if (!tiles) return null;
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

/** The tiles of a version; null where its files are missing. */
async function knownTiles(content: string, { versions }: CheckContext): Promise<RasterTile[] | null> {
  try {
    return await tilesOf(await versions.open(content, [TILES_FILE]));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export function checkFormats(
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
