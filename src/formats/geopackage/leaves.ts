import { LEAF_HEADER, PageNumbers } from './pages.ts';
import { varintBytes } from './varint.ts';

/** A table's leaf pages: their numbers, and the largest row id on each. */
export interface Leaves {
  pages: number[];
  keys: number[];
}

/**
 * Says on which page each row comes: rows fill a leaf page until the next does not fit, and what of a row does not fit a page by itself goes
 * to overflow pages behind the leaf page (SQLite file format, section 1.6, "Cell Payload Overflow Pages").
 */
export class LeafPacking implements Leaves {
  readonly #numbers: PageNumbers;
  readonly #pageSize: number;
  readonly #mostLocal: number;
  readonly #leastLocal: number;
  readonly pages: number[] = [];
  readonly keys: number[] = [];
  #free = 0;
  #lastKey = Number.NEGATIVE_INFINITY;
  /** Of the last row: its cell's size, what of its record is in it, and how many overflow pages hold the rest. */
  cellBytes = 0;
  localBytes = 0;
  overflowPages = 0;

  constructor(firstPage: number, pageSize: number) {
    this.#numbers = new PageNumbers(firstPage, pageSize);
    this.#pageSize = pageSize;
    // X and M of the section.
    this.#mostLocal = pageSize - 35;
    this.#leastLocal = Math.floor(((pageSize - 12) * 32) / 255) - 23;
  }

  /**
   * @param rowId larger than all before.
   * @param bytes of its record.
   * @returns whether it starts a new leaf page.
   */
  add(rowId: number, bytes: number): boolean {
    if (!(rowId > this.#lastKey)) throw new RangeError(`Row ${rowId} comes after row ${this.#lastKey}.`);
    this.#lastKey = rowId;
    this.#split(bytes);
    this.cellBytes = varintBytes(bytes) + varintBytes(rowId) + this.localBytes + (this.overflowPages > 0 ? 4 : 0);
    const room = this.cellBytes + 2;
    const starts = room > this.#free;
    if (starts) {
      this.pages.push(this.#numbers.take());
      this.keys.push(rowId);
      this.#free = this.#pageSize - LEAF_HEADER;
    } else {
      this.keys[this.keys.length - 1] = rowId;
    }
    this.#free -= room;
    this.#numbers.skip(this.overflowPages);
    return starts;
  }

  #split(bytes: number): void {
    if (bytes <= this.#mostLocal) {
      this.localBytes = bytes;
      this.overflowPages = 0;
      return;
    }
    const full = this.#pageSize - 4;
    const local = this.#leastLocal + ((bytes - this.#leastLocal) % full);
    this.localBytes = local <= this.#mostLocal ? local : this.#leastLocal;
    this.overflowPages = Math.ceil((bytes - this.localBytes) / full);
  }

  /** The first page after those of all rows. */
  get end(): number {
    return this.#numbers.next;
  }
}

/**
 * Packs rows by their sizes, as `RowPages` does.
 * @param sizes of the rows' records in bytes.
 * @param rowIds null: they follow on each other from `firstRowId`.
 */
export function packRows(
  sizes: Uint32Array,
  { rowIds, firstRowId, firstPage, pageSize }: { rowIds: Float64Array | null; firstRowId: number; firstPage: number; pageSize: number },
): Leaves & { end: number } {
  const packing = new LeafPacking(firstPage, pageSize);
  for (let i = 0; i < sizes.length; i++) packing.add(rowIds ? (rowIds[i] ?? 0) : firstRowId + i, sizes[i] ?? 0);
  return packing;
}
