import { lookupCrs } from '../crs/epsg.ts';
import { limitOf } from '../crs/layer.ts';
import { transformPoints } from '../crs/transform.ts';
import { turnOf } from '../crs/turn.ts';
import { type HorizontalCrs, horizontalCrs } from '../crs/wkt.ts';
import type { Bounds } from '../geometry/bounds.ts';
import { loadGeos } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { ProfileCrs } from '../store/profile.ts';

/** Where an item is, as its profile says it. */
export interface Whereabouts {
  crs: ProfileCrs | null;
  extent: Bounds | null;
  extent_wgs84: Bounds | null;
  /** Boxes in its own CRS that all of it lies in; null where only its extent is known. */
  parts: readonly Bounds[] | null;
}

/** What a map shows of the Earth. */
export interface MapExtent {
  /** In the map's CRS: [min x, min y, max x, max y]. x goes on past the end of a turn where the map crosses it. */
  bounds: Bounds;
  /** The same in longitude and latitude, degrees; the east may pass 180. */
  degrees: Bounds;
  /** After so many units x comes round to the same places; null where it does not. */
  period: number | null;
  /** The bounds of what the CRS has a place for; null where nothing says it. */
  domain: Bounds | null;
  /** What the items are cropped to, in degrees; null takes all of them. */
  area: MultiPolygon | null;
  /** True where that is less than was asked for, because the CRS is not meant for the rest. */
  isLess: boolean;
}

const WGS84 = 'EPSG:4326';
/** Places along each side of an extent that are looked at. */
const STEPS = 40;
/** Places along a side of a part: parts are small, or features that are large. */
const BOX_STEPS = 4;
/** Degrees between places that are looked at along an outline. */
const STRIDE = 1;
/** A CRS of an area that is this wide, in degrees, is one of the whole Earth. */
const WHOLE = 359;
/** So near to the meridian at which a projection is cut open there still is a place, in degrees. */
const CUT = 1e-7;
/** How far around the area that a CRS is meant for it is still used: parts of the area's size, and degrees at least; and at most where nobody asked for it. */
const AROUND = { part: 0.5, least: 3, most: 6 };
/** The least that a map shows, in metres: what has no size itself is in the middle of it. */
const SMALLEST = 1;
/** What a single place is shown with, in metres. */
const SURROUNDINGS = 1000;

/**
 * What a map has to show, in its CRS: the area that was asked for, or else all of its items, as far as the CRS is meant for it.
 * @param meant the CRS that says what it is meant for, `EPSG:n`; its own unless told.
 * @returns null where the CRS has no place for any of it.
 */
export async function mapExtent(
  items: readonly Whereabouts[],
  asked: MultiPolygon | null,
  crs: ProfileCrs,
  signal: AbortSignal,
  meant = crs.id,
): Promise<MapExtent | null> {
  const horizontal = horizontalCrs(crs.wkt);
  const target = crs.id ?? crs.wkt;
  const period = horizontal.geographic ? horizontal.turn : await turnOf(target, horizontal, signal);
  const use = await usable(meant, horizontal, period, asked !== null, signal);
  const { area, isLess } = await areaOf(items, asked, use);
  const limit = limitOf(horizontal);
  const parts: Float64Array[] = [];
  // Where x comes round, or ends at the end of the world, extents say as much as parts do.
  const seen = asked || period !== null || use?.domain ? null : partsWithin(items, area);
  if (seen)
    for (const { crs: own, boxes } of seen) {
      const places = Float64Array.from(boxes.flatMap(aroundBox));
      parts.push(own.id === crs.id && own.id !== null ? places : await transformPoints(places, own.id ?? own.wkt, target, signal));
    }
  else if (area) parts.push(await transformPoints(alongOutline(area), WGS84, target, signal));
  else
    for (const item of items) {
      const [own, extent] = placed(item);
      if (!own || !extent) continue;
      const places = overExtent(extent);
      parts.push(own === target ? places : await transformPoints(places, own, target, signal));
    }
  let bounds: [number, number, number, number] | null = null;
  for (const xy of parts) {
    const own = boundsOf(xy, limit, period, use?.domain ?? null);
    if (own) bounds = joined(bounds, own, period);
  }
  if (!bounds) return null;
  const degrees = unionOf(
    seen && area
      ? seen.flatMap(({ boxes }) => boxes)
      : area
        ? area.map(([ring = []]) => boundsOfRing(ring))
        : items.flatMap(({ extent_wgs84: extent }) => (extent ? [extent] : [])),
  );
  return { degrees, bounds: withSize(bounds, horizontal), period, domain: use?.domain ?? null, area, isLess };
}

