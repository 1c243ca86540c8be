import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { definitionOf, definitionText } from '../crs/definition.ts';
import { heightsMove } from '../crs/heights.ts';
import { limitOf } from '../crs/layer.ts';
import { patchModel } from '../crs/patches.ts';
import { type PatchModel, PatchTransform } from '../crs/patchtransform.ts';
import { transformPoints } from '../crs/transform.ts';
import { horizontalCrs, wktKind } from '../crs/wkt.ts';
import { runGdal } from '../gdal/process.ts';
import { polygonBounds } from '../geometry/bounds.ts';
import { loadGeos } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { collectGarbage } from '../heap.ts';
import type { Geometry, Value } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import type { RawFeature } from '../store/flatgeobuf.ts';
import type { Bounds, Profile, ProfileCrs } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { walkTree } from '../store/rtree.ts';
import { dimensionOf, isEmpty, keepDimension, withDimensions, withoutEmpties } from '../store/shape.ts';
import { FlatGeobufWriter } from '../store/writer.ts';
import { Densifier } from './densify.ts';
import { failure } from './failure.ts';
import { openFeed } from './feed.ts';
import type { Picking } from './picker.ts';
import { isOutside } from './shape.ts';
import { onTurnAround, Wrapper } from './wrap.ts';
import { ExportFailure } from './writer.ts';

/** A version's way out: what is picked from it, and the CRS that comes out. */
export interface Prepared {
  picking: Picking;
  crs: ProfileCrs | null;
  /** Whether features may be cut, at the area's edge or at the antimeridian. */
  isCut: boolean;
  /** Features that the CRS cannot hold, as far as they were left out already. */
  dropped: number;
  /** Features that could not be cut, likewise. */
  uncut: number;
}

export interface PrepareRequest {
  source: { path: string; profile: Profile };
  /** In the layer's own CRS; null takes all of it. */
  crop: MultiPolygon | null;
  /** `EPSG:n`, or a CRS by its definition; null keeps the layer's own. */
  targetCrs: string | ProfileCrs | null;
  /** See Picking; of what GDAL makes all features are whole, but large ones lose positions on the way. */
  longestEdge: number | undefined;
  tolerance: number | undefined;
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
  const { source, crop, targetCrs, longestEdge, tolerance, signal, tempDir } = request;
  const { profile, path } = source;
  const asIs = (): Prepared => ({
    picking: { path, crop, model: null, limit: Number.POSITIVE_INFINITY, tolerance },
    crs: profile.crs,
    isCut: crop !== null,
    dropped: 0,
    uncut: 0,
  });
  if (profile.crs === null || profile.extent === null) return asIs();
  const crs = targetCrs === null || targetCrs === profile.crs.id ? null : await definedCrs(targetCrs);
  const reproject = crs !== null;
  const crosses = crossesAntimeridian(profile);
  const wrap = crosses && wktKind((crs ?? profile.crs).wkt) === 'geographic';
  if (!reproject && !(wrap && (crop || reachesPast180(profile)))) return asIs();
  const isProjected = wktKind(profile.crs.wkt) === 'projected';
  if (tolerance !== undefined && crs && crosses && !wrap && isProjected && (await isCutAt180(request))) return byDegrees(request, crs);
  const limit = crs ? limitOf(horizontalCrs(crs.wkt)) : Number.POSITIVE_INFINITY;
  const apart = crs !== null && crosses && !wrap && reachesPast180(profile) && (await isCutAt180(request));
  // Of exports GDAL splits what crosses the antimeridian, where that leads through the layer's own straight edges; a map shows no such difference.
  const middle = wrap && tolerance !== undefined ? middleOfTurn(profile) : null;
  if (crs && (!wrap || middle !== null) && !apart && !(profile.has_z && [profile.crs.wkt, crs.wkt].some((wkt) => WITH_HEIGHTS.test(wkt)))) {
    const extent = crop ? overlap(profile.extent, polygonBounds(crop)) : profile.extent;
    const [from, to] = [profile.crs.id ?? profile.crs.wkt, crs.id ?? crs.wkt];
    const flat = extent && !(profile.has_z && (await heightsMove(from, to, extent)));
    const model = flat ? await patchModel(from, to, extent, signal, middle) : null;
    // Where the area and the layer's extent share nothing, there is nothing to transform.
    if (!extent || (model && (await coversAll(path, model, extent)))) {
      if (model && wrap) return byModel(request, crs, model);
      return { picking: { path, crop, model, limit, longestEdge, tolerance }, crs, isCut: crop !== null, dropped: 0, uncut: 0 };
    }
  }
  try {
    const out = crs ?? profile.crs;
    const { path: made, ...lost } = await byGdal(request, {
      reproject,
      wrap,
      split: (wrap || apart) && reachesPast180(profile),
      limit: reproject ? limit : null,
    });
    return { picking: { path: made, crop: null, model: null, limit }, crs: out, isCut: true, ...lost };
  } catch (error) {
    throw failure(error, tempDir);
  }
}

