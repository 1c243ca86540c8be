import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Written, writeArchive } from '../archive/archive.ts';
import type { ArchiveItem } from '../archive/item.ts';
import { slugify } from '../archive/names.ts';
import { cropFor } from '../crs/crop.ts';
import { lookupCrs } from '../crs/epsg.ts';
import { comesDeflated, findFormat, isMapFormat, isOnMap, isRasterFormat } from '../formats/registry.ts';
import { type Help, withHelp } from '../gdal/help.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { LayerFailure, makeMap } from '../pdf/map.ts';
import type { CropThreads } from '../raster/cropthreads.ts';
import { exportRaster, type PieceHelp } from '../raster/export.ts';
import type { PiecePlace } from '../raster/plan.ts';
import { FEATURES_FILE, type Profile } from '../store/profile.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import { isRaster, type VersionProfile } from '../store/versionprofile.ts';
import { exportTable } from '../table/export.ts';
import type { Crew } from '../vector/crew.ts';
import { exportVector } from '../vector/export.ts';
import { ExportFailure } from '../vector/writer.ts';
import type { Elsewhere, Unit, UnitMade } from './elsewhere.ts';
import { ItemError } from './problem.ts';

/** An item with all that making it needs; plain data, so that it can go to another thread. */
export interface MakeItem {
  type: 'layer' | 'table';
  id: number;
  title: string;
  license: ArchiveItem['license'];
  versionId: number;
  publishedAt: Date;
  metadataXml: string | null;
  /** Of the version; null when the site's public address is not known. */
  url: string | null;
  profile: VersionProfile;
  /** The version's folder in the store. */
  versionDir: string;
  /** A tile of a raster; null for all of the item. */
  tile: string | null;
  /** Its mimetype. */
  format: string;
  color: string | null;
}

export interface MakeRequest {
  /** An empty folder; the archive is written in it, as {@link ARCHIVE_FILE}. */
  tempDir: string;
  name: string;
  /** What maps are headed with where they are not by their layers' titles: the name that was asked for. */
  title: string | null;
  /** Those of formats, as they were asked for. */
  options: Readonly<Record<string, unknown>>;
  site: { name: string; url: string | null };
  items: MakeItem[];
  crs: string | null;
  /** In EPSG:4326; null takes all of each layer. */
  area: MultiPolygon | null;
  /** How much larger the pixels of rasters become. */
  multiplier: number;
  /** The request as JSON, for the manifest, and as sentences, for the README. */
  request: unknown;
  askedFor: string[];
  warnings: string[];
}

/** What the archive is called in the folder of its request. */
export const ARCHIVE_FILE = 'archive.zip';

export interface Made {
  /** Of the archive. */
  size: number;
  sha256: string;
  warnings: string[];
}

/** Threads that are kept from one archive to the next. */
export interface MakeThreads {
  /** Make the parts of layers and tables. */
  crew: Crew;
  /** Crop rasters. */
  crops: CropThreads;
}

/** What is heard of an archive while it is made. */
export interface MakeEvents {
  /** A step of an item (`crop`, `write`), or `archive` with no item, has come so far (0..1). */
  onStep(item: number | null, step: string, fraction: number): void;
  /** A piece of its file is there to stay. */
  onWritten(written: Written): void;
}
type OnStep = MakeEvents['onStep'];

/**
 * Makes the archive of an export.
 * @param threads make the parts of large items.
 * @param elsewhere others who may make units of it; null: nobody.
 * @throws {ItemError | ArchiveError} when it cannot be made; the signal's reason when cancelled.
 */
export async function makeArchive(
  request: MakeRequest,
  threads: MakeThreads,
  signal: AbortSignal,
  { onStep, onWritten }: MakeEvents,
  elsewhere: Elsewhere | null,
): Promise<Made> {
  const { tempDir, name, site, items, askedFor } = request;
  const map = await makeMapOf(request, threads.crew, signal, onStep);
  const made: ArchiveItem[] = [];
  for (const [index, item] of map?.items ?? []) made[index] = item;
  const take = (index: number, { files, told }: UnitMade) => {
    const item = items[index];
    if (!item || !told) throw noFormat();
    made[index] = { ...archived(item), ...told, files };
    onStep(index, 'write', 1);
  };
  const make = async (item: number) => {
    signal.throwIfAborted();
    const onProgress = (step: string, fraction: number) => onStep(item, step, fraction);
    take(item, await makeUnit(request, { item, piece: null }, threads, signal, onProgress, elsewhere));
  };
  const wanted = [...items.keys()].filter((index) => made[index] === undefined);
  await withHelp(wanted, await helpWithItems(wanted, request, elsewhere), make, take);
  const ofItems = made.flatMap((item) => item.warnings.map((warning) => (items.length > 1 ? `${item.title}: ${warning}` : warning)));
  const warnings = [...request.warnings, ...ofItems];
  const { size, sha256 } = await writeArchive({
    path: join(tempDir, ARCHIVE_FILE),
    name,
    site,
    request: request.request,
    askedFor,
    items: made,
    shared: map ? [{ name: MAP_FILE, path: map.path }] : [],
    warnings,
    signal,
    onProgress: (fraction) => onStep(null, 'archive', fraction),
    onWritten,
  });
  return { size, sha256, warnings };
}

