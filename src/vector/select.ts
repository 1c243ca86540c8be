import { BoxClassifier, type PolygonIndex } from '../geometry/classify.ts';
import type { FlatGeobufFile } from '../store/reader.ts';
import { type TreeFile, walkTree, withOffsets } from '../store/rtree.ts';

/** What one thread does at a time. */
export interface Batch {
  /**
   * Features that stand one behind the other in a FlatGeobuf, three numbers a run: where the first begins, in bytes after the tree, how many bytes they
   * are, and 1 where they lie on the area's edge and have to be cut, 0 where they lie inside.
   */
  runs: Float64Array;
  /** Of all runs. */
  bytes: number;
}
export const RUN = 3;
/** What it takes to cut a byte of a feature on the area's edge: as many times as to encode and deflate it. */
export const CUTTING = 2.2;

/** Puts a batch together. */
export class BatchBuilder {
  #runs: number[] = [];
  bytes = 0;
  /** What its bytes take, in bytes that lie inside. */
  weight = 0;

  add(offset: number, bytes: number, edge: boolean): void {
    const runs = this.#runs;
    const last = runs.length - RUN;
    this.bytes += bytes;
    this.weight += edge ? (1 + CUTTING) * bytes : bytes;
    const follows = last >= 0 && (runs[last] ?? 0) + (runs[last + 1] ?? 0) === offset && runs[last + 2] === Number(edge);
    if (follows) runs[last + 1] = (runs[last + 1] ?? 0) + bytes;
    else runs.push(offset, bytes, Number(edge));
  }

  /** The next batch begins anew. */
  take(): Batch {
    const batch = { runs: Float64Array.from(this.#runs), bytes: this.bytes };
    this.#runs = [];
    this.bytes = 0;
    this.weight = 0;
    return batch;
  }
}

/** Enough that deflate hardly notices where a batch begins, and small enough to share the work evenly. */
export const BATCH_BYTES = 2 << 20;
/** Of a small output they are smaller, so that there are some more: threads wait for the one that has the last of them. */
export const LEAST_BATCH_BYTES = 1 << 20;
const BATCHES = 24;

/** A batch is made of about so many pieces, so that it passes its size by no more than one of them. */
const PIECES = 4;

/** The features of a version that are wanted, in its order. */
export interface Selection {
  batches: Batch[];
  /** Of all batches. */
  bytes: number;
}

/**
 * The features of a file, or those of them that an area may hold.
 * @param batchBytes of a batch; as suits the whole unless told.
 */
export async function selectFrom(file: FlatGeobufFile, area: PolygonIndex | null, batchBytes?: number): Promise<Selection> {
  return area ? selectWithin(file, area, batchBytes) : selectAll(file, batchBytes);
}

async function selectAll(file: FlatGeobufFile, batchBytes: number | undefined): Promise<Selection> {
  const { featureCount, indexNodeSize } = file.header;
  const { featureBytes } = file.tree;
  const size = batchBytes ?? fitting(featureBytes);
  const ends = indexNodeSize > 0 ? treeEnds(file, featureCount, size) : await file.ends(size);
  const batches: Batch[] = [];
  let offset = 0;
  for (const end of ends) {
    if (end > offset) batches.push({ runs: Float64Array.of(offset, end - offset, 0), bytes: end - offset });
    offset = end;
  }
  return { batches, bytes: featureBytes };
}

/** Places in the file between features, about a batch apart, from the tree's leaves. */
function treeEnds({ tree }: FlatGeobufFile, featureCount: number, size: number): number[] {
  if (featureCount === 0) return [];
  const step = stepOf(tree, size);
  const numbers = Array.from({ length: Math.ceil(featureCount / step) - 1 }, (_, i) => (i + 1) * step);
  return [...withOffsets(tree, (offsetOf) => numbers.map(offsetOf)), tree.featureBytes];
}

/** How large batches are that together are so large. */
function fitting(all: number): number {
  return Math.max(LEAST_BATCH_BYTES, Math.min(BATCH_BYTES, Math.ceil(all / BATCHES)));
}

/** About as many features as a batch of a size has. */
function stepOf({ featureBytes, items }: TreeFile, size: number): number {
  return Math.max(1, Math.floor(size / Math.max(1, featureBytes / items)));
}

/** The features that lie inside an area, and those that may do so in part. */
function selectWithin({ tree }: FlatGeobufFile, area: PolygonIndex, batchBytes: number | undefined): Selection {
  const ranges = rangesWithin(tree, new BoxClassifier(area));
  const weight = ranges.reduce((sum, { from, to, edge }) => sum + (to - from) * (edge ? 1 + CUTTING : 1), 0);
  const size = batchBytes ?? fitting(weight * (tree.featureBytes / Math.max(1, tree.items)));
  const step = Math.ceil(stepOf(tree, size) / PIECES);
  const batches: Batch[] = [];
  const builder = new BatchBuilder();
  let bytes = 0;
  withOffsets(tree, (offsetOf) => {
    for (const { from, to, edge, offset, end } of ranges) {
      let start = offset < 0 ? offsetOf(from) : offset;
      for (let at = from; at < to; ) {
        at = Math.min(at + step, to);
        const next = at === to && end >= 0 ? end : offsetOf(at);
        builder.add(start, next - start, edge);
        bytes += next - start;
        start = next;
        if (builder.weight >= size) batches.push(builder.take());
      }
    }
  });
  if (builder.bytes > 0) batches.push(builder.take());
  return { batches, bytes };
}

/** Features that follow each other, from one to before another; where they start and end, in bytes after the tree, is -1 where it is not known. */
interface Range {
  from: number;
  to: number;
  edge: boolean;
  offset: number;
  end: number;
}

/** Those that lie inside an area, and those that may do so in part, in their order. */
function rangesWithin(tree: TreeFile, classifier: BoxClassifier): Range[] {
  const ranges: Range[] = [];
  const found = walkTree(tree, (minX, minY, maxX, maxY) => VISITS[classifier.classify(minX, minY, maxX, maxY)]);
  for (const { from, to, taken, offset, bytes } of found) {
    const end = offset < 0 ? -1 : offset + bytes;
    const last = ranges.at(-1);
    if (last?.to === from && last.edge !== taken) {
      last.to = to;
      last.end = end;
    } else ranges.push({ from, to, edge: !taken, offset, end });
  }
  return ranges;
}

/** What becomes of a node of the tree, by where its box lies. */
export const VISITS = { inside: 'take', outside: 'skip', edge: 'look' } as const;