/** Writes the features of a map, brought past the antimeridian by a model and split there, to a temporary FlatGeobuf. */
async function byModel(request: PrepareRequest, crs: ProfileCrs, model: PatchModel): Promise<Prepared> {
  const { tempDir } = request;
  const path = join(tempDir, 'split.fgb');
  try {
    const { dropped, uncut } = await writePicked(request, { model, split: true, withEmpties: true, withValues: false }, path);
    const picking = { path, crop: null, model: null, limit: Number.POSITIVE_INFINITY };
    return { picking, crs, isCut: true, dropped, uncut };
  } catch (error) {
    throw failure(error, tempDir);
  }
}

/**
 * Splits the features of a map at the antimeridian on their way, in the geographic CRS that its own is of: PROJ would lead what crosses it right across
 * the map.
 */
async function byDegrees(request: PrepareRequest, crs: ProfileCrs): Promise<Prepared> {
  const { source, longestEdge, tolerance, tempDir, onProgress } = request;
  const { profile } = source;
  const [, south, , north] = profile.extent_wgs84 ?? [0, 0, 0, 0];
  const [, bottom, , top] = profile.extent ?? [0, 0, 0, 0];
  const degrees = (north - south) / Math.max(Number.MIN_VALUE, top - bottom);
  const dir = join(tempDir, 'degrees');
  await mkdir(dir);
  const targetCrs = await geographicCrs(crs);
  const split = await prepare({ ...request, targetCrs, tempDir: dir, onProgress: (fraction) => onProgress(fraction / 2) });
  const extent: Bounds = [-180, south, 180, north];
  const prepared = await prepare({
    ...request,
    source: { path: split.picking.path, profile: { ...profile, crs: split.crs, extent, extent_wgs84: extent } },
    crop: null,
    longestEdge: longestEdge && longestEdge * degrees,
    tolerance: tolerance && tolerance * degrees,
    onProgress: (fraction) => onProgress((1 + fraction) / 2),
  });
  return { ...prepared, isCut: true, dropped: split.dropped + prepared.dropped, uncut: split.uncut + prepared.uncut };
}

/** The geographic CRS that a projected one is of; WGS 84 where it has no code. */
async function geographicCrs({ id, wkt }: ProfileCrs): Promise<string> {
  const { base_crs: base }: { base_crs?: { id?: { authority: string; code: number } } } = JSON.parse(
    await definitionText(id ?? wkt, 'projjson'),
  );
  return base?.id?.authority === 'EPSG' ? `EPSG:${base.id.code}` : 'EPSG:4326';
}

async function definedCrs(crs: string | ProfileCrs): Promise<ProfileCrs> {
  return typeof crs === 'string' ? definitionOf(crs) : crs;
}