/** What a map is called in the archive. */
const MAP_FILE = 'map.pdf';

/** Makes the map of all items that ask for one; gives what the archive tells of each, by its place in the request. Null where none does. */
async function makeMapOf(
  { items, title, options, site, crs, area, tempDir }: MakeRequest,
  crew: Crew,
  signal: AbortSignal,
  onStep: OnStep,
): Promise<{ path: string; items: Map<number, ArchiveItem> } | null> {
  const layers = items.flatMap((item, index) => {
    const format = findFormat(item.profile.kind, item.format);
    return format && isOnMap(format) ? [{ index, item, format }] : [];
  });
  const format = findFormat('vector', layers[0]?.item.format ?? '');
  if (layers.length === 0) return null;
  if (!format || crs === null) throw noFormat();
  const dir = join(tempDir, 'map');
  await mkdir(dir);
  try {
    const made = await makeMap({
      items: layers.map(({ item }) => item),
      title: mapTitle(
        title,
        layers.map(({ item }) => item.title),
      ),
      site,
      crs,
      area,
      options,
      format,
      dir,
      crew,
      signal,
      onProgress: (layer, step, fraction) => onStep(layers[layer]?.index ?? 0, step, fraction),
    });
    const archivedLayers = layers.map(({ index, item }, layer): [number, ArchiveItem] => {
      const { content, warnings = [] } = made.layers[layer] ?? {};
      const told = content && 'images' in content ? { ...content, tile: item.tile } : content;
      return [
        index,
        {
          ...archived(item),
          crs: writtenCrs(item, crs),
          content: told ?? { featureCount: 0, droppedCount: 0 },
          fields: [],
          warnings,
          files: [],
          sharedFiles: [MAP_FILE],
        },
      ];
    });
    return { path: made.path, items: new Map(archivedLayers) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LayerFailure) throw new ItemError(layers[error.item]?.index ?? 0, error.cause);
    throw error;
  }
}

/** A map's title: the name that was asked for, or its layers' titles as long as they are few. */
function mapTitle(asked: string | null, titles: readonly string[]): string {
  if (asked !== null && asked.trim() !== '') return asked;
  const different = [...new Set(titles)];
  return different.length <= 3 ? different.join(', ') : `${different.slice(0, 2).join(', ')} and ${different.length - 2} more layers`;
}

/**
 * Makes a unit of an archive.
 * @param elsewhere others who may make pieces of it; null: nobody.
 * @throws {ItemError} when it cannot be made; the signal's reason when cancelled.
 */
export async function makeUnit(
  request: MakeRequest,
  { item: index, piece }: Unit,
  threads: MakeThreads,
  signal: AbortSignal,
  onProgress: (step: string, fraction: number) => void,
  elsewhere: Elsewhere | null,
): Promise<UnitMade> {
  const dir = join(request.tempDir, String(index));
  const folders = { outDir: join(dir, 'out'), tempDir: join(dir, 'temp') };
  try {
    const item = request.items[index];
    if (!item) throw noFormat();
    for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
    const { profile } = item;
    const made = isRaster(profile)
      ? await makeRaster(item, profile, request, threads.crops, folders, signal, onProgress, piece, helpWithPieces(index, elsewhere))
      : await makeFeatures(item, profile, request, threads.crew, folders, signal, onProgress);
    await rm(folders.tempDir, { recursive: true, force: true });
    return made;
  } catch (error) {
    signal.throwIfAborted();
    throw new ItemError(index, error);
  }
}

