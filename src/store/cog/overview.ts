import type { Samples } from './samples.ts';

/** Which samples say something. */
export type Validity =
  /** All. */
  | { by: 'all' }
  /** Those that have another value than this; NaN may be it. */
  | { by: 'nodata'; value: number }
  /** Of pixels whose mark is 1. */
  | { by: 'marks'; marks: Uint8Array }
  /** Of pixels whose sample of this band is not 0; that sample itself always. */
  | { by: 'alpha'; band: number };

/** The shape of `from` and `to`: pixels of so many samples; `from` has twice the columns and rows. */
interface Halving {
  from: Samples;
  to: Samples;
  /** Of `to`, in pixels. */
  width: number;
  height: number;
  samples: number;
}

/**
 * Makes each pixel the average of the four that it stands for, as far as they say something; where none does, it is the first of them.
 * Integers are rounded to the nearest, halves away from 0, as GDAL does.
 */
export function halveByAverage({ from, to, width, height, samples }: Halving, validity: Validity): void {
  const row = 2 * width * samples;
  const whole = !(from instanceof Float16Array || from instanceof Float32Array || from instanceof Float64Array);
  const nodata = validity.by === 'nodata' ? validity.value : null;
  const isNan = nodata !== null && Number.isNaN(nodata);
  const marks = validity.by === 'marks' ? validity.marks : null;
  const alpha = validity.by === 'alpha' ? validity.band : -1;
  const small = from instanceof Uint8Array || from instanceof Uint16Array;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = 2 * y * row + 2 * x * samples;
      const mark = marks ? 4 * y * width + 2 * x : 0;
      // Most pixels of imagery: all four say something.
      if (small && nodata === null && alpha < 0 && (marks === null || allFour(marks, mark, 2 * width))) {
        const out = (y * width + x) * samples;
        for (let sample = 0; sample < samples; sample++) {
          const at = pixel + sample;
          const above = (from[at] ?? 0) + (from[at + samples] ?? 0);
          to[out + sample] = (above + (from[at + row] ?? 0) + (from[at + row + samples] ?? 0) + 2) >> 2;
        }
        continue;
      }
      for (let sample = 0; sample < samples; sample++) {
        let sum = 0;
        let count = 0;
        let first = 0;
        for (let child = 0; child < 4; child++) {
          const right = child & 1;
          const below = child >> 1;
          const at = pixel + below * row + right * samples;
          const value = from[at + sample] ?? 0;
          if (nodata !== null && (isNan ? Number.isNaN(value) : value === nodata)) continue;
          if (marks && marks[mark + below * 2 * width + right] === 0) continue;
          if (alpha >= 0 && sample !== alpha && from[at + alpha] === 0) continue;
          if (count === 0) first = value;
          sum += value;
          count++;
        }
        let average = count === 0 ? (from[pixel + sample] ?? 0) : sum / count;
        if (whole) average = average < 0 ? -Math.floor(0.5 - average) : Math.floor(average + 0.5);
        // Not nodata by chance.
        to[(y * width + x) * samples + sample] = average === nodata && count > 0 ? first : average;
      }
    }
  }
}

function allFour(marks: Uint8Array, at: number, row: number): boolean {
  return ((marks[at] ?? 0) & (marks[at + 1] ?? 0) & (marks[at + row] ?? 0) & (marks[at + row + 1] ?? 0)) === 1;
}

/** Makes each pixel the first of the four that it stands for, whatever bytes it has. `to` has half the columns, `width`, and rows. */
export function halveByFirst(from: Uint8Array, to: Uint8Array, width: number, height: number, pixelBytes: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (4 * y * width + 2 * x) * pixelBytes;
      const out = (y * width + x) * pixelBytes;
      for (let byte = 0; byte < pixelBytes; byte++) to[out + byte] = from[at + byte] ?? 0;
    }
  }
}

/** Marks the pixels of which any of the four was marked. */
export function halveMarks(from: Uint8Array, to: Uint8Array, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * y * width + 2 * x;
      to[y * width + x] = (from[at] ?? 0) | (from[at + 1] ?? 0) | (from[at + 2 * width] ?? 0) | (from[at + 2 * width + 1] ?? 0);
    }
  }
}
