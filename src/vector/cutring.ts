import type { BoxClass, BoxClassifier } from '../geometry/classify.ts';
import { doubleArea } from '../geometry/orientation.ts';
import type { FlatGeometry } from '../store/flat.ts';
import { emptyBox } from '../store/shape.ts';
import { type ClearEdges, isSegmentClear } from './clearance.ts';
import { NEAREST } from './cutpolygon.ts';

/** More positions times edges of the crop are left to what looks at fewer of them. */
const MOST_PAIRS = 4096;
/** Of a ring; most have two. */
const MOST_CROSSINGS = 8;
/** The crop's edges that a ring's part may run along. */
const MOST_ALONG = 64;

/** Where the ring crosses an edge of the crop. */
interface Crossing {
  x: number;
  y: number;
  /** The ring's segment, counted from its start with the polygon on the left. */
  segment: number;
  /** How far along the segment it is. */
  part: number;
  edge: number;
  /** How far along the edge it is. */
  edgePart: number;
  /** Whether the ring enters the crop here. */
  enters: boolean;
  used: boolean;
}

/**
 * Cuts a polygon of one ring that crosses the crop's edge a few times, as most on the edge do, where it is: hardly anything is allocated. It gives the
 * very positions that `PolygonCutter` does, to which all else is left.
 */
export class RingCutter {
  readonly #crop: BoxClassifier;
  readonly #clear: ClearEdges;
  readonly #near: number[] = [];
  /** The first `#found` are the ring's, in its order once they are all found. */
  readonly #crossings: Crossing[] = Array.from({ length: MOST_CROSSINGS }, noCrossing);
  #found = 0;
  /** x and y of the rings that were cut, and the number of positions up to the end of each. */
  #xy = new Float64Array(1 << 8);
  #count = 0;
  readonly #ends: number[] = [];
  /** The ring with the polygon on its left: segment k goes from position `first + k * step` to the next. */
  #first = 0;
  #step: 1 | -1 = 1;

  constructor(crop: BoxClassifier, clear: ClearEdges) {
    this.#crop = crop;
    this.#clear = clear;
  }