async function makeFeatures(
  item: MakeItem,
  profile: Profile,
  { crs, area }: MakeRequest,
  crew: Crew,
  folders: { outDir: string; tempDir: string },
  signal: AbortSignal,
  onProgress: (step: string, fraction: number) => void,
): Promise<UnitMade> {
  const { title, type, id } = item;
  const isTable = profile.kind === 'table';
  const format = findFormat(profile.kind, item.format);
  if (!format) throw noFormat();
  const output = {
    publishedAt: item.publishedAt,
    crew,
    source: { path: join(item.versionDir, FEATURES_FILE), profile },
    format,
    color: item.color,
    name: slugify(title, `${type}-${id}`),
    ...folders,
    signal,
    onProgress,
  };
  // An area that comes nowhere near the layer leaves nothing of it, and was refused before; a newer CRS database may still think so.
  const crop = area && !isTable ? ((await cropFor(area, profile, { signal })) ?? []) : null;
  const result = isTable ? await exportTable(output) : await exportVector({ ...output, crop, targetCrs: crs });
  const { featureCount, droppedCount, renamedFields: fields, warnings, files } = result;
  const written = isTable ? null : writtenCrs(item, format.fixedCrs ?? crs);
  return { files, told: { crs: written, content: { featureCount, droppedCount }, fields, warnings } };
}

async function makeRaster(
  item: MakeItem,
  profile: RasterProfile,
  { crs, area, multiplier }: MakeRequest,
  threads: CropThreads,
  folders: { outDir: string; tempDir: string },
  signal: AbortSignal,
  onProgress: (step: string, fraction: number) => void,
  only: PiecePlace | null,
  help: PieceHelp | null,
): Promise<UnitMade> {
  const { title, type, id, versionDir, tile, color } = item;
  const format = findFormat(profile.kind, item.format);
  if (!format || isMapFormat(format)) throw noFormat();
  const targetCrs = format.fixedCrs ?? crs;
  const { warnings, files, resolution, bands, images } = await exportRaster({
    profile,
    versionDir,
    format,
    title,
    name: slugify(title, `${type}-${id}`),
    tile,
    targetCrs,
    area,
    multiplier,
    ...folders,
    threads,
    signal,
    onProgress,
    only,
    help,
  });
  const plain = color === null ? [] : [`${format.displayName} carries no style, so the colour ${color} was not used.`];
  const content = { resolution, bands, images, tile };
  return { files, told: { crs: writtenCrs(item, targetCrs), content, fields: [], warnings: [...plain, ...warnings] } };
}

/** Whether an item takes far longer to be made than to be brought from one machine to another: most of what GDAL writes. */
function isSlow({ profile, format: mimetype }: MakeItem, crs: string | null): boolean {
  const format = findFormat(profile.kind, mimetype);
  if (!format || isMapFormat(format)) return false;
  if (!isRasterFormat(format)) return !comesDeflated(format);
  const written = format.fixedCrs ?? crs ?? profile.crs?.id;
  return !format.raster.isStored || written !== profile.crs?.id;
}

/** Offers the slow ones of some items to others, where there are several. */
async function helpWithItems(
  wanted: readonly number[],
  { items, crs }: MakeRequest,
  elsewhere: Elsewhere | null,
): Promise<Help<number, UnitMade>> {
  const slow = elsewhere ? wanted.filter((index) => items[index] && isSlow(items[index], crs)) : [];
  if (!elsewhere || slow.length < 2) return { keep: async () => true, made: async () => null };
  await elsewhere.offer(slow.map((item) => ({ item, piece: null, sources: null })));
  return {
    keep: async (item) => !slow.includes(item) || elsewhere.keep({ item, piece: null }),
    made: (item) => elsewhere.made({ item, piece: null }),
  };
}

function helpWithPieces(item: number, elsewhere: Elsewhere | null): PieceHelp | null {
  return (
    elsewhere && {
      offer: (pieces) => elsewhere.offer(pieces.map((piece) => ({ item, ...piece }))),
      keep: (piece) => elsewhere.keep({ item, piece }),
      made: async (piece) => (await elsewhere.made({ item, piece }))?.files ?? null,
    }
  );
}

/** What an archive tells of every item. */
function archived(item: MakeItem) {
  const format = findFormat(item.profile.kind, item.format);
  if (!format) throw noFormat();
  const { title, type, id, versionId, publishedAt, url, license, metadataXml } = item;
  return {
    title,
    type,
    id,
    versionId,
    publishedAt,
    url,
    formatName: format.displayName,
    mimetype: format.mimetype,
    license,
    metadataXml,
  };
}

function writtenCrs({ profile }: MakeItem, written: string | null): ArchiveItem['crs'] {
  return written === null ? profile.crs : { id: written, name: lookupCrs(written)?.name ?? written };
}

function noFormat(): ExportFailure {
  return new ExportFailure('write-failed', 'The format of this item is no longer on this site.');
}
