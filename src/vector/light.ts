import { simplify } from '../geometry/simplify.ts';
import type { Geometry } from '../store/feature.ts';
import type { FlatGeometry } from '../store/flat.ts';
import { emptyBox, extendBox } from '../store/shape.ts';
import { contains } from './cutpolygon.ts';
import type { LargeGeometry } from './large.ts';

/** Positions of the lines and rings of what becomes of a large feature, more or less. */
const MOST_POSITIONS = 1 << 17;
/** How often the tolerance is doubled: where coordinates are no numbers, it helps nothing. */
const MOST_ROUNDS = 30;
/** Of a ring. */
const LEAST_POSITIONS = 4;

/** What a large feature has of a kind, and of a member of the collection that it is. */
interface Member {
  type: 'MultiPolygon' | 'MultiLineString' | 'MultiPoint';
  number: number;
  /** The rings of each polygon, the outer one first; lines and points each by themselves. */
  parts: Float64Array[][];
}

/**
 * A large feature as one geometry that is not large: its lines and rings lose positions, so that they move by hardly more than a tolerance or, where
 * that is not enough, by as much as it takes. What GDAL is given for a map need not be more. Points all stay; heights and measures do not.
 * @param tolerance in the layer's units.
 */
export function lightened(large: LargeGeometry, tolerance: number): Geometry {
  const members: Member[] = [];
  let enough = tolerance;
  let around: Float64Array[][] = [];
  for (const piece of large.pieces()) {
    const member = memberFor(members, typeOf(piece), large.member);
    const parts = partsOf(piece);
    if (large.areHoles) addHoles(around, parts.flat(), enough);
    else {
      around = parts.map((part) => thinned(part, member.type, enough));
      for (const part of around) member.parts.push(part);
    }
    for (let round = 0; countOf(members) > MOST_POSITIONS && round < MOST_ROUNDS; round++) {
      enough *= 2;
      for (const { type, parts } of members) for (const part of parts) part.splice(0, part.length, ...thinned(part, type, enough));
    }
  }
  const geometries = members.map(geometryOf);
  const [only] = geometries;
  return only && geometries.length === 1 ? only : { ...geometry('GeometryCollection', []), parts: geometries };
}

function typeOf({ type }: FlatGeometry): Member['type'] {
  if (type === 'Polygon' || type === 'MultiPolygon') return 'MultiPolygon';
  return type === 'Point' || type === 'MultiPoint' ? 'MultiPoint' : 'MultiLineString';
}

function memberFor(members: Member[], type: Member['type'], number: number): Member {
  const last = members.at(-1);
  if (last && last.type === type && last.number === number) return last;
  const member = { type, number, parts: [] };
  members.push(member);
  return member;
}

function partsOf({ xy, count, ends, endCount, polygons, polygonCount }: FlatGeometry): Float64Array[][] {
  if (endCount === 0) return [[xy.slice(0, 2 * count)]];
  const lines = Array.from({ length: endCount }, (_, line) => xy.slice(2 * (ends[line - 1] ?? 0), 2 * (ends[line] ?? 0)));
  if (polygonCount === 0) return lines.map((line) => [line]);
  return Array.from({ length: polygonCount }, (_, polygon) => lines.slice(polygons[polygon - 1] ?? 0, polygons[polygon]));
}

/** Adds holes to those of the polygons that they are in: a polygon that was cut may have become several. */
function addHoles(polygons: readonly Float64Array[][], holes: readonly Float64Array[], tolerance: number): void {
  const outers = polygons.length > 1 ? polygons.map(([outer]) => geometry('Polygon', outer ? [outer] : [])) : [];
  const boxes = outers.map((outer) => {
    const box = emptyBox();
    extendBox(box, outer);
    return box;
  });
  for (const hole of holes) {
    const left = thin(hole, tolerance);
    if (left.length < 2 * LEAST_POSITIONS) continue;
    const [x = Number.NaN, y = Number.NaN] = hole;
    const around = outers.findIndex((outer, index) => {
      const [minX, minY, maxX, maxY] = boxes[index] ?? emptyBox();
      return x >= minX && y >= minY && x <= maxX && y <= maxY && contains(outer, x, y);
    });
    polygons.at(around)?.push(left);
  }
}

/** The same with fewer positions; a polygon loses holes that come to nothing. */
function thinned(part: readonly Float64Array[], type: Member['type'], tolerance: number): Float64Array[] {
  if (type === 'MultiPoint') return [...part];
  const lines = part.map((line) => thin(line, tolerance));
  if (type === 'MultiLineString') return lines;
  return lines.flatMap((ring, index) => {
    if (ring.length >= 2 * LEAST_POSITIONS) return [ring];
    return index === 0 ? [roughly(part[0] ?? ring)] : [];
  });
}

function thin(line: Float64Array, tolerance: number): Float64Array {
  const left = new Float64Array(line.length);
  return left.slice(0, 2 * simplify(line, 0, line.length / 2, tolerance, left));
}

/** A ring that is smaller than the tolerance, as a triangle. */
function roughly(ring: Float64Array): Float64Array {
  const last = ring.length / 2 - 1;
  if (last < LEAST_POSITIONS) return ring;
  return Float64Array.from(
    [0, last / 3, (2 * last) / 3, last].flatMap((index) => [...ring.subarray(2 * Math.floor(index), 2 * Math.floor(index) + 2)]),
  );
}

function countOf(members: readonly Member[]): number {
  let numbers = 0;
  for (const { type, parts } of members)
    if (type !== 'MultiPoint') for (const part of parts) for (const line of part) numbers += line.length;
  return numbers / 2;
}

function geometryOf({ type, parts }: Member): Geometry {
  if (type !== 'MultiPolygon') return geometry(type, parts.flat());
  return { ...geometry(type, []), parts: parts.map((rings) => geometry('Polygon', rings)) };
}

function geometry(type: Geometry['type'], lines: readonly Float64Array[]): Geometry {
  const xy = new Float64Array(lines.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  const ends = Uint32Array.from(lines, (line) => {
    xy.set(line, at);
    at += line.length;
    return at / 2;
  });
  return { type, xy, z: null, m: null, ends: type === 'MultiPoint' || ends.length === 0 ? null : ends, parts: [] };
}
