import type { ByteBuffer } from '../store/bytes.ts';

/** Cells in a row of the widest page; a cell's number is its row times this, and its column. */
const COLUMNS = 1 << 20;
/** Pages begin at 0, but what lies in a margin may not. */
const MARGIN = 1 << 12;

/** Squares of the page that something too small to be drawn lies in. Each is drawn once, however much is in it. */
export class Cells {
  readonly #marked = new Set<number>();

  get size(): number {
    return this.#marked.size;
  }

  /** Marks the square that a place is in; false where it was already. */
  mark(x: number, y: number, side: number): boolean {
    const cell = (Math.floor(y / side) + MARGIN) * COLUMNS + Math.floor(x / side) + MARGIN;
    if (this.#marked.has(cell)) return false;
    this.#marked.add(cell);
    return true;
  }

  clear(): void {
    this.#marked.clear();
  }

  /** Fills the squares, neighbours of a row as one rectangle. */
  write(out: ByteBuffer, side: number): void {
    if (this.#marked.size === 0) return;
    const cells = Float64Array.from(this.#marked).sort();
    for (let from = 0; from < cells.length; ) {
      const first = cells[from] ?? 0;
      let to = from + 1;
      while (to < cells.length && cells[to] === first + to - from) to++;
      const row = Math.floor(first / COLUMNS) - MARGIN;
      const column = (first % COLUMNS) - MARGIN;
      out.ascii(`${Math.round(column * side)} ${Math.round(row * side)} ${Math.ceil((to - from) * side)} ${Math.ceil(side)} re\n`);
      from = to;
    }
    out.ascii('f\n');
    this.#marked.clear();
  }
}
