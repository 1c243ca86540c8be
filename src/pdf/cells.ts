/** Bits of a cell's row, and of its column: pages are less than 12,000 of the smallest squares wide. */
const BITS = 16;
const MASK = (1 << BITS) - 1;
const FEWEST = 1 << 10;

/** Squares of the page that a point lies in. One of each is drawn, however many there are. */
export class Cells {
  /** A hash table of numbers of cells, 0 where there is none: a batch has a million of them, which would be 40 MB as a `Set`. */
  #table = new Uint32Array(FEWEST);
  #count = 0;

  /** Marks the square that a place is in; false where it was already. */
  mark(x: number, y: number, side: number): boolean {
    const cell = ((((Math.floor(y / side) & MASK) << BITS) | (Math.floor(x / side) & MASK)) >>> 0) + 1;
    if (!insert(this.#table, cell)) return false;
    this.#count++;
    if (2 * this.#count > this.#table.length) {
      const table = new Uint32Array(2 * this.#table.length);
      for (const one of this.#table) if (one !== 0) insert(table, one);
      this.#table = table;
    }
    return true;
  }

  clear(): void {
    if (this.#count === 0) return;
    this.#count = 0;
    if (this.#table.length > FEWEST) this.#table = new Uint32Array(FEWEST);
    else this.#table.fill(0);
  }
}

/** False where it was there already. */
function insert(table: Uint32Array, cell: number): boolean {
  const last = table.length - 1;
  let at = (Math.imul(cell, 0x9e37_79b1) >>> 7) & last;
  for (; table[at] !== 0; at = (at + 1) & last) if (table[at] === cell) return false;
  table[at] = cell;
  return true;
}
