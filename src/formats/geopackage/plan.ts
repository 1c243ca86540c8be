import { LeafPacking, type Leaves, packRows } from './leaves.ts';
import { PAGE_SIZE } from './pages.ts';
import { RowSizes } from './record.ts';
import { RowPages } from './rows.ts';
import type { Layer } from './schema.ts';
import { type SpatialIndex, spatialIndex, type TableRows } from './spatialindex.ts';
import { makeTemplate } from './template.ts';
import { buildTree } from './tree.ts';

/** What is known of a batch's rows before they are written. */
export interface RowBatch {
  count: number;
  /** Of its first and last row; they are larger from row to row, also from batch to batch. Null in all batches: 1, 2, 3… */
  ids: { first: number; last: number } | null;
  /** Reads what is known of each row, which holds until this or another batch is read; several times, so that nobody has to keep it. */
  read(): PlannedRows;
}

export interface PlannedRows {
  /** Of the rows' records, in bytes (`RowSizes`). */
  sizes: Uint32Array;
  /** Null where the batch has none. */
  rowIds: Float64Array | null;
  /** Four numbers a row, as `setBox` and `setNoBox` set them; empty for tables of attributes. */
  boxes: Float32Array;
}

/** A file: `head`, then the batches' pages in order, then `tail`. */
export interface GeoPackagePlan {
  head: Uint8Array;
  /** For each batch: where its pages begin (`RowPages.start`), the id of its first row, and how many bytes its pages are. */
  batches: { firstPage: number; firstRowId: number; byteLength: number }[];
  /** Makes the rest piece by piece, each of at most a few megabytes. Can be called again. */
  tail(): Generator<Uint8Array>;
  pageCount: number;
  byteLength: number;
}

/** The largest number of a page (SQLite file format, section 1.3, "In-header database size" and limits). */
const MOST_PAGES = 2 ** 32 - 2;
/** Rows of the spatial index that are written at once. */
const PIECE_ROWS = 2048;

/**
 * Plans a GeoPackage of one layer whose rows are still to be written.
 * @param tempDir for a small file that is made and removed.
 * @throws {RangeError} when row ids do not grow, or the file would pass SQLite's limit.
 */
export function planGeoPackage(layer: Layer, batches: readonly RowBatch[], tempDir: string, pageSize: number = PAGE_SIZE): GeoPackagePlan {
  const numbered = numberRows(batches);
  const { pages: head, index: roots } = makeTemplate(layer, rowsOf(numbered), pageSize, tempDir);
  const root = head.length / pageSize;
  let { planned, leaves, end } = placeBatches(numbered, root + 1, pageSize);
  const [rest, single] = [end, leaves.pages.length === 1];
  if (single) ({ planned, leaves, end } = placeBatches(numbered, root, pageSize));
  const pieces: (() => Generator<Uint8Array>)[] = [];
  if (leaves.pages.length > 1) {
    const tree = buildTree(leaves, rest, pageSize);
    head.set(tree.root, (root - 1) * pageSize);
    pieces.push(function* () {
      yield tree.between;
    });
    end = tree.end;
  }
  const index: SpatialIndex | null = roots && spatialIndex(numbered);
  for (const name of ['node', 'rowid', 'parent'] as const) {
    if (!roots || !index) break;
    const table = placeTable(index[name], end, pageSize);
    head.set(table.root(roots[name]), (roots[name] - 1) * pageSize);
    pieces.push(table.pages);
    end = table.end;
  }
  const pageCount = end - 1;
  if (pageCount > MOST_PAGES) throw new RangeError(`${pageCount} pages are more than SQLite has.`);
  writeFileHeader(head, pageCount);
  return {
    head: single ? head.subarray(0, (root - 1) * pageSize) : head,
    batches: planned,
    *tail() {
      for (const piece of pieces) yield* piece();
    },
    pageCount,
    byteLength: pageCount * pageSize,
  };
}

interface NumberedBatch extends RowBatch {
  firstRowId: number;
}

