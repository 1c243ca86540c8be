import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { layerModel } from '../../../crs/layer.ts';
import { describeRaster, type GdalRaster } from '../../../gdal/describeraster.ts';
import { CORES, eachInParallel } from '../../../gdal/parallel.ts';
import { GdalError } from '../../../gdal/process.ts';
import { mosaicLines } from '../../../store/mosaic.ts';
import type { ProfileCrs } from '../../../store/profile.ts';
import type { BandProfile, RasterKind, RasterProfile } from '../../../store/rasterprofile.ts';
import { MOSAIC_FILE, type RasterTile, TILES_FILE, type TileWeights } from '../../../store/rastertiles.ts';
import { layerCrs } from '../crs.ts';
import { comesOfFullDisk, PublishError } from '../failure.ts';
import { boundsAround, type Footprint, footprints } from '../lonlat.ts';
import { sentence } from '../source.ts';
import { type Arrangement, arrange, type Place, requirePlaces } from './arrange.ts';
import { joinTables } from './attributes.ts';
import { commonNodata, hasMask, requireSameBands } from './bands.ts';
import { isLossy, type StoredAs, type Storing, storeTile } from './convert.ts';
import { type TileNames, tileNames } from './ids.ts';
import { kindOf, saysSomething, valueBands } from './kind.ts';
import { commonMetadata } from './metadata.ts';
import { type Moments, statisticsOf } from './moments.ts';
import type { PixelLayout } from './pixellayout.ts';
import { storePlainTile } from './plaintile.ts';
import type { RasterSource, SourceTile } from './source.ts';
import { measurePixels } from './statistics.ts';
import { weightsOf } from './weights.ts';

/** A raster dataset as it will lie in the store. */
export interface MeasuredRaster {
  dir: string;
  content: string;
  profile: RasterProfile;
  warnings: string[];
}

export interface MeasureRasterOptions {
  tempDir: string;
  kind: RasterKind | undefined;
  /** Told what kind it is, before anything is stored; throws where it must not be that. */
  checkKind: (kind: RasterKind) => Promise<void>;
  /** `EPSG:n`, in place of the source's own. */
  crs: string | undefined;
  /** What of a file's name is its tile's id. */
  tileIdPattern: RegExp | undefined;
  signal: AbortSignal | undefined;
  onProgress: (fraction: number) => void;
}

/** What was measured of a stored tile. */
interface StoredTile extends StoredAs {
  sha256: string;
  bytes: number;
  moments: Moments[];
  weights: TileWeights | undefined;
}

/** Shares of a tile's work: what remains is measuring it. */
const STORING = 0.8;

/**
 * Brings rasters to the store's form (DESIGN.md, "The store"): a Cloud Optimized GeoTIFF for each, a mosaic of them, and everything measured that
 * exporting will want to know. The same sources give the same bytes.
 * @throws {PublishError} when they do not fit together, or have no place on Earth.
 */
