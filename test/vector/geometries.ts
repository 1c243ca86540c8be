import { transformPoints } from '../../src/crs/transform.ts';
import { type GeosGeometry, loadGeos } from '../../src/geometry/geos.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { type Dimension, dimensionOf, lineEnds, members } from '../../src/store/shape.ts';
import { toWkb } from '../../src/store/wkb.ts';

const geos = await loadGeos();

/** How near places have to be, in a CRS's units, and what area does not count. */
export interface Nearness {
  place: number;
  area: number;
}

export function isValid(polygon: Geometry): boolean {
  using made = geos.fromWkb(toWkb(polygon));
  return made.isValid();
}

export const positionsIn = (text = '') =>
  text
    .split(/[|,](?! )/)
    .sort()
    .join();

/**
 * How much more than rounding GEOS may move a place: where its exact overlay fails it snaps what is nearer than 1e-12 of the largest coordinate
 * (OverlayNG), and lines and slivers that are shorter or narrower collapse.
 */
export const SNAPPED = (2 * 2 ** 48) / 1e12;

/** No frame is that wide. */
export function spansAll({ xy }: Geometry): boolean {
  const [west, east] = xy.reduce(
    ([a, b], value, i) => (i % 2 === 0 ? [Math.min(a, value), Math.max(b, value)] : [a, b]),
    [Infinity, -Infinity],
  );
  return east - west > 300;
}

