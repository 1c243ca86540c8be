import type { Geometry } from '../store/feature.ts';
import { gather, lineEnds } from '../store/shape.ts';

/** Positions of the smallest ring. */
const LEAST_POSITIONS = 4;

/**
 * What of polygons lies between two places on the x axis (Sutherland and Hodgman 1974, “Reentrant polygon clipping”). It takes any polygons, valid or
 * not, and little time, but what a ring is cut into hangs together along the sides. Without heights and measures; null where nothing is left.
 */
export function betweenSides(geometry: Geometry, west: number, east: number): Geometry | null {
  const polygons = geometry.type === 'MultiPolygon' ? geometry.parts : [geometry];
  const parts = polygons.flatMap((polygon) => {
    const [outer = [], ...holes] = ringsOf(polygon).map((ring) => toSide(toSide(ring, west, 1), east, -1));
    return isRing(outer) ? [polygonOf([outer, ...holes.filter(isRing)])] : [];
  });
  return parts.length > 0 ? gather(2, parts) : null;
}

function ringsOf(polygon: Geometry): number[][] {
  let from = 0;
  return Array.from(lineEnds(polygon), (to) => {
    const ring = Array.from(polygon.xy.subarray(2 * from, 2 * to));
    from = to;
    return ring;
  });
}

/** What of a closed ring lies to one side of a place: to its east by 1, to its west by -1. */
function toSide(ring: readonly number[], place: number, side: 1 | -1): number[] {
  const kept: number[] = [];
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [ring[i], ring[i + 1], ring[i + 2], ring[i + 3]];
    const isKept = side * (x1 - place) >= 0;
    if (isKept) kept.push(x1, y1);
    if (isKept !== side * (x2 - place) >= 0) kept.push(place, y1 + ((place - x1) / (x2 - x1)) * (y2 - y1));
  }
  const [x, y] = kept;
  if (x !== undefined && y !== undefined) kept.push(x, y);
  return kept;
}

/** Whether it has more than one place on the x axis, which what only touches a side has not. */
function isRing(ring: readonly number[]): boolean {
  return ring.length >= 2 * LEAST_POSITIONS && ring.some((value, i) => i % 2 === 0 && value !== ring[0]);
}

function polygonOf(rings: readonly (readonly number[])[]): Geometry {
  let end = 0;
  return {
    type: 'Polygon',
    xy: Float64Array.from(rings.flat()),
    z: null,
    m: null,
    ends: Uint32Array.from(rings, (ring) => (end += ring.length / 2)),
    parts: [],
  };
}
