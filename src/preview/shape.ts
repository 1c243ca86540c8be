import { clipRing } from '../geometry/clipring.ts';
import { clipLine, doubleArea, simplified } from './clip.ts';
import { type TileAddress, worldX, worldY } from './mercator.ts';
import { EXTENT, type TileGeometry, type TileLayer, type TileValue } from './mvt.ts';

/** Units around a tile that are drawn as well, so that no edge shows where tiles meet. */
export const BUFFER = 64;
const RANGE = [-BUFFER, EXTENT + BUFFER] as const;
const BOX = [RANGE[0], RANGE[0], RANGE[1], RANGE[1]] as const;
/** A pixel of a map that shows a tile on 512 of them. */
export const PIXEL = EXTENT / 512;
/** Twice the area of a ring that is still drawn: half of a pixel. */
const LEAST_AREA = PIXEL * PIXEL;

/** Points, lines or rings, in longitude and latitude: x and y of each point. Polygons: a list for each, with its exterior ring first. */
export type Shape =
  | { type: 'point'; parts: readonly ArrayLike<number>[] }
  | { type: 'line'; parts: readonly ArrayLike<number>[] }
  | { type: 'polygon'; parts: readonly (readonly ArrayLike<number>[])[] };

/**
 * Adds what a tile shows of a shape: clipped, and as fine as the tile's grid.
 * @param tolerance how far a line may be moved, in tile units.
 * @returns whether there was anything.
 */
export function addShape(
  layer: TileLayer,
  tile: TileAddress,
  { type, parts }: Shape,
  tolerance: number,
  properties: Readonly<Record<string, TileValue>>,
  id?: number,
): boolean {
  const made: number[][] = [];
  for (const turn of [-1, 0, 1]) {
    const place = (part: ArrayLike<number>) => placed(part, tile, turn);
    if (type === 'point') made.push(...parts.map((part) => place(part).map(Math.round)).map(inRange));
    else if (type === 'line') for (const part of parts) made.push(...lines(place(part), tolerance));
    else for (const rings of parts) made.push(...polygon(rings.map(place), tolerance));
  }
  const some = made.filter((part) => part.length > 0);
  if (some.length === 0) return false;
  layer.add(type, type === 'point' ? [some.flat()] : some, properties, id);
  return true;
}

/** Positions in tile units. Lines that run on past ±180 do so; a step of more than half a turn is one across it. */
function placed(part: ArrayLike<number>, { z, x, y }: TileAddress, turn: number): number[] {
  const side = 2 ** z;
  const out = new Array<number>(part.length);
  let [before, offset] = [Number.NaN, turn];
  for (let i = 0; i < part.length; i += 2) {
    const longitude = part[i] ?? 0;
    if (longitude - before > 180) offset--;
    else if (longitude - before < -180) offset++;
    before = longitude;
    out[i] = ((worldX(longitude) + offset) * side - x) * EXTENT;
    out[i + 1] = (worldY(part[i + 1] ?? 0) * side - y) * EXTENT;
  }
  return out;
}

/** Points are drawn by the tile that they lie in alone. */
function inRange(points: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i] ?? 0, points[i + 1] ?? 0];
    if (x >= 0 && x < EXTENT && y >= 0 && y < EXTENT) out.push(x, y);
  }
  return out;
}

function lines(line: readonly number[], tolerance: number): number[][] {
  if (isApart(line)) return [];
  return clipLine(line, RANGE)
    .map((part) => simplified(part, tolerance))
    .filter((part) => part.length > 2);
}

function polygon([exterior = [], ...holes]: readonly number[][], tolerance: number): number[][] {
  const outer = ring(exterior, tolerance);
  if (outer.length === 0) return [];
  const inner = holes.map((hole) => ring(hole, tolerance)).filter((hole) => hole.length > 0);
  return [turned(outer, 1), ...inner.map((hole) => turned(hole, -1))];
}

function ring(positions: readonly number[], tolerance: number): number[] {
  if (isApart(positions)) return [];
  const clipped = clipRing(positions.slice(0, -2), BOX);
  if (clipped.length < 6) return [];
  const closed = simplified([...clipped, clipped[0] ?? 0, clipped[1] ?? 0], tolerance).slice(0, -2);
  return closed.length >= 6 && Math.abs(doubleArea(closed)) >= LEAST_AREA ? closed : [];
}

function isApart(positions: readonly number[]): boolean {
  let [minX, minY, maxX, maxY] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < positions.length; i += 2) {
    const [x, y] = [positions[i] ?? 0, positions[i + 1] ?? 0];
    if (x < minX) minX = x;
    if (x > maxX) maxX = x;
    if (y < minY) minY = y;
    if (y > maxY) maxY = y;
  }
  return !(minX <= RANGE[1] && maxX >= RANGE[0] && minY <= RANGE[1] && maxY >= RANGE[0]);
}

function turned(points: number[], sign: 1 | -1): number[] {
  if (Math.sign(doubleArea(points)) === sign) return points;
  const out: number[] = [];
  for (let i = points.length - 2; i >= 0; i -= 2) out.push(points[i] ?? 0, points[i + 1] ?? 0);
  return out;
}

/** What stands for something that is smaller than a pixel: a pixel where it lies. */
export function addPixel(layer: TileLayer, type: TileGeometry, x: number, y: number): void {
  const [left, top] = [Math.round(x), Math.round(y)];
  if (type === 'point') layer.add(type, [[left, top]], {});
  else if (type === 'line') layer.add(type, [[left, top, left + PIXEL, top]], {});
  else layer.add(type, [[left, top, left + PIXEL, top, left + PIXEL, top + PIXEL, left, top + PIXEL]], {});
}
