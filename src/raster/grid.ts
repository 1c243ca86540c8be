import type { Bounds } from '../geometry/bounds.ts';

/** Pixels in a CRS: north is up. */
export interface Grid {
  /** The upper left corner, in the CRS's units. */
  origin: [x: number, y: number];
  /** Width and height of a pixel, both positive. */
  resolution: [x: number, y: number];
  /** Columns and rows. */
  size: [columns: number, rows: number];
}

/** A part of a grid, in whole pixels from its upper left corner. */
export interface Window {
  at: [column: number, row: number];
  size: [columns: number, rows: number];
}

/** How much of a pixel coordinates may be off for want of digits. */
const SLACK = 1e-4;

export function boundsOf({ origin: [x, y], resolution: [dx, dy], size: [columns, rows] }: Grid): [number, number, number, number] {
  return [x, y - rows * dy, x + columns * dx, y];
}

/** The pixels that bounds touch, all of them on the grid; null where they touch none. */
export function windowOf({ origin: [x, y], resolution: [dx, dy], size }: Grid, [west, south, east, north]: Bounds): Window | null {
  const [left, right] = span((west - x) / dx, (east - x) / dx, size[0]);
  const [top, bottom] = span((y - north) / dy, (y - south) / dy, size[1]);
  return right > left && bottom > top ? { at: [left, top], size: [right - left, bottom - top] } : null;
}

/** From the first to past the last of `count` pixels that an interval touches. */
function span(from: number, to: number, count: number): [number, number] {
  const first = Math.max(0, Math.floor(from + SLACK));
  const last = Math.min(count, Math.ceil(to - SLACK));
  // What is thinner than the slack still touches a pixel.
  return to > from && last <= first && from < count && to > 0
    ? [Math.min(first, count - 1), Math.min(first, count - 1) + 1]
    : [first, last];
}

/** The part of a grid that a window is. */
export function partOf({ origin: [x, y], resolution: [dx, dy] }: Grid, { at: [column, row], size }: Window): Grid {
  return { origin: [x + column * dx, y - row * dy], resolution: [dx, dy], size };
}

/** A grid of pixels `times` as large from the same corner; the last ones may reach past its edge. */
export function coarsened({ origin, resolution: [dx, dy], size: [columns, rows] }: Grid, times: number): Grid {
  return { origin, resolution: [dx * times, dy * times], size: [Math.ceil(columns / times), Math.ceil(rows / times)] };
}

/** A window in as many pieces as it takes for none to have more than `most`, as equal as may be, row by row. */
export function split({ at: [left, top], size: [columns, rows] }: Window, most: { side: number; pixels: number }): Window[][] {
  let [across, down] = [Math.max(1, Math.ceil(columns / most.side)), Math.max(1, Math.ceil(rows / most.side))];
  while (Math.ceil(columns / across) * Math.ceil(rows / down) > most.pixels && across * down < columns * rows) {
    if (columns / across >= rows / down) across++;
    else down++;
  }
  return steps(rows, down).map(([row, height]) =>
    steps(columns, across).map(([column, width]) => ({ at: [left + column, top + row], size: [width, height] })),
  );
}

function steps(length: number, count: number): [from: number, length: number][] {
  const each = Math.ceil(length / count);
  return Array.from({ length: Math.ceil(length / each) }, (_, index) => [index * each, Math.min(each, length - index * each)]);
}
