import { transformPoints } from '../../crs/transform.ts';
import type { Geometry } from '../../store/feature.ts';
import type { Bounds, ProfileCrs } from '../../store/profile.ts';
import { emptyBox, extendBox, lineEnds } from '../../store/shape.ts';

/** Points along each side and row of the grid that stands for a layer's area. */
const STEPS = 24;

/**
 * A layer's bounds in longitude and latitude: those of a grid over its native bounds, brought to degrees by PROJ. Longitudes run on past
 * 180° where the area crosses the antimeridian.
 * @returns null when no point of it has a place on Earth.
 */
export async function boundsInDegrees(bounds: Bounds, crs: ProfileCrs, signal?: AbortSignal): Promise<Bounds | null> {
  const [grid] = await gridsInDegrees([bounds], crs, STEPS, signal);
  return grid?.bounds ?? null;
}

/** Where bounds lie, and their outline: [longitude, latitude], closed, counter-clockwise. */
export interface Footprint {
  bounds: Bounds;
  ring: [number, number][];
}

/** Steps of a footprint's sides, where there are many. */
const SIDE_STEPS = 4;

/** Of many bounds, such as the tiles of a layer; null for those that have no place on Earth. */
export async function footprints(all: readonly Bounds[], crs: ProfileCrs, signal?: AbortSignal): Promise<(Footprint | null)[]> {
  if (crs.id === 'EPSG:4326') return all.map(normalized).map((bounds) => ({ bounds, ring: ringOf(bounds) }));
  const steps = all.length === 1 ? STEPS : SIDE_STEPS;
  const grids = await gridsInDegrees(all, crs, steps, signal);
  return grids.map(({ bounds, places, holdsPole }) => bounds && { bounds, ring: outline(bounds, places, steps, holdsPole) });
}

/** The least bounds in degrees around some others; past 180° where these lie on both sides of the antimeridian with a wide gap elsewhere. */
export function boundsAround(all: readonly Bounds[]): Bounds {
  const sorted = all.toSorted(([a], [b]) => a - b);
  const south = sorted.reduce((least, bounds) => Math.min(least, bounds[1]), Infinity);
  const north = sorted.reduce((most, bounds) => Math.max(most, bounds[3]), -Infinity);
  const first = sorted[0]?.[0] ?? 0;
  const last = sorted.reduce((most, bounds) => Math.max(most, bounds[2]), -Infinity);
  // What runs past 180° reaches to here from the other side.
  let [reach, widest] = [last - 360, Math.max(0, first + 360 - last)];
  let [west, east] = [first, last];
  for (const bounds of sorted) {
    const gap = bounds[0] - reach;
    if (bounds[0] > first && gap > widest) [widest, west, east] = [gap, bounds[0], reach + 360];
    reach = Math.max(reach, bounds[2]);
  }
  const inPlace = last <= 180 && (last - first < 180 || widest < WIDE_GAP / 2);
  return normalized(inPlace ? [first, south, last, north] : [west, south, east, north]);
}

function ringOf([west, south, east, north]: Bounds): [number, number][] {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
}

/** The outline of a grid, or where that is none on a map (around a pole, or with places that are none) its bounds'. */
function outline(bounds: Bounds, places: readonly Place[], steps: number, holdsPole: boolean): [number, number][] {
  const side = steps + 1;
  const along = Array.from({ length: steps }, (_, step) => step);
  const indices = [
    ...along,
    ...along.map((step) => step * side + steps),
    ...along.map((step) => side * side - 1 - step),
    ...along.map((step) => (steps - step) * side),
    0,
  ];
  const [west, , east] = bounds;
  const ring: [number, number][] = [];
  for (const index of indices) {
    const place = places[index];
    if (!place) return ringOf(bounds);
    const [x, y] = place;
    // On the turn that the bounds are on.
    const turn = 360 * Math.round(((west + east) / 2 - x) / 360);
    ring.push([x + turn, y]);
  }
  return holdsPole || east - west >= 180 ? ringOf(bounds) : ring;
}

interface Grid {
  bounds: Bounds | null;
  /** Row by row from the lower left corner. */
  places: Place[];
  holdsPole: boolean;
}

async function gridsInDegrees(all: readonly Bounds[], crs: ProfileCrs, steps: number, signal?: AbortSignal): Promise<Grid[]> {
  const at = (from: number, to: number, step: number) => from + ((to - from) * step) / steps;
  const points: [number, number][] = [];
  for (const [minX, minY, maxX, maxY] of all)
    for (let row = 0; row <= steps; row++)
      for (let column = 0; column <= steps; column++) points.push([at(minX, maxX, column), at(minY, maxY, row)]);
  const [places, poles] = await Promise.all([toDegrees(points, crs, signal), polesIn(crs, signal)]);
  const each = (steps + 1) ** 2;
  return all.map(([minX, minY, maxX, maxY], index) => {
    const own = places.slice(index * each, (index + 1) * each);
    const held = poles.filter(({ x, y }) => x > minX && x < maxX && y > minY && y < maxY);
    return { bounds: around(own, steps, held), places: own, holdsPole: held.length > 0 };
  });
}

/** The bounds of a grid's places, row by row, and of the poles that lie in it. */
function around(places: readonly Place[], steps: number, poles: readonly Pole[]): Bounds | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  // Each is on the turn where it is nearest to the one before it in its row, and a row's first to the row before: a layer may be a whole turn wide.
  let [before, rowBefore] = [Number.NaN, Number.NaN];
  for (const [index, place] of places.entries()) {
    if (index % (steps + 1) === 0) [before, rowBefore] = [rowBefore, Number.NaN];
    if (!place) continue;
    const [longitude, latitude] = place;
    const unwrapped = Number.isNaN(before) ? longitude : longitude - 360 * Math.round((longitude - before) / 360);
    before = unwrapped;
    if (Number.isNaN(rowBefore)) rowBefore = unwrapped;
    west = Math.min(west, unwrapped);
    east = Math.max(east, unwrapped);
    south = Math.min(south, latitude);
    north = Math.max(north, latitude);
  }
  if (west > east) return null;
  for (const { latitude } of poles) {
    [west, east] = [-180, 180];
    if (latitude > 0) north = 90;
    else south = -90;
  }
  return normalized([west, south, east, north]);
}

