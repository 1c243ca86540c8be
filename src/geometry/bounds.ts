import type { MultiPolygon } from './polygons.ts';

/** [min x, min y, max x, max y]; in lon/lat the east may pass 180, so that west <= east always. */
export type Bounds = readonly [number, number, number, number];

/** The coordinates of a GeoJSON Polygon (RFC 7946 section 3.1.6) over the bounds, counter-clockwise. */
export function boundsPolygon([west, south, east, north]: Bounds): number[][][] {
  return [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ],
  ];
}

/** The least bounds that hold some. */
export function aroundAll(bounds: readonly Bounds[]): Bounds {
  return bounds.reduce(
    (all, one) => [Math.min(all[0], one[0]), Math.min(all[1], one[1]), Math.max(all[2], one[2]), Math.max(all[3], one[3])],
    [Infinity, Infinity, -Infinity, -Infinity],
  );
}

/** The bounds of polygons; infinite where there are none. */
export function polygonBounds(polygons: MultiPolygon): [number, number, number, number] {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [ring = []] of polygons) {
    for (let i = 0; i < ring.length; i++) {
      const position = ring[i];
      const x = position?.[0] ?? 0;
      const y = position?.[1] ?? 0;
      if (x < minX) minX = x;
      if (y < minY) minY = y;
      if (x > maxX) maxX = x;
      if (y > maxY) maxY = y;
    }
  }
  return [minX, minY, maxX, maxY];
}
