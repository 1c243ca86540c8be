import type { RasterProfile } from '../store/rasterprofile.ts';
import type { LayerSymbol, PixelRows } from './layer.ts';
import { rampEnds, rampOf, rampTicks } from './ramp.ts';
import type { RawRaster } from './rawraster.ts';
import { distributionOf, shade, type Values } from './relief.ts';

/** Words by which heights of the ground are told from other values. */
const HEIGHTS = /\b(elevations?|heights?|altitudes?|dems?|dtms?|dsms?|topograph\w*|terrain|bathymetr\w*|relief|höhen?|altitud\w*)\b/i;
const LENGTHS = /^(m|metres?|meters?|ft|feet|foot|us survey f\w+|km|cm)$/i;

/** How a grid is shown: its colours from one value to another, and how steep its slopes look. */
interface GridStyle {
  symbol: LayerSymbol;
  ramp: ReturnType<typeof rampOf>;
  low: number;
  high: number;
  /** Units of value for each pixel; null where they are no heights. */
  steep: number | null;
}

/**
 * Chooses a grid's colours by the values that are shown of it; heights are to be shaded as well, as if light fell on them.
 * @param pieces all that is shown.
 * @param title of the layer, by which heights are known where the band does not say it.
 * @returns null where it has no values here.
 */
export async function gridStyle(
  pieces: readonly RawRaster[],
  { bands: [band] }: RasterProfile,
  color: string | null,
  title: string,
  signal: AbortSignal,
): Promise<GridStyle | null> {
  const distribution = await distributionOf(
    pieces.map((piece) => valuesOf(piece, band)),
    signal,
  );
  if (!distribution) return null;
  const areHeights = HEIGHTS.test(`${band?.description ?? ''} ${title}`) && (band?.unit === '' || LENGTHS.test(band?.unit ?? ''));
  const ramp = rampOf(color, areHeights);
  const { least, most, steep } = distribution;
  // Round as values are told.
  const [low, high] = band?.scale || band?.offset ? [distribution.low, distribution.high] : rampEnds(distribution);
  const value = (pixel: number) => pixel * (band?.scale ?? 1) + (band?.offset ?? 0);
  const ticks = rampTicks(value(low), value(high), value(least), value(most));
  const symbol: LayerSymbol = { kind: 'ramp', colors: ramp.colors, ticks, unit: band?.unit ?? '' };
  return { symbol, ramp, low, high, steep: areHeights ? steep : null };
}

/** A piece of a grid as colours. */
export function gridRows(raster: RawRaster, { bands: [band] }: RasterProfile, { ramp, low, high, steep }: GridStyle): PixelRows {
  const { columns, rows } = raster;
  const values = valuesOf(raster, band);
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
  return {
    bands: 3,
    async read(row, colours, alpha) {
      const [above = [], own = [], below = []] = steep === null ? [[], await values.row(row), []] : await around(row);
      if (steep !== null) shade(above, own, below, steep, light);
      for (let i = 0; i < columns; i++) {
        const pixel = own[i] ?? Number.NaN;
        const isData = Number.isFinite(pixel);
        alpha[i] = isData ? 255 : 0;
        const step = 3 * Math.max(0, Math.min(255, Math.round((pixel - low) * factor)));
        for (let part = 0; part < 3; part++)
          colours[3 * i + part] = isData ? Math.min(255, Math.round((ramp.table[step + part] ?? 0) * (light[i] ?? 1))) : 255;
      }
    },
  };
}

function valuesOf(raster: RawRaster, band: RasterProfile['bands'][number] | undefined): Values {
  const { columns, rows } = raster;
  return { columns, rows, row: async (row) => within(await raster.row(0, row), band?.statistics ?? null) };
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
