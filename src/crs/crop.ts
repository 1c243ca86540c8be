import { boundsPolygon, polygonBounds } from '../geometry/bounds.ts';
import { BoxClipper } from '../geometry/clipring.ts';
import { type Geos, loadGeos } from '../geometry/geos.ts';
import { mended, united } from '../geometry/mended.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { limitOf, toleranceOf, type Whereabouts, wayTo } from './layer.ts';
import { type CropWindow, cropWindow } from './window.ts';
import type { HorizontalCrs } from './wkt.ts';

/** Pieces that an edge is cut into at once, and how often its pieces are looked at again. */
const MOST_PIECES = 64;
const MOST_ROUNDS = 6;
/** More pieces than this are straight enough for any use: a whole continent's outline has fewer. */
const MOST_OPEN = 50_000;
const WGS84 = 'EPSG:4326';

/**
 * The area of an export in a layer's own CRS: brought to the longitudes where the layer is, densified so that its edges stay straight in
 * longitude and latitude, and projected.
 * @param area polygons in degrees of WGS 84; longitudes may pass ±180.
 * @param tolerance how far an edge may run from where it should, in the CRS's units; a millimetre unless told.
 * @param rough true where polygons that cross themselves do as well, which saves most of the time.
 * @returns polygons, valid unless `rough`; null where none of the area comes near the layer.
 */
export async function cropFor(
  area: MultiPolygon,
  layer: Whereabouts,
  { signal, tolerance, rough = false }: { signal?: AbortSignal; tolerance?: number; rough?: boolean } = {},
): Promise<MultiPolygon | null> {
  const { crs, extent, extent_wgs84 } = layer;
  if (!crs || !extent || !extent_wgs84) return null;
  const geos = await loadGeos();
  const { horizontal, degrees, window, seam } = cropWindow(crs.wkt, extent, extent_wgs84);
  const inWindow = (bounds: Box) => {
    const kept = withinWindow(area, bounds, (polygon) => (rough ? new BoxClipper([polygon]).inside(bounds) : cut(geos, polygon, bounds)));
    return kept.length > 1 && !rough ? united(geos, kept) : kept;
  };
  const near = inWindow(window);
  if (near.length === 0) return null;
  if (crs.id === WGS84) return near;
  const way = await wayTo(layer, signal);
  let project = degrees ? shifting(way) : projecting(way, horizontal);
  const strips = seam ? inWindow(seam) : [];
  if (seam && strips.length > 0) {
    if (await isSewn(seam, project, horizontal)) near.push(...strips);
    else project = reachingPastCut(project, window);
  }
  const rings = await densify(near.flat(), project, tolerance ?? toleranceOf(horizontal));
  let next = 0;
  const projected = near
    .map((polygon) => polygon.map(() => rings[next++] ?? []).filter((ring) => ring.length >= 4))
    .filter((polygon) => polygon.length > 0);
  if (projected.length === 0) return null;
  const whole = rough ? projected : united(geos, projected);
  return whole.length === 0 ? null : whole;
}

type Box = CropWindow['window'];
type Polygon = MultiPolygon[number];

/** The area and its copies a turn away, as far as they lie in the window. */
function withinWindow(area: MultiPolygon, window: Box, cut: (polygon: Polygon, window: Box) => MultiPolygon): MultiPolygon {
  const [west, south, east, north] = window;
  const kept: MultiPolygon = [];
  for (const polygon of area) {
    const [least, bottom, most, top] = polygonBounds([polygon]);
    for (let turn = Math.ceil((west - most) / 360); turn <= Math.floor((east - least) / 360); turn++) {
      const moved = turn === 0 ? polygon : polygon.map((ring) => ring.map(([x = 0, y = 0]) => [x + 360 * turn, y]));
      const inside = least + 360 * turn >= west && most + 360 * turn <= east && bottom >= south && top <= north;
      kept.push(...(inside ? [moved] : cut(moved, window)));
    }
  }
  return kept;
}

function cut(geos: Geos, polygon: Polygon, window: Box): MultiPolygon {
  using box = geos.fromPolygons([boundsPolygon(window)]);
  using geometry = geos.fromPolygons([polygon]);
  using valid = mended(geos, geometry);
  using part = valid.intersection(box);
  return part.toPolygons();
}

type Project = (xy: Float64Array) => Promise<Float64Array>;

/** To another geographic CRS in degrees: each point stays on its turn. */
function shifting(way: Project): Project {
  return async (xy) => {
    const moved = await way(xy);
    for (let i = 0; i < moved.length; i += 2) moved[i] = (moved[i] ?? 0) - 360 * Math.round(((moved[i] ?? 0) - (xy[i] ?? 0)) / 360);
    return moved;
  };
}

function projecting(way: Project, horizontal: HorizontalCrs): Project {
  const limit = limitOf(horizontal);
  return async (xy) => {
    const made = await way(xy);
    for (let i = 0; i < made.length; i += 2) {
      if (!(Math.abs(made[i] ?? 0) < limit && Math.abs(made[i + 1] ?? 0) < limit)) made.fill(Number.NaN, i, i + 2);
    }
    return made;
  };
}

/** Whether a projection is no more than drawn as if it were cut open there, as those around a pole are: both sides of the seam are one place. */
async function isSewn([west, south, east, north]: Box, project: Project, { metresPerUnit }: HorizontalCrs): Promise<boolean> {
  const middle = (south + north) / 2;
  const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = await project(Float64Array.of(west, middle, east, middle));
  return Math.hypot(x2 - x1, y2 - y1) < 1 / metresPerUnit;
}

