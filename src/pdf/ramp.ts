import { colourOf, darker, lighter } from './colours.ts';
import type { Distribution } from './relief.ts';
import { grouped, roundStep } from './steps.ts';

/** Colours of values from low to high, by red, green and blue of 256 steps, 0..255. */
export interface Ramp {
  table: Uint8Array;
  /** Some of them, from low to high, `#RRGGBB`. */
  colors: string[];
}

/** Viridis (Smith and van der Walt, matplotlib): perceptually uniform, and the same for readers who are colour-blind. */
const VIRIDIS = ['#440154', '#482878', '#3e4989', '#31688e', '#26828e', '#1f9e89', '#35b779', '#6ece58', '#b5de2b', '#fde725'];
/** For heights, under whose shading lowlands should be pale: lightness falls evenly from low to high. */
const HEIGHTS = ['#f3f1e3', '#dfe0c0', '#c9cc9c', '#b3b47c', '#a39a63', '#96805a', '#866852', '#705249', '#573e3d', '#3d2c2f'];
const LEGEND_STEPS = 48;

/** @param color `#RRGGBB` that was asked for; null for the default of what the values are. */
export function rampOf(color: string | null, areHeights: boolean): Ramp {
  const own = color === null ? null : colourOf(color);
  const stops = own ? [lighter(own, 0.88), lighter(own, 0.45), own, darker(own, 0.45)] : (areHeights ? HEIGHTS : VIRIDIS).map(colourOf);
  const table = new Uint8Array(3 * 256);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const lower = Math.min(stops.length - 2, Math.floor(at));
    for (const part of [0, 1, 2] as const) {
      const [from, to] = [stops[lower]?.[part] ?? 0, stops[lower + 1]?.[part] ?? 0];
      table[3 * i + part] = Math.round(255 * (from + (to - from) * (at - lower)));
    }
  }
  const colors = Array.from({ length: LEGEND_STEPS }, (_, n) => {
    const i = Math.round((n / (LEGEND_STEPS - 1)) * 255);
    return `#${Buffer.from(table.subarray(3 * i, 3 * i + 3)).toString('hex')}`;
  });
  return { table, colors };
}

/** The values between which colours run: those that others go past are moved out to round ones, which the legend tells better. */
export function rampEnds({ low, high, least, most }: Pick<Distribution, 'low' | 'high' | 'least' | 'most'>): [number, number] {
  if (!(high > low)) return [low, high];
  const step = roundStep((high - low) / 20);
  return [
    least < low ? Math.max(least, Math.floor(low / step) * step) : low,
    most > high ? Math.min(most, Math.ceil(high / step) * step) : high,
  ];
}

/** The values at a ramp's ends and middle, as text; those at the ends say so where values go on past them. */
export function rampTicks(low: number, high: number, least: number, most: number): string[] {
  const decimals = Math.min(10, Math.max(0, 2 - Math.floor(Math.log10(Math.max(high - low, 1e-9)))));
  const text = (value: number) =>
    grouped(Number(value.toFixed(decimals)), Number.isInteger(Number(value.toFixed(decimals))) ? 0 : decimals);
  if (high <= low) return [text(low)];
  const slack = (high - low) * 1e-6;
  return [
    `${least < low - slack ? '≤\u2009' : ''}${text(low)}`,
    text((low + high) / 2),
    `${most > high + slack ? '≥\u2009' : ''}${text(high)}`,
  ];
}
