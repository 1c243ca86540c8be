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
  const bounds: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [ring = []] of polygons) {
    for (const [x = 0, y = 0] of ring) {
      bounds[0] = Math.min(bounds[0], x);
      bounds[1] = Math.min(bounds[1], y);
      bounds[2] = Math.max(bounds[2], x);
      bounds[3] = Math.max(bounds[3], y);
    }
  }
  return bounds;
}
