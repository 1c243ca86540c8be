/** The size of a page in bytes: SQLite's own default, and GDAL's. */
export const PAGE_SIZE = 4096;

/** First byte of a b-tree page (SQLite file format, section 1.6). */
const TABLE_LEAF = 0x0d;
export const TABLE_INTERIOR = 0x05;
/** What stands before the cell pointers. */
export const LEAF_HEADER = 8;
export const INTERIOR_HEADER = 12;

/** The page at byte 2^30 is never used: SQLite locks its bytes (section 1.5, "The Lock-Byte Page"). */
export function lockBytePage(pageSize: number): number {
  return 2 ** 30 / pageSize + 1;
}

/** Gives the numbers of new pages, one after the other, and leaves out the lock-byte page. */
export class PageNumbers {
  readonly #lock: number;
  /** The first number that is not given yet. */
  next: number;

  constructor(first: number, pageSize: number) {
    this.next = first;
    this.#lock = lockBytePage(pageSize);
  }

  take(): number {
    if (this.next === this.#lock) this.next++;
    return this.next++;
  }

  /** Takes so many at once. */
  skip(count: number): void {
    if (count === 0) return;
    const end = this.next + count;
    this.next = this.next <= this.#lock && this.#lock < end ? end + 1 : end;
  }
}

/** A table's page without rows. */
export function emptyLeaf(pageSize: number): Uint8Array {
  const page = new Uint8Array(pageSize);
  writeLeafHeader(new DataView(page.buffer), 0, 0, pageSize);
  return page;
}

/** Of `cells` cells of which the last and lowest starts at `content`, counted from the page's start. */
export function writeLeafHeader(view: DataView, page: number, cells: number, content: number): void {
  view.setUint8(page, TABLE_LEAF);
  view.setUint16(page + 1, 0);
  view.setUint16(page + 3, cells);
  // 65536 does not fit, and stands as 0.
  view.setUint16(page + 5, content & 0xffff);
  view.setUint8(page + 7, 0);
}