export function rangeOf(parts: readonly Geometry[], values: 'z' | 'm'): [number, number] {
  const all = parts.flatMap((part) => [...(part[values] ?? [])]);
  return [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
}

/** What begins past 180°, a turn to the west. */
export function turned(geometry: Geometry): Geometry {
  const all = partsOf([geometry]).flat();
  const isPast = all.every(({ xy }) => xy.every((value, i) => i % 2 === 1 || value >= 180));
  const move = (one: Geometry): Geometry => ({
    ...one,
    xy: one.xy.map((value, i) => (i % 2 === 0 ? value - 360 : value)),
    parts: one.parts.map(move),
  });
  return isPast && all.length > 0 ? move(geometry) : geometry;
}

/** Parts with longitudes from 0 to 360, wherever they were cut. */
export function onOneTurn(parts: Parts): Parts {
  const move = (one: Geometry): Geometry => ({ ...one, xy: one.xy.map((value, i) => (i % 2 === 0 && value < 0 ? value + 360 : value)) });
  const [points, lines, polygons] = parts;
  return [points.map(move), lines.map(move), polygons.map(move)];
}

/** Points, lines and polygons, each single. */
export type Parts = [Geometry[], Geometry[], Geometry[]];

/** Points, lines and polygons of geometries, each single. */
export function partsOf(geometries: readonly (Geometry | null)[]): Parts {
  const parts: Parts = [[], [], []];
  for (const geometry of geometries) {
    for (const member of geometry ? members(geometry) : []) {
      const dimension = dimensionOf(member.type);
      if (dimension === 2) parts[2].push(...(member.type === 'MultiPolygon' ? member.parts : [member]));
      else if (dimension === 1) parts[1].push(...singles(member, lineEnds(member), 'LineString'));
      else
        parts[0].push(
          ...singles(
            member,
            Array.from({ length: member.xy.length / 2 }, (_, i) => i + 1),
            'Point',
          ),
        );
    }
  }
  return parts;
}

function singles({ xy, z, m }: Geometry, ends: ArrayLike<number>, type: 'Point' | 'LineString'): Geometry[] {
  let from = 0;
  return Array.from(ends, (to) => {
    const one = {
      type,
      xy: xy.slice(2 * from, 2 * to),
      z: z?.slice(from, to) ?? null,
      m: m?.slice(from, to) ?? null,
      ends: null,
      parts: [],
    };
    from = to;
    return one;
  });
}

/** Each part as text; rings from their smallest position on, the smaller neighbour first, whichever way they ran and wherever they began. */
export function texts([points, lines, polygons]: Parts, decimals: number | null = null, flat = false): string[] {
  const number = (value: number) => (decimals === null ? value : Math.round(value * 10 ** decimals) / 10 ** decimals) + 0;
  const positions = ({ xy, z, m }: Geometry) =>
    Array.from({ length: xy.length / 2 }, (_, i) => {
      // FlatGeobuf and GeoPackage have 0 for what is not there; GeoJSON has no M.
      const more = [z?.[i] ?? 0, flat ? 0 : (m?.[i] ?? 0)];
      return `${number(xy[2 * i] ?? 0)} ${number(xy[2 * i + 1] ?? 0)} ${more.join(' ')}`;
    });
  const rings = polygons.map((polygon) => {
    const all = positions(polygon);
    let from = 0;
    return Array.from(lineEnds(polygon), (to) => {
      // A position that stands twice would make it open which of the two is first.
      const ring = all.slice(from, to - 1).filter((text, i, positions) => text !== positions.at(i - 1));
      from = to;
      const least = ring.reduce((best, text, i) => (text < (ring[best] ?? '') ? i : best), 0);
      const turned = [...ring.slice(least), ...ring.slice(0, least)];
      const back = [...turned.slice(0, 1), ...turned.slice(1).reverse()];
      return [turned.join(), back.join()].sort()[0] ?? '';
    })
      .sort()
      .join('|');
  });
  return [...points.map((point) => positions(point).join()), ...lines.map((one) => positions(one).join()), ...rings.sort()];
}

/** The farthest that positions of the same number are apart; infinite where the parts are not the same. */
export function farthestApart(one: readonly Geometry[], other: readonly Geometry[]): number {
  if (one.length !== other.length) return Infinity;
  return one.reduce((most, { xy, z, m }, index) => {
    const their = other[index];
    if (!their || their.xy.length !== xy.length) return Infinity;
    if (z?.some((value, i) => value !== their.z?.[i]) || m?.some((value, i) => value !== their.m?.[i])) return Infinity;
    return xy.reduce((max, value, i) => Math.max(max, Math.abs(value - (their.xy[i] ?? NaN))), most);
  }, 0);
}

/** What differs between parts of a dimension; null where nothing does that counts. */
export function differenceOf(
  mine: Parts,
  theirs: Parts,
  dimension: Dimension,
  near: Nearness,
  crop: MultiPolygon,
  isMixed: boolean,
  source: Geometry | null,
): string | null {
  const [one, other] = [mine[dimension], theirs[dimension]];
  if (dimension === 0) {
    const isAmong = ({ xy: [x = NaN, y = NaN] }: Geometry, points: readonly Geometry[]) =>
      points.some(({ xy: [px = NaN, py = NaN] }) => Math.max(Math.abs(px - x), Math.abs(py - y)) <= near.place);
    const missing = [
      ...one.filter((point) => !isAmong(point, other)),
      ...(isMixed ? [] : other.filter((point) => !isAmong(point, one))),
    ].filter(
      // In another CRS rounding decides on which side of an edge a point is.
      ({ xy: [x = NaN, y = NaN] }) => source !== null || !segments(outlineOf(crop), 0).some((way) => distance(way, x, y) <= near.place),
    );
    return missing.length > 0 ? `points ${missing.slice(0, 3).map(wkt).join(', ')}` : null;
  }
  if (dimension === 1) {
    const edges = outlineOf(crop);
    const away = Math.max(
      farthest(one, other, edges, near.place * SNAPPED),
      isMixed ? 0 : farthest(other, one, edges, near.place * SNAPPED),
    );
    return away > near.place * SNAPPED ? `lines ${away} apart` : null;
  }
  if (one.length === 0 && other.length === 0) return null;
  using a = unionOf(one);
  using b = unionOf(other);
  const length = [...one, ...other].reduce((sum, polygon) => sum + perimeter(polygon), 0);
  const difference = symmetricDifference(a, b);
  const allowed = near.area + near.place * length;
  // Where GEOS fails it snaps what is near to each other (OverlayNG, to 1e-12 of the largest coordinate), and slivers collapse. GDAL's does so sooner
  // than ours, which then is right where it is what a newer GEOS makes of each polygon.
  if (difference > allowed && difference < length * near.place * SNAPPED) {
    using exact = intersectionOf(partsOf([source])[2], crop);
    if (symmetricDifference(a, exact) <= allowed) return null;
  }
  return difference > allowed ? `areas differ by ${difference}, ${allowed} allowed` : null;
}

const outlineOf = (crop: MultiPolygon) =>
  crop
    .flat()
    .map((ring): Geometry => ({ type: 'LineString', xy: Float64Array.from(ring.flat()), z: null, m: null, ends: null, parts: [] }));

export function unionOf(polygons: readonly Geometry[]): GeosGeometry {
  using all = geos.fromWkb(
    toWkb({ type: 'MultiPolygon', xy: new Float64Array(), z: null, m: null, ends: null, parts: polygons.map(flat) }),
  );
  return all.union();
}

function intersectionOf(polygons: readonly Geometry[], crop: MultiPolygon): GeosGeometry {
  using whole = geos.fromPolygons(crop);
  return unionOf(
    polygons.flatMap((polygon) => {
      using one = geos.fromWkb(toWkb(flat(polygon)));
      using cut = one.intersection(whole);
      return cut.polygonRings().map(({ xy, ends }): Geometry => ({ type: 'Polygon', xy, z: null, m: null, ends, parts: [] }));
    }),
  );
}

export const flat = (geometry: Geometry): Geometry => ({ ...geometry, z: null, m: null });

export function symmetricDifference(one: GeosGeometry, other: GeosGeometry): number {
  using both = one.intersection(other);
  return one.area() + other.area() - 2 * both.area();
}

export function perimeter({ xy }: Pick<Geometry, 'xy'>): number {
  let sum = 0;
  for (let i = 2; i < xy.length; i += 2) sum += Math.hypot((xy[i] ?? 0) - (xy[i - 2] ?? 0), (xy[i + 1] ?? 0) - (xy[i - 1] ?? 0));
  return sum;
}

export function geometryFrom(rings: readonly (readonly (readonly number[])[])[]): Geometry {
  let end = 0;
  const ends = Uint32Array.from(rings, (ring) => (end += ring.length));
  return { type: 'Polygon', xy: Float64Array.from(rings.flat(2)), z: null, m: null, ends, parts: [] };
}

export async function projected(area: MultiPolygon, from: string, to: string): Promise<MultiPolygon> {
  const dense = area.map((rings) => rings.map(densified));
  const xy = await transformPoints(Float64Array.from(dense.flat(3)), from, to);
  let at = 0;
  return dense.map((rings) => rings.map((ring) => ring.map(() => [xy[at++] ?? NaN, xy[at++] ?? NaN])));
}

/** A ring in degrees with a position every hundred metres, or 256 an edge. */
function densified(ring: readonly number[][]): number[][] {
  return ring.flatMap(([x = 0, y = 0], i) => {
    const [nextX = x, nextY = y] = ring[i + 1] ?? [];
    const count = Math.max(1, Math.min(256, Math.ceil(Math.hypot(nextX - x, nextY - y) * 1000)));
    return Array.from({ length: count }, (_, k) => [x + ((nextX - x) * k) / count, y + ((nextY - y) * k) / count]);
  });
}

type Segment = [number, number, number, number];

function segments(lines: readonly Geometry[], least: number): Segment[] {
  return lines.flatMap(({ xy }) => {
    const found: Segment[] = [];
    for (let i = 0; i + 3 < xy.length; i += 2) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = xy.subarray(i, i + 4);
      if (Math.hypot(x2 - x1, y2 - y1) > least) found.push([x1, y1, x2, y2]);
    }
    return found;
  });
}

