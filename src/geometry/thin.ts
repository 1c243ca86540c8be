import type { MultiPolygon } from './polygons.ts';

/** Polygons of fewer vertices: each that is left out lies within a distance of one that stays. Rings smaller than that vanish. */
export function thinned(polygons: MultiPolygon, distance: number): MultiPolygon {
  return polygons.flatMap((rings) => {
    const [outer = [], ...holes] = rings.map((ring) => thinnedRing(ring, distance));
    return outer.length < 4 ? [] : [[outer, ...holes.filter((hole) => hole.length >= 4)]];
  });
}

function thinnedRing(ring: readonly number[][], distance: number): number[][] {
  const kept: number[][] = [];
  let [lastX, lastY] = [Infinity, Infinity];
  const last = ring.length - 1;
  ring.forEach((position, index) => {
    const x = position[0] ?? 0;
    const y = position[1] ?? 0;
    if (index < last && Math.abs(x - lastX) < distance && Math.abs(y - lastY) < distance) return;
    kept.push(position);
    lastX = x;
    lastY = y;
  });
  return kept;
}
