/** Cells in a row of the widest page; a cell's number is its row times this, and its column. */
const COLUMNS = 1 << 20;
/** Pages begin at 0, but what lies in a margin may not. */
const MARGIN = 1 << 12;

/** Squares of the page that a point lies in. One of each is drawn, however many there are. */
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
}
