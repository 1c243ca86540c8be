import { EdgeGrid, type SortedEdges } from './edgegrid.ts';
import { ORIENTATION_ERROR, orientation } from './orientation.ts';
import type { MultiPolygon } from './polygons.ts';

/** Where a box lies: wholly inside the polygons, wholly outside, or neither for sure. */
export type BoxClass = 'inside' | 'outside' | 'edge';

/** Of a cell without edges. */
const OUTSIDE = 0;
const INSIDE = 1;
/** A cell with edges. */
const EDGE = 2;
/** Cells of a box that are looked at one by one; of more it is first asked whether any has edges. */
const FEW_CELLS = 4;
/** Where on a line that meets no edge it is looked at, until it is sure. */
const BETWEEN = [0.5, 0.35, 0.65, 0.1, 0.9];

/** The edges of polygons, sorted into the cells of a grid: plain data, which other threads need not find out again. */
export interface PolygonIndex extends SortedEdges {
  edges: Float64Array;
  mostCells: number | undefined;
  next: Uint32Array;
  rings: Uint32Array;
  /** Of each cell, row by row. */
  kinds: Uint8Array;
  /** How many cells south and west of each grid corner have edges. */
  sums: Uint32Array;
}

/**
 * Says where boxes and points lie to some polygons, by a grid of cells that are inside, outside, or have edges. `inside` and `outside` are certain;
 * a box that touches an edge, or comes nearer than rounding can tell, is `edge`.
 */
export class BoxClassifier {
  readonly grid: EdgeGrid;
  /** The edge that follows each edge on its ring. The polygons lie left of their edges. */
  readonly next: Uint32Array;
  /** The ring of each edge, counted over all polygons; a ring's edges follow each other. */
  readonly rings: Uint32Array;
  readonly #kinds: Uint8Array;
  readonly #sums: Uint32Array;

  /**
   * @param polygons or the index of some.
   * @param mostCells of a grid that is made; fewer take less time to make, and more to ask.
   */
  constructor(polygons: MultiPolygon | PolygonIndex, mostCells?: number) {
    const index = 'edges' in polygons ? polygons : indexPolygons(polygons, mostCells);
    this.grid = new EdgeGrid(index.edges, index.mostCells, index);
    this.next = index.next;
    this.rings = index.rings;
    this.#kinds = index.kinds;
    this.#sums = index.sums;
  }

