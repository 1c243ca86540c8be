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

/** The bounds of polygons; infinite where there are none. */
export function polygonBounds(polygons: MultiPolygon): [number, number, number, number] {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [ring = []] of polygons) {
    for (const position of ring) {
      const x = position[0] ?? 0;
      const y = position[1] ?? 0;
      minX = Math.min(minX, x);
      minY = Math.min(minY, y);
      maxX = Math.max(maxX, x);
      maxY = Math.max(maxY, y);
    }
  }
  return [minX, minY, maxX, maxY];
}