export function longest(lines: readonly Geometry[]): number {
  return segments(lines, 0).reduce((most, [x1, y1, x2, y2]) => Math.max(most, Math.hypot(x2 - x1, y2 - y1)), 0);
}

function distance([x1, y1, x2, y2]: Segment, x: number, y: number): number {
  const square = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const part = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / square));
  return Math.hypot(x - x1 - part * (x2 - x1), y - y1 - part * (y2 - y1));
}

/**
 * The farthest that a position or a segment's middle of some lines is from others. Those on an edge of the crop do not count: where a line runs along
 * one, rounding decides which side it is on.
 */
function farthest(lines: readonly Geometry[], others: readonly Geometry[], edges: readonly Geometry[], same: number): number {
  const [ways, outline] = [segments(others, 0), segments(edges, 0)];
  const near = (some: readonly Segment[], x: number, y: number) =>
    some.reduce((least, way) => Math.min(least, distance(way, x, y)), Infinity);
  return segments(lines, same).reduce((most, [x1, y1, x2, y2]) => {
    const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
    if (near(outline, x, y) < same) return most;
    return Math.max(most, near(ways, x1, y1), near(ways, x2, y2), near(ways, x, y));
  }, 0);
}

export function show(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
}

export function wkt(geometry: Geometry | null | undefined): string {
  if (!geometry) return 'none';
  const { type, xy, z, m, ends, parts } = geometry;
  return `${type}(${parts.length > 0 ? parts.map(wkt).join(', ') : `${[...xy].join(' ')}${z ? ` z ${[...z].join(' ')}` : ''}${m ? ` m ${[...m].join(' ')}` : ''}${ends ? ` ends ${[...ends].join(' ')}` : ''}`})`;
}