/** The CRS that comes out, in words for PROJ. */
function targetText(crs: PrepareRequest['targetCrs']): string {
  return (typeof crs === 'string' ? crs : (crs?.id ?? crs?.wkt)) ?? '';
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
    if (file.header.indexNodeSize === 0) return false;
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
  { reproject, wrap, split, limit }: { reproject: boolean; wrap: boolean; split: boolean; limit: number | null },
): Promise<{ path: string; dropped: number; uncut: number }> {
  const { source, crop, tolerance, tempDir, signal } = request;
  const [picked, made, path] = [join(tempDir, 'picked.fgb'), join(tempDir, 'made.fgb'), join(tempDir, 'joined.fgb')];
  // Maps show no values. Those of a layer that is wanted as a whole are joined from the version itself.
  const withValues = tolerance === undefined && (crop !== null || !reproject);
  const joinsVersion = tolerance === undefined && !withValues;
  // Where the layer says which turn it is on, it can be split afterwards; ogr2ogr's -wrapdateline may leave a polygon that spans all of the map.
  const middle = reproject && wrap ? middleOfTurn(source.profile) : null;
  const { uncut, hasPlaces } = await writePicked(
    request,
    { model: null, split: split && middle === null, withEmpties: !reproject, withValues },
    picked,
  );
  if (!reproject) return { path: picked, dropped: 0, uncut };
  // One feature may be all of a layer: V8 would let what was picked stay while GDAL has it too.
  collectGarbage();
  // GDAL writes no header for a layer without features.
  const failed = hasPlaces ? await transform({ ...request, source: { ...source, path: picked } }, made, wrap && middle === null) : 0;
  const file = await FlatGeobufFile.open(joinsVersion ? source.path : picked);
  try {
    const geometries = hasPlaces && (await stat(made)).size > 0 ? await FlatGeobufFile.open(made) : null;
    try {
      const writer = await FlatGeobufWriter.create(path, { ...file.header, geometryType: null, featureCount: 0, crs: null });
      const join = { limit, keepNulls: crop === null, failed, signal };
      using wrapper = middle === null ? null : await wrapperFor(request);
      try {
        const dropped = await joined(file, geometries, join, async (geometry, values) => {
          const some = geometry && wrapper && middle !== null ? wrapper.wrap(onTurnAround(geometry, middle)) : geometry;
          await writer.write(some && withDimensions(some, file.header.hasZ, file.header.hasM), values);
        });
        return { path, dropped, uncut: uncut + (wrapper?.failed ?? 0) };
      } finally {
        await writer.close();
      }
    } finally {
      await geometries?.close();
    }
  } finally {
    await file.close();
    await Promise.all([picked, made].map((temporary) => rm(temporary, { force: true })));
  }
}

/** Degrees that a layer must leave free of a whole turn, so that each of its longitudes is on one turn for sure. */
const GAP = 1;

/** The longitude in a layer's middle; null where it goes all the way round. */
function middleOfTurn({ extent_wgs84 }: Profile): number | null {
  return extent_wgs84 && extent_wgs84[2] - extent_wgs84[0] < 360 - GAP ? (extent_wgs84[0] + extent_wgs84[2]) / 2 : null;
}

/** The layer that GDAL is given. */
const PICKED = 'picked';

/**
 * Writes what lies in the area, or all, and brings it to another CRS and splits it at the antimeridian where that is wanted: GDAL's own cuts lose
 * measures and take no collections, and its FlatGeobuf takes nothing without points.
 */
async function writePicked(
  request: PrepareRequest,
  { model, split, withEmpties, withValues }: { model: PatchModel | null; split: boolean; withEmpties: boolean; withValues: boolean },
  path: string,
): Promise<{ dropped: number; uncut: number; hasPlaces: boolean }> {
  const { source, crop, longestEdge, tolerance, signal } = request;
  const picking = { path: source.path, crop, model: null, limit: Number.POSITIVE_INFINITY, tolerance };
  const densifier = longestEdge === undefined ? null : new Densifier(longestEdge);
  const flat = new FlatGeometry();
  const feed = await openFeed(picking, null, signal);
  const transform = model && new PatchTransform(model);
  let hasPlaces = false;
  let dropped = 0;
  try {
    using wrapper = split ? await wrapperFor(request) : null;
    const { hasZ, hasM, columns } = feed.header;
    const header = { name: PICKED, geometryType: null, hasZ, hasM, columns: withValues ? columns : [], featureCount: 0, crs: null };
    const writer = await FlatGeobufWriter.create(path, header);
    try {
      for await (const { features } of feed.batches())
        for (const { geometry, values } of features) {
          let some = geometry;
          if (some && !withEmpties) some = isEmpty(some) ? null : withoutEmpties(some);
          // Large ones have lost positions by now, those that are in a line first.
          if (some && densifier) some = densified(some, densifier, flat);
          if (some && transform) {
            transformAll(some, transform);
            if (isOutside(some, Number.POSITIVE_INFINITY)) {
              dropped++;
              continue;
            }
          }
          if (some && wrapper) some = wrapper.wrap(some);
          hasPlaces ||= some !== null;
          await writer.write(some && withDimensions(some, hasZ, hasM), withValues ? values : []);
        }
    } finally {
      await writer.close();
    }
    return { dropped, uncut: feed.uncut() + (wrapper?.failed ?? 0), hasPlaces };
  } finally {
    await feed.close();
  }
}

