import type { Pixels } from '../../../store/pixels.ts';
import type { BandProfile, DataType } from '../../../store/rasterprofile.ts';
import type { PixelLayout } from './pixellayout.ts';

/** Of some valid pixels: enough to tell those of several tiles from one another's. */
export interface Moments {
  count: number;
  min: number;
  max: number;
  mean: number;
  /** The sum of squared differences from the mean. */
  squares: number;
  /** Whether some pixels, not counted here, are no number. */
  hasNaN: boolean;
}

export const NONE: Moments = { count: 0, min: Infinity, max: -Infinity, mean: 0, squares: 0, hasNaN: false };

/** Those of two sets of pixels together (Chan, Golub and LeVeque 1979). */
export function together(a: Moments, b: Moments): Moments {
  const hasNaN = a.hasNaN || b.hasNaN;
  if (a.count === 0 || b.count === 0) return { ...(a.count === 0 ? b : a), hasNaN };
  const count = a.count + b.count;
  const apart = b.mean - a.mean;
  return {
    count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    mean: a.mean + (apart * b.count) / count,
    squares: a.squares + b.squares + (apart * apart * a.count * b.count) / count,
    hasNaN,
  };
}

export function statisticsOf(parts: readonly Moments[]): BandProfile['statistics'] {
  const { count, min, max, mean, squares } = parts.reduce(together, NONE);
  // Sums of the largest floats are past all numbers, and JSON has nothing that is.
  const finite = (value: number) => (Number.isFinite(value) ? value : Number.MAX_VALUE);
  return count === 0 ? null : { min, max, mean: finite(mean), stddev: finite(Math.sqrt(squares / count)) };
}

/** Where the values of a band stand among those of all channels, pixel by pixel. */
export interface BandOfPixels {
  values: Pixels;
  pixels: number;
  channels: number;
  band: number;
  /** The channel that is 0 where a pixel is not valid; null where there is none. */
  valid: number | null;
  /** NaN where there is none. */
  nodata: number;
}

/** Of the values that are finite, and not masked, transparent or nodata. */
export function momentsOf({ values, pixels, channels, band, valid, nodata }: BandOfPixels): Moments {
  const end = pixels * channels;
  let [count, min, max, sum, squares] = [0, Infinity, -Infinity, 0, 0];
  let [shift, hasNaN] = [0, false];
  for (let at = band, mask = valid ?? 0; at < end; at += channels, mask += channels) {
    const value = values[at] ?? 0;
    if (value === nodata || (valid !== null && values[mask] === 0)) continue;
    if (value - value !== 0) {
      hasNaN ||= Number.isNaN(value);
      continue;
    }
    if (count++ === 0) shift = value;
    if (value < min) min = value;
    if (value > max) max = value;
    // Around one of the values, so that a small spread is not lost in large numbers.
    const apart = value - shift;
    sum += apart;
    squares += apart * apart;
  }
  if (count === 0) return { ...NONE, hasNaN };
  return { count, min, max, mean: shift + sum / count, squares: Math.max(0, squares - (sum * sum) / count), hasNaN };
}

/** Of each band of pixels that have no mask; `values` are pixel by pixel. */
export function bandMoments(values: Pixels, { type, nodata, alpha }: Pick<PixelLayout, 'type' | 'nodata' | 'alpha'>): Moments[] {
  const channels = nodata.length;
  return nodata.map((text, band) => {
    const valid = alpha === band ? null : alpha;
    return momentsOf({ values, pixels: values.length / channels, channels, band, valid, nodata: pixelValue(text, type) });
  });
}

/** A value as a pixel of this type holds it; NaN, which is no value, where there is none. */
export function pixelValue(text: string | null, type: DataType): number {
  if (text === null) return Number.NaN;
  const value = text.endsWith('inf') ? Number(text.replace('inf', 'Infinity')) : Number(text);
  return type === 'Float32' ? Math.fround(value) : value;
}
