import { simplify } from '../geometry/simplify.ts';
import type { Geometry } from '../store/feature.ts';
import type { FlatGeometry } from '../store/flat.ts';
import { emptyBox, extendBox } from '../store/shape.ts';
import { contains } from './cutpolygon.ts';
import type { LargeGeometry } from './large.ts';

/** How often the tolerance is doubled: where coordinates are no numbers, it helps nothing. */
const MOST_ROUNDS = 30;
/** Positions of the lines and rings of what becomes of a large feature, besides the few that each of them has. */
const MOST_POSITIONS = 1 << 17;
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
 * that is not enough, by as much as it takes; holes that are smaller than the tolerance are left out. What GDAL is given for a map need not be more.
 * Points all stay; heights and measures do not.
 * @param tolerance in the layer's units.
 */
export function lightened(large: LargeGeometry, tolerance: number): Geometry {
  const members: Member[] = [];
  let enough = tolerance;
  /** Of the piece before, what further holes may be in. */
  let around: Float64Array[][] = [];
  for (const piece of large.pieces()) {
    const member = memberFor(members, typeOf(piece), large.member);
    const light = partsOf(piece).map((part) =>
      part.flatMap((line, index) => {
        const thin = thinned(line, member.type, tolerance);
        const isHole = large.areHoles || (member.type === 'MultiPolygon' && index > 0);
        return thin || !isHole ? [rougher(thin ?? line, member.type, enough)] : [];
      }),
    );
    if (large.areHoles) addHoles(around, light.flat());
    else {
      around = light;
      for (const part of light) member.parts.push(part);
    }
    for (let round = 0; spareOf(members) < 0 && round < MOST_ROUNDS; round++) {
      enough *= 2;
      for (const { type, parts } of members)
        for (const part of parts) for (const [n, line] of part.entries()) part[n] = rougher(line, type, enough);
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

/** Adds holes to those of the polygons that they are in: the last, which may lie in a hole of another, or those that it was cut into. */
function addHoles(polygons: readonly Float64Array[][], holes: readonly Float64Array[]): void {
  const outers = polygons.length > 1 ? polygons.map(([outer]) => geometry('Polygon', outer ? [outer] : [])) : [];
  const boxes = outers.map((outer) => {
    const box = emptyBox();
    extendBox(box, outer);
    return box;
  });
  for (const hole of holes) {
    const [x = Number.NaN, y = Number.NaN] = hole;
    const around = outers.findLastIndex((outer, index) => {
      const [minX, minY, maxX, maxY] = boxes[index] ?? emptyBox();
      return x >= minX && y >= minY && x <= maxX && y <= maxY && contains(outer, x, y);
    });
    polygons.at(around)?.push(hole);
  }
}

/** The same with fewer positions; null for a ring of which nothing is left. */
function thinned(line: Float64Array, type: Member['type'], tolerance: number): Float64Array | null {
  if (type === 'MultiPoint') return line;
  const left = new Float64Array(line.length);
  const count = simplify(line, 0, line.length / 2, tolerance, left);
  return type === 'MultiPolygon' && count < LEAST_POSITIONS ? null : left.slice(0, 2 * count);
}

/** The same with fewer positions; a triangle where nothing would be left of a ring. */
function rougher(line: Float64Array, type: Member['type'], tolerance: number): Float64Array {
  const last = line.length / 2 - 1;
  const triangle = [0, last / 3, (2 * last) / 3, last].map(Math.floor);
  return (
    thinned(line, type, tolerance) ??
    (last < LEAST_POSITIONS ? line : Float64Array.from(triangle.flatMap((n) => [line[2 * n] ?? 0, line[2 * n + 1] ?? 0])))
  );
}

/** Positions that there is room for; each line and ring has room for a few of its own. */
function spareOf(members: readonly Member[]): number {
  let spare = MOST_POSITIONS;
  for (const { type, parts } of members)
    if (type !== 'MultiPoint') for (const part of parts) for (const line of part) spare -= line.length / 2 - LEAST_POSITIONS;
  return spare;
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
