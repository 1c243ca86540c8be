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

/**
 * Builds the tree.
 * @param boxes four numbers a feature, in the file's order. A feature without geometry has the box [Infinity, Infinity, -Infinity, -Infinity], which meets nothing.
 * @param offsets where each feature starts, in bytes after the tree.
 */
export function buildTree(boxes: Float64Array, offsets: Float64Array): Uint8Array {
  const items = offsets.length;
  const bounds = levels(items, NODE_SIZE);
  const bytes = new Uint8Array(treeBytes(items, NODE_SIZE));
  const view = new DataView(bytes.buffer);
  const leaves = bounds[0]?.from ?? 0;
  for (let i = 0; i < items; i++) {
    const at = (leaves + i) * NODE_BYTES;
    for (let k = 0; k < 4; k++) view.setFloat64(at + 8 * k, boxes[4 * i + k] ?? 0, true);
    view.setBigUint64(at + 32, BigInt(offsets[i] ?? 0), true);
  }
  for (let level = 0; level + 1 < bounds.length; level++) {
    const { from = 0, to = 0 } = bounds[level] ?? {};
    let parent = bounds[level + 1]?.from ?? 0;
    for (let child = from; child < to; child += NODE_SIZE, parent++) {
      const at = parent * NODE_BYTES;
      let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = child; i < Math.min(child + NODE_SIZE, to); i++) {
        minX = Math.min(minX, view.getFloat64(i * NODE_BYTES, true));
        minY = Math.min(minY, view.getFloat64(i * NODE_BYTES + 8, true));
        maxX = Math.max(maxX, view.getFloat64(i * NODE_BYTES + 16, true));
        maxY = Math.max(maxY, view.getFloat64(i * NODE_BYTES + 24, true));
      }
      [minX, minY, maxX, maxY].forEach((value, k) => {
        view.setFloat64(at + 8 * k, value, true);
      });
      view.setBigUint64(at + 32, BigInt(child), true);
    }
  }
  return bytes;
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
 * Walks a tree from its root and gives ranges of features: `taken` ones, and `open` single ones that their boxes did not decide.
 * Reads no more nodes than it looks at. Of single features `offset` and `bytes` say where they lie behind the tree; they are -1 for ranges
 * of which no leaf was read (see `sizesOf`).
 * @param visit is asked for each box; at a leaf, `look` means that the feature's own geometry must decide.
 */
export function* walkTree(
  tree: TreeFile,
  visit: (minX: number, minY: number, maxX: number, maxY: number) => Visit,
): Generator<{ from: number; to: number; taken: boolean; offset: number; bytes: number }> {
  if (treeBytes(tree.items, tree.nodeSize) === 0) return;
  const bounds = levels(tree.items, tree.nodeSize);
  const leaves = bounds[0]?.from ?? 0;
  const file = openSync(tree.path, 'r');
  try {
    const stack = [{ first: 0, count: 1, level: bounds.length - 1 }];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { first, count, level } = next;
      // A leaf ends where the next one begins.
      const end = bounds[level]?.to ?? 0;
      const view = new DataView(new ArrayBuffer(Math.min(count + 1, end - first) * NODE_BYTES));
      readSync(file, view, 0, view.byteLength, tree.start + first * NODE_BYTES);
      for (let i = 0; i < count; i++) {
        const at = i * NODE_BYTES;
        const number = (k: number) => view.getFloat64(at + 8 * k, true);
        const decision = visit(number(0), number(1), number(2), number(3));
        if (decision === 'skip') continue;
        const pointer = Number(view.getBigUint64(at + 32, true));
        if (level === 0) {
          const feature = first + i - leaves;
          const next = first + i + 1 < end ? Number(view.getBigUint64(at + NODE_BYTES + 32, true)) : tree.featureBytes;
          yield { from: feature, to: feature + 1, taken: decision === 'take', offset: pointer, bytes: next - pointer };
        } else if (decision === 'take') {
          yield { ...leavesUnder(first + i, level, bounds, tree.nodeSize), taken: true, offset: -1, bytes: -1 };
        } else {
          const children = Math.min(tree.nodeSize, (bounds[level - 1]?.to ?? 0) - pointer);
          stack.push({ first: pointer, count: children, level: level - 1 });
        }
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Where a feature starts, in bytes after the tree. */
export function leafOffset(tree: TreeFile, index: number): number {
  return withLeaves(tree, (offsetOf) => offsetOf(index));
}

/** The size of ranges of features in bytes, all together. Ranges that follow each other are cheaper than others. */
export function sizesOf(tree: TreeFile, ranges: readonly { from: number; to: number }[]): number {
  return withLeaves(tree, (offsetOf) => {
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

function withLeaves<T>(tree: TreeFile, use: (offsetOf: (index: number) => number) => T): T {
  const first = levels(tree.items, tree.nodeSize)[0]?.from ?? 0;
  const file = openSync(tree.path, 'r');
  const view = new DataView(new ArrayBuffer(8));
  try {
    return use((index) => {
      if (index >= tree.items) return tree.featureBytes;
      readSync(file, view, 0, 8, tree.start + (first + index) * NODE_BYTES + 32);
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
