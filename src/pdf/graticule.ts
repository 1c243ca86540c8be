import { limitOf } from '../crs/layer.ts';
import { transformPoints } from '../crs/transform.ts';
import { horizontalCrs } from '../crs/wkt.ts';
import type { ProfileCrs } from '../store/profile.ts';
import { degrees } from './notes.ts';
import { type Box, type MapView, pageX, pageY } from './view.ts';

type Place = readonly [number, number];

/** A meridian or a parallel as it lies on the page, in pieces where the frame or the projection cuts it. */
export interface GraticuleLine {
  kind: 'meridian' | 'parallel';
  /** Degrees. */
  value: number;
  label: string;
  pieces: Place[][];
}

const WGS84 = 'EPSG:4326';
/** Degrees from one line to the next. */
const STEPS = [45, 30, 20, 15, 10, 5, 2, 1, 1 / 2, 1 / 3, 1 / 4, 1 / 6, 1 / 12, 1 / 30, 1 / 60].concat(
  [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001].map((seconds) => seconds / 3600),
);
/** What lines are apart on the page where it can be chosen, in points. */
const APART = 85;
/** Places along each side of the frame that are looked at to know what it shows. */
const SAMPLES = 24;
/** Pieces of which a line is made. */
const PIECES = 160;
/** Meridians of one map: a finer step would never be chosen. */
const MOST_LINES = 721;
/** Meridians end short of the poles, where they would all meet; those of right angles go on. */
const LAST_LATITUDE = 85;

/**
 * The meridians and parallels of a map, as curved as its projection makes them.
 * @returns none where the map has no longitudes and latitudes.
 */
export async function graticule(view: MapView, crs: ProfileCrs, signal: AbortSignal): Promise<GraticuleLine[]> {
  const target = crs.id ?? crs.wkt;
  const shown = await shownDegrees(view, target, signal);
  if (!shown) return [];
  const { west, south, east, north } = shown;
  const step = chooseStep(shown, view.frame);
  const [first, last] = [Math.floor(west / step), Math.ceil(east / step)];
  const around = east - west >= 360 - 1e-6;
  const meridians = Array.from({ length: Math.min(last - first + 1, MOST_LINES) }, (_, i) => (first + i) * step);
  const parallels = Array.from(
    { length: Math.ceil(north / step) - Math.floor(south / step) + 1 },
    (_, i) => (Math.floor(south / step) + i) * step,
  ).filter((value) => Math.abs(value) < 90 - 1e-9);
  const lines = [
    ...meridians.map((value) => {
      const pole = !shown.meets || Math.abs(value % 90) < 1e-9 ? 90 : Math.max(LAST_LATITUDE, 90 - step);
      const [from, to] = [Math.max(-pole, south - step), Math.min(pole, north + step)];
      return { kind: 'meridian' as const, value, places: between(from, to).map((latitude): Place => [value, latitude]) };
    }),
    ...parallels.map((value) => ({
      kind: 'parallel' as const,
      value,
      places: between(west - (around ? 0 : step), east + (around ? 0 : step)).map((longitude): Place => [longitude, value]),
    })),
  ];
  const xy = await transformPoints(Float64Array.from(lines.flatMap(({ places }) => places.flat())), WGS84, target, signal);
  const limit = limitOf(horizontalCrs(crs.wkt));
  let at = 0;
  return lines.flatMap(({ kind, value, places }) => {
    const own = xy.subarray(at, at + 2 * places.length);
    at += 2 * places.length;
    // All the way round, the last meridian may be the first again.
    const middle = 2 * Math.floor(places.length / 2);
    const isFirst = kind === 'meridian' && around && value > west + 360 - step / 2;
    if (
      isFirst &&
      Math.hypot((own[middle] ?? NaN) - (xy[middle] ?? NaN), (own[middle + 1] ?? NaN) - (xy[middle + 1] ?? NaN)) < 0.5 / view.scale
    )
      return [];
    const pieces = onPage(own, view, limit).flatMap((piece) => clipped(piece, view.frame));
    const label = kind === 'meridian' ? degrees(value, 'E', 'W', step) : degrees(value, 'N', 'S', step);
    return pieces.length > 0 ? [{ kind, value, label, pieces }] : [];
  });
}

interface Shown {
  /** Whether all meridians come to one place at a pole. */
  meets: boolean;
  west: number;
  south: number;
  east: number;
  north: number;
}

