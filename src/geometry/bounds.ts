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
