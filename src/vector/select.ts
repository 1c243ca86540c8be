import { BoxClassifier } from '../geometry/classify.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { FlatGeobufFile } from '../store/reader.ts';
import { offsetsOf, walkTree } from '../store/rtree.ts';

/** Features that stand one behind the other in a FlatGeobuf. */
interface Run {
  /** Where the first begins, in bytes after the tree. */
  offset: number;
  bytes: number;
  /** Whether they lie on the area's edge and have to be cut; else they lie inside. */
  edge: boolean;
}

/** What one thread does at a time. */
export interface Batch {
  runs: Run[];
  bytes: number;
}

/** Enough that deflate hardly notices where a batch begins, and small enough to share the work evenly. */
export const BATCH_BYTES = 3 << 20;

/** A batch is made of about so many pieces, so that it passes its size by no more than one of them. */
const PIECES = 4;

/** The features of a version that are wanted, in its order. */
export interface Selection {
  batches: Batch[];
  /** Of all batches. */
  bytes: number;
}

/** The features of a file, or those of them that an area may hold. */
export async function selectFrom(file: FlatGeobufFile, area: MultiPolygon | null): Promise<Selection> {
  return area ? selectWithin(file, area) : selectAll(file);
}

async function selectAll(file: FlatGeobufFile): Promise<Selection> {
  const { featureCount, indexNodeSize } = file.header;
  const { featureBytes } = file.tree;
  const ends = indexNodeSize > 0 ? treeEnds(file, featureCount) : await file.ends(BATCH_BYTES);
  const batches: Batch[] = [];
  let offset = 0;
  for (const end of ends) {
    if (end > offset) batches.push({ runs: [{ offset, bytes: end - offset, edge: false }], bytes: end - offset });
    offset = end;
  }
  return { batches, bytes: featureBytes };
}

/** Places in the file between features, about a batch apart, from the tree's leaves. */
function treeEnds({ tree }: FlatGeobufFile, featureCount: number): number[] {
  if (featureCount === 0) return [];
  const step = stepOf(tree.featureBytes, featureCount);
  const numbers = Array.from({ length: Math.ceil(featureCount / step) - 1 }, (_, i) => (i + 1) * step);
  return [...offsetsOf(tree, numbers), tree.featureBytes];
}

function stepOf(bytes: number, features: number): number {
  return Math.max(1, Math.floor(BATCH_BYTES / Math.max(1, bytes / features)));
}

/** The features that lie inside an area, and those that may do so in part. */
function selectWithin(file: FlatGeobufFile, area: MultiPolygon): Selection {
  const { tree } = file;
  const classifier = new BoxClassifier(area);
  const ranges: { from: number; to: number; edge: boolean }[] = [];
  const found = walkTree(tree, (minX, minY, maxX, maxY) => {
    const place = classifier.classify(minX, minY, maxX, maxY);
    return place === 'outside' ? 'skip' : place === 'inside' ? 'take' : 'look';
  });
  for (const { from, to, taken } of found) ranges.push({ from, to, edge: !taken });
  ranges.sort((a, b) => a.from - b.from);
  const step = Math.ceil(stepOf(tree.featureBytes, tree.items) / PIECES);
  const pieces: typeof ranges = [];
  for (const { from, to, edge } of ranges) {
    const last = pieces.at(-1);
    let at = from;
    if (last && last.to === from && last.edge === edge) {
      at = Math.max(from, Math.min(to, last.from + step));
      last.to = at;
    }
    for (; at < to; at += step) pieces.push({ from: at, to: Math.min(at + step, to), edge });
  }
  const offsets = offsetsOf(
    tree,
    pieces.flatMap(({ from, to }) => [from, to]),
  );
  const batches: Batch[] = [];
  let batch: Batch = { runs: [], bytes: 0 };
  let bytes = 0;
  pieces.forEach(({ edge }, index) => {
    const [offset = 0, end = 0] = [offsets[2 * index], offsets[2 * index + 1]];
    const last = batch.runs.at(-1);
    if (last && last.edge === edge && last.offset + last.bytes === offset) last.bytes = end - last.offset;
    else batch.runs.push({ offset, bytes: end - offset, edge });
    batch.bytes += end - offset;
    bytes += end - offset;
    if (batch.bytes < BATCH_BYTES) return;
    batches.push(batch);
    batch = { runs: [], bytes: 0 };
  });
  if (batch.runs.length > 0) batches.push(batch);
  return { batches, bytes };
}
