import { roundDown, roundUp } from './float32.ts';
import type { BlobSource, RowSink } from './record.ts';

/** Rows of a batch, which are read whenever they are needed. */
export interface BoxedRows {
  firstRowId: number;
  read(): {
    /**
     * Four numbers a row: min x, min y, max x, max y, rounded outward to 32 bits, as `setBox` does. A row without a place has not-a-number four times,
     * as `setNoBox` does.
     */
    boxes: Float32Array;
    /** Null: they follow on each other from `firstRowId`. */
    rowIds: Float64Array | null;
  };
}

/** Sets a row's box, minima rounded down and maxima up, as SQLite's R*Tree does ("The SQLite R*Tree Module", section 3.1.2). */
export function setBox(boxes: Float32Array, row: number, minX: number, minY: number, maxX: number, maxY: number): void {
  boxes[4 * row] = roundDown(minX);
  boxes[4 * row + 1] = roundDown(minY);
  boxes[4 * row + 2] = roundUp(maxX);
  boxes[4 * row + 3] = roundUp(maxY);
}

/** For a row without geometry, or with one that is empty. */
export function setNoBox(boxes: Float32Array, row: number): void {
  boxes.fill(NaN, 4 * row, 4 * row + 4);
}

/** Rows of a table in the order of their ids, made one by one. */
export interface TableRows {
  count: number;
  /** Of the table, with the key. */
  columns: number;
  /** Begins anew. Each call of what it gives back writes the next row. */
  start(): (sink: RowSink) => void;
}

/** What stands in the R*Tree's three tables ("The SQLite R*Tree Module", section 5, "Shadow Tables"; rtree.c describes the nodes). */
export interface SpatialIndex {
  node: TableRows;
  rowid: TableRows;
  parent: TableRows;
}

/** A cell: the row's id or the child's number (8 bytes) and the box (4 floats). A node has as many as 51 of them where its page is not small. */
const CELL_BYTES = 24;
const NODE_HEADER = 4;
const MOST_CELLS = 51;
/** What SQLite makes of a node's size for pages of 2048 bytes and more, and reads back from the size of the root. */
const NODE_BYTES = NODE_HEADER + MOST_CELLS * CELL_BYTES;
const ROOT = 1;

/** One level of nodes, full but for the last. */
interface Level {
  /** Of its first node. */
  number: number;
  nodes: number;
  /** Of each node: min x, min y, max x, max y. */
  boxes: Float32Array;
}

/**
 * Plans an R-tree of all rows that have a box, in the rows' order: rows that follow each other should be near each other. The tree is built
 * from the leaves up, and its nodes are full.
 */
export function spatialIndex(batches: readonly BoxedRows[]): SpatialIndex {
  let entries = 0;
  for (const batch of batches) {
    const { boxes } = batch.read();
    for (let at = 0; at < boxes.length; at += 4) if (hasBox(boxes, at)) entries++;
  }
  const levels = levelsOver(batches, entries);
  const leaves = levels[0]?.number ?? ROOT;
  const nodes = levels.reduce((sum, level) => sum + level.nodes, 0);
  return {
    node: { count: nodes, columns: 2, start: () => nodeRows(batches, levels, entries) },
    rowid: {
      count: entries,
      columns: 2,
      start() {
        const cursor = new Cursor(batches);
        let entry = 0;
        return (sink) => {
          cursor.next();
          sink.begin(cursor.rowId);
          sink.integer(leaves + Math.floor(entry++ / MOST_CELLS));
          sink.end();
        };
      },
    },
    parent: { count: nodes - 1, columns: 2, start: () => parentRows(levels) },
  };
}

function hasBox(boxes: Float32Array, at: number): boolean {
  return !Number.isNaN(boxes[at]);
}

/** Goes through the rows that have a box. */
class Cursor {
  readonly #batches: readonly BoxedRows[];
  #batch = -1;
  #firstRowId = 0;
  #rowIds: Float64Array | null = null;
  #row = 0;
  rowId = 0;
  /** Where the box is. */
  boxes: Float32Array = new Float32Array();
  at = 0;

  constructor(batches: readonly BoxedRows[]) {
    this.#batches = batches;
  }

