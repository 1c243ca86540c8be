import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Geometry } from './feature.ts';

/** Polygons of fewer vertices: each that is left out lies within a distance of one that stays. Rings smaller than that vanish. */
export function thinned(polygons: MultiPolygon, distance: number): MultiPolygon {
  return polygons.flatMap((rings) =>
    polygonOf(
      rings.map((ring) =>
        thinnedRing(
          ring.length,
          (index) => ring[index]?.[0] ?? 0,
          (index) => ring[index]?.[1] ?? 0,
          distance,
        ),
      ),
    ),
  );
}

/** The same of a geometry's polygons. */
export function thinnedGeometry({ type, xy, ends, parts }: Geometry, distance: number): MultiPolygon {
  if (type !== 'Polygon') return parts.flatMap((part) => thinnedGeometry(part, distance));
  return polygonOf(
    Array.from(ends ?? [xy.length / 2], (end, ring) => {
      const start = ring === 0 ? 0 : (ends?.[ring - 1] ?? 0);
      return thinnedRing(
        end - start,
        (index) => xy[2 * (start + index)] ?? 0,
        (index) => xy[2 * (start + index) + 1] ?? 0,
        distance,
      );
    }),
  );
}

function polygonOf([outer = [], ...holes]: number[][][]): MultiPolygon {
  return outer.length < 4 ? [] : [[outer, ...holes.filter((hole) => hole.length >= 4)]];
}

function thinnedRing(count: number, xOf: (index: number) => number, yOf: (index: number) => number, distance: number): number[][] {
  const kept: number[][] = [];
  let [lastX, lastY] = [Infinity, Infinity];
  for (let index = 0; index < count; index++) {
    const x = xOf(index);
    const y = yOf(index);
    if (index < count - 1 && Math.abs(x - lastX) < distance && Math.abs(y - lastY) < distance) continue;
    kept.push([x, y]);
    lastX = x;
    lastY = y;
  }
  return kept;
}

export function positionsOf({ xy, parts }: Geometry): number {
  return parts.reduce((sum, part) => sum + positionsOf(part), xy.length / 2);
}