/** Degrees that an area on the cut reaches past it: a millimetre. Nothing else is there, and what lies right on the cut is inside. */
const PAST = 1e-8;

function reachingPastCut(project: Project, [west, , east]: Box): Project {
  return async (xy) => {
    const made = await project(xy);
    const onCut = Array.from({ length: xy.length / 2 }, (_, i) => 2 * i).filter((i) => xy[i] === west || xy[i] === east);
    if (onCut.length === 0) return made;
    const inner = await project(Float64Array.from(onCut.flatMap((i) => [(xy[i] ?? 0) + (xy[i] === west ? PAST : -PAST), xy[i + 1] ?? 0])));
    for (const [n, i] of onCut.entries()) {
      for (const axis of [0, 1]) made[i + axis] = 2 * (made[i + axis] ?? NaN) - (inner[2 * n + axis] ?? NaN);
    }
    return made;
  };
}

/** A piece of an edge that is not yet known to be straight enough. */
interface Piece {
  from: Vertex;
  to: Vertex;
}

/** A place, its projection, and the next along its ring. */
interface Vertex {
  lon: number;
  lat: number;
  x: number;
  y: number;
  next: Vertex | null;
}

/** Projects rings, with as many vertices more as it takes for their edges to bend as they should. Places that the CRS cannot hold are left out. */
async function densify(rings: readonly number[][][], project: Project, tolerance: number): Promise<number[][][]> {
  const chains = rings.map((ring) =>
    splitLong(ring).map(([lon = 0, lat = 0]): Vertex => ({ lon, lat, x: Number.NaN, y: Number.NaN, next: null })),
  );
  await place(chains.flat(), project);
  let pieces: Piece[] = [];
  for (const chain of chains) {
    chain.forEach((vertex, index) => {
      vertex.next = chain[index + 1] ?? null;
      if (vertex.next) pieces.push({ from: vertex, to: vertex.next });
    });
  }
  for (let round = 0; round < MOST_ROUNDS && pieces.length > 0 && pieces.length < MOST_OPEN; round++)
    pieces = await refine(pieces, project, tolerance);
  return chains.map((chain) => {
    const ring: number[][] = [];
    for (let vertex: Vertex | null = chain[0] ?? null; vertex; vertex = vertex.next)
      if (Number.isFinite(vertex.x)) ring.push([vertex.x, vertex.y]);
    const [first, last] = [ring[0], ring.at(-1)];
    if (first && last && (first[0] !== last[0] || first[1] !== last[1])) ring.push([...first]);
    return ring;
  });
}

/** A ring without edges longer than 5°, which may bend to both sides so that their middles do not show it. */
function splitLong(ring: readonly number[][]): number[][] {
  return ring.flatMap(([x = 0, y = 0], index) => {
    const [nextX = x, nextY = y] = ring[index + 1] ?? [];
    const count = Math.max(1, Math.ceil(Math.max(Math.abs(nextX - x), Math.abs(nextY - y)) / 5));
    return Array.from({ length: count }, (_, i) => [x + ((nextX - x) * i) / count, y + ((nextY - y) * i) / count]);
  });
}

/** Cuts each piece that bends; gives those that should be looked at again. */
async function refine(pieces: readonly Piece[], project: Project, tolerance: number): Promise<Piece[]> {
  const middles = pieces.map((piece) => between(piece, 0.5));
  await place(middles, project);
  const added: Vertex[] = [];
  const again: Piece[] = [];
  pieces.forEach((piece, index) => {
    const { from, to } = piece;
    const middle = middles[index];
    if (!middle) return;
    const bend = distanceToLine(middle, from, to);
    // Where an end has no place, the edge is followed as far as it has one.
    const known = Number.isFinite(bend);
    if (known && bend <= tolerance) return;
    if (!known && !Number.isFinite(from.x) && !Number.isFinite(to.x) && !Number.isFinite(middle.x)) return;
    // The bend goes with the square of the length.
    const count = known ? Math.min(MOST_PIECES, Math.ceil(Math.sqrt(bend / tolerance))) : 8;
    const chain = [from, ...Array.from({ length: count - 1 }, (_, i) => between(piece, (i + 1) / count)), to];
    for (let i = 0; i + 1 < chain.length; i++) {
      const [a, b] = [chain[i], chain[i + 1]];
      if (!a || !b) continue;
      a.next = b;
      if (count === MOST_PIECES || !known) again.push({ from: a, to: b });
    }
    added.push(...chain.slice(1, -1));
  });
  await place(added, project);
  return again;
}

/** Of a projected point from the straight line between two others; that it does not lie in the middle of them is no bend. */
function distanceToLine(point: Vertex, from: Vertex, to: Vertex): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  const along = length > 0 ? Math.max(0, Math.min(1, ((point.x - from.x) * dx + (point.y - from.y) * dy) / length ** 2)) : 0;
  return Math.hypot(point.x - from.x - along * dx, point.y - from.y - along * dy);
}

function between({ from, to }: Piece, part: number): Vertex {
  return {
    lon: from.lon + (to.lon - from.lon) * part,
    lat: from.lat + (to.lat - from.lat) * part,
    x: Number.NaN,
    y: Number.NaN,
    next: null,
  };
}

async function place(vertices: readonly Vertex[], project: Project): Promise<void> {
  if (vertices.length === 0) return;
  const made = await project(Float64Array.from(vertices.flatMap(({ lon, lat }) => [lon, lat])));
  vertices.forEach((vertex, index) => {
    vertex.x = made[2 * index] ?? Number.NaN;
    vertex.y = made[2 * index + 1] ?? Number.NaN;
  });
}
