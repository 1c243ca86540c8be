import type { BoxClassifier } from '../geometry/classify.ts';
import { EdgeGrid } from '../geometry/edgegrid.ts';
import type { Geometry } from '../store/feature.ts';
import type { Bounds } from '../store/profile.ts';
import { emptyBox, lineEnds } from '../store/shape.ts';

/** A segment of a polygon: from a position to the next. */
export interface Segment {
  polygon: Geometry;
  position: number;
}

/** Lines that come nearer, as a part of the largest coordinate, may cross once places on them are rounded. */
const APART = 2 ** -46;
/** Of fewer segments each is looked at, which takes less than to sort them. */
const FEW = 16;
/** More pairs of rings than this are not compared. */
const MOST_PAIRS = 4_000_000;

/**
 * Whether segments keep away from all others of some polygons, which are valid together. Then each of them may end at any place on it, as rounding
 * gives that, and what the polygons become stays valid.
 * @param largest the largest coordinate, without sign.
 */
export function areClear(segments: readonly Segment[], polygons: readonly Geometry[], largest: number): boolean {
  if (segments.length === 0) return true;
  const apart = largest * APART;
  const edges = new Float64Array(4 * segments.length);
  const near: number[] = [];
  segments.forEach(({ polygon: { xy }, position }, index) => {
    near.push(index);
    for (let i = 0; i < 4; i++) edges[4 * index + i] = xy[2 * position + i] ?? 0;
  });
  const grid = segments.length > FEW ? new EdgeGrid(edges) : null;
  let minX = Infinity;
  let minY = Infinity;
  let maxX = -Infinity;
  let maxY = -Infinity;
  for (let i = 0; i < edges.length; i += 2) {
    minX = Math.min(minX, (edges[i] ?? 0) - apart);
    maxX = Math.max(maxX, (edges[i] ?? 0) + apart);
    minY = Math.min(minY, (edges[i + 1] ?? 0) - apart);
    maxY = Math.max(maxY, (edges[i + 1] ?? 0) + apart);
  }
  for (const polygon of polygons) {
    const { xy } = polygon;
    let from = 0;
    for (const to of lineEnds(polygon)) {
      for (let i = from; i + 1 < to; i++) {
        const ax = xy[2 * i] ?? 0;
        const ay = xy[2 * i + 1] ?? 0;
        const bx = xy[2 * i + 2] ?? 0;
        const by = xy[2 * i + 3] ?? 0;
        if ((ax < minX && bx < minX) || (ax > maxX && bx > maxX) || (ay < minY && by < minY) || (ay > maxY && by > maxY)) continue;
        grid?.within(Math.min(ax, bx) - apart, Math.min(ay, by) - apart, Math.max(ax, bx) + apart, Math.max(ay, by) + apart, near);
        for (const one of near) {
          if (isBeside(edges, 4 * one, xy, 2 * i, apart)) continue;
          const { polygon: own, position = 0 } = segments[one] ?? {};
          const follows = own === polygon ? following(position, i, from, to) : null;
          if (follows !== 'same' && !keepApart(edges, 4 * one, xy, 2 * i, follows, apart)) return false;
        }
      }
      from = to;
    }
  }
  return true;
}

/** The same of one segment and the ring that it is of: the first `count` positions, whose last repeats the first. */
export function isSegmentClear(xy: Float64Array, position: number, count: number, largest: number): boolean {
  const apart = largest * APART;
  const x1 = xy[2 * position] ?? 0;
  const y1 = xy[2 * position + 1] ?? 0;
  const x2 = xy[2 * position + 2] ?? 0;
  const y2 = xy[2 * position + 3] ?? 0;
  const west = Math.min(x1, x2) - apart;
  const south = Math.min(y1, y2) - apart;
  const east = Math.max(x1, x2) + apart;
  const north = Math.max(y1, y2) + apart;
  for (let i = 0; i + 1 < count; i++) {
    const ax = xy[2 * i] ?? 0;
    const ay = xy[2 * i + 1] ?? 0;
    const bx = xy[2 * i + 2] ?? 0;
    const by = xy[2 * i + 3] ?? 0;
    if ((ax < west && bx < west) || (ax > east && bx > east) || (ay < south && by < south) || (ay > north && by > north)) continue;
    const follows = following(position, i, 0, count);
    if (follows !== 'same' && !keepApart(xy, 2 * position, xy, 2 * i, follows, apart)) return false;
  }
  return true;
}

/**
 * Whether rings of a polygon surely do not touch each other, by their boxes: those of its holes, and of its outer ring's segments. False too where it
 * would take too long to tell.
 * @param spans positions of each ring, from the first to before another.
 * @param largest the largest coordinate, without sign.
 */
export function areRingsApart({ xy }: Geometry, spans: readonly (readonly [from: number, to: number])[], largest: number): boolean {
  if (spans.length <= 1) return true;
  const apart = largest * APART;
  const outer = spans.find(([from]) => from === 0);
  const boxes = spans.filter((span) => span !== outer).map(([from, to]) => boxAround(xy, from, to, apart));
  boxes.sort((a, b) => a[0] - b[0]);
  let pairs = 0;
  for (const [index, [, south, east, north]] of boxes.entries())
    for (let other = index + 1; other < boxes.length; other++) {
      const [otherWest, otherSouth, , otherNorth] = boxes[other] ?? [Infinity, 0, 0, 0];
      if (otherWest > east) break;
      if ((otherSouth <= north && otherNorth >= south) || ++pairs > MOST_PAIRS) return false;
    }
  if (!outer) return true;
  // A ring that is partly in a box crosses one of its sides.
  const sides = new EdgeGrid(Float64Array.from(boxes.flatMap(sidesOf)));
  const near: number[] = [];
  for (let i = outer[0]; i + 1 < outer[1]; i++) {
    const [west, south, east, north] = boxAround(xy, i, i + 2, apart);
    sides.within(west, south, east, north, near);
    for (const side of near) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = sides.edges.subarray(4 * side, 4 * side + 4);
      if (Math.min(x1, x2) <= east && Math.max(x1, x2) >= west && Math.min(y1, y2) <= north && Math.max(y1, y2) >= south) return false;
    }
  }
  return true;
}

