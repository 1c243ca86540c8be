import { type BoxClass, BoxClassifier } from '../../geometry/classify.ts';
import type { MultiPolygon } from '../../geometry/polygons.ts';

/** Rows whose crossings are found at a time. */
const ROWS = 512;

/** Which pixels of a grid lie in some polygons: those whose centre does, by the rule of gdalwarp's -cutline. */
export class Coverage {
  /** The bounds of the polygons, in pixels. */
  readonly bounds: { minX: number; minY: number; maxX: number; maxY: number };
  readonly #classifier: BoxClassifier;
  /** From x, y to x, y of each edge: along the upper side of what the ring encloses, hole or not, to the right. */
  readonly #edges: Float64Array;
  /** Where the crossings of each row begin, and how many there are. */
  readonly #starts = new Uint32Array(ROWS + 1);
  readonly #counts = new Uint32Array(ROWS);
  #crossings = new Int32Array(1024);

  /** @param polygons in pixels, from the upper left corner of the grid to the right and down. */
  constructor(polygons: MultiPolygon) {
    this.#classifier = new BoxClassifier(polygons);
    const { minX, minY, maxX, maxY } = this.#classifier.grid;
    this.bounds = { minX, minY, maxX, maxY };
    const edges: number[] = [];
    for (const ring of polygons.flat()) {
      const first = edges.length;
      let area = 0;
      for (let i = 0; i + 1 < ring.length; i++) {
        const [x1 = 0, y1 = 0] = ring[i] ?? [];
        const [x2 = 0, y2 = 0] = ring[i + 1] ?? [];
        area += (x1 - minX) * (y2 - minY) - (x2 - minX) * (y1 - minY);
        edges.push(x1, y1, x2, y2);
      }
      if (area < 0) turnAround(edges, first);
    }
    this.#edges = Float64Array.from(edges);
  }

  /** Where a box of pixels lies; `inside` and `outside` are certain. */
  classify(x: number, y: number, width: number, height: number): BoxClass {
    return this.#classifier.classify(x, y, x + width, y + height);
  }

  /**
   * Marks the pixels of a box that are covered with 1, the others with 0.
   * @param marks row by row, `stride` pixels each.
   * @param shift of an overview: a pixel is 2^shift pixels wide and high, and covered where any of those is.
   * @returns how many are covered.
   */
  mark(marks: Uint8Array, stride: number, x: number, y: number, width: number, height: number, shift: number): number {
    marks.fill(0);
    const left = x * 2 ** shift;
    const fineWidth = width * 2 ** shift;
    const bottom = (y + height) * 2 ** shift;
    for (let top = y * 2 ** shift; top < bottom; top += ROWS) {
      const rows = Math.min(ROWS, bottom - top);
      this.#cross(left, top, fineWidth, rows);
      for (let row = 0; row < rows; row++) {
        const first = this.#starts[row] ?? 0;
        const end = first + (this.#counts[row] ?? 0);
        if (end === first) continue;
        this.#sort(first, end);
        const base = (Math.floor((top + row) / 2 ** shift) - y) * stride;
        // The edge that closes the last span may be right of the box, and left out.
        for (let at = first; at < end; at += 2)
          fill(marks, base, this.#crossings[at] ?? 0, at + 1 < end ? (this.#crossings[at + 1] ?? 0) : fineWidth, shift);
      }
    }
    this.#markLevelEdges(marks, stride, left, y, fineWidth, height, shift);
    return countMarks(marks);
  }

  /** Finds where the edges cross the middles of rows, as columns from the left: the first whose centre lies right of the crossing. */
  #cross(left: number, top: number, width: number, rows: number): void {
    this.#counts.fill(0);
    this.#eachCrossing(left, top, width, rows, false);
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      this.#starts[row] = sum;
      sum += this.#counts[row] ?? 0;
    }
    if (sum > this.#crossings.length) this.#crossings = new Int32Array(2 * sum);
    this.#counts.fill(0);
    this.#eachCrossing(left, top, width, rows, true);
  }

  /** Counts, or keeps, the crossings. Edges right of the box are left out: what lies in the box is told by those to the left. */
  #eachCrossing(left: number, top: number, width: number, rows: number, keep: boolean): void {
    const edges = this.#edges;
    const right = left + width;
    for (let i = 0; i < edges.length; i += 4) {
      let x1 = edges[i] ?? 0;
      let y1 = edges[i + 1] ?? 0;
      let x2 = edges[i + 2] ?? 0;
      let y2 = edges[i + 3] ?? 0;
      if ((y1 < top && y2 < top) || (y1 > top + rows && y2 > top + rows) || (x1 > right + 1 && x2 > right + 1)) continue;
      if (y1 > y2) [x1, y1, x2, y2] = [x2, y2, x1, y1];
      // A row's middle belongs to the edge from its upper end, the end itself included, to its lower one, excluded.
      const last = Math.min(rows - 1, Math.ceil(y2 - 0.5) - 1 - top);
      for (let row = Math.max(0, Math.ceil(y1 - 0.5) - top); row <= last; row++) {
        const at = this.#counts[row] ?? 0;
        this.#counts[row] = at + 1;
        if (!keep) continue;
        const x = ((top + row + 0.5 - y1) * (x2 - x1)) / (y2 - y1) + x1;
        this.#crossings[(this.#starts[row] ?? 0) + at] = Math.max(0, Math.min(width, Math.floor(x + 0.5) - left));
      }
    }
  }

