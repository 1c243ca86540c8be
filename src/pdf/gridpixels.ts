import type { RasterProfile } from '../store/rasterprofile.ts';
import type { LayerSymbol, PixelRows } from './layer.ts';
import { rampEnds, rampOf, rampTicks } from './ramp.ts';
import type { RawRaster } from './rawraster.ts';
import { distributionOf, shade } from './relief.ts';

/** Words by which heights of the ground are told from other values. */
const HEIGHTS = /\b(elevations?|heights?|altitudes?|dems?|dtms?|dsms?|topograph\w*|terrain|bathymetr\w*|relief|höhen?|altitud\w*)\b/i;
const LENGTHS = /^(m|metres?|meters?|ft|feet|foot|us survey f\w+|km|cm)$/i;

/**
 * A grid's values as colours from low to high; heights are shaded as well, as if light fell on them.
 * @param title of the layer, by which heights are known where the band does not say it.
 * @returns null where it has no values here.
 */
export async function gridRows(
  raster: RawRaster,
  profile: RasterProfile,
  color: string | null,
  title: string,
  signal: AbortSignal,
): Promise<{ rows: PixelRows; symbol: LayerSymbol } | null> {
  const [band] = profile.bands;
  const { columns, rows } = raster;
  const values = { columns, rows, row: async (row: number) => within(await raster.row(0, row), band?.statistics ?? null) };
  const distribution = await distributionOf(values, signal);
  if (!distribution) return null;
  const areHeights = HEIGHTS.test(`${band?.description ?? ''} ${title}`) && (band?.unit === '' || LENGTHS.test(band?.unit ?? ''));
  const ramp = rampOf(color, areHeights);
  const { least, most, steep } = distribution;
  // Round as values are told.
  const [low, high] = band?.scale || band?.offset ? [distribution.low, distribution.high] : rampEnds(distribution);
  const factor = high > low ? 255 / (high - low) : 0;
  const light = new Float32Array(columns).fill(1);
  let kept: { row: number; lines: ArrayLike<number>[] } = { row: -9, lines: [] };
  /** The row with those above and below it. */
  const around = async (row: number): Promise<ArrayLike<number>[]> => {
    const wanted = [Math.max(0, row - 1), row, Math.min(rows - 1, row + 1)];
    const before = kept;
    const lines = await Promise.all(
      wanted.map((one) => {
        const known = before.row === row - 1 && one > 0 ? before.lines[one - before.row + 1] : undefined;
        return known && one !== before.row + 2 ? known : values.row(one);
      }),
    );
    kept = { row, lines };
    return lines;
  };
  const value = (pixel: number) => pixel * (band?.scale ?? 1) + (band?.offset ?? 0);
  return {
    symbol: {
      kind: 'ramp',
      colors: ramp.colors,
      ticks: rampTicks(value(low), value(high), value(least), value(most)),
      unit: band?.unit ?? '',
    },
    rows: {
      bands: 3,
      async read(row, colours, alpha) {
        const [above = [], own = [], below = []] = areHeights ? await around(row) : [[], await values.row(row), []];
        if (areHeights) shade(above, own, below, steep, light);
        for (let i = 0; i < columns; i++) {
          const pixel = own[i] ?? Number.NaN;
          const isData = Number.isFinite(pixel);
          alpha[i] = isData ? 255 : 0;
          const step = 3 * Math.max(0, Math.min(255, Math.round((pixel - low) * factor)));
          for (let part = 0; part < 3; part++)
            colours[3 * i + part] = isData ? Math.min(255, Math.round((ramp.table[step + part] ?? 0) * (light[i] ?? 1))) : 255;
        }
      },
    },
  };
}

/** Values as they are in the layer: what is interpolated between them may pass them by a little. */
function within(line: { [index: number]: number; length: number }, statistics: { min: number; max: number } | null): ArrayLike<number> {
  if (!statistics) return line;
  const { min, max } = statistics;
  for (let i = 0; i < line.length; i++) {
    const value = line[i] ?? Number.NaN;
    if (value < min) line[i] = min;
    else if (value > max) line[i] = max;
  }
  return line;
}