/** The extent of an item and the CRS that it is in: in degrees where the item's own, from −180 to 180, says nothing of what lies on both sides of the antimeridian. */
function placed({ crs, extent, extent_wgs84 }: Whereabouts): [crs: string | null, extent: Bounds | null] {
  if (crs && extent && extent_wgs84 && isInDegrees(crs) && extent_wgs84[2] > 180 && extent[2] <= 180) return [WGS84, extent_wgs84];
  return [crs && (crs.id ?? crs.wkt), extent];
}

/** The parts of all items, as far as they are in an area; null where that cannot be told. */
function partsWithin(items: readonly Whereabouts[], area: MultiPolygon | null): { crs: ProfileCrs; boxes: Bounds[] }[] | null {
  const limits = area?.map(([ring = []]) => boundsOfRing(ring));
  const seen: { crs: ProfileCrs; boxes: Bounds[] }[] = [];
  for (const { crs, parts } of items) {
    if (!crs || !parts || (limits && !isInDegrees(crs))) return null;
    const within = limits?.flatMap((limit) => [-360, 0, 360].flatMap((turn) => parts.flatMap((box) => common(limit, box, turn))));
    seen.push({ crs, boxes: within ?? [...parts] });
  }
  return seen.some(({ boxes }) => boxes.length > 0) ? seen : null;
}

function isInDegrees({ wkt }: ProfileCrs): boolean {
  const { geographic, turn } = horizontalCrs(wkt);
  return geographic && turn === 360;
}

/** What two boxes have in common, the second moved by a turn. */
function common([west, south, east, north]: Bounds, [minX, minY, maxX, maxY]: Bounds, turn: number): Bounds[] {
  const both: Bounds = [Math.max(west, minX + turn), Math.max(south, minY), Math.min(east, maxX + turn), Math.min(north, maxY)];
  return both[0] <= both[2] && both[1] <= both[3] ? [both] : [];
}

/** Places along the sides of a box. */
function aroundBox([west, south, east, north]: Bounds): number[] {
  return Array.from({ length: BOX_STEPS }, (_, n) => n / BOX_STEPS).flatMap((part) => {
    const [x, y] = [west + (east - west) * part, south + (north - south) * part];
    return [x, south, east, y, west + east - x, north, west, south + north - y];
  });
}

interface Use {
  /** In degrees; infinite where longitudes are as good as any other. */
  box: Bounds;
  /** In the CRS. */
  domain: Bounds | null;
}

