import type { ByteBuffer } from '../store/bytes.ts';
import { PER_POINT } from './layerstyle.ts';
import type { Box } from './view.ts';

/** What is tinted: the insides of polygons, their outlines, and lines, each in a colour of its own. */
export const TINTS = ['fills', 'outlines', 'lines'] as const;
/** Side of the squares that a tint is made of, in points: finer than a screen shows at the size of the page. */
export const TINT_SIDE = 0.5;
/** What a square covered once counts in a file of tints. */
export const COVERED = 1 << 16;
/** Bytes of a square in such a file: its number with that of the tint, and how far it is covered, 32 bits each. */
export const TINT_BYTES = 8;
/** Cover that would not be seen, and that sums leave behind where there is none. */
const UNSEEN = 1 / 1024;

/** Columns and rows of squares over a frame. */
export function tintSize({ width, height }: Pick<Box, 'width' | 'height'>): [columns: number, rows: number] {
  return [Math.ceil(width / TINT_SIDE), Math.ceil(height / TINT_SIDE)];
}

/**
 * How far features that are too small to be drawn cover each square of the map. What they cover is summed up exactly: each edge is noted in the squares
 * that it crosses, by how much of the row lies right of it, and sums from left to right then are what is inside (Levien, "font-rs").
 */
export class Tint {
  readonly #columns: number;
  readonly #rows: number;
  readonly #left: number;
  readonly #bottom: number;
  /** By tint and row, as far as there is anything: a batch is in a small part of the map. */
  readonly #sums = TINTS.map(() => new Map<number, Float32Array>());
  /** Rows of zeros, to be used again. */
  readonly #spare: Float32Array[] = [];

  constructor(frame: Box) {
    [this.#columns, this.#rows] = tintSize(frame);
    this.#left = frame.x;
    this.#bottom = frame.y;
  }

  /**
   * Covers the inside of a ring, or takes that of a hole away.
   * @param path x and y of its positions, in hundredths of points of the page; the last one is the first.
   */
  ring(path: Float64Array, count: number, isHole: boolean): void {
    let area = 0;
    for (let i = 0; i + 1 < count; i++)
      area += (path[2 * i] ?? 0) * (path[2 * i + 3] ?? 0) - (path[2 * i + 2] ?? 0) * (path[2 * i + 1] ?? 0);
    // Clockwise, the left edges go up, and what is right of them is inside.
    const sign = area < 0 === isHole ? -1 : 1;
    for (let i = 0; i + 1 < count; i++)
      this.#edge(
        this.#column(path[2 * i] ?? 0),
        this.#row(path[2 * i + 1] ?? 0),
        this.#column(path[2 * i + 2] ?? 0),
        this.#row(path[2 * i + 3] ?? 0),
        sign,
      );
  }

  /**
   * Covers a line of a width.
   * @param tint its number in `TINTS`.
   * @param width in points.
   * @param least square points that it covers.
   */
  line(tint: 1 | 2, path: Float64Array, count: number, width: number, least: number): void {
    let length = 0;
    for (let i = 0; i + 1 < count; i++) length += lengthOf(path, i);
    if (length < TINT_SIDE * PER_POINT && least > TINT_SIDE ** 2 && count > 0) {
      this.#spot(tint, path[0] ?? 0, path[1] ?? 0, Math.sqrt(least));
      return;
    }
    const factor = Math.max(width / PER_POINT, length > 0 ? least / length : 0) / TINT_SIDE ** 2;
    for (let i = 0; i + 1 < count; i++) {
      const own = lengthOf(path, i);
      const [x, y, nextX, nextY] = [path[2 * i] ?? 0, path[2 * i + 1] ?? 0, path[2 * i + 2] ?? 0, path[2 * i + 3] ?? 0];
      const pieces = Math.max(1, Math.ceil(own / (TINT_SIDE * PER_POINT)));
      for (let n = 0; n < pieces; n++) {
        const part = (n + 0.5) / pieces;
        this.#dot(tint, x + (nextX - x) * part, y + (nextY - y) * part, (own / pieces) * factor);
      }
    }
    if (length === 0 && count > 0) this.#dot(tint, path[0] ?? 0, path[1] ?? 0, least / TINT_SIDE ** 2);
  }