export async function measureRaster(source: RasterSource, options: MeasureRasterOptions): Promise<MeasuredRaster> {
  const { signal, tempDir } = options;
  requirePlaces(source.tiles);
  const crs = await commonCrs(source, options);
  const names = tileNames(source.tiles, options.tileIdPattern);
  const order = names.map((_, index) => index).sort((a, b) => compare(names[a]?.id ?? '', names[b]?.id ?? ''));
  const tiles = order.flatMap((index) => source.tiles.slice(index, index + 1));
  const named = order.flatMap((index) => names.slice(index, index + 1));
  requireSameBands(tiles);
  const arrangement = arrange(tiles);
  const { nodata, said, notes } = commonNodata(tiles);
  const kind = options.kind ?? kindFor(tiles);
  requireKind(source, tiles, kind);
  await options.checkKind(kind);
  const storing: Storing = {
    resampling: resamplingFor(tiles, kind),
    crs: options.crs === undefined || tiles.every(({ raster }) => raster.crs?.id === options.crs) ? null : options.crs,
    nodata: said ? (nodata ?? 'none') : null,
  };
  const dir = join(tempDir, 'version');
  const tasks = tiles.map((tile, index) => ({ tile, place: at(arrangement.places, index), path: join(dir, at(named, index).file) }));
  let { kept, stored } = await storeTiles(tasks, storing, join(dir, 'tiles'), options);
  // A value that is no number is what programs write for nothing, whether they say so or not.
  if (transparencyOf(kept, false) === 'none' && stored.some(({ moments }) => moments.some(({ hasNaN }) => hasNaN))) {
    await rm(join(dir, 'tiles'), { recursive: true });
    ({ kept, stored } = await storeTiles(tasks, { ...storing, nodata: 'nan' }, join(dir, 'tiles'), options));
  }
  const extents = arrangement.places.map(({ extent }) => extent);
  const places = await footprints(extents, crs, signal);
  const listed = named.map((names, index) => listedTile(names, at(arrangement.places, index), at(places, index), at(stored, index)));
  const metadata = commonMetadata(tiles);
  // GDAL does not say which band it is of.
  const hasOneBand = valueBands(at(tiles, 0).raster.bands).length === 1;
  if (!hasOneBand && tiles.some(({ raster }) => raster.rat && saysSomething(raster.rat)))
    notes.push('Its attribute table was left out: rasters with one only have one band. Pick that with gdal_translate -b.');
  const profile: RasterProfile = {
    format: 1,
    kind,
    crs,
    extent: arrangement.extent,
    extent_wgs84: boundsAround(listed.map(({ extent_wgs84 }) => extent_wgs84)),
    size: arrangement.size,
    origin: arrangement.origin,
    resolution: arrangement.resolution,
    bands: bandProfiles(at(tiles, 0), kept, stored, metadata.bands),
    ...(Object.keys(metadata.whole).length > 0 ? { metadata: metadata.whole } : {}),
    transparency: transparencyOf(kept, arrangement.gaps),
    lossy: tiles.some(({ raster }) => isLossy(raster)),
    compression: [...new Set(stored.map(({ compression }) => compression))].sort().join(', '),
    overviews: commonOverviews(stored),
    rat: hasOneBand ? joinTables(tiles.map(({ raster }) => raster.rat)) : null,
    tiled: source.tiled,
    tile_count: tiles.length,
    bytes: stored.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const content = createHash('sha256');
  const text = (value: RasterProfile) => `${JSON.stringify(value, null, 1)}\n`;
  for (const { sha256 } of stored) content.update(sha256);
  for (const line of tileLines(listed)) content.update(line);
  // What was measured with tools that change is no part of the content's name.
  content.update(text(profile));
  const whole = { ...profile, transform: await layerModel(profile, signal) };
  await writeDurably(join(dir, TILES_FILE), tileLines(listed));
  await writeDurably(
    join(dir, MOSAIC_FILE),
    withBreaks(mosaicLines(profile, listed, arrangement.overlaps, storing.resampling === 'nearest')),
  );
  await writeDurably(join(dir, 'profile.json'), [text(whole)]);
  return { dir, content: content.digest('hex'), profile: whole, warnings: [...source.notes, ...notes, ...overlapNotes(arrangement)] };
}

function at<T>(list: readonly T[], index: number): T {
  const [item] = list.slice(index, index + 1);
  if (item === undefined) throw new Error('There is none of that number.');
  return item;
}

/** The order that people expect: `A2` before `A10`. */
function compare(a: string, b: string): number {
  return COLLATOR.compare(a, b) || (a < b ? -1 : 1);
}
const COLLATOR = new Intl.Collator('en', { numeric: true });

async function commonCrs({ tiles, shown }: RasterSource, { crs: said, signal }: MeasureRasterOptions): Promise<ProfileCrs> {
  const first = at(tiles, 0);
  if (said === undefined) {
    const other = tiles.find(
      ({ raster: { crs } }) => crs?.wkt !== first.raster.crs?.wkt && (crs?.id == null || crs.id !== first.raster.crs?.id),
    );
    if (other) {
      const nameOf = ({ raster: { crs } }: SourceTile) => (crs ? `in ${crs.id ?? crs.name}` : 'without a coordinate reference system');
      throw new PublishError(
        `${other.shown} is ${nameOf(other)} and ${first.shown} ${nameOf(first)}. Tiles of one dataset need the same: gdalwarp -t_srs, or --crs EPSG:n where it is only said wrongly.`,
      );
    }
  }
  return layerCrs({ crs: first.raster.crs, shown: tiles.length > 1 ? shown : first.shown, untyped: false }, said, signal);
}

function kindFor(tiles: readonly SourceTile[]): RasterKind {
  const { bands } = at(tiles, 0).raster;
  return kindOf({ bands, rat: tiles.map(({ raster }) => raster.rat).find((rat) => rat !== null) ?? null });
}

/** @throws {PublishError} where the pixels cannot be what the publisher, or the dataset's versions before, say. */
function requireKind({ shown }: RasterSource, tiles: readonly SourceTile[], kind: RasterKind): void {
  const { bands } = at(tiles, 0).raster;
  if (kind !== 'raster' && valueBands(bands).length !== 1)
    throw new PublishError(
      `${shown} has ${valueBands(bands).length} bands; a ${kind} has one. Pick it with gdal_translate -b, or say --kind raster.`,
    );
  if (kind === 'rat' && tiles.every(({ raster }) => raster.rat === null))
    throw new PublishError(`${shown} has no attribute table, so it is a grid or a raster.`);
}

function resamplingFor(tiles: readonly SourceTile[], kind: RasterKind): Storing['resampling'] {
  return kind === 'rat' || at(tiles, 0).raster.bands.some(({ palette }) => palette !== null) ? 'nearest' : 'average';
}

interface Task {
  tile: SourceTile;
  place: Place;
  path: string;
}

/** Stores and measures all tiles, as many at once as there are cores. `kept`: what GDAL says of the first, whose bands are those of all. */
async function storeTiles(
  tasks: readonly Task[],
  storing: Storing,
  dir: string,
  { signal, onProgress }: MeasureRasterOptions,
): Promise<{ kept: GdalRaster; stored: StoredTile[] }> {
  await mkdir(dir, { recursive: true });
  let done = 0;
  const store = async ({ tile, place, path }: Task, layout: PixelLayout | null, threads: number, either: AbortSignal | undefined) => {
    let said = 0;
    const say = (fraction: number) => {
      done += fraction - said;
      said = fraction;
      onProgress(done / tasks.length);
    };
    try {
      const plain = await storePlainTile(tile, place, storing, path, either);
      const options = { threads, signal: either, onProgress: (fraction: number) => say(STORING * fraction) };
      const as = plain ?? (await storeTile(tile, place, storing, path, options));
      const kept = layout ? null : await describeRaster(path, either ? { signal: either } : {});
      const pixels = layout ?? layoutOf(tile, kept);
      if (plain) {
        const { measure, ...stored } = plain;
        say(1);
        return { kept, stored: { ...stored, moments: measure(pixels), weights: await weightsOf(path) } };
      }
      const [moments, sha256, { size }] = await Promise.all([
        measurePixels(path, { ...pixels, width: place.size[0] }, either),
        hashOf(path),
        stat(path),
      ]);
      say(1);
      return { kept, stored: { ...as, moments, sha256, bytes: size, weights: await weightsOf(path) } };
    } catch (error) {
      throw error instanceof GdalError && !comesOfFullDisk(error, dir)
        ? new PublishError(`${tile.shown} cannot be read to its end: ${sentence(error.message)}`)
        : error;
    }
  };
  const [one, ...others] = tasks;
  if (!one) throw new Error('There are no tiles.');
  const first = await store(one, null, CORES, signal);
  if (!first.kept) throw new Error('The first tile was not looked at.');
  const layout = layoutOf(one.tile, first.kept);
  const width = Math.min(CORES, others.length);
  const threads = Math.max(1, Math.floor(CORES / Math.max(1, width)));
  const more = await eachInParallel(
    others,
    width,
    signal,
    async (task, _index, either) => (await store(task, layout, threads, either)).stored,
  );
  return { kept: first.kept, stored: [first.stored, ...more] };
}

function layoutOf({ type }: SourceTile, raster: GdalRaster | null): PixelLayout {
  const bands = raster?.bands ?? [];
  const alpha = bands.findIndex(({ colorInterpretation }) => colorInterpretation === 'Alpha');
  return {
    width: raster?.size[0] ?? 0,
    type,
    nodata: bands.map(({ nodata }) => nodata),
    alpha: alpha < 0 ? null : alpha,
    masked: hasMask(bands),
  };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(bytes);
  return hash.digest('hex');
}

function listedTile({ id, name, file }: TileNames, place: Place, degrees: Footprint | null, { bytes, weights }: StoredTile): RasterTile {
  if (!degrees) throw new PublishError(`Tile ${id} has no place on Earth. Say the right coordinate reference system with --crs EPSG:n.`);
  return {
    id,
    name,
    file,
    size: place.size,
    at: place.at,
    extent: place.extent,
    extent_wgs84: degrees.bounds,
    footprint: degrees.ring,
    bytes,
    ...(weights ? { weights } : {}),
  };
}

function bandProfiles(
  { raster, type }: SourceTile,
  kept: GdalRaster,
  stored: readonly StoredTile[],
  metadata: readonly Record<string, string>[],
): BandProfile[] {
  return kept.bands.map((band, index) => {
    const source = raster.bands[index];
    const more = metadata[index] ?? {};
    return {
      data_type: type,
      color_interpretation: band.colorInterpretation,
      nodata: band.nodata,
      description: source?.description ?? '',
      unit: source?.unit ?? '',
      scale: source?.scale ?? null,
      offset: source?.offset ?? null,
      // A GeoTIFF's colours have no transparency.
      palette: source?.palette ?? band.palette,
      ...(Object.keys(more).length > 0 ? { metadata: more } : {}),
      statistics: statisticsOf(stored.flatMap(({ moments }) => moments.slice(index, index + 1))),
    };
  });
}

/** Where pixels that no tile has can be told by nothing else, the mosaic has a mask. */
function transparencyOf({ bands }: GdalRaster, gaps: boolean): RasterProfile['transparency'] {
  if (bands.some(({ colorInterpretation }) => colorInterpretation === 'Alpha')) return 'alpha';
  if (hasMask(bands)) return 'mask';
  if (bands.some(({ nodata }) => nodata !== null)) return 'nodata';
  return gaps ? 'mask' : 'none';
}

/** The factors of those that all tiles have. */
function commonOverviews(stored: readonly StoredTile[]): number[] {
  const factors = stored.map(({ overviews }) => overviews);
  const [first = [], ...more] = factors;
  return first.filter((factor) => more.every((others) => others.includes(factor)));
}

function overlapNotes({ overlaps }: Arrangement): string[] {
  return overlaps ? ['Some of its tiles overlap. Where they do, the later one in the order of their ids is seen.'] : [];
}

/** A tile a line. */
function* tileLines(tiles: readonly RasterTile[]): Generator<string> {
  yield '[\n';
  for (const [index, tile] of tiles.entries()) yield `${JSON.stringify(tile)}${index < tiles.length - 1 ? ',' : ''}\n`;
  yield ']\n';
}

function* withBreaks(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}

async function writeDurably(path: string, text: Iterable<string>): Promise<void> {
  await pipeline(Readable.from(text), createWriteStream(path, { flags: 'wx' }));
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
