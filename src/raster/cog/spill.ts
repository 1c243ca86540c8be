import { type FileHandle, open, rm } from 'node:fs/promises';
import { readExactly } from './tiff.ts';

/** Where the bytes of an image's blocks are. All are 0 for a block that is not kept. */
export interface BlockTable {
  /** 0: in the source, 1: in the spill. */
  files: Uint8Array;
  offsets: Float64Array;
  counts: Float64Array;
}

export const SOURCE = 0;
export const SPILL = 1;

export function emptyTable(blocks: number): BlockTable {
  return { files: new Uint8Array(blocks), offsets: new Float64Array(blocks), counts: new Float64Array(blocks) };
}

export function put(table: BlockTable, block: number, file: number, offset: number, count: number): void {
  table.files[block] = file;
  table.offsets[block] = offset;
  table.counts[block] = count;
}

/** A temporary file of blocks that were made, until it is known where they go. */
export class Spill {
  readonly handle: FileHandle;
  readonly #path: string;
  #size = 0;

  private constructor(handle: FileHandle, path: string) {
    this.handle = handle;
    this.#path = path;
  }

  /** @param path of a file that is not there yet. */
  static async create(path: string): Promise<Spill> {
    return new Spill(await open(path, 'wx+', 0o600), path);
  }

  /** @returns where the bytes are. */
  async append(bytes: Uint8Array): Promise<number> {
    const offset = this.#size;
    this.#size += bytes.length;
    for (let at = 0; at < bytes.length; ) at += (await this.handle.write(bytes, at, bytes.length - at, offset + at)).bytesWritten;
    return offset;
  }

  async close(): Promise<void> {
    await this.handle.close();
    await rm(this.#path, { force: true });
  }
}

/** The bytes of a block; null for one that is not kept. */
export async function readBlock(handles: readonly FileHandle[], table: BlockTable, block: number): Promise<Buffer<ArrayBuffer> | null> {
  const handle = handles[table.files[block] ?? 0];
  const count = table.counts[block] ?? 0;
  return handle && count > 0 ? readExactly(handle, table.offsets[block] ?? 0, count) : null;
}
