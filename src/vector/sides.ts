import { clipRing } from '../geometry/clipring.ts';
import type { Geometry } from '../store/feature.ts';
import { gather, lineEnds } from '../store/shape.ts';

/** Positions of the smallest ring. */
const LEAST_POSITIONS = 4;

/**
 * What of polygons lies between two places on the x axis. It takes any polygons, valid or not, and little time, but what a ring is cut into hangs
 * together along the sides. Without heights and measures; null where nothing is left.
 */
export function betweenSides(geometry: Geometry, west: number, east: number): Geometry | null {
  const polygons = geometry.type === 'MultiPolygon' ? geometry.parts : [geometry];
  const parts = polygons.flatMap((polygon) => {
    const [outer = [], ...holes] = ringsOf(polygon).map((ring) => closed(clipRing(ring, [west, -Infinity, east, Infinity])));
    return isRing(outer) ? [polygonOf([outer, ...holes.filter(isRing)])] : [];
  });
  return parts.length > 0 ? gather(2, parts) : null;
}

/** x and y of each ring's positions, without the closing one. */
function ringsOf(polygon: Geometry): number[][] {
  let from = 0;
  return Array.from(lineEnds(polygon), (to) => {
    const ring = Array.from(polygon.xy.subarray(2 * from, Math.max(2 * from, 2 * to - 2)));
    from = to;
    return ring;
  });
}

function closed(ring: readonly number[]): number[] {
  return [...ring, ...ring.slice(0, 2)];
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
