import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { cropFor } from '../crs/crop.ts';
import { polygonBounds } from '../geometry/bounds.ts';
import { BoxClassifier } from '../geometry/classify.ts';
import { BoxClipper } from '../geometry/clipring.ts';
import { type Geos, loadGeos } from '../geometry/geos.ts';
import { united } from '../geometry/mended.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Geometry } from '../store/feature.ts';
import { LargeFeature, type LargePart } from '../store/largefeature.ts';
import { FEATURES_FILE, type Profile } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { sizesOf, walkTree } from '../store/rtree.ts';
import { dimensionOf, emptyBox, extendBox, keepDimension } from '../store/shape.ts';
import { positionsOf, thinned, thinnedGeometry } from '../store/thin.ts';
import { fromWkb, toWkb } from '../store/wkb.ts';
import { Cutter } from '../vector/cutter.ts';
import { LARGE, LargeGeometry } from '../vector/large.ts';
import { VISITS } from '../vector/select.ts';

/** What a crop keeps of a layer, near enough to estimate sizes with. */
export interface Share {
  features: number;
  vertices: number;
}

/** Answers that are remembered: people validate before they create, and change other things meanwhile. */
const remembered = new LRUCache<string, Promise<Share | null>>({ max: 200 });

/**
 * What of a layer lies in an area, counted on its spatial index.
 * @param area polygons in degrees.
 * @param versionDir the version's folder in the store.
 * @returns null where a crop to the area would be empty, and nowhere else; what merely touches the area is not in it.
 */
export function shareInside(area: MultiPolygon, profile: Profile, versionDir: string): Promise<Share | null> {
  const hash = createHash('sha256').update(versionDir);
  for (const polygon of area) for (const ring of polygon) hash.update(`${polygon.length} `).update(flat(ring));
  const key = hash.digest('hex');
  const known = remembered.get(key);
  if (known) return known;
  const share = measureShare(area, profile, versionDir);
  remembered.set(key, share);
  share.catch(() => remembered.delete(key));
  return share;
}

function flat(ring: readonly number[][]): Float64Array {
  const xy = new Float64Array(2 * ring.length);
  ring.forEach((position, index) => {
    xy[2 * index] = position[0] ?? 0;
    xy[2 * index + 1] = position[1] ?? 0;
  });
  return xy;
}

/** The parts of an area's size that its outline may be off by while only sizes are asked for. */
const COARSENESS = 4000;

async function measureShare(area: MultiPolygon, profile: Profile, versionDir: string): Promise<Share | null> {
  const { extent, extent_wgs84 } = profile;
  if (!extent || !extent_wgs84) return null;
  const file = await FlatGeobufFile.open(join(versionDir, FEATURES_FILE));
  try {
    const degrees = diameter(area) / COARSENESS;
    const unitsPerDegree = Math.max(
      (extent[2] - extent[0]) / Math.max(extent_wgs84[2] - extent_wgs84[0], 1e-9),
      (extent[3] - extent[1]) / Math.max(extent_wgs84[3] - extent_wgs84[1], 1e-9),
    );
    const tolerance = Math.max(1e-9, degrees * unitsPerDegree);
    const coarse = await cropFor(thinned(area, degrees), profile, { tolerance, rough: true });
    const seen = coarse && countInside(coarse, 3 * tolerance, file, profile);
    // What lies deep inside is inside whatever the outline's details are. Only where nothing does, they decide.
    if (seen && seen.features > 0) return seen;
    const exact = await cropFor(area, profile, { rough: true });
    return exact && (await cutOpen(exact, file, profile));
  } finally {
    await file.close();
  }
}

/** The larger of an area's width and height. */
function diameter(area: MultiPolygon): number {
  const [west, south, east, north] = polygonBounds(area);
  return Math.max(east - west, north - south, 1e-6);
}

interface Leaf {
  index: number;
  offset: number;
  bytes: number;
}

/** Sorts a layer's features by their boxes alone: how many lie inside and with how many bytes, and those that the edge of a crop may cut. */
function sortByBox(classifier: BoxClassifier, margin: number, file: FlatGeobufFile): { features: number; bytes: number; open: Leaf[] } {
  const visit = (minX: number, minY: number, maxX: number, maxY: number) =>
    VISITS[classifier.classify(minX - margin, minY - margin, maxX + margin, maxY + margin)];
  let [features, bytes] = [0, 0];
  const open: Leaf[] = [];
  const unread: { from: number; to: number }[] = [];
  for (const found of walkTree(file.tree, visit)) {
    if (!found.taken) open.push({ index: found.from, offset: found.offset, bytes: found.bytes });
    else {
      features += found.to - found.from;
      if (found.bytes < 0) unread.push(found);
      else bytes += found.bytes;
    }
  }
  return { features, bytes: bytes + sizesOf(file.tree, unread), open };
}

