import { lookupCrs } from '../crs/epsg.ts';
import { limitOf } from '../crs/layer.ts';
import { transformPoints } from '../crs/transform.ts';
import { turnOf } from '../crs/turn.ts';
import { type HorizontalCrs, horizontalCrs } from '../crs/wkt.ts';
import type { Bounds } from '../geometry/bounds.ts';
import type { ProfileCrs } from '../store/profile.ts';
import { boundsOf, type Grid } from './grid.ts';

/** Places along each side of a grid that are looked at to know where it comes to lie. */
const STEPS = 40;
/** A pixel that is this little smaller or larger than one of the source counts as the same size: map projections stretch a little. */
const ALIKE = 0.05;

/** Parts of its size by which a box's outline is looked at within it: right at its ends a place may as well be told from the other side. */
const WITHIN = 1e-3;
/** So far from where it was, in pixels, a place that went to degrees and back is another. */
const ANOTHER = 0.5;

/** Where a grid's pixels come to lie in another CRS. */
export interface Lie {
  /** In the CRS's units; null where it has no place for any of them. */
  bounds: Bounds | null;
  /** The side of a pixel there, in the CRS's units. */
  resolution: number;
  /** The part of its width, 0..1, that the widest gap between its places has: most of it where the CRS is cut open across the grid. */
  gap: number;
}

/**
 * Where a grid lies in another CRS: its bounds there, without places that the CRS is not made for, and the size of its pixels.
 * @param target with its definition. Longitudes, and what goes around as they do, go on past the end of a turn where the grid crosses it.
 * @param whole of which the grid is a part: its longitudes are then those of the same turn.
 */
export async function lieOf(
  grid: Grid,
  from: ProfileCrs,
  target: ProfileCrs,
  signal: AbortSignal,
  whole: Bounds | null = null,
): Promise<Lie> {
  const horizontal = horizontalCrs(target.wkt);
  const [west, south, east, north] = boundsOf(grid);
  const side = STEPS + 1;
  const places = new Float64Array(2 * side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = 2 * (row * side + column);
      places[at] = west + ((east - west) * column) / STEPS;
      places[at + 1] = south + ((north - south) * row) / STEPS;
    }
  }
  const made = await transformPoints(places, from.id ?? from.wkt, target.id ?? target.wkt, signal);
  const limit = limitOf(horizontal);
  for (let at = 0; at < made.length; at += 2)
    if (!(Math.abs(made[at] ?? NaN) < limit && Math.abs(made[at + 1] ?? NaN) < limit)) made.fill(Number.NaN, at, at + 2);
  const most = await usable(target, horizontal, signal);
  const turn = horizontal.geographic ? horizontal.turn : await turnOfProjection(target, signal);
  if (turn) unwrap(made, side, turn, whole);
  const bounds = boundsWithin(made, most && turn ? [Number.NEGATIVE_INFINITY, most[1], Number.POSITIVE_INFINITY, most[3]] : most);
  return { bounds, resolution: resolutionOf(made, side, grid, horizontal, horizontalCrs(from.wkt)), gap: widestGap(made) };
}

/** Brings longitudes, or what goes around as they do, onto one turn: that of the whole, or the one on which the grid begins at or after -180. */
function unwrap(xy: Float64Array, side: number, turn: number, whole: Bounds | null): void {
  const place = Math.floor(side / 2) * side + Math.floor(side / 2);
  const middle = whole ? (whole[0] + whole[2]) / 2 : (xy[2 * place] ?? Number.NaN);
  if (!Number.isFinite(middle)) return;
  let west = Number.POSITIVE_INFINITY;
  for (let at = 0; at < xy.length; at += 2) {
    const x = xy[at] ?? Number.NaN;
    const turns = (x - middle) / turn;
    // Half a turn away both sides are one place: that which the grid goes on to.
    const isHalf = Math.abs(turns - Math.floor(turns) - 0.5) < 1e-6;
    const isRight = 2 * ((at / 2) % side) >= side;
    xy[at] = x - turn * (isHalf ? (isRight ? Math.floor(turns) : Math.ceil(turns)) : Math.round(turns));
    west = Math.min(west, Number.isFinite(x) ? (xy[at] ?? west) : west);
  }
  // Noise of the last digits is no reason to take another.
  const turns = whole ? 0 : Math.floor((west + turn / 2) / turn + 1e-6);
  for (let at = 0; at < xy.length; at += 2) xy[at] = (xy[at] ?? Number.NaN) - turn * turns;
}

function widestGap(xy: Float64Array): number {
  const xs = xy.filter((x, index) => index % 2 === 0 && Number.isFinite(x)).sort();
  const widest = xs.reduce((most, x, index) => Math.max(most, x - (xs[index - 1] ?? x)), 0);
  return widest / ((xs.at(-1) ?? 0) - (xs[0] ?? 0) || 1);
}

/** The bounds of the area that a CRS of the whole Earth is made for, such as EPSG:3857 without the poles; null where it has no such bounds. */
async function usable({ id }: ProfileCrs, { geographic }: HorizontalCrs, signal: AbortSignal): Promise<Bounds | null> {
  const area = id === null || geographic ? null : lookupCrs(id)?.area;
  if (!area || area.east - area.west < 359) return null;
  const places = Array.from({ length: STEPS + 1 }, (_, i) => area.west + ((area.east - area.west) * i) / STEPS).flatMap((longitude) =>
    Array.from({ length: 9 }, (_, i) => [longitude, area.south + ((area.north - area.south) * i) / 8]).flat(),
  );
  return boundsWithin(await transformPoints(Float64Array.from(places), 'EPSG:4326', id ?? '', signal), null);
}