/** What a CRS is meant for, and a little around; null where all that it has a place for is as good. */
async function usable(
  id: string | null,
  { geographic, turn, centralMeridian }: HorizontalCrs,
  period: number | null,
  isAsked: boolean,
  signal: AbortSignal,
): Promise<Use | null> {
  if (geographic) {
    const pole = turn / 4;
    return { box: [-Infinity, -90, Infinity, 90], domain: [-2 * pole, -pole, 2 * pole, pole] };
  }
  const area = id === null ? null : lookupCrs(id)?.area;
  if (!area || id === null) return null;
  const { west, south, east, north } = area;
  if (east - west >= WHOLE) {
    const [left, right] = [centralMeridian - 180 + CUT, centralMeridian + 180 - CUT];
    const domain = boundsOf(await transformPoints(overExtent([left, south, right, north]), WGS84, id, signal), Infinity, null, null);
    // What goes across where the world is cut open would be drawn across all of it. At 180° data are cut already.
    const isOpen = period === null && Math.abs(centralMeridian) > CUT;
    return { box: [isOpen ? left : -Infinity, south, isOpen ? right : Infinity, north], domain };
  }
  const most = isAsked ? Number.POSITIVE_INFINITY : AROUND.most;
  const [across, up] = [east - west, north - south].map((size) => Math.min(most, Math.max(AROUND.least, size * AROUND.part)));
  const [wide = 0, high = 0] = [across, up];
  return { box: [west - wide, Math.max(-90, south - high), east + wide, Math.min(90, north + high)], domain: null };
}

/**
 * The area that was asked for, or nothing where all is wanted; of both, what the CRS is meant for.
 * @returns `isLess` where that leaves something out.
 */
async function areaOf(
  items: readonly Whereabouts[],
  asked: MultiPolygon | null,
  use: Use | null,
): Promise<{ area: MultiPolygon | null; isLess: boolean }> {
  const all = { area: asked, isLess: false };
  if (!use) return all;
  const [west, south, east, north] = use.box;
  const isEndless = !Number.isFinite(west);
  const extents = (
    asked ? asked.map(([ring = []]): Bounds => boundsOfRing(ring)) : items.flatMap(({ extent_wgs84: extent }) => (extent ? [extent] : []))
  ).map(([w, s, e, n]): Bounds => {
    const turn = isEndless ? 0 : 360 * Math.round(((west + east) / 2 - (w + e) / 2) / 360);
    return [w + turn, s, e + turn, n];
  });
  if (extents.every(([w, s, e, n]) => w >= west && e <= east && s >= south && n <= north)) return all;
  // What lies wholly beside what the CRS is meant for is shown as it is.
  if (!extents.some(([w, s, e, n]) => w < east && e > west && s < north && n > south)) return all;
  const isAround = isEndless || east - west > WHOLE;
  const isLess = extents.some(([w, s, e, n]) => s < south || n > north || (!isAround && (w < west || e > east)));
  if (!asked) {
    const [w, s, e, n] = unionOf(extents);
    const across = isEndless ? ([-180, 180] as const) : isAround ? ([west, east] as const) : within([w, e], [west, east]);
    return { area: [polygonOf([across[0], Math.max(s, south), across[1], Math.min(n, north)])], isLess };
  }
  const geos = await loadGeos();
  const kept: MultiPolygon = [];
  using window = geos.fromPolygons([polygonOf(isEndless ? [-180, south, 180, north] : use.box)]);
  for (const polygon of asked)
    for (const turn of isEndless ? [0] : [-360, 0, 360]) {
      using moved = geos.fromPolygons([polygon.map((ring) => ring.map(([x = 0, y = 0]) => [x + turn, y]))]);
      using valid = moved.makeValid();
      using cut = valid.intersection(window);
      kept.push(...cut.toPolygons());
    }
  return kept.length > 0 ? { area: kept, isLess } : all;
}

/** What of longitudes, on whatever turn they are, lies within others, from the first to the last: those of a layer across the antimeridian may be all. */
function within([w, e]: readonly [number, number], [west, east]: readonly [number, number]): [number, number] {
  const parts = [-360, 0, 360].map((turn) => [Math.max(w + turn, west), Math.min(e + turn, east)] as const).filter(([a, b]) => a < b);
  return [Math.min(...parts.map(([from]) => from)), Math.max(...parts.map(([, to]) => to))];
}

function polygonOf([west, south, east, north]: Bounds): number[][][] {
  return [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ],
  ];
}

function unionOf(all: readonly Bounds[]): Bounds {
  const [first = [-180, -90, 180, 90], ...others] = all;
  return others.reduce<Bounds>((union, one) => joined(union, one, 360), first);
}