/** Of the grid that boxes are looked up in: few, since few are asked for. */
const CELLS = 1 << 15;

/** Of the features that the edge may cut, so many of the largest and so many of the rest are looked at. */
const LARGEST = 40;
const OTHERS = 130;
/** Vertices that are looked at of each. */
const VERTICES = 200;

/** Features and vertices in a crop; none where nothing lies farther than a margin inside. */
function countInside(crop: MultiPolygon, margin: number, file: FlatGeobufFile, profile: Profile): Share {
  const classifier = new BoxClassifier(crop, CELLS);
  const { features, bytes, open } = sortByBox(classifier, margin, file);
  const count = { features, vertices: verticesIn(features, bytes, file, profile) };
  open.sort((a, b) => b.bytes - a.bytes);
  const largest = open.splice(0, LARGEST);
  const step = Math.max(1, open.length / OTHERS);
  const others: Leaf[] = [];
  for (let at = 0; at < open.length; at += step) others.push(...open.slice(Math.floor(at), Math.floor(at) + 1));
  const add = (leaves: readonly Leaf[], each: number) => {
    for (const leaf of leaves) {
      const inside = shareOf(leaf, file, classifier, margin);
      if (inside === 0) continue;
      count.features += each;
      count.vertices += each * inside * verticesIn(1, leaf.bytes, file, profile);
    }
  };
  add(largest, 1);
  add(others, step);
  return count;
}

/** Vertices of some features, by their bytes: what a feature has beside its coordinates is taken to be the same for all. */
function verticesIn(features: number, bytes: number, { tree }: FlatGeobufFile, profile: Profile): number {
  const perVertex = 16 + 8 * (Number(profile.has_z) + Number(profile.has_m));
  const beside = (tree.featureBytes - profile.vertex_count * perVertex) / Math.max(1, profile.feature_count);
  return Math.min(profile.vertex_count, Math.max(features, (bytes - features * beside) / perVertex));
}

/** The share of a feature's vertices that a crop keeps, as `partInside`. */
function shareOf({ index, offset, bytes }: Leaf, file: FlatGeobufFile, crop: BoxClassifier, margin: number): number {
  const large = largeAt(file, offset, bytes);
  if (large) return partOfLarge(large, bytes / BYTES, crop, margin);
  const geometry = file.feature(index, offset, bytes).geometry();
  return geometry ? partInside(geometry, crop, margin) : 0;
}

/** A feature that is not to be read as a whole; null where it is none. */
function largeAt(file: FlatGeobufFile, offset: number, bytes: number): LargeFeature | null {
  const large = bytes > LARGE ? new LargeFeature(file, offset, bytes) : null;
  return large?.type ? large : null;
}

/** Of a position. */
const BYTES = 16;
/** Positions of a part that are looked at together. */
const TOGETHER = 4000;

/** As `partInside`, of a feature that stays in its file. */
function partOfLarge(feature: LargeFeature, positions: number, crop: BoxClassifier, margin: number): number {
  const step = Math.max(1, Math.floor(positions / VERTICES));
  const xy = new Float64Array(2);
  let [seen, inside, edge] = [0, 0, 0];
  const open: LargePart[] = [];
  for (const part of feature.parts()) {
    const before = edge;
    for (let i = 0; i < part.count; i += step) {
      feature.positions(part, i, i + 1, xy, 0);
      const [x = NaN, y = NaN] = xy;
      const place = crop.classify(x - margin, y - margin, x + margin, y + margin);
      seen++;
      if (place === 'inside') inside++;
      else if (place === 'edge') edge++;
    }
    if (edge > before) open.push(part);
  }
  if (inside === 0 && !open.some((part) => overlapsDeeply(fewerOf(feature, part), crop, margin))) return 0;
  return (inside + edge) / seen;
}

/** A part of a large feature, of a polygon its outline, with no more positions than are looked at together. */
function fewerOf(feature: LargeFeature, part: LargePart): Geometry {
  const [count = 0] = part.ends;
  const step = Math.ceil(count / TOGETHER);
  const fewer = Math.ceil(count / step);
  const xy = new Float64Array(2 * fewer + 2);
  for (let i = 0; i < fewer; i++) feature.positions(part, i * step, i * step + 1, xy, 2 * i);
  xy.copyWithin(2 * fewer, 0, 2);
  const isPolygon = dimensionOf(part.type) === 2;
  return { type: isPolygon ? 'Polygon' : 'LineString', xy, z: null, m: null, ends: null, parts: [] };
}