/** Splits at the antimeridian; on maps it need not be as exact as to take GEOS and its memory, or as long as that takes for what is not valid. */
async function wrapperFor({ tolerance }: PrepareRequest): Promise<Wrapper> {
  return new Wrapper(tolerance === undefined ? await loadGeos() : null);
}

/** @param flat what it takes meanwhile. */
function densified(geometry: Geometry, densifier: Densifier, flat: FlatGeometry): Geometry {
  if (geometry.type === 'GeometryCollection') return { ...geometry, parts: geometry.parts.map((part) => densified(part, densifier, flat)) };
  flat.set(geometry);
  const made = densifier.densify(flat);
  return made === flat ? geometry : made.toGeometry();
}

/** Transforms a geometry in place. */
function transformAll({ xy, parts }: Geometry, transform: PatchTransform): void {
  transform.transform(xy, xy.length / 2);
  for (const part of parts) transformAll(part, transform);
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
  geometries: FlatGeobufFile | null,
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
  const made = geometries && singly(geometries);
  const following = async () => (await made?.next()) ?? { done: true, value: undefined };
  let next = await following();
  for await (const batch of file.batches()) {
    signal.throwIfAborted();
    for (const raw of batch) {
      if (!next.done && next.value.values()[0] === raw.index) {
        const geometry = place(raw, next.value);
        if (geometry) await write(geometry, raw.values());
        next = await following();
        continue;
      }
      if (!keepNulls) continue;
      const geometry = raw.geometry();
      if (!geometry || isEmpty(geometry)) await write(geometry, raw.values());
    }
  }
  if (!next.done) throw new Error('GDAL gave features in another order than it had them.');
  return dropped;
}

async function* singly(file: FlatGeobufFile): AsyncGenerator<RawFeature> {
  for await (const batch of file.batches()) yield* batch;
}

/** Whether a projection puts the two sides of the antimeridian far apart. */
async function isCutAt180({ source, targetCrs, signal }: PrepareRequest): Promise<boolean> {
  const [, south, , north] = source.profile.extent_wgs84 ?? [0, 0, 0, 0];
  const latitude = (south + north) / 2;
  const sides = Float64Array.of(180 - 1e-6, latitude, -180 + 1e-6, latitude);
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = await transformPoints(sides, 'EPSG:4326', targetText(targetCrs), signal);
  return Math.hypot(x2 - x1, y2 - y1) > 1000;
}

/** Runs ogr2ogr: each feature's place in what was picked and its new geometry. Gives the number that could not be reprojected. */
async function transform({ source, targetCrs, signal, onProgress }: PrepareRequest, output: string, wrap: boolean): Promise<number> {
  const { profile } = source;
  const args = ['-f', 'FlatGeobuf', '-lco', 'SPATIAL_INDEX=NO', '-nln', 'made', '-nlt', 'GEOMETRY', '-progress'];
  args.push('-dim', profile.has_z ? (profile.has_m ? 'XYZM' : 'XYZ') : profile.has_m ? 'XYM' : 'XY');
  args.push('-sql', `SELECT FID AS source FROM ${PICKED}`);
  args.push('-s_srs', profile.crs?.id ?? profile.crs?.wkt ?? '', '-t_srs', targetText(targetCrs), '-skipfailures');
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

function crossesAntimeridian({ extent_wgs84 }: Profile): boolean {
  return extent_wgs84 !== null && (extent_wgs84[2] >= 180 || extent_wgs84[0] <= -180);
}

/** Whether a geographic layer's own longitudes pass 180°. */
function reachesPast180({ extent, crs }: Profile): boolean {
  return crs?.wkt.startsWith('GEOG') === true && extent !== null && (extent[2] > 180 || extent[0] < -180);
}
