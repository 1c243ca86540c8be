import type { Crs } from './epsg.ts';

type Bounds = readonly [number, number, number, number];

/** Degrees that count as nothing: areas of use are rounded to hundredths. */
const SLACK = 0.02;

/** How bounds in degrees lie to a CRS's area of use, on whatever turn either is told. A CRS without an area is used everywhere. */
export function placeInArea({ area }: Pick<Crs, 'area'>, [west, south, east, north]: Bounds): 'inside' | 'beyond' | 'outside' {
  if (!area) return 'inside';
  const around = area.east - area.west >= 360 - SLACK;
  // The turn on which the middles are nearest.
  const turn = 360 * Math.round(((area.west + area.east) / 2 - (west + east) / 2) / 360);
  const [left, right] = around ? [area.west, area.west] : [west + turn, east + turn];
  if (left > area.east || right < area.west || south > area.north || north < area.south) return 'outside';
  const within = left >= area.west - SLACK && right <= area.east + SLACK && south >= area.south - SLACK && north <= area.north + SLACK;
  return within ? 'inside' : 'beyond';
}