/** The share of a geometry's vertices that a crop keeps, of some of them; 0 unless something of it lies farther inside than a margin. */
function partInside(geometry: Geometry, crop: BoxClassifier, margin: number): number {
  let [seen, inside, edge] = [0, 0, 0];
  const look = ({ xy, parts }: Geometry, step: number): void => {
    for (let i = 0; i < xy.length; i += 2 * step) {
      const [x = NaN, y = NaN] = [xy[i], xy[i + 1]];
      const place = crop.classify(x - margin, y - margin, x + margin, y + margin);
      seen++;
      if (place === 'inside') inside++;
      else if (place === 'edge') edge++;
    }
    for (const part of parts) look(part, step);
  };
  look(geometry, Math.max(1, Math.floor(positionsOf(geometry) / VERTICES)));
  // A polygon that shares its outline with the crop has all of its vertices on the edge, and so has its neighbour on the other side.
  if (inside === 0 && (edge === 0 || !overlapsDeeply(geometry, crop, margin))) return 0;
  return (inside + edge) / seen;
}

/** Rows and columns of the places where two polygons are looked at together. */
const PLACES = 12;

/** Whether some place lies farther inside both a geometry's polygons and a crop than a margin. */
function overlapsDeeply(geometry: Geometry, crop: BoxClassifier, margin: number): boolean {
  if (dimensionOf(geometry.type) !== 2) return false;
  const polygons = thinnedGeometry(geometry, margin);
  if (polygons.length === 0) return false;
  const own = new BoxClassifier(polygons, 8 * PLACES ** 2);
  // The largest ring is where there is most room.
  const [ring = []] = polygons.reduce((most, polygon) => ((polygon[0]?.length ?? 0) > (most[0]?.length ?? 0) ? polygon : most), []);
  const [west, south, east, north] = polygonBounds([[ring]]);
  for (let place = 0; place < PLACES ** 2; place++) {
    const x = west + ((east - west) * ((place % PLACES) + 0.5)) / PLACES;
    const y = south + ((north - south) * (Math.floor(place / PLACES) + 0.5)) / PLACES;
    const isDeep = (area: BoxClassifier) => area.classify(x - margin, y - margin, x + margin, y + margin) === 'inside';
    if (isDeep(crop) && isDeep(own)) return true;
  }
  return false;
}

/** Features that are cut to know what is left of them; past so many, one that leaves something is enough. */
const CUTS = 20;

/** What a crop leaves, by cutting the features that meet its edge; null where that is nothing. */
async function cutOpen(crop: MultiPolygon, file: FlatGeobufFile, profile: Profile): Promise<Share | null> {
  const { features, bytes, open } = sortByBox(new BoxClassifier(crop, CELLS), 0, file);
  const count = { features, vertices: verticesIn(features, bytes, file, profile) };
  const geos = await loadGeos();
  const clipper = new BoxClipper(crop);
  for (const [done, { index, offset, bytes: size }] of open.entries()) {
    if (done >= CUTS && count.features > 0) {
      const scale = open.length / done;
      return { features: count.features * scale, vertices: count.vertices * scale };
    }
    const large = largeAt(file, offset, size);
    const geometry = large ? null : file.feature(index, offset, size).geometry();
    const left = large ? verticesOfLarge(geos, large, crop) : geometry ? verticesLeft(geos, geometry, clipper) : 0;
    if (left === 0) continue;
    count.features++;
    count.vertices += left;
  }
  return count.features > 0 ? count : null;
}

/** As `verticesLeft`, of a feature that stays in its file. */
function verticesOfLarge(geos: Geos, feature: LargeFeature, crop: MultiPolygon): number {
  using cutter = new Cutter(geos, united(geos, crop));
  const tolerance = diameter(crop) / COARSENESS;
  const pieces = new LargeGeometry(feature, cutter, tolerance, (piece) => piece).pieces();
  return pieces.reduce((sum, { count }) => sum + count, 0);
}

/** Vertices of what a crop leaves of a geometry; 0 where nothing of its dimension is left. */
function verticesLeft(geos: Geos, geometry: Geometry, crop: BoxClipper): number {
  if (geometry.type === 'GeometryCollection') return geometry.parts.reduce((sum, part) => sum + verticesLeft(geos, part, crop), 0);
  const box = emptyBox();
  extendBox(box, geometry);
  const [minX, minY, maxX, maxY] = box;
  const [x, y] = [Math.max((maxX - minX) / 100, 1e-9 * Math.abs(maxX)), Math.max((maxY - minY) / 100, 1e-9 * Math.abs(maxY))];
  const near = crop.inside([minX - x, minY - y, maxX + x, maxY + y]);
  if (near.length === 0) return 0;
  using part = geos.fromPolygons(united(geos, near));
  using source = geos.fromWkb(toWkb(geometry));
  using feature = source.makeValid();
  using cut = feature.intersection(part);
  const left = keepDimension(fromWkb(cut.toWkb()), dimensionOf(geometry.type));
  return left ? positionsOf(left) : 0;
}