  classify(minX: number, minY: number, maxX: number, maxY: number): BoxClass {
    const { grid } = this;
    if (!(minX <= grid.maxX && maxX >= grid.minX && minY <= grid.maxY && maxY >= grid.minY)) return 'outside';
    const c0 = grid.columnOf(minX);
    const c1 = grid.columnOf(maxX);
    const r0 = grid.rowOf(minY);
    const r1 = grid.rowOf(maxY);
    const corner = this.#kinds[r0 * grid.columns + c0];
    if (c0 === c1 && r0 === r1) {
      if (corner !== EDGE) return corner === INSIDE ? 'inside' : 'outside';
    } else if ((c1 - c0 + 1) * (r1 - r0 + 1) > FEW_CELLS) {
      if (this.#edgeCells(c0, r0, c1, r1) === 0) return corner === INSIDE ? 'inside' : 'outside';
      if (this.#edgeCells(c0 + 1, r0 + 1, c1 - 1, r1 - 1) > 0) return 'edge';
    }
    let plain = EDGE;
    for (let row = r0; row <= r1; row++) {
      // Cells that the box covers whole have no edges, as was asked above.
      const step = row > r0 && row < r1 && c1 - c0 > 1 ? c1 - c0 : 1;
      for (let column = c0; column <= c1; column += step) {
        const cell = row * grid.columns + column;
        const kind = this.#kinds[cell] ?? OUTSIDE;
        if (kind !== EDGE) plain = kind;
        else if (this.#meetsIn(cell, minX, minY, maxX, maxY)) return 'edge';
      }
    }
    const inside = plain === EDGE ? this.holds(Math.max(minX, grid.minX), Math.max(minY, grid.minY)) : plain === INSIDE;
    return inside ? 'inside' : 'outside';
  }

  /** Whether a point lies inside or on an edge, by the even-odd rule. Exact. */
  holds(x: number, y: number): boolean {
    const { grid } = this;
    const { edges, starts, members, columns } = grid;
    if (!(x >= grid.minX && x <= grid.maxX && y >= grid.minY && y <= grid.maxY)) return false;
    const own = grid.columnOf(x);
    const base = grid.rowOf(y) * columns;
    const kind = this.#kinds[base + own];
    if (kind !== EDGE) return kind === INSIDE;
    // From the next cell to the west until one that has no edges: an edge counts in the one cell where it crosses the point's y.
    let inside = false;
    for (let column = Math.min(own + 1, columns - 1); column >= 0; column--) {
      const cell = base + column;
      const cellKind = this.#kinds[cell];
      if (cellKind !== EDGE) {
        if (column > own) continue;
        return inside !== (cellKind === INSIDE);
      }
      const end = starts[cell + 1] ?? 0;
      for (let at = starts[cell] ?? 0; at < end; at++) {
        const edge = 4 * (members[at] ?? 0);
        const x1 = edges[edge] ?? 0;
        const y1 = edges[edge + 1] ?? 0;
        const x2 = edges[edge + 2] ?? 0;
        const y2 = edges[edge + 3] ?? 0;
        if (y1 > y === y2 > y) {
          if (column === own && ((x === x1 && y === y1) || (y1 === y && y2 === y && x1 < x !== x2 < x))) return true;
          continue;
        }
        const counts = grid.columnOf(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) === column;
        if (column < own - 1) {
          if (counts) inside = !inside;
          continue;
        }
        const side = orientation(x1, y1, x2, y2, x, y);
        if (side === 0) return true;
        if (counts && side > 0 === y1 > y2) inside = !inside;
      }
    }
    return inside;
  }

  /**
   * Whether a line lies inside that meets no edge but at its ends. A position on it is rounded, and may come to lie on a corner that the line passes
   * by: one that is surely inside or outside decides.
   */
  holdsBetween(x1: number, y1: number, x2: number, y2: number): boolean {
    for (const part of BETWEEN) {
      const x = x1 + part * (x2 - x1);
      const y = y1 + part * (y2 - y1);
      const place = this.classify(x, y, x, y);
      if (place !== 'edge') return place === 'inside';
    }
    return this.holds((x1 + x2) / 2, (y1 + y2) / 2);
  }

  /** Whether any cell of the box of a line, from one position to another, has edges; without, the line comes near none. */
  isNearEdge(xy: Float64Array, from: number, to: number): boolean {
    const { grid } = this;
    const x1 = xy[2 * from] ?? 0;
    const y1 = xy[2 * from + 1] ?? 0;
    const x2 = xy[2 * to] ?? 0;
    const y2 = xy[2 * to + 1] ?? 0;
    const minX = Math.min(x1, x2);
    const minY = Math.min(y1, y2);
    const maxX = Math.max(x1, x2);
    const maxY = Math.max(y1, y2);
    if (!(minX <= grid.maxX && maxX >= grid.minX && minY <= grid.maxY && maxY >= grid.minY)) return false;
    const c0 = grid.columnOf(minX);
    const c1 = grid.columnOf(maxX);
    const r0 = grid.rowOf(minY);
    const r1 = grid.rowOf(maxY);
    if (c0 === c1 && r0 === r1) return this.#kinds[r0 * grid.columns + c0] === EDGE;
    return this.#edgeCells(c0, r0, c1, r1) > 0;
  }

  /** How many cells have edges, from one column and row to another. */
  #edgeCells(c0: number, r0: number, c1: number, r1: number): number {
    if (c1 < c0 || r1 < r0) return 0;
    const width = this.grid.columns + 1;
    const [low, high] = [r0 * width, (r1 + 1) * width];
    const sums = this.#sums;
    return (sums[high + c1 + 1] ?? 0) - (sums[high + c0] ?? 0) - (sums[low + c1 + 1] ?? 0) + (sums[low + c0] ?? 0);
  }

  #meetsIn(cell: number, minX: number, minY: number, maxX: number, maxY: number): boolean {
    const { edges, starts, members } = this.grid;
    const end = starts[cell + 1] ?? 0;
    for (let at = starts[cell] ?? 0; at < end; at++) {
      const edge = 4 * (members[at] ?? 0);
      if (boxMeets(edges[edge] ?? 0, edges[edge + 1] ?? 0, edges[edge + 2] ?? 0, edges[edge + 3] ?? 0, minX, minY, maxX, maxY)) return true;
    }
    return false;
  }
}

/** Whether an edge meets a box: their boxes do, and the box's corners lie not all on one side of the edge for sure. */
function boxMeets(x1: number, y1: number, x2: number, y2: number, minX: number, minY: number, maxX: number, maxY: number): boolean {
  if ((x1 < minX && x2 < minX) || (x1 > maxX && x2 > maxX) || (y1 < minY && y2 < minY) || (y1 > maxY && y2 > maxY)) return false;
  const dx = x2 - x1;
  const dy = y2 - y1;
  // The corner farthest to the left of the edge, then the one farthest to the right.
  const a = dx * ((dx > 0 ? maxY : minY) - y1);
  const b = dy * ((dy > 0 ? minX : maxX) - x1);
  if (a - b < -ORIENTATION_ERROR * (Math.abs(a) + Math.abs(b))) return false;
  const c = dx * ((dx > 0 ? minY : maxY) - y1);
  const d = dy * ((dy > 0 ? maxX : minX) - x1);
  return !(c - d > ORIENTATION_ERROR * (Math.abs(c) + Math.abs(d)));
}

/** @param mostCells see EdgeGrid. */
export function indexPolygons(polygons: MultiPolygon, mostCells?: number): PolygonIndex {
  const most = polygons.reduce((sum, polygon) => polygon.reduce((all, ring) => all + ring.length, sum), 0);
  const edges = new Float64Array(4 * most);
  const next = new Uint32Array(most);
  const rings = new Uint32Array(most);
  let [count, ringCount] = [0, 0];
  for (const polygon of polygons) {
    polygon.forEach((ring, index) => {
      const first = count;
      count = addEdges(edges, count, ring, index === 0);
      for (let edge = first; edge < count; edge++) {
        next[edge] = edge + 1 < count ? edge + 1 : first;
        rings[edge] = ringCount;
      }
      ringCount++;
    });
  }
  const grid = new EdgeGrid(edges.slice(0, 4 * count), mostCells);
  const kinds = kindsOf(grid);
  return {
    edges: grid.edges,
    starts: grid.starts,
    members: grid.members,
    mostCells,
    next: next.slice(0, count),
    rings: rings.slice(0, count),
    kinds,
    sums: sumsOf(grid, kinds),
  };
}

/** Adds the edges of a ring, with the polygon on their left; none of length 0. Gives how many there are then. */
function addEdges(edges: Float64Array, count: number, ring: readonly number[][], outer: boolean): number {
  const last = ring.length - 1;
  const isBackwards = signedArea(ring) > 0 !== outer;
  let at = 4 * count;
  for (let i = 0; i < last; i++) {
    const [from, to] = isBackwards ? [last - i, last - i - 1] : [i, i + 1];
    const x1 = ring[from]?.[0] ?? 0;
    const y1 = ring[from]?.[1] ?? 0;
    const x2 = ring[to]?.[0] ?? 0;
    const y2 = ring[to]?.[1] ?? 0;
    if (x1 === x2 && y1 === y2) continue;
    edges[at] = x1;
    edges[at + 1] = y1;
    edges[at + 2] = x2;
    edges[at + 3] = y2;
    at += 4;
  }
  return at / 4;
}

/** Above 0 where a ring is counter-clockwise; taken from its first position, so that large coordinates lose nothing. */
function signedArea(ring: readonly number[][]): number {
  const originX = ring[0]?.[0] ?? 0;
  const originY = ring[0]?.[1] ?? 0;
  let [area, x1, y1] = [0, 0, 0];
  for (let i = 1; i < ring.length; i++) {
    const x2 = (ring[i]?.[0] ?? 0) - originX;
    const y2 = (ring[i]?.[1] ?? 0) - originY;
    area += x1 * y2 - x2 * y1;
    x1 = x2;
    y1 = y2;
  }
  return area;
}

// Each inner loop is a function of its own: it is called often, so that V8 compiles it for good.

function kindsOf(grid: EdgeGrid): Uint8Array {
  const { edges, columns, rows } = grid;
  const kinds = new Uint8Array(columns * rows);
  for (let edge = 0; edge < edges.length; edge += 4) cross(grid, edge, kinds);
  for (let row = 0; row < rows; row++) fill(grid, row, kinds);
  return kinds;
}

/** Notes where an edge crosses the middles of rows: a cell's middle is inside where an odd number of edges do so west of it. */
function cross(grid: EdgeGrid, edge: number, kinds: Uint8Array): void {
  const { edges, columns } = grid;
  const x1 = edges[edge] ?? 0;
  const y1 = edges[edge + 1] ?? 0;
  const x2 = edges[edge + 2] ?? 0;
  const y2 = edges[edge + 3] ?? 0;
  const to = grid.rowOf(Math.max(y1, y2));
  for (let row = grid.rowOf(Math.min(y1, y2)); row <= to; row++) {
    const y = grid.middleOf(row);
    if (y1 > y === y2 > y) continue;
    const column = grid.columnRightOf(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
    if (column < columns) kinds[row * columns + column] = 1 - (kinds[row * columns + column] ?? 0);
  }
}

/** Goes along a row from the west. */
function fill({ columns, starts }: EdgeGrid, row: number, kinds: Uint8Array): void {
  let inside = 0;
  for (let cell = row * columns; cell < (row + 1) * columns; cell++) {
    inside ^= kinds[cell] ?? 0;
    kinds[cell] = (starts[cell + 1] ?? 0) > (starts[cell] ?? 0) ? EDGE : inside;
  }
}

function sumsOf({ columns, rows }: EdgeGrid, kinds: Uint8Array): Uint32Array {
  const sums = new Uint32Array((columns + 1) * (rows + 1));
  for (let row = 0; row < rows; row++) sumUp(columns, row, kinds, sums);
  return sums;
}

function sumUp(columns: number, row: number, kinds: Uint8Array, sums: Uint32Array): void {
  const below = row * (columns + 1) + 1;
  const own = below + columns + 1;
  let sum = 0;
  for (let column = 0; column < columns; column++) {
    if (kinds[row * columns + column] === EDGE) sum++;
    sums[own + column] = (sums[below + column] ?? 0) + sum;
  }
}