function numberRows(batches: readonly RowBatch[]): NumberedBatch[] {
  let last: number | null = null;
  return batches.map((batch) => {
    const { count, ids } = batch;
    const firstRowId = ids?.first ?? (last ?? 0) + 1;
    if (count === 0) return { ...batch, firstRowId };
    if (last !== null && firstRowId <= last) throw new RangeError(`Row ${firstRowId} comes after row ${last}.`);
    last = ids?.last ?? firstRowId + count - 1;
    return { ...batch, firstRowId };
  });
}

function rowsOf(batches: readonly NumberedBatch[]): { count: number; largestId: number } {
  const rows = batches.reduce((sum, { count }) => sum + count, 0);
  const last = batches.findLast(({ count }) => count > 0);
  return { count: rows, largestId: last ? (last.ids?.last ?? last.firstRowId + last.count - 1) : 0 };
}

function placeBatches(
  batches: readonly NumberedBatch[],
  firstPage: number,
  pageSize: number,
): { planned: GeoPackagePlan['batches']; leaves: Leaves; end: number } {
  const leaves: Leaves = { pages: [], keys: [] };
  let end = firstPage;
  const planned = batches.map((batch) => {
    const { firstRowId } = batch;
    const { sizes, rowIds } = batch.read();
    const first = end;
    const packed = packRows(sizes, { rowIds, firstRowId, firstPage: first, pageSize });
    append(leaves, packed);
    end = packed.end;
    return { firstPage: first, firstRowId, byteLength: (end - first) * pageSize };
  });
  return { planned, leaves, end };
}

function append(leaves: Leaves, { pages, keys }: Leaves): void {
  for (const page of pages) leaves.pages.push(page);
  for (const key of keys) leaves.keys.push(key);
}

/** Places a table whose rows can be made at any time. Its pages are made piece by piece, each beginning with a new leaf. */
function placeTable(
  rows: TableRows,
  firstPage: number,
  pageSize: number,
): { root: (page: number) => Uint8Array; pages: () => Generator<Uint8Array>; end: number } {
  const leaves: Leaves = { pages: [], keys: [] };
  const starts: number[] = [];
  let end = firstPage;
  const sizes = new MeasuredRows();
  const measure = rows.start();
  for (let row = 0; row < rows.count; row += PIECE_ROWS) {
    starts.push(end);
    const packing = new LeafPacking(end, pageSize);
    for (let i = row; i < Math.min(row + PIECE_ROWS, rows.count); i++) {
      measure(sizes);
      packing.add(sizes.rowId, sizes.bytes);
    }
    append(leaves, packing);
    end = packing.end;
  }
  const onePage = leaves.pages.length <= 1;
  const tree = onePage ? null : buildTree(leaves, end, pageSize);
  const write = (pages: RowPages, next: (sink: RowPages) => void, from: number, page: number) => {
    pages.start(page);
    for (let i = from; i < Math.min(from + PIECE_ROWS, rows.count); i++) next(pages);
    return pages.finish();
  };
  return {
    root: (page) => tree?.root ?? write(new RowPages(rows.columns, pageSize), rows.start(), 0, page),
    *pages() {
      if (!tree) return;
      const pages = new RowPages(rows.columns, pageSize);
      const next = rows.start();
      for (const [piece, page] of starts.entries()) yield write(pages, next, piece * PIECE_ROWS, page).slice();
      yield tree.between;
    },
    end: tree?.end ?? firstPage,
  };
}

/** Remembers the last row's id and size. */
class MeasuredRows extends RowSizes {
  rowId = 0;
  bytes = 0;

  override begin(rowId = 0): void {
    this.rowId = rowId;
    super.begin();
  }

  override end(): number {
    this.bytes = super.end();
    return this.bytes;
  }
}

/** What changes in the file's header (SQLite file format, section 1.3) when rows come to a template. */
function writeFileHeader(head: Uint8Array, pageCount: number): void {
  const view = new DataView(head.buffer, head.byteOffset);
  view.setUint32(24, 1); // file change counter
  view.setUint32(28, pageCount); // in-header database size, which holds while the next two agree
  view.setUint32(92, 1); // version-valid-for
}