/** The box of some positions, and a little around it. */
function boxAround(xy: Float64Array, from: number, to: number, around: number): Bounds {
  const box = emptyBox();
  for (let i = from; i < to; i++) {
    const [x, y] = [xy[2 * i] ?? 0, xy[2 * i + 1] ?? 0];
    box[0] = Math.min(box[0], x - around);
    box[1] = Math.min(box[1], y - around);
    box[2] = Math.max(box[2], x + around);
    box[3] = Math.max(box[3], y + around);
  }
  return box;
}

function sidesOf([west, south, east, north]: Bounds): number[] {
  return [west, south, east, south, east, south, east, north, east, north, west, north, west, north, west, south];
}

/** Whether two segments of a polygon are the same, or one begins where the other ends, on a ring from a position to before another. */
function following(one: number, other: number, from: number, to: number): 'same' | 'after' | 'before' | null {
  if (one === other) return 'same';
  if (other === one + 1 || (one === to - 2 && other === from)) return one >= from && one < to - 1 ? 'after' : null;
  if (other === one - 1 || (one === from && other === to - 2)) return one >= from && one < to - 1 ? 'before' : null;
  return null;
}

/** Whether two segments that do not cross are farther apart than that; of those that share an end, whether they do not lie on each other. */
function keepApart(a: Float64Array, atA: number, b: Float64Array, atB: number, follows: 'after' | 'before' | null, apart: number): boolean {
  return (
    (follows === 'before' || isAway(a, atA, b, atB, apart)) &&
    (follows === 'after' || isAway(a, atA + 2, b, atB, apart)) &&
    (follows === 'after' || isAway(b, atB, a, atA, apart)) &&
    (follows === 'before' || isAway(b, atB + 2, a, atA, apart))
  );
}

/** Whether the boxes of two segments are farther apart than that. */
function isBeside(a: Float64Array, atA: number, b: Float64Array, atB: number, apart: number): boolean {
  for (let axis = 0; axis < 2; axis++) {
    const a1 = a[atA + axis] ?? 0;
    const a2 = a[atA + axis + 2] ?? 0;
    const b1 = b[atB + axis] ?? 0;
    const b2 = b[atB + axis + 2] ?? 0;
    if (Math.max(a1, a2) + apart < Math.min(b1, b2) || Math.min(a1, a2) - apart > Math.max(b1, b2)) return true;
  }
  return false;
}

/** Whether a place is farther from a segment than that. */
function isAway(places: Float64Array, at: number, segments: Float64Array, from: number, apart: number): boolean {
  const px = places[at] ?? 0;
  const py = places[at + 1] ?? 0;
  const x = segments[from] ?? 0;
  const y = segments[from + 1] ?? 0;
  const dx = (segments[from + 2] ?? 0) - x;
  const dy = (segments[from + 3] ?? 0) - y;
  const length = dx * dx + dy * dy;
  const along = length > 0 ? Math.max(0, Math.min(1, ((px - x) * dx + (py - y) * dy) / length)) : 0;
  return Math.abs(px - x - along * dx) + Math.abs(py - y - along * dy) > 2 * apart;
}

const CLEAR = 1;
const TOUCHED = 2;

/** Tells which edges of a crop keep away from all others. */
export class ClearEdges {
  readonly #crop: BoxClassifier;
  /** What is known of each edge; 0 is nothing. */
  readonly #known: Uint8Array;
  /** The edge before each. */
  readonly #before: Uint32Array;
  readonly #apart: number;
  readonly #near: number[] = [];

  constructor(crop: BoxClassifier) {
    this.#crop = crop;
    const { grid, next } = crop;
    this.#known = new Uint8Array(next.length);
    this.#before = new Uint32Array(next.length);
    next.forEach((after, edge) => {
      this.#before[after] = edge;
    });
    this.#apart = 16 * APART * Math.max(Math.abs(grid.minX), Math.abs(grid.minY), Math.abs(grid.maxX), Math.abs(grid.maxY));
  }

  /** @param largest of the coordinates that meet the edge, without sign. */
  has(edge: number, largest: number): boolean {
    if (!(largest * APART <= this.#apart)) return false;
    this.#known[edge] ||= this.#isClear(edge) ? CLEAR : TOUCHED;
    return this.#known[edge] === CLEAR;
  }

  #isClear(edge: number): boolean {
    const { grid, next } = this.#crop;
    const { edges } = grid;
    const apart = this.#apart;
    const [ax = 0, ay = 0, bx = 0, by = 0] = edges.subarray(4 * edge, 4 * edge + 4);
    grid.within(Math.min(ax, bx) - apart, Math.min(ay, by) - apart, Math.max(ax, bx) + apart, Math.max(ay, by) + apart, this.#near);
    return this.#near.every((other) => {
      if (other === edge) return true;
      const follows = other === next[edge] ? 'after' : other === this.#before[edge] ? 'before' : null;
      return keepApart(edges, 4 * edge, edges, 4 * other, follows, apart);
    });
  }
}