  #sort(first: number, end: number): void {
    const crossings = this.#crossings;
    if (end - first > 32) {
      crossings.subarray(first, end).sort();
      return;
    }
    for (let i = first + 1; i < end; i++) {
      const value = crossings[i] ?? 0;
      let to = i;
      for (; to > first && (crossings[to - 1] ?? 0) > value; to--) crossings[to] = crossings[to - 1] ?? 0;
      crossings[to] = value;
    }
  }

  /** GDAL counts an edge along the middle of a row as inside where it is on the upper side of what its ring encloses, which may be a hole. */
  #markLevelEdges(marks: Uint8Array, stride: number, left: number, y: number, width: number, height: number, shift: number): void {
    const edges = this.#edges;
    for (let i = 0; i < edges.length; i += 4) {
      const level = edges[i + 1] ?? 0;
      const [from, to] = [edges[i] ?? 0, edges[i + 2] ?? 0];
      if (level !== edges[i + 3] || from >= to || level % 1 !== 0.5) continue;
      const row = Math.floor(Math.floor(level) / 2 ** shift) - y;
      if (row < 0 || row >= height) continue;
      const first = Math.max(0, Math.floor(from + 0.5) - left);
      fill(marks, row * stride, first, Math.min(width, Math.floor(to + 0.5) - left), shift);
    }
  }
}

/** Marks the pixels that have any of the columns from one up to another. */
function fill(marks: Uint8Array, base: number, from: number, to: number, shift: number): void {
  if (to > from) marks.fill(1, base + (from >> shift), base + ((to - 1) >> shift) + 1);
}

/** How many are 1: they are added four at a time, as bytes of a word, as long as none of those comes to 256. */
function countMarks(marks: Uint8Array): number {
  const fours = new Uint32Array(marks.buffer, marks.byteOffset, marks.length >> 2);
  let count = 0;
  for (let from = 0; from < fours.length; from += 255) {
    const to = Math.min(from + 255, fours.length);
    let sum = 0;
    for (let i = from; i < to; i++) sum += fours[i] ?? 0;
    count += (sum & 255) + ((sum >>> 8) & 255) + ((sum >>> 16) & 255) + (sum >>> 24);
  }
  for (let i = fours.length << 2; i < marks.length; i++) count += marks[i] ?? 0;
  return count;
}

/** Turns each edge from some place on around. */
function turnAround(edges: number[], first: number): void {
  for (let at = first; at < edges.length; at += 4) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = edges.slice(at, at + 4);
    [edges[at], edges[at + 1], edges[at + 2], edges[at + 3]] = [x2, y2, x1, y1];
  }
}
