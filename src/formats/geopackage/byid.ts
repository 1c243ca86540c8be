import type { KeptMeasure } from '../../vector/measure.ts';
import type { Scratch } from '../../vector/scratch.ts';
import { BATCH_BYTES, type Batch, BatchBuilder } from '../../vector/select.ts';
import type { PlannedRows, RowBatch } from './plan.ts';

/** Numbers of the lists that a batch was measured in: sizes of its rows, their boxes (null in tables), ids, and where each feature is (offset, bytes, edge). */
export interface Lists {
  sizes: number;
  boxes: number | null;
  ids: number;
  places: number;
}
const PLACE = 3;

/**
 * A feature in the scratch file, 48 bytes: its id (float64), where it is (float64), its bytes, whether it lies on the edge, its row's size and a gap
 * (4 uint32), its box (4 float32).
 */
const RECORD = 48;
/** Features that are sorted at once. */
const MOST_SORTED = 1 << 17;
/** Of each batch's ids, for finding out how they are spread. */
const SAMPLED = 64;
/** Records that are gathered before they are written. */
const GATHERED = 128;

/** Records in memory. */
class Records {
  readonly count: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly doubles: Float64Array;
  readonly integers: Uint32Array;
  readonly floats: Float32Array;

  constructor(count: number, room = new ArrayBuffer(RECORD * count)) {
    this.count = count;
    this.bytes = new Uint8Array(room, 0, RECORD * count);
    this.doubles = new Float64Array(room);
    this.integers = new Uint32Array(room);
    this.floats = new Float32Array(room);
  }

  /** They hold until others are read. */
  static read(scratch: Scratch, at: number, count: number): Records {
    const records = new Records(count, scratch.room('records', RECORD * count));
    if (count > 0) scratch.read(records.bytes, at);
    return records;
  }

  id(record: number): number {
    return this.doubles[(RECORD / 8) * record] ?? 0;
  }

  /** The source's bytes of a feature. */
  size(record: number): number {
    return this.integers[(RECORD / 4) * record + 4] ?? 0;
  }

  copy(to: number, from: Records, record: number): void {
    this.bytes.set(from.bytes.subarray(RECORD * record, RECORD * (record + 1)), RECORD * to);
  }
}

/**
 * The features by their own ids, which SQLite wants in order, in batches of their own: rows to plan with, and what the engine reads. They are sorted
 * in the scratch file, by first spreading them over buckets of ids, and stay there.
 */
export function sortById(
  measures: readonly KeptMeasure[],
  lists: Lists,
  scratch: Scratch,
): { rows: RowBatch[]; batches: { length: number; at(number: number): Batch | undefined } } {
  const bounds = boundsOf(measures, lists);
  const buckets = spread(measures, lists, bounds, scratch);
  const parts = buckets.flatMap((bucket) => sortBucket(bucket, scratch));
  const rows = parts.map(({ at, count, first, last }) => ({
    count,
    ids: { first, last },
    read: () => rowsOf(Records.read(scratch, at, count), scratch, lists.boxes !== null),
  }));
  const batchAt = (number: number) => {
    const part = parts[number];
    return part && batchOf(Records.read(scratch, part.at, part.count));
  };
  return { rows, batches: { length: parts.length, at: batchAt } };
}

/** Ids that part the features into buckets of about the same size, from a sample. */
function boundsOf(measures: readonly KeptMeasure[], { ids }: Lists): Float64Array {
  const sample: number[] = [];
  let count = 0;
  for (const measure of measures) {
    const list = measure.list(ids);
    count += list.length;
    const step = Math.max(1, list.length / SAMPLED);
    for (let at = 0; at < list.length; at += step) sample.push(list[Math.floor(at)] ?? 0);
  }
  const sorted = Float64Array.from(sample).sort();
  const buckets = Math.ceil(count / MOST_SORTED);
  return Float64Array.from({ length: Math.max(0, buckets - 1) }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / buckets)] ?? 0);
}

interface Bucket {
  at: number;
  count: number;
}

