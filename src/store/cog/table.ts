import { type Readable, readExactly } from './tiff.ts';

/** Where the bytes of an image's blocks are. All are 0 for a block that is not kept. */
export interface BlockTable {
  /** Numbers of the files, from 0. */
  files: Uint8Array;
  offsets: Float64Array;
  counts: Float64Array;
}

export function emptyTable(blocks: number): BlockTable {
  return { files: new Uint8Array(blocks), offsets: new Float64Array(blocks), counts: new Float64Array(blocks) };
}

export function put(table: BlockTable, block: number, file: number, offset: number, count: number): void {
  table.files[block] = file;
  table.offsets[block] = offset;
  table.counts[block] = count;
}

/** The bytes of a block; null for one that is not kept. `handles` are the files that the table speaks of. */
export async function readBlock(handles: readonly Readable[], table: BlockTable, block: number): Promise<Buffer<ArrayBuffer> | null> {
  const handle = handles[table.files[block] ?? 0];
  const count = table.counts[block] ?? 0;
  return handle && count > 0 ? readExactly(handle, table.offsets[block] ?? 0, count) : null;
}
