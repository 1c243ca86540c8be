import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { definitionOf } from '../crs/definition.ts';
import { limitOf } from '../crs/layer.ts';
import { type PatchModel, PatchTransform, patchModel } from '../crs/patches.ts';
import { transformPoints } from '../crs/transform.ts';
import { horizontalCrs, wktKind } from '../crs/wkt.ts';
import { runGdal } from '../gdal/process.ts';
import { polygonBounds } from '../geometry/bounds.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Geometry, Value } from '../store/feature.ts';
import type { RawFeature } from '../store/flatgeobuf.ts';
import type { Bounds, Profile, ProfileCrs } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { walkTree } from '../store/rtree.ts';
import { dimensionOf, isEmpty, keepDimension, withDimensions } from '../store/shape.ts';
import { FlatGeobufWriter } from '../store/writer.ts';
import { failure } from './failure.ts';
import type { Picking } from './picker.ts';
import { isOutside } from './shape.ts';
import { ExportFailure } from './writer.ts';

/** A version's way out: what is picked from it, and the CRS that comes out. */
export interface Prepared {
  picking: Picking;
  crs: ProfileCrs | null;
  /** Whether features may be cut, at the area's edge or at the antimeridian. */
  isCut: boolean;
  /** Features that the CRS cannot hold, as far as they were left out already. */
  dropped: number;
}

export interface PrepareRequest {
  source: { path: string; profile: Profile };
  /** In the layer's own CRS; null takes all of it. */
  crop: MultiPolygon | null;
  /** `EPSG:n`; null keeps the layer's own. */
  targetCrs: string | null;
  tempDir: string;
  signal: AbortSignal;
  onProgress: (fraction: number) => void;
}