function boundsOfRing(ring: readonly number[][]): Bounds {
  return ring.reduce<Bounds>(
    (all, [x = 0, y = 0]) => [Math.min(all[0], x), Math.min(all[1], y), Math.max(all[2], x), Math.max(all[3], y)],
    [Infinity, Infinity, -Infinity, -Infinity],
  );
}

/** Places along the outline of an area, and a few of its middle, in degrees. */
function alongOutline(area: MultiPolygon): Float64Array {
  const places: number[] = [];
  for (const ring of area.flat())
    ring.forEach(([x = 0, y = 0], index) => {
      const [nextX = x, nextY = y] = ring[index + 1] ?? [];
      const count = Math.max(1, Math.min(360, Math.ceil(Math.max(Math.abs(nextX - x), Math.abs(nextY - y)) / STRIDE)));
      for (let i = 0; i < count; i++) places.push(x + ((nextX - x) * i) / count, y + ((nextY - y) * i) / count);
    });
  return Float64Array.from(places);
}

/** Places all over an extent, row by row, each row from where the one before ended: so each is near to the one before it. */
function overExtent([west, south, east, north]: Bounds): Float64Array {
  const places = new Float64Array(2 * (STEPS + 1) ** 2);
  for (let row = 0, at = 0; row <= STEPS; row++)
    for (let step = 0; step <= STEPS; step++) {
      const column = row % 2 === 0 ? step : STEPS - step;
      places[at++] = column === STEPS ? east : west + ((east - west) * column) / STEPS;
      places[at++] = row === STEPS ? north : south + ((north - south) * row) / STEPS;
    }
  return places;
}

/** The bounds of places, each as near to the one before as its turns allow. */
function boundsOf(xy: Float64Array, limit: number, period: number | null, most: Bounds | null): [number, number, number, number] | null {
  const bounds: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  let last = Number.NaN;
  for (let i = 0; i < xy.length; i += 2) {
    let x = xy[i] ?? Number.NaN;
    const y = xy[i + 1] ?? Number.NaN;
    if (!(Math.abs(x) < limit && Math.abs(y) < limit)) continue;
    // Half of a turn away there is no telling which side is meant.
    if (period !== null && Number.isFinite(last) && Math.abs(x - last) > period * 0.75) x += period * Math.round((last - x) / period);
    last = x;
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  }
  if (!(bounds[0] <= bounds[2])) return null;
  if (period !== null && bounds[2] - bounds[0] >= period && most) return [most[0], bounds[1], most[2], bounds[3]];
  return bounds;
}

/** Both together, the second on the turn on which it is nearest. */
function joined(one: Bounds | null, other: Bounds, period: number | null): [number, number, number, number] {
  if (!one) return [...other];
  const shift = period === null ? 0 : period * Math.round((one[0] + one[2] - other[0] - other[2]) / 2 / period);
  const both: [number, number, number, number] = [
    Math.min(one[0], other[0] + shift),
    Math.min(one[1], other[1]),
    Math.max(one[2], other[2] + shift),
    Math.max(one[3], other[3]),
  ];
  if (period !== null && both[2] - both[0] > period) return [-period / 2, both[1], period / 2, both[3]];
  return both;
}

/** Bounds that have some size in both directions. */
function withSize([west, south, east, north]: Bounds, { geographic, metresPerUnit }: HorizontalCrs): Bounds {
  const unit = geographic ? 1 / 111_000 : 1 / metresPerUnit;
  const [width, height] = [east - west, north - south];
  const least = Math.max(width, height) < SMALLEST * unit * 0.01 ? SURROUNDINGS * unit : SMALLEST * unit;
  const wide = Math.max(0, least - width) / 2;
  const high = Math.max(0, least - height) / 2;
  return [west - wide, south - high, east + wide, north + high];
}