/** Bounds of a geographic CRS in degrees, moved to WGS 84; no more than a few hundred metres, so each corner stays on its turn. */
export async function shiftDatum(bounds: Bounds, crs: ProfileCrs, signal?: AbortSignal): Promise<Bounds> {
  const [west, south, east, north] = bounds;
  const corners: [number, number][] = [
    [west, south],
    [west, north],
    [east, south],
    [east, north],
  ];
  const moved = await toDegrees(corners, crs, signal);
  const near = (value: number, before: number) => value - 360 * Math.round((value - before) / 360);
  const places = moved.map((place, index): [number, number] => {
    const [x, y] = corners[index] ?? [0, 0];
    return place ? [near(place[0], x), place[1]] : [x, y];
  });
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The same bounds with a west from -180 on, and no more than one turn. */
function normalized([west, south, east, north]: Bounds): Bounds {
  if (east - west >= 360) return [-180, south, 180, north];
  const turn = west < -180 || west >= 180 ? -360 * Math.floor((west + 180) / 360) : 0;
  return [west + turn, south, east + turn, north];
}

type Place = [longitude: number, latitude: number] | null;

async function toDegrees(points: readonly [number, number][], crs: ProfileCrs, signal?: AbortSignal): Promise<Place[]> {
  return transform(points, crs.id ?? crs.wkt, 'EPSG:4326', signal);
}

async function transform(points: readonly [number, number][], from: string, to: string, signal?: AbortSignal): Promise<Place[]> {
  const made = await transformPoints(Float64Array.from(points.flat()), from, to, signal);
  return points.map((_, index): Place => {
    const [x = Number.NaN, y = Number.NaN] = made.subarray(2 * index, 2 * index + 2);
    return Number.isNaN(x) ? null : [x, y];
  });
}

interface Pole {
  latitude: 90 | -90;
  x: number;
  y: number;
}

/** Where a projection has the poles; all bounds around one have every longitude. Projections that draw it as a line have none. */
async function polesIn(crs: ProfileCrs, signal?: AbortSignal): Promise<Pole[]> {
  const wanted = ([90, -90] as const).flatMap((latitude) => [0, 90].map((longitude): [number, number] => [longitude, latitude]));
  const [a, b, c, d] = await transform(wanted, 'EPSG:4326', crs.id ?? crs.wkt, signal);
  const pole = (latitude: Pole['latitude'], one: Place | undefined, other: Place | undefined): Pole[] =>
    one && other && Math.hypot(one[0] - other[0], one[1] - other[1]) <= 1 ? [{ latitude, x: one[0], y: one[1] }] : [];
  return [...pole(90, a, b), ...pole(-90, c, d)];
}

/** Which longitudes of a geographic layer have something, in steps of half a degree. */
export class LongitudeCoverage {
  readonly #covered = new Uint8Array(STEPS_AROUND);

  add(west: number, east: number): void {
    if (east - west >= 360) this.#covered.fill(1);
    else
      for (let step = Math.floor(west * 2); step <= Math.floor(east * 2); step++)
        this.#covered[((step % STEPS_AROUND) + STEPS_AROUND) % STEPS_AROUND] = 1;
  }

  /** What has parts on both sides of the antimeridian covers as much as they do, not all that lies between. */
  addGeometry(geometry: Geometry, [west, , east]: Bounds): void {
    if (east - west < 180) {
      this.add(west, east);
      return;
    }
    for (const part of geometry.parts) {
      const box = emptyBox();
      extendBox(box, part);
      this.addGeometry(part, box);
    }
    const { type, xy } = geometry;
    const ends = type === 'MultiPoint' ? Array.from({ length: xy.length / 2 }, (_, point) => point + 1) : lineEnds(geometry);
    let from = 0;
    for (const end of ends) {
      let [first, last] = [Infinity, -Infinity];
      for (; from < end; from++) {
        first = Math.min(first, xy[2 * from] ?? NaN);
        last = Math.max(last, xy[2 * from] ?? NaN);
      }
      this.add(first, last);
    }
  }

  /** The bounds' longitudes; for a layer on both sides of the antimeridian with a wide gap elsewhere, on past 180°. */
  bounds([west, south, east, north]: Bounds): Bounds {
    if (east - west < 180 || east > 180 || west < -180) return normalized([west, south, east, north]);
    // The widest run of steps without anything, around the globe; the covered part begins behind it.
    let [widest, end] = [0, 0];
    for (let step = 0, run = 0; step < 2 * STEPS_AROUND; step++) {
      run = this.#covered[step % STEPS_AROUND] ? 0 : run + 1;
      if (run > widest && run < STEPS_AROUND) [widest, end] = [run, step + 1];
    }
    const first = -180 + (((end + STEPS_AROUND / 2) % STEPS_AROUND) * 360) / STEPS_AROUND;
    const last = first + 360 - (widest * 360) / STEPS_AROUND;
    return widest < WIDE_GAP || last <= 180 ? [west, south, east, north] : [first, south, last, north];
  }
}

/** Half degrees. */
const STEPS_AROUND = 720;
/** 30 degrees: an ocean. */
const WIDE_GAP = 60;
