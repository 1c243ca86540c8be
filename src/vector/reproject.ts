import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { definitionOf, definitionText } from '../crs/definition.ts';
import { heightsMove } from '../crs/heights.ts';
import { limitOf } from '../crs/layer.ts';
import { patchModel } from '../crs/patches.ts';
import { type PatchModel, PatchTransform } from '../crs/patchtransform.ts';
import { transformPoints } from '../crs/transform.ts';
import { horizontalCrs, wktKind } from '../crs/wkt.ts';
import { polygonBounds } from '../geometry/bounds.ts';
import type { Bounds, Profile, ProfileCrs } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { walkTree } from '../store/rtree.ts';
import { byGdal } from './bygdal.ts';
import { failure } from './failure.ts';
import { type PrepareRequest, targetText, writePicked } from './picked.ts';
import { cropTo, type Picking } from './picker.ts';
import { middleOfTurn } from './wrap.ts';

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

/** Definitions in which heights belong to the CRS, so that PROJ may change them. */
const WITH_HEIGHTS = /^(?:COMPOUNDCRS|COMPD_CS)|CS\[(?:ellipsoidal|Cartesian),\s*3\b/;

/** Of a layer's height in degrees. */
const BENT = 0.01;

/**
 * Prepares a version for export: finds the way to the CRS asked for. Where none is known that gives PROJ's own results, one ogr2ogr makes the
 * geometries; attributes always come from the version itself, since GDAL's own FlatGeobuf writer changes times and drops features without geometry.
 * @throws {GdalError | ExportFailure} when GDAL fails; the signal's reason when cancelled.
 */
export async function prepare(request: PrepareRequest): Promise<Prepared> {
  const { source, crop, targetCrs, longestEdge, tolerance, signal, tempDir } = request;
  const { profile, path } = source;
  const asIs = (): Prepared => ({
    picking: { path, crop: crop && cropTo(crop), model: null, limit: Number.POSITIVE_INFINITY, tolerance },
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
      const picking = { path, crop: crop && cropTo(crop), model, limit, longestEdge, tolerance };
      return { picking, crs, isCut: crop !== null, dropped: 0, uncut: 0 };
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
  // Edges that bend may reach a little further than the layer was found to.
  const margin = (north - south) * BENT;
  const extent: Bounds = [-180, Math.max(-90, south - margin), 180, Math.min(90, north + margin)];
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
    // Ended by the loop, so that it closes its file.
    for (const _ of uncovered) return false;
    return true;
  } finally {
    await file.close();
  }
}

/** Whether a projection puts the two sides of the antimeridian far apart. */
async function isCutAt180({ source, targetCrs, signal }: PrepareRequest): Promise<boolean> {
  const [, south, , north] = source.profile.extent_wgs84 ?? [0, 0, 0, 0];
  const latitude = (south + north) / 2;
  const sides = Float64Array.of(180 - 1e-6, latitude, -180 + 1e-6, latitude);
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = await transformPoints(sides, 'EPSG:4326', targetText(targetCrs), signal);
  return Math.hypot(x2 - x1, y2 - y1) > 1000;
}

function crossesAntimeridian({ extent_wgs84 }: Profile): boolean {
  return extent_wgs84 !== null && (extent_wgs84[2] >= 180 || extent_wgs84[0] <= -180);
}

/** Whether a geographic layer's own longitudes pass 180°. */
function reachesPast180({ extent, crs }: Profile): boolean {
  return crs?.wkt.startsWith('GEOG') === true && extent !== null && (extent[2] > 180 || extent[0] < -180);
}
