import type { Scratch } from './scratch.ts';

/** What the first pass found in a batch: plain data, of which the format says what it is. */
export interface BatchMeasure {
  /** Of the batch as a whole. */
  figures: Float64Array<ArrayBuffer>;
  /** Of each feature. */
  lists: (Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>)[];
}

/** What was measured of a batch, for as long as its scratch file is open. */
export interface KeptMeasure {
  figures: BatchMeasure['figures'];
  /** Reads one of the lists. It holds until the same list of any batch is read. */
  list(index: number): BatchMeasure['lists'][number];
}

/** Moves what was measured of each feature to a scratch file. */
export function keepMeasure({ figures, lists }: BatchMeasure, scratch: Scratch): KeptMeasure {
  const kept = lists.map((list) => {
    const at = scratch.reserve(list.byteLength);
    if (list.length > 0) scratch.write(list, at);
    return { make: listMaker(list), length: list.length, bytes: list.byteLength, at };
  });
  return {
    figures,
    list(index) {
      const { make, length, bytes, at } = kept[index] ?? { make: () => new Uint32Array(), length: 0, bytes: 0, at: 0 };
      const list = make(scratch.room(`list ${index}`, bytes), length);
      if (length > 0) scratch.read(list, at);
      return list;
    },
  };
}

function listMaker(list: BatchMeasure['lists'][number]): (room: ArrayBuffer, length: number) => BatchMeasure['lists'][number] {
  if (list instanceof Float64Array) return (room, length) => new Float64Array(room, 0, length);
  return list instanceof Float32Array
    ? (room, length) => new Float32Array(room, 0, length)
    : (room, length) => new Uint32Array(room, 0, length);
}