/** After how many units x comes round in a projected CRS of the whole Earth; null where it does not. Rasters go on past its ends there. */
export async function turnOfProjection(crs: ProfileCrs, signal: AbortSignal): Promise<number | null> {
  const horizontal = horizontalCrs(crs.wkt);
  return (await usable(crs, horizontal, signal)) && turnOf(crs.id ?? crs.wkt, horizontal, signal);
}

/**
 * Whether a box in a CRS of the whole Earth reaches past the places that there are, as the corners around an oval world do. PROJ goes on there with those
 * of the other side.
 */
export async function reachesPastEnds(
  [west, south, east, north]: Bounds,
  resolution: number,
  crs: ProfileCrs,
  signal: AbortSignal,
): Promise<boolean> {
  const horizontal = horizontalCrs(crs.wkt);
  if (!(await usable(crs, horizontal, signal)) || (await turnOfProjection(crs, signal)) !== null) return false;
  const [wide, high] = [(east - west) * WITHIN, (north - south) * WITHIN];
  const [left, bottom, right, top] = [west + wide, south + high, east - wide, north - high];
  const outline = Array.from({ length: STEPS + 1 }, (_, i) => {
    const [x, y] = [left + ((right - left) * i) / STEPS, bottom + ((top - bottom) * i) / STEPS];
    return [x, bottom, x, top, left, y, right, y];
  }).flat();
  const target = crs.id ?? crs.wkt;
  const degrees = await transformPoints(Float64Array.from(outline), target, 'EPSG:4326', signal);
  const back = await transformPoints(degrees, 'EPSG:4326', target, signal);
  return outline.some((value, index) => !(Math.abs((back[index] ?? NaN) - value) < ANOTHER * resolution));
}

function boundsWithin(xy: Float64Array, most: Bounds | null): Bounds | null {
  const bounds: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < xy.length; at += 2) {
    const [x = NaN, y = NaN] = [xy[at], xy[at + 1]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  }
  const [west, south, east, north] = most ?? bounds;
  const [left, bottom] = [Math.max(bounds[0], west), Math.max(bounds[1], south)];
  const [right, top] = [Math.min(bounds[2], east), Math.min(bounds[3], north)];
  return left < right && bottom < top ? [left, bottom, right, top] : null;
}

/** The middle one of the sizes that pixels have: that of the source where it is about the same in the same units, else with few digits. */
function resolutionOf(xy: Float64Array, side: number, { resolution, size }: Grid, to: HorizontalCrs, from: HorizontalCrs): number {
  const [across, down] = [size[0] / STEPS, size[1] / STEPS];
  const sizes: number[] = [];
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const at = 2 * (row * side + column);
      const [x, y, rightX, rightY] = [xy[at] ?? NaN, xy[at + 1] ?? NaN, xy[at + 2] ?? NaN, xy[at + 3] ?? NaN];
      const [upX, upY] = [xy[at + 2 * side] ?? NaN, xy[at + 2 * side + 1] ?? NaN];
      const area = Math.abs((rightX - x) * (upY - y) - (rightY - y) * (upX - x)) / (across * down);
      if (area > 0 && Number.isFinite(area)) sizes.push(Math.sqrt(area));
    }
  }
  sizes.sort((a, b) => a - b);
  const middle = sizes[Math.floor(sizes.length / 2)] ?? Math.min(...resolution);
  const same = to.geographic === from.geographic && (to.geographic ? to.turn === from.turn : true);
  const own = Math.sqrt(resolution[0] * resolution[1]) * (to.geographic ? 1 : from.metresPerUnit / to.metresPerUnit);
  if (same && Math.abs(middle / own - 1) < ALIKE) return cleaned(own);
  // Rounded down, so that nothing is lost by it.
  const digit = 10 ** (Math.floor(Math.log10(middle)) - 2);
  return cleaned(Math.floor(middle / digit) * digit);
}

/** Without the noise of the last digits. */
function cleaned(value: number): number {
  return Number(value.toPrecision(12));
}

/** A grid over bounds, with its lines on whole multiples of the resolution (gdalwarp's -tap), without what lies outside of `within`. */
export function alignedGrid(bounds: Bounds, resolution: number, within: Bounds | null): Grid | null {
  const [west, south, east, north] = within ? common(bounds, within) : bounds;
  const index = (value: number, round: (x: number) => number, slack: number) => round(value / resolution + slack);
  const [left, bottom] = [index(west, Math.floor, 1e-4), index(south, Math.floor, 1e-4)];
  const [right, top] = [index(east, Math.ceil, -1e-4), index(north, Math.ceil, -1e-4)];
  if (!(west < east && south < north)) return null;
  const size: [number, number] = [Math.max(1, right - left), Math.max(1, top - bottom)];
  return { origin: [cleaned(left * resolution), cleaned(top * resolution)], resolution: [resolution, resolution], size };
}

function common(a: Bounds, b: Bounds): [number, number, number, number] {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
}
