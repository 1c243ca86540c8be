import { type PatchModel, PatchTransform } from '../crs/patchtransform.ts';
import { loadGeos } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Geometry } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import type { Profile, ProfileCrs } from '../store/profile.ts';
import { isEmpty, withDimensions, withoutEmpties } from '../store/shape.ts';
import { FlatGeobufWriter } from '../store/writer.ts';
import { Densifier } from './densify.ts';
import { openFeed } from './feed.ts';
import { cropTo } from './picker.ts';
import { isOutside } from './shape.ts';
import { Wrapper } from './wrap.ts';

/** What is to be prepared for export. */
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

/** The CRS that comes out, in words for PROJ. */
export function targetText(crs: PrepareRequest['targetCrs']): string {
  return (typeof crs === 'string' ? crs : (crs?.id ?? crs?.wkt)) ?? '';
}

/** The layer that GDAL is given. */
export const PICKED = 'picked';

/**
 * Writes what lies in the area, or all, and brings it to another CRS and splits it at the antimeridian where that is wanted: GDAL's own cuts lose
 * measures and take no collections, and its FlatGeobuf takes nothing without points.
 */
export async function writePicked(
  request: PrepareRequest,
  { model, split, withEmpties, withValues }: { model: PatchModel | null; split: boolean; withEmpties: boolean; withValues: boolean },
  path: string,
): Promise<{ dropped: number; uncut: number; hasPlaces: boolean }> {
  const { source, crop, longestEdge, tolerance, signal } = request;
  const picking = { path: source.path, crop: crop && cropTo(crop), model: null, limit: Number.POSITIVE_INFINITY, tolerance };
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

/** Positions on a map that GEOS may have to cut: it may have no end with more, where losing positions has made a polygon cross itself. */
const MOST_EXACT = 10_000;

/** Splits at the antimeridian. */
export async function wrapperFor({ tolerance }: PrepareRequest): Promise<Wrapper> {
  return new Wrapper(await loadGeos(), tolerance === undefined ? Number.POSITIVE_INFINITY : MOST_EXACT);
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
