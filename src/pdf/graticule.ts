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
  /** Null where it is none that is told: the end of the world. */
  label: string | null;
  pieces: Place[][];
  /** Where the world ends within the frame, as it does at the sides of an oval one: there a parallel is told beside its end. */
  ends: Place[];
}

const WGS84 = 'EPSG:4326';
/** Degrees from one line to the next. */
const STEPS = [30, 20, 15, 10, 5, 2, 1, 1 / 2, 1 / 3, 1 / 4, 1 / 6, 1 / 12, 1 / 30, 1 / 60].concat(
  [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001].map((seconds) => seconds / 3600),
);
/** What lines are apart on the page where it can be chosen, in points; and circles around a pole, of which there is room for fewer. */
const APART = 85;
const CIRCLES_APART = 60;
/** Meridians around a pole are this far apart: nearer to each other they would be one black spot. */
const AROUND_POLE = 30;
/** Places along each side of the frame that are looked at to know what it shows. */
const SAMPLES = 24;
/** So near to the meridian at which a map is cut open there still is a place, in degrees. */
const CUT = 1e-7;
/** Pieces of which a line is made. */
const PIECES = 160;
/** Meridians of one map: a finer step would never be chosen. */
const MOST_LINES = 721;
/** Meridians end short of the poles, where they would all meet; those of right angles go on. Where a pole is shown, they end at the circle around it. */
const LAST_LATITUDE = 85;
/** Places that are this near to each other on the page are one, in points. */
const SAME = 0.5;

/**
 * The meridians and parallels of a map, as curved as its projection makes them.
 * @returns none where the map has no longitudes and latitudes.
 */
export async function graticule(view: MapView, crs: ProfileCrs, signal: AbortSignal): Promise<GraticuleLine[]> {
  const target = crs.id ?? crs.wkt;
  const shown = await shownDegrees(view, target, signal);
  if (!shown) return [];
  const horizontal = horizontalCrs(crs.wkt);
  const isOpen = isAround(shown) && view.period === null && !shown.round;
  // A map of all longitudes is cut open: there the parallels end, and a line ends the world on either side.
  const { centralMeridian: middle } = horizontal;
  const sides = isOpen ? ([middle - 180 + CUT, middle + 180 - CUT] as const) : null;
  const lines = linesOf(shown, view.frame, sides);
  const xy = await transformPoints(Float64Array.from(lines.flatMap(({ places }) => places.flat())), WGS84, target, signal);
  const limit = limitOf(horizontal);
  return lines.flatMap(({ kind, value, label, places }, index) => {
    const [at, half] = [2 * index * places.length, 2 * Math.floor(places.length / 2)];
    const own = xy.subarray(at, at + 2 * places.length);
    // All the way round, the last meridian may be the first again.
    const away = Math.hypot((own[half] ?? NaN) - (xy[half] ?? NaN), (own[half + 1] ?? NaN) - (xy[half + 1] ?? NaN));
    if (kind === 'meridian' && index > 0 && label !== null && isAround(shown) && away < SAME / view.scale) return [];
    const whole = onPage(own, view, limit);
    const pieces = whole.flatMap((piece) => clipped(piece, view.frame));
    const ends = kind === 'parallel' && isOpen && label !== null ? looseEnds(whole) : [];
    return pieces.length > 0 ? [{ kind, value, label, pieces, ends }] : [];
  });
}

/** A line as a list of places in longitude and latitude; all lines have as many. */
type WorldLine = Pick<GraticuleLine, 'kind' | 'value' | 'label'> & { places: Place[] };

/** The lines of what is shown, as far as they may be seen: the meridians, from the west on, and the parallels. */
function linesOf(shown: Shown, frame: Box, sides: readonly [number, number] | null): WorldLine[] {
  const { west, south, east, north, meets, round } = shown;
  const { step, stepUp } = chooseSteps(shown, frame);
  const [first, last] = [Math.floor(west / step), Math.ceil(east / step)];
  const meridians = Array.from({ length: Math.min(last - first + 1, MOST_LINES) }, (_, i) => (first + i) * step);
  const [lowest, highest] = [Math.floor(south / stepUp), Math.ceil(north / stepUp)];
  const parallels = Array.from({ length: highest - lowest + 1 }, (_, i) => (lowest + i) * stepUp);
  const [left, right] = sides ?? (isAround(shown) ? [west, east] : [west - step, east + step]);
  return [
    ...meridians.map((value) => {
      const isRight = !meets || Math.abs(value % 90) < 1e-9;
      const pole = isRight ? 90 : round ? 90 - stepUp : Math.max(LAST_LATITUDE, 90 - step);
      return meridian(value, degrees(value, 'E', 'W', step), Math.max(-pole, south - step), Math.min(pole, north + step));
    }),
    ...parallels.flatMap((value) => {
      // A pole that is a line is the world's end.
      const isPole = Math.abs(value) > 90 - 1e-9;
      if (isPole && (meets || Math.abs(value) > 90 + 1e-9)) return [];
      const places = between(left, right).map((longitude): Place => [longitude, value]);
      return [{ kind: 'parallel' as const, value, label: isPole ? null : degrees(value, 'N', 'S', stepUp), places }];
    }),
    ...(sides ?? []).map((value) => meridian(value, null, -90, 90)),
  ];
}

function meridian(value: number, label: string | null, south: number, north: number): WorldLine {
  return { kind: 'meridian', value, label, places: between(south, north).map((latitude): Place => [value, latitude]) };
}

function isAround({ west, east }: Shown): boolean {
  return east - west >= 360 - 1e-6;
}

/** The ends of a line's pieces that none of the others goes on from. */
function looseEnds(pieces: readonly Place[][]): Place[] {
  const ends = pieces.flatMap((piece): Place[] => [piece[0] ?? [NaN, NaN], piece.at(-1) ?? [NaN, NaN]]);
  return ends.filter((end, i) => !ends.some((other, j) => i !== j && Math.hypot(end[0] - other[0], end[1] - other[1]) < SAME));
}

interface Shown {
  /** Whether all meridians come to one place at a pole. */
  meets: boolean;
  /** Whether a pole is in the map, and all longitudes are around it. */
  round: boolean;
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
  // One process at a time: each has 50 MB.
  const made = await transformPoints(Float64Array.from(grid), crs, WGS84, signal);
  const poles = await transformPoints(Float64Array.of(0, 90, 0, -90, 90, 90, 90, -90), WGS84, crs, signal);
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
  const meets = isOne(0) || isOne(1);
  return {
    meets,
    round: meets && shows(0) !== shows(1),
    west: all ? -180 : least(lons),
    east: all ? 180 : most(lons),
    south: shows(1) ? -90 : Math.max(-90, least(lats)),
    north: shows(0) ? 90 : Math.min(90, most(lats)),
  };
}

/** Steps at which meridians and parallels come about as far apart as they should; one for both but around a pole. */
function chooseSteps({ round, west, south, east, north }: Shown, frame: Box): { step: number; stepUp: number } {
  // The latitudes go from the pole to the frame, to its corners.
  if (round)
    return { step: AROUND_POLE, stepUp: nearestStep(((north - south) * CIRCLES_APART * 2) / Math.hypot(frame.width, frame.height)) };
  const longitudes = (Math.min(360, east - west) * APART) / frame.width;
  const latitudes = ((north - south) * APART) / frame.height;
  const step = nearestStep(Math.max(Math.min(longitudes, latitudes), Math.max(longitudes, latitudes) / 3));
  return { step, stepUp: step };
}

function nearestStep(wanted: number): number {
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
