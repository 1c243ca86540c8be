import type { MultiPolygon } from '../../../src/geometry/polygons.ts';
import { writeRaw } from './pixels.ts';

/** Of the rasters of the tests, in pixels of 2 m; the upper left corner is at 1500000, 5500000. */
export const [WIDTH, HEIGHT] = [1000, 760];

/** Something like terrain: slopes with noise on them, -1 to 1. */
export function terrain(x: number, y: number, band: number): number {
  const noise = Math.imul((x * 73856093) ^ (y * 19349663) ^ (band * 83492791), 0x9e3779b1) >>> 16;
  return 0.6 * Math.sin(x / 190 + band) * Math.cos(y / 150) + 0.3 * Math.sin((x + y) / 37) + noise / 655360;
}

type Numbers = { [index: number]: number; buffer: ArrayBufferLike };

export function raster<Values extends Numbers>(
  path: string,
  type: string,
  bands: number,
  values: Values,
  value: (x: number, y: number, band: number) => number,
): void {
  for (let band = 0, i = 0; band < bands; band++)
    for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) values[i++] = value(x, y, band);
  writeRaw(path, WIDTH, HEIGHT, type, new Uint8Array(values.buffer), bands);
}

/** A star with a hole, and an island, over the middle of the raster; with vertices of no round numbers. */
export const STAR: MultiPolygon = [
  [ring(1500950.3, 5499250.7, 800.2, 550.9, 90), ring(1501000.1, 5499200.4, 160.3, 120.8, 17).reverse()],
  [ring(1501850.5, 5499850.2, 120.7, 90.1, 12)],
];

export function ring(cx: number, cy: number, rx: number, ry: number, count: number): number[][] {
  const points = Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    const radius = 1 + 0.13 * Math.sin(7 * angle);
    return [cx + rx * radius * Math.cos(angle), cy + ry * radius * Math.sin(angle)];
  });
  return [...points, points[0] ?? []];
}

export function box(west: number, south: number, east: number, north: number): MultiPolygon {
  return [
    [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ],
  ];
}