/** Definitions in which heights belong to the CRS, so that PROJ may change them. */
const WITH_HEIGHTS = /^(?:COMPOUNDCRS|COMPD_CS)|CS\[(?:ellipsoidal|Cartesian),\s*3\b/;

/**
 * Prepares a version for export: finds the way to the CRS asked for. Where none is known that gives PROJ's own results, one ogr2ogr makes the
 * geometries; attributes always come from the version itself, since GDAL's own FlatGeobuf writer changes times and drops features without geometry.
 * @throws {GdalError | ExportFailure} when GDAL fails; the signal's reason when cancelled.
 */
export async function prepare(request: PrepareRequest): Promise<Prepared> {
  const { source, crop, targetCrs, signal, tempDir } = request;
  const { profile, path } = source;
  const asIs = (): Prepared => ({
    picking: { path, crop, model: null, limit: Number.POSITIVE_INFINITY },
    crs: profile.crs,
    isCut: crop !== null,
    dropped: 0,
  });
  if (profile.crs === null || profile.extent === null) return asIs();
  const crs = targetCrs === null || targetCrs === profile.crs.id ? null : await definitionOf(targetCrs);
  const reproject = crs !== null;
  const crosses = crossesAntimeridian(profile);
  const wrap = crosses && wktKind((crs ?? profile.crs).wkt) === 'geographic';
  if (!reproject && !(wrap && (crop || reachesPast180(profile)))) return asIs();
  const limit = crs ? limitOf(horizontalCrs(crs.wkt)) : Number.POSITIVE_INFINITY;
  const apart = crs !== null && crosses && !wrap && reachesPast180(profile) && (await isCutAt180(request));
  if (crs && !wrap && !apart && !(profile.has_z && [profile.crs.wkt, crs.wkt].some((wkt) => WITH_HEIGHTS.test(wkt)))) {
    const extent = crop ? overlap(profile.extent, polygonBounds(crop)) : profile.extent;
    const model = extent && (await patchModel(profile.crs.id ?? profile.crs.wkt, crs.id ?? crs.wkt, extent, signal));
    // Where the area and the layer's extent share nothing, there is nothing to transform.
    if (!extent || (model && (await coversAll(path, model, extent))))
      return { picking: { path, crop, model, limit }, crs, isCut: crop !== null, dropped: 0 };
  }
  try {
    const out = crs ?? profile.crs;
    const { dropped, cut } = await byGdal(request, { reproject, wrap, apart, limit: reproject ? limit : null });
    return { picking: { path: cut, crop: null, model: null, limit }, crs: out, isCut: true, dropped };
  } catch (error) {
    throw failure(error, tempDir);
  }
}

function overlap(a: Bounds, b: Bounds): Bounds | null {
  const both: Bounds = [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
  return both[0] <= both[2] && both[1] <= both[3] ? both : null;
}

/** Whether a model has PROJ's result wherever the layer has a feature in an extent. */
async function coversAll(path: string, model: PatchModel, extent: Bounds): Promise<boolean> {
  const transform = new PatchTransform(model);
  if (transform.covers(...extent)) return true;
  const file = await FlatGeobufFile.open(path);
  try {
    const uncovered = walkTree(file.tree, (...[minX, minY, maxX, maxY]) => {
      const near: Bounds = [Math.max(minX, extent[0]), Math.max(minY, extent[1]), Math.min(maxX, extent[2]), Math.min(maxY, extent[3])];
      return !(near[0] <= near[2] && near[1] <= near[3]) || transform.covers(...near) ? 'skip' : 'look';
    });
    return uncovered.next().done === true;
  } finally {
    await file.close();
  }
}

/** Writes the features with the geometries that GDAL makes to a temporary FlatGeobuf. */
async function byGdal(
  request: PrepareRequest,
  { reproject, wrap, apart, limit }: { reproject: boolean; wrap: boolean; apart: boolean; limit: number | null },
): Promise<{ cut: string; dropped: number }> {
  const { source, crop, tempDir, signal } = request;
  const file = await FlatGeobufFile.open(source.path);
  const made = join(tempDir, 'crop.fgb');
  const cut = join(tempDir, 'cut.fgb');
  try {
    const sql = `SELECT FID AS source FROM ${quoted(file.header.name)}`;
    const failed = apart ? await transformApart(request, sql, made) : await transform(request, sql, made, { reproject, wrap });
    const geometries = await FlatGeobufFile.open(made);
    try {
      const writer = await FlatGeobufWriter.create(cut, { ...file.header, geometryType: null, featureCount: 0, crs: null });
      const join = { limit, keepNulls: crop === null, failed, signal };
      const dropped = await joined(file, geometries, join, async (geometry, values) => {
        await writer.write(geometry && withDimensions(geometry, file.header.hasZ, file.header.hasM), values);
      });
      await writer.close();
      return { cut, dropped };
    } finally {
      await geometries.close();
    }
  } finally {
    await file.close();
    await rm(made, { force: true });
  }
}

interface Join {
  /** Coordinates at or past it are no place; null when nothing was reprojected. */
  limit: number | null;
  /** Features without geometry stay: with a crop they are outside it. */
  keepNulls: boolean;
  /** Features that PROJ could not transform. */
  failed: number;
  signal: AbortSignal;
}

/**
 * Joins attributes of the version with the geometries that ogr2ogr made, which name their feature and come in its order.
 * @returns how many features the CRS cannot hold.
 */
async function joined(
  file: FlatGeobufFile,
  geometries: FlatGeobufFile,
  { limit, keepNulls, failed, signal }: Join,
  write: (geometry: Geometry | null, values: Value[]) => Promise<void>,
): Promise<number> {
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
  const made = singly(geometries);
  let next = await made.next();
  for await (const batch of file.batches()) {
    signal.throwIfAborted();
    for (const raw of batch) {
      if (!next.done && next.value.values()[0] === raw.index) {
        const geometry = place(raw, next.value);
        if (geometry) await write(geometry, raw.values());
        next = await made.next();
        continue;
      }
      if (!keepNulls) continue;
      const geometry = raw.geometry();
      if (!geometry || isEmpty(geometry)) await write(geometry, raw.values());
    }
  }
  if (!next.done) throw new Error('GDAL gave cropped features in another order than the layer has them.');
  return dropped;
}

async function* singly(file: FlatGeobufFile): AsyncGenerator<RawFeature> {
  for await (const batch of file.batches()) yield* batch;
}

/** Projects what runs on past 180° after it was cut there: PROJ puts what lies right on 180° to the east end of a map, and what lies past it to the west end. */
async function transformApart(request: PrepareRequest, sql: string, output: string): Promise<number> {
  const apart = join(request.tempDir, 'apart.fgb');
  const half = (from: number) => (fraction: number) => request.onProgress(from + fraction / 2);
  await transform({ ...request, onProgress: half(0) }, sql, apart, { reproject: false, wrap: true });
  const source = { ...request.source, path: apart };
  return transform({ ...request, source, crop: null, onProgress: half(0.5) }, 'SELECT source FROM crop', output, {
    reproject: true,
    wrap: false,
  });
}

/** Whether a projection puts the two sides of the antimeridian far apart. */
async function isCutAt180({ source, targetCrs, signal }: PrepareRequest): Promise<boolean> {
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
  { source, crop, targetCrs, tempDir, signal, onProgress }: PrepareRequest,
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

async function writeClip(path: string, crop: MultiPolygon): Promise<void> {
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
