import type { Leaves } from './leaves.ts';
import { INTERIOR_HEADER, PageNumbers, TABLE_INTERIOR } from './pages.ts';
import { varintBytes, writeVarint } from './varint.ts';

/** The pages above a table's leaves. */
export interface Tree {
  root: Uint8Array;
  /** Those between the root and the leaves, from the given page on. */
  between: Uint8Array;
  /** The first page after them. */
  end: number;
}

/**
 * Builds a table's interior pages from its leaves up (SQLite file format, section 1.6, "B-tree Pages"): a cell is a child's number and the
 * largest row id under it; the last child has no cell, and stands in the header.
 * @param leaves two or more: a table of one leaf has that for its root.
 */
export function buildTree(leaves: Leaves, firstPage: number, pageSize: number): Tree {
  const numbers = new PageNumbers(firstPage, pageSize);
  const pages: { number: number; bytes: Uint8Array }[] = [];
  let level: Leaves = leaves;
  for (let ends = groups(level, pageSize); ends.length > 1; ends = groups(level, pageSize)) {
    const above: Leaves = { pages: [], keys: [] };
    let from = 0;
    for (const to of ends) {
      const number = numbers.take();
      pages.push({ number, bytes: interiorPage(level, from, to, pageSize) });
      above.pages.push(number);
      above.keys.push(level.keys[to - 1] ?? 0);
      from = to;
    }
    level = above;
  }
  const between = new Uint8Array((numbers.next - firstPage) * pageSize);
  for (const { number, bytes } of pages) between.set(bytes, (number - firstPage) * pageSize);
  return { root: interiorPage(level, 0, level.pages.length, pageSize), between, end: numbers.next };
}

/** Where the children of each page above a level end. */
function groups({ keys }: Leaves, pageSize: number): number[] {
  const ends: number[] = [];
  const room = pageSize - INTERIOR_HEADER;
  let [from, used] = [0, 0];
  for (let child = 0; child < keys.length; child++) {
    // The cell of the child before; this one is the last until there is another.
    const cell = child === from ? 0 : cellBytes(keys[child - 1] ?? 0) + 2;
    if (used + cell > room) {
      ends.push(child);
      [from, used] = [child, 0];
    } else {
      used += cell;
    }
  }
  // A page of one child has no cell, which only page 1 may have: the page before gives one of its many.
  const before = ends.length - 1;
  if (before >= 0 && from === keys.length - 1) ends[before] = from - 1;
  ends.push(keys.length);
  return ends;
}

function cellBytes(key: number): number {
  return 4 + varintBytes(key);
}

function interiorPage({ pages, keys }: Leaves, from: number, to: number, pageSize: number): Uint8Array {
  const page = new Uint8Array(pageSize);
  const view = new DataView(page.buffer);
  let content = pageSize;
  for (let child = from; child < to - 1; child++) {
    const key = keys[child] ?? 0;
    content -= cellBytes(key);
    view.setUint16(INTERIOR_HEADER + 2 * (child - from), content);
    view.setUint32(content, pages[child] ?? 0);
    writeVarint(page, content + 4, key);
  }
  view.setUint8(0, TABLE_INTERIOR);
  view.setUint16(3, to - 1 - from);
  view.setUint16(5, content & 0xffff);
  view.setUint32(8, pages[to - 1] ?? 0);
  return page;
}
