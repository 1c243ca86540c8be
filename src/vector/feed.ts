import { join } from 'node:path';
import { transformPoints } from '../crs/transform.ts';
import { describeDataset } from '../gdal/describe.ts';
import { runGdal } from '../gdal/process.ts';
import type { Geometry, Value } from '../store/feature.ts';
import type { RawFeature } from '../store/flatgeobuf.ts';
import type { Profile, ProfileCrs } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { dimensionOf, isEmpty, keepDimension } from '../store/shape.ts';
import { FlatGeobufWriter } from '../store/writer.ts';
import { failure } from './failure.ts';
import { isOutside } from './shape.ts';
import { ExportFailure } from './writer.ts';

/** GeoJSON's nesting: polygons of rings of [x, y], in the layer's CRS. */
export type MultiPolygonCoordinates = number[][][][];

export interface FeedRequest {
  source: { path: string; profile: Profile };
  crop: MultiPolygonCoordinates | null;
  /** `EPSG:n`; null keeps the layer's own. */
  targetCrs: string | null;
  tempDir: string;
  signal: AbortSignal;
  onProgress: (fraction: number) => void;
}

interface FeedFeature {
  geometry: Geometry | null;
  values: Value[];
}

/** A version's features, cropped and reprojected. */
export interface Feed {
  crs: ProfileCrs | null;
  /** Features in batches, in the version's order; `fraction` says how far the source is read. */
  batches(): AsyncGenerator<{ features: FeedFeature[]; fraction: number }>;
  /** Features that the target CRS cannot hold; right once all batches were read. */
  dropped(): number;
  close(): Promise<void>;
}

/** Metres, or feet: no place on Earth is this far from any projected CRS's origin. PROJ puts the poles of Mercator there. */
const FARTHEST = 2e8;

/**
 * Opens a version for export. With a crop polygon or another CRS one ogr2ogr makes the geometries; attributes always come
 * from the version itself, since GDAL's own FlatGeobuf writer changes times and drops features without geometry.
 * @throws {GdalError | ExportFailure} when GDAL fails; the signal's reason when cancelled.
 */
export async function openFeed(request: FeedRequest): Promise<Feed> {
  const { source, crop, signal } = request;
  const { profile } = source;
  const reproject = profile.crs !== null && request.targetCrs !== null && request.targetCrs !== profile.crs.id;
  const crosses = profile.crs !== null && crossesAntimeridian(profile);
  const wrap = crosses && (await isGeographic(request.targetCrs ?? profile.crs?.wkt ?? '', signal));
  const file = await FlatGeobufFile.open(source.path);
  try {
    if (!crop && !reproject && !(wrap && reachesPast180(profile))) return wholeFeed(file, profile.crs, signal);
    const cut = join(request.tempDir, 'crop.fgb');
    const failed =
      crosses && !wrap && reproject && reachesPast180(profile) && (await isCutAt180(request))
        ? await transformApart(request, file.header.name, cut)
        : await transform(request, `SELECT FID AS source FROM ${quoted(file.header.name)}`, cut, { reproject, wrap });
    const { layers } = await describeDataset(cut, { signal });
    const crs = reproject ? (layers[0]?.crs ?? null) : profile.crs;
    if (reproject && !crs) throw new ExportFailure('write-failed', `GDAL did not keep the coordinate system ${request.targetCrs}.`);
    const geometries = await FlatGeobufFile.open(cut);
    const limit = crs?.wkt.startsWith('PROJCRS') ? FARTHEST : Number.POSITIVE_INFINITY;
    return joinedFeed(file, geometries, { crs, limit: reproject ? limit : null, keepNulls: crop === null, failed, signal });
  } catch (error) {
    await file.close();
    throw failure(error, request.tempDir);
  }
}

function wholeFeed(file: FlatGeobufFile, crs: ProfileCrs | null, signal: AbortSignal): Feed {
  return {
    crs,
    async *batches() {
      for await (const batch of file.batches()) {
        signal.throwIfAborted();
        const features = batch.map((raw) => ({ geometry: raw.geometry(), values: raw.values() }));
        yield { features, fraction: fractionRead(batch, file) };
      }
    },
    dropped: () => 0,
    close: () => file.close(),
  };
}

interface Join {
  crs: ProfileCrs | null;
  /** Coordinates at or past it are no place; null when nothing was reprojected. */
  limit: number | null;
  /** Features without geometry stay: with a crop they are outside it. */
  keepNulls: boolean;
  /** Features that PROJ could not transform. */
  failed: number;
  signal: AbortSignal;
}

/** Attributes of the version with the geometries that ogr2ogr made, which name their feature and come in its order. */
function joinedFeed(file: FlatGeobufFile, geometries: FlatGeobufFile, { crs, limit, keepNulls, failed, signal }: Join): Feed {
  let dropped = failed;
  const place = (raw: RawFeature, made: RawFeature): Geometry | null => {
    const geometry = made.geometry();
    const original = raw.geometry();
    if (!geometry || !original) return null;
    if (limit !== null && isOutside(geometry, limit)) {
      dropped++;
      return null;
    }
    return keepDimension(geometry, dimensionOf(original.type));
  };
  return {
    crs,
    async *batches() {
      const made = singly(geometries);
      let next = await made.next();
      for await (const batch of file.batches()) {
        signal.throwIfAborted();
        const features: FeedFeature[] = [];
        for (const raw of batch) {
          if (!next.done && next.value.values()[0] === raw.index) {
            const geometry = place(raw, next.value);
            if (geometry) features.push({ geometry, values: raw.values() });
            next = await made.next();
            continue;
          }
          if (!keepNulls) continue;
          const geometry = raw.geometry();
          if (!geometry || isEmpty(geometry)) features.push({ geometry, values: raw.values() });
        }
        yield { features, fraction: fractionRead(batch, file) };
      }
      if (!next.done) throw new Error('GDAL gave cropped features in another order than the layer has them.');
    },
    dropped: () => dropped,
    async close() {
      await Promise.all([file.close(), geometries.close()]);
    },
  };
}

