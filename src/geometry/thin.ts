import type { MultiPolygon } from './polygons.ts';

/** Polygons of fewer vertices: each that is left out lies within a distance of one that stays. Rings smaller than that vanish. */
export function thinned(polygons: MultiPolygon, distance: number): MultiPolygon {
  return polygons
    .map((rings) => rings.map((ring) => thinnedRing(ring, distance)).filter((ring) => ring.length >= 4))
    .filter((rings) => rings.length > 0);
}

function thinnedRing(ring: readonly number[][], distance: number): number[][] {
  const kept: number[][] = [];
  let [lastX, lastY] = [Infinity, Infinity];
  for (const [index, position] of ring.entries()) {
    const [x = 0, y = 0] = position;
    if (index < ring.length - 1 && Math.abs(x - lastX) < distance && Math.abs(y - lastY) < distance) continue;
    kept.push(position);
    [lastX, lastY] = [x, y];
  }
  return kept;
}
