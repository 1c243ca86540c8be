import { closeSync, openSync, readSync } from 'node:fs';

/**
 * FlatGeobuf's packed Hilbert R-tree (flatgeobuf/packedrtree): nodes of 40 bytes, level by level from the root, the leaves last
 * and in the features' order. A node is its box (4 float64) and 8 bytes: for a leaf where its feature starts, in bytes after the
 * tree; for others the number of its first child.
 */
const NODE_BYTES = 40;
export const NODE_SIZE = 16;

/** The first node and the end of each level, from the leaves to the root. */
function levels(items: number, nodeSize: number): { from: number; to: number }[] {
  const sizes = [items];
  let size = items;
  do {
    size = Math.ceil(size / nodeSize);
    sizes.push(size);
  } while (size !== 1);
  let to = sizes.reduce((sum, one) => sum + one, 0);
  return sizes.map((one) => {
    const level = { from: to - one, to };
    to -= one;
    return level;
  });
}

/** The tree's size in bytes; 0 for no items or no index. */
export function treeBytes(items: number, nodeSize: number): number {
  return items === 0 || nodeSize === 0 ? 0 : (levels(items, nodeSize)[0]?.to ?? 0) * NODE_BYTES;
}

/** Nodes that are made at once. */
const PART_NODES = 1 << 14;

/**
 * Builds the tree, and gives it in pieces, in its order in the file.
 * @param parts features in the file's order: four numbers of each one's box, and its size in bytes; each part is read twice. A feature without geometry has the box
 * [Infinity, Infinity, -Infinity, -Infinity], which meets nothing.
 * @param items their number.
 */
export function* treeParts(parts: readonly { boxes: ArrayLike<number>; sizes: ArrayLike<number> }[], items: number): Generator<Uint8Array> {
  if (items === 0) return;
  const bounds = levels(items, NODE_SIZE);
  // Each level's boxes come from those of the level below.
  const inner: Float64Array[] = [];
  let below = parentsOf(boxesOf(parts), items);
  inner.push(below);
  while (inner.length < bounds.length - 1) {
    below = parentsOf([below], below.length / 4);
    inner.push(below);
  }
  for (let level = inner.length; level > 0; level--) {
    const boxes = inner[level - 1] ?? below;
    const firstChild = bounds[level - 1]?.from ?? 0;
    yield* nodes(boxes, (i) => firstChild + i * NODE_SIZE);
  }
  let offset = 0;
  for (const { boxes, sizes } of parts)
    yield* nodes(boxes, (i) => {
      const at = offset;
      offset += sizes[i] ?? 0;
      return at;
    });
}

function* boxesOf(parts: Parameters<typeof treeParts>[0]): Generator<ArrayLike<number>> {
  for (const { boxes } of parts) yield boxes;
}

/** The boxes around each NODE_SIZE boxes. */
function parentsOf(parts: Iterable<ArrayLike<number>>, count: number): Float64Array {
  const parents = new Float64Array(4 * Math.ceil(count / NODE_SIZE));
  for (let i = 0; i < parents.length; i += 4) parents.set([Infinity, Infinity, -Infinity, -Infinity], i);
  let child = 0;
  for (const boxes of parts)
    for (let i = 0; i < boxes.length; i += 4, child++) {
      const at = 4 * Math.floor(child / NODE_SIZE);
      parents[at] = Math.min(parents[at] ?? 0, boxes[i] ?? 0);
      parents[at + 1] = Math.min(parents[at + 1] ?? 0, boxes[i + 1] ?? 0);
      parents[at + 2] = Math.max(parents[at + 2] ?? 0, boxes[i + 2] ?? 0);
      parents[at + 3] = Math.max(parents[at + 3] ?? 0, boxes[i + 3] ?? 0);
    }
  return parents;
}

/** @param pointer is asked for each node in order. */
function* nodes(boxes: ArrayLike<number>, pointer: (index: number) => number): Generator<Uint8Array> {
  const count = boxes.length / 4;
  for (let from = 0; from < count; from += PART_NODES) {
    const to = Math.min(from + PART_NODES, count);
    const bytes = new Uint8Array((to - from) * NODE_BYTES);
    const view = new DataView(bytes.buffer);
    for (let i = from; i < to; i++) {
      const at = (i - from) * NODE_BYTES;
      for (let k = 0; k < 4; k++) view.setFloat64(at + 8 * k, boxes[4 * i + k] ?? 0, true);
      const place = pointer(i);
      view.setUint32(at + 32, place, true);
      view.setUint32(at + 36, place / 2 ** 32, true);
    }
    yield bytes;
  }
}

/** What becomes of a node: `skip` it, `take` all under it unseen, or `look` closer. */
export type Visit = 'skip' | 'take' | 'look';

export interface TreeFile {
  path: string;
  /** Where the tree begins in the file. */
  start: number;
  items: number;
  nodeSize: number;
  /** The size of all features in bytes. */
  featureBytes: number;
}

/**
 * Walks a tree from its root and gives ranges of features, in their order: `taken` ones, and single ones that their boxes did not decide.
 * Reads hardly more nodes than it looks at. Of single features `offset` and `bytes` say where they lie behind the tree; they are -1 for ranges
 * of which no leaf was read (see `sizesOf`).
 * @param visit is asked for each box; at a leaf, `look` means that the feature's own geometry must decide.
 */
