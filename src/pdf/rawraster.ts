import { type FileHandle, open } from 'node:fs/promises';
import { PIXELS, type Pixels } from '../store/pixels.ts';
import type { DataType } from '../store/rasterprofile.ts';

/** Rows of a band that hold at a time. */
const ROWS = 4;

/** Pixels in a file as they are in memory, row after row, of each row band after band. */
export class RawRaster {
  readonly columns: number;
  readonly rows: number;
  readonly bands: number;
  readonly type: DataType;
  readonly #file: FileHandle;
  /** Of each band, the oldest first, to be filled again: rows come by the thousand. */
  readonly #rooms: ArrayBuffer[][];

  private constructor(file: FileHandle, [columns, rows]: readonly [number, number], bands: number, type: DataType) {
    this.#file = file;
    this.columns = columns;
    this.rows = rows;
    this.bands = bands;
    this.type = type;
    this.#rooms = Array.from({ length: bands }, () => []);
  }

  static async open(path: string, size: readonly [number, number], bands: number, type: DataType): Promise<RawRaster> {
    return new RawRaster(await open(path), size, bands, type);
  }

  /** A row of a band, from 0; its numbers hold until four more of that band were asked for. */
  async row(band: number, row: number): Promise<Pixels> {
    const { bytes, view } = PIXELS[this.type];
    const length = this.columns * bytes;
    const rooms = this.#rooms[band] ?? [];
    const buffer = (rooms.length < ROWS ? null : rooms.shift()) ?? new ArrayBuffer(length);
    rooms.push(buffer);
    const into = new Uint8Array(buffer);
    const start = (row * this.bands + band) * length;
    for (let at = 0; at < length; ) {
      const { bytesRead } = await this.#file.read(into, at, length - at, start + at);
      if (bytesRead === 0) throw new Error('A raster of the map ends too early.');
      at += bytesRead;
    }
    return view(buffer);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
