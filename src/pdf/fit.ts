import type { MapExtent } from './extent.ts';
import type { Box, MapView } from './view.ts';

/** Points in a metre. */
export const POINTS_PER_METRE = 72 / 0.0254;
/** How much of the frame is left free around what the map shows, on each side. */
const AROUND = 0.03;

export interface Fitted {
  view: MapView;
  /** The numeric scale: 1 : so many, from left to right in the map's middle. */
  denominator: number;
}

/**
 * Fits what a map shows into the room that there is: as large as it may be with a round scale, in the middle, with its surroundings as far
 * as the CRS has a place for them.
 * @param room on the page.
 * @param metres on the ground of one unit of the CRS.
 * @param atTop of the room; else in its middle.
 */
export function fit(
  { bounds, period, domain }: Pick<MapExtent, 'bounds' | 'period' | 'domain'>,
  room: Box,
  metres: number,
  atTop: boolean,
): Fitted {
  const [west, south, east, north] = bounds;
  const [width, height] = [room.width * (1 - 2 * AROUND), room.height * (1 - 2 * AROUND)];
  const most = Math.min(width / (east - west), height / (north - south));
  const denominator = rounded((metres * POINTS_PER_METRE) / most);
  const scale = (metres * POINTS_PER_METRE) / denominator;
  const [x1, x2] = axis(west, east, room.width / scale, domain && [domain[0], domain[2]], period);
  const [y1, y2] = axis(south, north, room.height / scale, domain && [domain[1], domain[3]], null);
  const [wide, high] = [(x2 - x1) * scale, (y2 - y1) * scale];
  const free = room.height - high;
  const frame = { x: room.x + (room.width - wide) / 2, y: room.y + (atTop ? free : free / 2), width: wide, height: high };
  return { view: { frame, bounds: [x1, y1, x2, y2], scale, period }, denominator };
}

/** The next number up that has two digits, or two and a five, and then zeros. */
function rounded(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1) / 2;
  // Noise of the last digits is no reason to take the next one.
  return Number((Math.ceil(value / unit - 1e-9) * unit).toPrecision(3));
}

/** An interval of a length around the middle of another one, shorter where there are no more places to either side: the middle stays, since the scale is true there. */
function axis(from: number, to: number, length: number, domain: readonly [number, number] | null, period: number | null): [number, number] {
  const middle = (from + to) / 2;
  const most = domain ? mostAround(from, to, domain, period) : Number.POSITIVE_INFINITY;
  const half = Math.min(length, most) / 2;
  return [middle - half, middle + half];
}

function mostAround(from: number, to: number, [first, last]: readonly [number, number], period: number | null): number {
  const pad = (last - first) * 0.01;
  // Everything once is enough.
  if (period !== null) return Math.max(period, to - from) + 2 * pad;
  const middle = (from + to) / 2;
  return 2 * Math.min(middle - Math.min(from, first) + pad, Math.max(to, last) + pad - middle);
}