export function* walkTree(
  tree: TreeFile,
  visit: (minX: number, minY: number, maxX: number, maxY: number) => Visit,
): Generator<{ from: number; to: number; taken: boolean; offset: number; bytes: number }> {
  if (treeBytes(tree.items, tree.nodeSize) === 0) return;
  const bounds = levels(tree.items, tree.nodeSize);
  const [leaves = { from: 0, to: 0 }] = bounds;
  const root = bounds.length - 1;
  const file = openSync(tree.path, 'r');
  try {
    const nodes = bounds.map(({ to }) => new Nodes(file, tree.start, to));
    // Of each level, the node that is looked at next, and where the children of the one above it end.
    const next: number[] = bounds.map(() => 0);
    const until: number[] = bounds.map((_, level) => (level === root ? 1 : 0));
    for (let level = root; level <= root; ) {
      const node = next[level] ?? 0;
      const read = nodes[level];
      if (!read || node === until[level]) {
        level++;
        continue;
      }
      next[level] = node + 1;
      const decision = read.visit(node, visit);
      if (decision === 'skip') continue;
      const pointer = read.pointer(node);
      if (level === 0) {
        const from = node - leaves.from;
        // A leaf ends where the next one begins.
        const end = node + 1 < leaves.to ? read.pointer(node + 1) : tree.featureBytes;
        yield { from, to: from + 1, taken: decision === 'take', offset: pointer, bytes: end - pointer };
      } else if (decision === 'take') {
        yield { ...leavesUnder(node, level, bounds, tree.nodeSize), taken: true, offset: -1, bytes: -1 };
      } else {
        level--;
        next[level] = pointer;
        until[level] = Math.min(pointer + tree.nodeSize, bounds[level]?.to ?? 0);
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Nodes that are read at once: those that are looked at next are often among them. */
const READ_NODES = 256;

/** The nodes of one level, read as they are asked for, one behind the other. */
class Nodes {
  readonly #file: number;
  readonly #start: number;
  readonly #end: number;
  // Node's check of what it reads into is sometimes compiled wrongly for views that are no arrays.
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** What was read: nodes from one to before another. */
  #from = 0;
  #to = 0;

  /**
   * @param start where the tree begins in the file.
   * @param end of the level.
   */
  constructor(file: number, start: number, end: number) {
    this.#file = file;
    this.#start = start;
    this.#end = end;
    this.#bytes = new Uint8Array(Math.min(READ_NODES, end) * NODE_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
  }

  visit(node: number, visit: Parameters<typeof walkTree>[1]): Visit {
    const at = this.#read(node);
    const view = this.#view;
    return visit(view.getFloat64(at, true), view.getFloat64(at + 8, true), view.getFloat64(at + 16, true), view.getFloat64(at + 24, true));
  }

  /** Where a leaf's feature starts, in bytes after the tree, or the number of a node's first child. */
  pointer(node: number): number {
    const at = this.#read(node) + 32;
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  #read(node: number): number {
    if (node < this.#from || node >= this.#to) {
      this.#from = node;
      this.#to = Math.min(node + READ_NODES, this.#end);
      readSync(this.#file, this.#bytes, 0, (this.#to - node) * NODE_BYTES, this.#start + node * NODE_BYTES);
    }
    return (node - this.#from) * NODE_BYTES;
  }
}

/** Where a feature starts, in bytes after the tree. */
export function leafOffset(tree: TreeFile, index: number): number {
  return withOffsets(tree, (offsetOf) => offsetOf(index));
}

/** The size of ranges of features in bytes, all together. Ranges that follow each other are cheaper than others. */
export function sizesOf(tree: TreeFile, ranges: readonly { from: number; to: number }[]): number {
  return withOffsets(tree, (offsetOf) => {
    const sorted = ranges.toSorted((a, b) => a.from - b.from);
    let bytes = 0;
    for (let i = 0; i < sorted.length; ) {
      const from = sorted[i]?.from ?? 0;
      let to = sorted[i]?.to ?? 0;
      for (i++; sorted[i]?.from === to; i++) to = sorted[i]?.to ?? to;
      bytes += offsetOf(to) - offsetOf(from);
    }
    return bytes;
  });
}

/** Gives something what tells where features start, in bytes after the tree; the number of features itself gives where the last one ends. */
export function withOffsets<T>(tree: TreeFile, use: (offsetOf: (index: number) => number) => T): T {
  const first = levels(tree.items, tree.nodeSize)[0]?.from ?? 0;
  const file = openSync(tree.path, 'r');
  // Node's check of what it reads into is sometimes compiled wrongly for views that are no arrays.
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  try {
    return use((index) => {
      if (index >= tree.items) return tree.featureBytes;
      readSync(file, bytes, 0, 8, tree.start + (first + index) * NODE_BYTES + 32);
      return Number(view.getBigUint64(0, true));
    });
  } finally {
    closeSync(file);
  }
}

/** The features under a node: children stand in order, so they are one range. */
function leavesUnder(
  node: number,
  level: number,
  bounds: readonly { from: number; to: number }[],
  nodeSize: number,
): { from: number; to: number } {
  const span = nodeSize ** level;
  const from = (node - (bounds[level]?.from ?? 0)) * span;
  return { from, to: Math.min(from + span, (bounds[0]?.to ?? 0) - (bounds[0]?.from ?? 0)) };
}
