import { type FileHandle, open } from 'node:fs/promises';
import { PIXELS, type Pixels } from '../store/pixels.ts';
import type { DataType } from '../store/rasterprofile.ts';

/** Pixels in a file, band after band and row after row, as they are in memory. */
export class RawRaster {
  readonly columns: number;
  readonly rows: number;
  readonly bands: number;
  readonly type: DataType;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, [columns, rows]: readonly [number, number], bands: number, type: DataType) {
    this.#file = file;
    this.columns = columns;
    this.rows = rows;
    this.bands = bands;
    this.type = type;
  }

  static async open(path: string, size: readonly [number, number], bands: number, type: DataType): Promise<RawRaster> {
    return new RawRaster(await open(path), size, bands, type);
  }

  /** A row of a band, from 0; each call gives numbers of its own. */
  async row(band: number, row: number): Promise<Pixels> {
    const { bytes, view } = PIXELS[this.type];
    const length = this.columns * bytes;
    const buffer = new ArrayBuffer(length);
    const into = new Uint8Array(buffer);
    const start = (band * this.rows + row) * length;
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