/** The longitudes and latitudes that a frame shows. */
async function shownDegrees({ bounds, period }: MapView, crs: string, signal: AbortSignal): Promise<Shown | null> {
  const [west, south, east, north] = bounds;
  const grid: number[] = [];
  for (let row = 0; row <= SAMPLES; row++)
    for (let column = 0; column <= SAMPLES; column++)
      grid.push(west + ((east - west) * column) / SAMPLES, south + ((north - south) * row) / SAMPLES);
  const [made, poles] = await Promise.all([
    transformPoints(Float64Array.from(grid), crs, WGS84, signal),
    transformPoints(Float64Array.of(0, 90, 0, -90, 90, 90, 90, -90), WGS84, crs, signal),
  ]);
  // Places beyond the end of the world come back as others.
  const back = await transformPoints(made, WGS84, crs, signal);
  const near = (east - west) * 1e-6;
  const points: [number, number][] = [];
  for (let i = 0; i < made.length; i += 2) {
    const [lon = NaN, lat = NaN, x = NaN, y = NaN] = [made[i], made[i + 1], back[i], back[i + 1]];
    const dx = x - (grid[i] ?? NaN);
    const off = period === null ? dx : dx - period * Math.round(dx / period);
    if (Math.abs(lat) <= 90 + 1e-9 && Math.hypot(off, y - (grid[i + 1] ?? NaN)) <= near) points.push([lon, lat]);
  }
  const [sample] = points.slice(Math.floor(points.length / 2));
  if (!sample) return null;
  const lons = points.map(([lon]) => lon - 360 * Math.round((lon - sample[0]) / 360));
  const lats = points.map(([, lat]) => lat);
  const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const shows = (n: 0 | 1) => {
    const [x = NaN, y = NaN] = poles.subarray(2 * n, 2 * n + 2);
    return x >= west && x <= east && y >= south && y <= north;
  };
  const round = period === null && (shows(0) || shows(1));
  const wide = most(lons) - least(lons);
  const all = round || wide > 340 || (period !== null && east - west >= period * 0.99);
  const isOne = (n: 0 | 1) => {
    const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = [poles[2 * n], poles[2 * n + 1], poles[2 * n + 4], poles[2 * n + 5]];
    return Math.hypot(x2 - x1, y2 - y1) < near * 1000;
  };
  return {
    meets: isOne(0) || isOne(1),
    west: all ? -180 : least(lons),
    east: all ? 180 : most(lons),
    south: shows(1) ? -90 : Math.max(-90, least(lats)),
    north: shows(0) ? 90 : Math.min(90, most(lats)),
  };
}

/** A step at which lines come about as far apart as they should. */
function chooseStep({ west, south, east, north }: Shown, frame: Box): number {
  const longitudes = (Math.min(360, east - west) * APART) / frame.width;
  const latitudes = ((north - south) * APART) / frame.height;
  const wanted = Math.max(Math.min(longitudes, latitudes), Math.max(longitudes, latitudes) / 3);
  return STEPS.reduce((best, step) => (Math.abs(Math.log(step / wanted)) < Math.abs(Math.log(best / wanted)) ? step : best));
}

function between(from: number, to: number): number[] {
  return Array.from({ length: PIECES + 1 }, (_, i) => from + ((to - from) * i) / PIECES);
}

/** Places of a line on the page, cut where there is no place for some, and where a projection tears it apart. */
function onPage(xy: Float64Array, view: MapView, limit: number): Place[][] {
  const pieces: Place[][] = [];
  let piece: Place[] = [];
  let last = Number.NaN;
  for (let i = 0; i < xy.length; i += 2) {
    let [x = NaN, y = NaN] = [xy[i], xy[i + 1]];
    const isPlace = Math.abs(x) < limit && Math.abs(y) < limit;
    if (isPlace && view.period !== null) x += Number.isFinite(last) ? view.period * Math.round((last - x) / view.period) : 0;
    if (isPlace) last = x;
    const place: Place = [pageX(view, x), pageY(view, y)];
    const before = piece.at(-1);
    const isTorn = before && Math.hypot(place[0] - before[0], place[1] - before[1]) > view.frame.width / 3;
    if (!isPlace || isTorn) {
      pieces.push(piece);
      piece = [];
    }
    if (isPlace) piece.push(place);
  }
  pieces.push(piece);
  return pieces.filter(({ length }) => length > 1).map((line) => onMapsTurn(line, view));
}

/** A line moved by whole turns so that its middle is as near to the map's as may be. */
function onMapsTurn(line: Place[], { frame, period, scale }: MapView): Place[] {
  if (period === null) return line;
  const turn = period * scale;
  const middle = ((line[0]?.[0] ?? 0) + (line.at(-1)?.[0] ?? 0)) / 2;
  // Half of a turn away it stays where it is.
  const shift = turn * Math.round(((frame.x + frame.width / 2 - middle) / turn) * (1 - 1e-6));
  return shift === 0 ? line : line.map(([x, y]) => [x + shift, y]);
}

/** The parts of a line that lie in a box, each from where it comes in to where it goes out. */
function clipped(line: readonly Place[], { x, y, width, height }: Box): Place[][] {
  const pieces: Place[][] = [];
  let piece: Place[] = [];
  const end = () => {
    if (piece.length > 1) pieces.push(piece);
    piece = [];
  };
  for (let i = 0; i + 1 < line.length; i++) {
    const [from, to] = [line[i], line[i + 1]];
    if (!from || !to) continue;
    // Liang and Barsky: the part of the segment that is on the inner side of each edge.
    let [enter, leave] = [0, 1];
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    for (const [along, room] of [
      [-dx, from[0] - x],
      [dx, x + width - from[0]],
      [-dy, from[1] - y],
      [dy, y + height - from[1]],
    ] as const) {
      if (along < 0) enter = Math.max(enter, room / along);
      else if (along > 0) leave = Math.min(leave, room / along);
      else if (room < 0) leave = -1;
    }
    if (enter > leave) {
      end();
      continue;
    }
    if (piece.length === 0) piece.push(enter === 0 ? from : [from[0] + enter * dx, from[1] + enter * dy]);
    piece.push(leave === 1 ? to : [from[0] + leave * dx, from[1] + leave * dy]);
    if (leave < 1) end();
  }
  end();
  return pieces;
}