  next(): void {
    for (this.#row++; ; this.#row++) {
      while (4 * this.#row >= this.boxes.length) this.#nextBatch();
      if (hasBox(this.boxes, 4 * this.#row)) break;
    }
    this.at = 4 * this.#row;
    this.rowId = this.#rowIds ? (this.#rowIds[this.#row] ?? 0) : this.#firstRowId + this.#row;
  }

  #nextBatch(): void {
    const batch = this.#batches[++this.#batch];
    if (!batch) throw new RangeError('No more rows have a box.');
    const { boxes, rowIds } = batch.read();
    this.boxes = boxes;
    this.#rowIds = rowIds;
    this.#firstRowId = batch.firstRowId;
    this.#row = 0;
  }
}

/** From the leaves to the root, which is one node and has number 1. Without rows it is a leaf without cells. */
function levelsOver(batches: readonly BoxedRows[], entries: number): Level[] {
  const leaves = Math.max(1, Math.ceil(entries / MOST_CELLS));
  const cursor = new Cursor(batches);
  const boxes = emptyBoxes(leaves);
  for (let entry = 0; entry < entries; entry++) {
    cursor.next();
    extend(boxes, Math.floor(entry / MOST_CELLS), cursor.boxes, cursor.at);
  }
  let level: Level = { number: leaves === 1 ? ROOT : ROOT + 1, nodes: leaves, boxes };
  const levels = [level];
  while (level.nodes > 1) {
    const nodes = Math.ceil(level.nodes / MOST_CELLS);
    const above = { number: nodes === 1 ? ROOT : level.number + level.nodes, nodes, boxes: emptyBoxes(nodes) };
    for (let child = 0; child < level.nodes; child++) extend(above.boxes, Math.floor(child / MOST_CELLS), level.boxes, 4 * child);
    levels.push(above);
    level = above;
  }
  return levels;
}

function emptyBoxes(count: number): Float32Array {
  const boxes = new Float32Array(4 * count);
  for (let i = 0; i < boxes.length; i++) boxes[i] = i % 4 < 2 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return boxes;
}

function extend(boxes: Float32Array, node: number, other: Float32Array, at: number): void {
  for (let k = 0; k < 4; k++) {
    const value = other[at + k] ?? NaN;
    const i = 4 * node + k;
    if (k < 2 ? value < (boxes[i] ?? NaN) : value > (boxes[i] ?? NaN)) boxes[i] = value;
  }
}

/** Nodes in the order of their numbers: the root, then level by level from the leaves. */
function nodeRows(batches: readonly BoxedRows[], levels: readonly Level[], entries: number): (sink: RowSink) => void {
  const cursor = new Cursor(batches);
  const blob = new NodeBlob();
  const top = levels.length - 1;
  let [level, node] = [top, 0];
  return (sink) => {
    const here = levels[level];
    if (!here) throw new RangeError('No more nodes.');
    const below = levels[level - 1];
    const first = node * MOST_CELLS;
    blob.begin(level === top ? top : 0, Math.min(MOST_CELLS, (below ? below.nodes : entries) - first));
    for (let cell = 0; cell < blob.cells; cell++) {
      if (below) {
        blob.cell(cell, below.number + first + cell, below.boxes, 4 * (first + cell));
      } else {
        cursor.next();
        blob.cell(cell, cursor.rowId, cursor.boxes, cursor.at);
      }
    }
    sink.begin(here.number + node);
    sink.blobFrom(blob);
    sink.end();
    node++;
    if (node === here.nodes) [level, node] = [level === top ? 0 : level + 1, 0];
  };
}

function parentRows(levels: readonly Level[]): (sink: RowSink) => void {
  let [level, node] = [0, 0];
  return (sink) => {
    const [here, above] = [levels[level], levels[level + 1]];
    if (!here || !above) throw new RangeError('The root has no parent.');
    sink.begin(here.number + node);
    sink.integer(above.number + Math.floor(node / MOST_CELLS));
    sink.end();
    node++;
    if (node === here.nodes) [level, node] = [level + 1, 0];
  };
}

/** A node: in the root the tree's depth (2 bytes), the number of cells (2 bytes), the cells, zeros. All big-endian. */
class NodeBlob implements BlobSource {
  readonly length = NODE_BYTES;
  readonly #bytes = new Uint8Array(NODE_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  cells = 0;

  begin(depth: number, cells: number): void {
    this.cells = cells;
    this.#bytes.fill(0);
    this.#view.setUint16(0, depth);
    this.#view.setUint16(2, cells);
  }

  /** Cells keep their boxes as min x, max x, min y, max y: the order of the table's columns. */
  cell(index: number, id: number, boxes: Float32Array, at: number): void {
    const view = this.#view;
    const cell = NODE_HEADER + index * CELL_BYTES;
    view.setInt32(cell, Math.floor(id / 0x100000000));
    view.setInt32(cell + 4, id | 0);
    view.setFloat32(cell + 8, boxes[at] ?? 0);
    view.setFloat32(cell + 12, boxes[at + 2] ?? 0);
    view.setFloat32(cell + 16, boxes[at + 1] ?? 0);
    view.setFloat32(cell + 20, boxes[at + 3] ?? 0);
  }

  write(view: DataView, at: number): void {
    new Uint8Array(view.buffer, at, NODE_BYTES).set(this.#bytes);
  }
}