  /** @returns `cut` where the shape is now the part inside; else it is as it was, and at `edge` it cannot be told here where it lies. */
  cut(shape: FlatGeometry): BoxClass | 'cut' {
    const { count, xy } = shape;
    if (shape.endCount !== 1 || shape.polygonCount !== 1 || shape.hasZ || shape.hasM || shape.isBorrowed) return 'edge';
    let sum = 0;
    // What is infinite or no number stays so times 0.
    for (let i = 0; i < 2 * count; i++) sum += (xy[i] ?? 0) * 0;
    if (sum !== 0 || count < 4) return 'edge';
    const box = emptyBox();
    shape.extendBox(box);
    const [minX, minY, maxX, maxY] = box;
    const { grid } = this.#crop;
    grid.within(minX, minY, maxX, maxY, this.#near);
    if (this.#near.length * count > MOST_PAIRS) return 'edge';
    const largest = Math.max(Math.abs(minX), Math.abs(minY), Math.abs(maxX), Math.abs(maxY));
    const most = Math.max(largest, Math.abs(grid.minX), Math.abs(grid.minY), Math.abs(grid.maxX), Math.abs(grid.maxY));
    const forward = doubleArea(xy, 0, count) > 0;
    this.#first = forward ? 0 : count - 1;
    this.#step = forward ? 1 : -1;
    this.#found = 0;
    for (const edge of this.#near) if (!this.#cross(xy, count - 1, edge, most * NEAREST)) return 'edge';
    if (this.#hasStartIn(minX, minY, maxX, maxY)) return 'edge';
    if (this.#found === 0) return this.#crop.holds(xy[0] ?? 0, xy[1] ?? 0) ? 'inside' : 'outside';
    if (!this.#arePlain(xy, count, largest, most) || !this.#follow(xy, count - 1, most)) return 'edge';
    return this.#give(shape) ? 'cut' : 'edge';
  }

  /** Finds where the ring crosses an edge of the crop. False where it is not plain, or too often with the others. */
  #cross(xy: Float64Array, segments: number, edge: number, nearest: number): boolean {
    const { edges } = this.#crop.grid;
    const px = edges[4 * edge] ?? 0;
    const py = edges[4 * edge + 1] ?? 0;
    const qx = edges[4 * edge + 2] ?? 0;
    const qy = edges[4 * edge + 3] ?? 0;
    const reach = (Math.abs(qx - px) + Math.abs(qy - py)) * nearest;
    const step = 2 * this.#step;
    let at = 2 * this.#first;
    let ax = xy[at] ?? 0;
    let ay = xy[at + 1] ?? 0;
    // Above 0 left of the edge, below it right; as large as the distance times the edge's length.
    let a = (qx - px) * (ay - py) - (qy - py) * (ax - px);
    for (let segment = 0; segment < segments; segment++) {
      at += step;
      const bx = xy[at] ?? 0;
      const by = xy[at + 1] ?? 0;
      const b = (qx - px) * (by - py) - (qy - py) * (bx - px);
      if (!((a > reach && b > reach) || (a < -reach && b < -reach))) {
        const ownReach = (Math.abs(bx - ax) + Math.abs(by - ay)) * nearest;
        const p = (bx - ax) * (py - ay) - (by - ay) * (px - ax);
        const q = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax);
        if (!((p > ownReach && q > ownReach) || (p < -ownReach && q < -ownReach))) {
          if (Math.min(Math.abs(p), Math.abs(q)) <= ownReach || Math.min(Math.abs(a), Math.abs(b)) <= reach) return false;
          const crossing = this.#crossings[this.#found++];
          if (!crossing) return false;
          crossing.segment = segment;
          crossing.part = a / (a - b);
          crossing.edge = edge;
          crossing.edgePart = p / (p - q);
          // An edge along an axis is met on it.
          crossing.x = px === qx ? px : ax + (bx - ax) * crossing.part;
          crossing.y = py === qy ? py : ay + (by - ay) * crossing.part;
          crossing.enters = b > 0;
          crossing.used = false;
        }
      }
      ax = bx;
      ay = by;
      a = b;
    }
    return true;
  }

  /** Whether a ring of the crop that is not crossed begins in a box. */
  #hasStartIn(minX: number, minY: number, maxX: number, maxY: number): boolean {
    const { grid, rings } = this.#crop;
    const crossed = this.#found > 0 ? rings[this.#crossings[0]?.edge ?? 0] : undefined;
    for (const edge of this.#near) {
      if (rings[edge] === crossed || (edge > 0 && rings[edge - 1] === rings[edge])) continue;
      const x = grid.edges[4 * edge] ?? 0;
      const y = grid.edges[4 * edge + 1] ?? 0;
      if (x >= minX && x <= maxX && y >= minY && y <= maxY) return true;
    }
    return false;
  }

  /**
   * Brings the crossings into the ring's order. Whether they are of one ring of the crop, enter and leave it by turns, are not nearer to each other than
   * rounding can tell, and on segments that keep away from the ring's others.
   */
  #arePlain(xy: Float64Array, count: number, largest: number, most: number): boolean {
    const crossings = this.#crossings;
    const { rings } = this.#crop;
    const first = rings[crossings[0]?.edge ?? 0];
    for (let i = 0; i < this.#found; i++) {
      const own = crossings[i];
      if (!own || rings[own.edge] !== first) return false;
      const from = this.#first + own.segment * this.#step;
      if (!isSegmentClear(xy, Math.min(from, from + this.#step), count, largest)) return false;
      let to = i;
      for (let j = i - 1; j >= 0; j--) {
        const other = crossings[j];
        if (!other || Math.abs(own.x - other.x) + Math.abs(own.y - other.y) <= 4 * most * NEAREST) return false;
        if (!isBefore(own, other)) continue;
        crossings[j + 1] = other;
        to = j;
      }
      crossings[to] = own;
    }
    for (let i = 0; i < this.#found; i++) if (crossings[i]?.enters === this.#after(i)?.enters) return false;
    return true;
  }

  /** The crossing that the ring comes to after another. */
  #after(number: number): Crossing | undefined {
    return this.#crossings[number + 1 === this.#found ? 0 : number + 1];
  }

  /** Goes along the ring where it is in the crop, and along the crop where that is in the ring. False where that does not close plainly. */
  #follow(xy: Float64Array, segments: number, most: number): boolean {
    this.#count = 0;
    this.#ends.length = 0;
    for (let number = 0; number < this.#found; number++) {
      const start = this.#crossings[number];
      if (!start?.enters || start.used) continue;
      let enter = start;
      do {
        const exit = this.#after(this.#crossings.indexOf(enter));
        if (!exit || enter.used) return false;
        enter.used = true;
        exit.used = true;
        this.#alongRing(xy, segments, enter, exit);
        const following = this.#alongCrop(exit, most);
        if (!following?.enters) return false;
        enter = following;
      } while (enter !== start);
      this.#push(start.x, start.y);
      this.#ends.push(this.#count);
    }
    for (let number = 0; number < this.#found; number++) if (!this.#crossings[number]?.used) return false;
    return true;
  }

  /** The positions from where the ring enters the crop to where it leaves it. */
  #alongRing(xy: Float64Array, segments: number, enter: Crossing, exit: Crossing): void {
    this.#push(enter.x, enter.y);
    const last = isBefore(exit, enter) ? exit.segment + segments : exit.segment;
    for (let segment = enter.segment + 1; segment <= last; segment++) {
      const at = 2 * (this.#first + (segment % segments) * this.#step);
      this.#push(xy[at] ?? 0, xy[at + 1] ?? 0);
    }
    this.#push(exit.x, exit.y);
  }

  /** The crop's corners from where the ring leaves it to the next crossing, which it gives. Null where an edge meets another, or there are too many. */
  #alongCrop(exit: Crossing, most: number): Crossing | null {
    const { grid, next } = this.#crop;
    let edge = exit.edge;
    let behind = exit.edgePart;
    for (let i = 0; i < MOST_ALONG; i++) {
      if (!this.#clear.has(edge, most)) return null;
      const following = this.#firstOn(edge, behind);
      if (following) return following;
      edge = next[edge] ?? 0;
      behind = -1;
      this.#push(grid.edges[4 * edge] ?? 0, grid.edges[4 * edge + 1] ?? 0);
    }
    return null;
  }

  /** The first crossing on an edge that is farther along it than that. */
  #firstOn(edge: number, behind: number): Crossing | null {
    let first: Crossing | null = null;
    for (let i = 0; i < this.#found; i++) {
      const crossing = this.#crossings[i];
      if (crossing?.edge !== edge || crossing.edgePart <= behind) continue;
      if (!first || crossing.edgePart < first.edgePart) first = crossing;
    }
    return first;
  }

  #push(x: number, y: number): void {
    const at = 2 * this.#count++;
    if (at + 2 > this.#xy.length) {
      const more = new Float64Array(2 * this.#xy.length);
      more.set(this.#xy);
      this.#xy = more;
    }
    this.#xy[at] = x;
    this.#xy[at + 1] = y;
  }

  /** Makes the shape what was cut, small parts first. False where a part is no outer ring. */
  #give(shape: FlatGeometry): boolean {
    const parts: { from: number; to: number; area: number }[] = [];
    let from = 0;
    for (const to of this.#ends) {
      const area = doubleArea(this.#xy, from, to);
      if (!(area > 0)) return false;
      parts.push({ from, to, area });
      from = to;
    }
    parts.sort((one, other) => one.area - other.area);
    shape.clear(parts.length > 1 ? 'MultiPolygon' : shape.type, false, false);
    for (const part of parts) shape.addRing(this.#xy, part.from, part.to, this.#step);
    return true;
  }
}

/** Whether the ring comes to a crossing before it comes to another. */
function isBefore(one: Crossing, other: Crossing): boolean {
  return one.segment < other.segment || (one.segment === other.segment && one.part < other.part);
}

function noCrossing(): Crossing {
  // Numbers that are no integers, so that what a crossing is has one form for V8.
  return { x: 0.5, y: 0.5, segment: 0, part: 0.5, edge: 0, edgePart: 0.5, enters: false, used: false };
}