async function* singly(file: FlatGeobufFile): AsyncGenerator<RawFeature> {
  for await (const batch of file.batches()) yield* batch;
}

function fractionRead(batch: readonly RawFeature[], file: FlatGeobufFile): number {
  return Math.min(1, ((batch.at(-1)?.index ?? 0) + 1) / Math.max(1, file.header.featureCount));
}

/** Projects what runs on past 180° after it was cut there: PROJ puts what lies right on 180° to the east end of a map, and what lies past it to the west end. */
async function transformApart(request: FeedRequest, layer: string, output: string): Promise<number> {
  const apart = join(request.tempDir, 'apart.fgb');
  const half = (from: number) => (fraction: number) => request.onProgress(from + fraction / 2);
  const sql = `SELECT FID AS source FROM ${quoted(layer)}`;
  await transform({ ...request, onProgress: half(0) }, sql, apart, { reproject: false, wrap: true });
  const source = { ...request.source, path: apart };
  return transform({ ...request, source, crop: null, onProgress: half(0.5) }, 'SELECT source FROM crop', output, {
    reproject: true,
    wrap: false,
  });
}

/** Whether a projection puts the two sides of the antimeridian far apart. */
async function isCutAt180({ source, targetCrs, signal }: FeedRequest): Promise<boolean> {
  const [, south, , north] = source.profile.extent_wgs84 ?? [0, 0, 0, 0];
  const latitude = (south + north) / 2;
  const sides = Float64Array.of(180 - 1e-6, latitude, -180 + 1e-6, latitude);
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = await transformPoints(sides, 'EPSG:4326', targetCrs ?? '', signal);
  return Math.hypot(x2 - x1, y2 - y1) > 1000;
}

function quoted(name: string): string {
  return `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Runs ogr2ogr: each feature's place in the version and its new geometry. Gives the number that could not be reprojected. */
async function transform(
  { source, crop, targetCrs, tempDir, signal, onProgress }: FeedRequest,
  sql: string,
  output: string,
  { reproject, wrap }: { reproject: boolean; wrap: boolean },
): Promise<number> {
  const { profile } = source;
  const args = ['-f', 'FlatGeobuf', '-lco', 'SPATIAL_INDEX=NO', '-nln', 'crop', '-nlt', 'GEOMETRY', '-progress'];
  args.push('-dim', profile.has_z ? (profile.has_m ? 'XYZM' : 'XYZ') : profile.has_m ? 'XYM' : 'XY');
  args.push('-sql', sql);
  if (crop) {
    const clip = join(tempDir, 'clip.fgb');
    await writeClip(clip, crop);
    args.push('-clipsrc', clip);
  }
  const own = profile.crs?.id ?? profile.crs?.wkt ?? '';
  if (reproject) args.push('-s_srs', own, '-t_srs', targetCrs ?? '', '-skipfailures');
  else if (wrap) args.push('-s_srs', own, '-t_srs', own);
  if (wrap) args.push('-wrapdateline');
  args.push(output, source.path);
  let failed = 0;
  let error: string | null = null;
  const onErrorLine = (line: string) => {
    if (/^ERROR \d+: Failed to reproject feature /.test(line)) failed++;
    // What PROJ says of such a feature comes before that line. Anything else is no reason to leave a feature out.
    else if (/^ERROR \d+/.test(line) && !/reproject|PROJ|transform/i.test(line)) error ??= line.replace(/^ERROR \d+: /, '');
  };
  await runGdal('ogr2ogr', args, { signal, onProgress, onErrorLine });
  if (error !== null) throw new ExportFailure('write-failed', error);
  return failed;
}

async function writeClip(path: string, crop: MultiPolygonCoordinates): Promise<void> {
  const parts = crop.map((polygon): Geometry => {
    let points = 0;
    const ends = polygon.map((ring) => (points += ring.length));
    const xy = Float64Array.from(polygon.flatMap((ring) => ring.flatMap(([x = 0, y = 0]) => [x, y])));
    return { type: 'Polygon', xy, z: null, m: null, ends: Uint32Array.from(ends), parts: [] };
  });
  const header = { name: 'clip', geometryType: 'MultiPolygon', hasZ: false, hasM: false, columns: [], featureCount: 1, crs: null } as const;
  const writer = await FlatGeobufWriter.create(path, { ...header, columns: [] });
  await writer.write({ type: 'MultiPolygon', xy: new Float64Array(), z: null, m: null, ends: null, parts }, []);
  await writer.close();
}

function crossesAntimeridian({ extent_wgs84 }: Profile): boolean {
  return extent_wgs84 !== null && (extent_wgs84[2] >= 180 || extent_wgs84[0] <= -180);
}

/** Whether a geographic layer's own longitudes pass 180°. */
function reachesPast180({ extent, crs }: Profile): boolean {
  return crs?.wkt.startsWith('GEOG') === true && extent !== null && (extent[2] > 180 || extent[0] < -180);
}

async function isGeographic(crs: string, signal: AbortSignal): Promise<boolean> {
  if (!/^EPSG:/.test(crs)) return crs.startsWith('GEOG');
  const { stdout } = await runGdal('gdalsrsinfo', ['-o', 'wkt2_2019', '--single-line', crs], { signal });
  return stdout.trim().startsWith('GEOG');
}