  /** Writes all squares that are covered, and begins anew. */
  write(out: ByteBuffer): void {
    for (const [tint, rows] of this.#sums.entries()) {
      for (const [row, sums] of [...rows].sort(([a], [b]) => a - b)) {
        let inside = 0;
        for (let column = 0; column < this.#columns; column++) {
          const own = sums[column] ?? 0;
          inside += own;
          const covered = tint === 0 ? inside : own;
          if (covered < UNSEEN) continue;
          out.uint32((row * this.#columns + column) * TINTS.length + tint);
          out.uint32(Math.min(0xffff_ffff, Math.round(covered * COVERED)));
        }
        this.#spare.push(sums.fill(0));
      }
      rows.clear();
    }
  }

  /** In squares; what lies beside the frame lies on its edge. */
  #column(x: number): number {
    return Math.min(this.#columns, Math.max(0, (x / PER_POINT - this.#left) / TINT_SIDE));
  }

  #row(y: number): number {
    return Math.min(this.#rows, Math.max(0, (y / PER_POINT - this.#bottom) / TINT_SIDE));
  }

  #dot(tint: 1 | 2, x: number, y: number, covered: number): void {
    const sums = this.#sumsOf(tint, Math.min(this.#rows - 1, Math.floor(this.#row(y))));
    const column = Math.min(this.#columns - 1, Math.floor(this.#column(x)));
    sums[column] = (sums[column] ?? 0) + covered;
  }

  /** Covers a few squares around a place: those that are nearest to a larger one of a side, in points. */
  #spot(tint: 1 | 2, x: number, y: number, side: number): void {
    const each = Math.max(1, Math.round(side / TINT_SIDE));
    for (let i = 0; i < each; i++)
      for (let j = 0; j < each; j++) {
        const [dx, dy] = [i - (each - 1) / 2, j - (each - 1) / 2].map((squares) => squares * TINT_SIDE * PER_POINT);
        this.#dot(tint, x + (dx ?? 0), y + (dy ?? 0), 1);
      }
  }

  #sumsOf(tint: 0 | 1 | 2, row: number): Float32Array {
    const rows = this.#sums[tint];
    let sums = rows?.get(row);
    if (!sums) {
      // An edge at the right end is noted in the two squares that follow.
      sums = this.#spare.pop() ?? new Float32Array(this.#columns + 2);
      rows?.set(row, sums);
    }
    return sums;
  }

  #edge(x1: number, y1: number, x2: number, y2: number, sign: number): void {
    if (y1 === y2) return;
    const up = y2 > y1 ? sign : -sign;
    const [bottom, top, from] = y2 > y1 ? [y1, y2, x1] : [y2, y1, x2];
    const slope = (x2 - x1) / (y2 - y1);
    const last = Math.ceil(top) - 1;
    let x = from;
    for (let row = Math.floor(bottom); row <= last; row++) {
      const high = Math.min(row + 1, top) - Math.max(row, bottom);
      const next = x + slope * high;
      this.#cross(this.#sumsOf(0, row), Math.min(x, next), Math.max(x, next), up * high);
      x = next;
    }
  }

  /** Notes an edge of a height within a row, from left to right or the other way: each square by how much more of it lies right of the edge than of the one before. */
  #cross(sums: Float32Array, left: number, right: number, height: number): void {
    const first = Math.floor(left);
    const end = Math.max(first + 1, Math.ceil(right));
    let [past, before] = [0, 0];
    for (let column = first; column < end; column++) {
      const next = meanPast(column + 1, left, right);
      const whole = next - past;
      sums[column] = (sums[column] ?? 0) + height * (whole - before);
      [past, before] = [next, whole];
    }
    sums[end] = (sums[end] ?? 0) + height * (1 - before);
  }
}

/** How long the piece of a path is that begins with a position. */
function lengthOf(path: Float64Array, i: number): number {
  return Math.hypot((path[2 * i + 2] ?? 0) - (path[2 * i] ?? 0), (path[2 * i + 3] ?? 0) - (path[2 * i + 1] ?? 0));
}

/** How far places from `left` to `right` are left of x, on average; nothing where they are right of it. */
function meanPast(x: number, left: number, right: number): number {
  if (x >= right) return x - (left + right) / 2;
  return x <= left ? 0 : (x - left) ** 2 / (2 * (right - left));
}