/** Writes all records, each to the bucket of its id. */
function spread(measures: readonly KeptMeasure[], lists: Lists, bounds: Float64Array, scratch: Scratch): Bucket[] {
  const counts = new Uint32Array(bounds.length + 1);
  for (const measure of measures)
    for (const id of measure.list(lists.ids)) {
      const bucket = bucketOf(bounds, id);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
  const buckets = Array.from(counts, (count) => ({
    at: scratch.reserve(RECORD * count),
    count,
    gathered: new Records(GATHERED),
    used: 0,
    written: 0,
  }));
  const flush = (bucket: (typeof buckets)[number]) => {
    scratch.write(bucket.gathered.bytes.subarray(0, RECORD * bucket.used), bucket.at + RECORD * bucket.written);
    bucket.written += bucket.used;
    bucket.used = 0;
  };
  for (const measure of measures) {
    const [ids, places, sizes] = [measure.list(lists.ids), measure.list(lists.places), measure.list(lists.sizes)];
    const boxes = lists.boxes === null ? [] : measure.list(lists.boxes);
    for (let i = 0; i < ids.length; i++) {
      const bucket = buckets[bucketOf(bounds, ids[i] ?? 0)];
      if (!bucket) continue;
      const { doubles, integers, floats } = bucket.gathered;
      const [double, single] = [(RECORD / 8) * bucket.used, (RECORD / 4) * bucket.used];
      doubles[double] = ids[i] ?? 0;
      doubles[double + 1] = places[PLACE * i] ?? 0;
      integers[single + 4] = places[PLACE * i + 1] ?? 0;
      integers[single + 5] = places[PLACE * i + 2] ?? 0;
      integers[single + 6] = sizes[i] ?? 0;
      for (let k = 0; k < 4; k++) floats[single + 8 + k] = boxes[4 * i + k] ?? 0;
      if (++bucket.used === GATHERED) flush(bucket);
    }
  }
  for (const bucket of buckets) flush(bucket);
  return buckets;
}

/** How many of the bounds are not larger than an id. */
function bucketOf(bounds: Float64Array, id: number): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] ?? 0) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Brings a bucket's records in order, and parts them into batches. */
function sortBucket({ at, count }: Bucket, scratch: Scratch): { at: number; count: number; first: number; last: number }[] {
  const records = Records.read(scratch, at, count);
  const ids = new Float64Array(count).map((_, i) => records.id(i));
  const order = new Uint32Array(count).map((_, i) => i).sort((a, b) => (ids[a] ?? 0) - (ids[b] ?? 0));
  const sorted = new Records(count);
  order.forEach((record, to) => {
    sorted.copy(to, records, record);
  });
  if (count > 0) scratch.write(sorted.bytes, at);
  const parts: ReturnType<typeof sortBucket> = [];
  for (let from = 0; from < count; ) {
    let to = from;
    for (let bytes = 0; to < count && bytes < BATCH_BYTES; to++) bytes += sorted.size(to);
    parts.push({ at: at + RECORD * from, count: to - from, first: sorted.id(from), last: sorted.id(to - 1) });
    from = to;
  }
  return parts;
}

function rowsOf({ count, doubles, integers, floats }: Records, scratch: Scratch, hasBoxes: boolean): PlannedRows {
  const boxed = hasBoxes ? 4 * count : 0;
  const rows = {
    sizes: new Uint32Array(scratch.room('sizes', 4 * count), 0, count),
    rowIds: new Float64Array(scratch.room('ids', 8 * count), 0, count),
    boxes: new Float32Array(scratch.room('boxes', 4 * boxed), 0, boxed),
  };
  for (let i = 0; i < count; i++) {
    const single = (RECORD / 4) * i;
    rows.sizes[i] = integers[single + 6] ?? 0;
    rows.rowIds[i] = doubles[(RECORD / 8) * i] ?? 0;
    if (hasBoxes) rows.boxes.set(floats.subarray(single + 8, single + 12), 4 * i);
  }
  return rows;
}

function batchOf(records: Records): Batch {
  const builder = new BatchBuilder();
  for (let i = 0; i < records.count; i++)
    builder.add(records.doubles[(RECORD / 8) * i + 1] ?? 0, records.size(i), records.integers[(RECORD / 4) * i + 5] === 1);
  return builder.take();
}
