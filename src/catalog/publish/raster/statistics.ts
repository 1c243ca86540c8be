import { runGdal } from '../../../gdal/process.ts';
import { PIXELS, type Pixels } from '../../../store/pixels.ts';
import { PublishError } from '../failure.ts';
import { measureBlocks } from './blocks.ts';
import { type Moments, momentsOf, NONE, pixelValue, together } from './moments.ts';
import type { PixelLayout } from './pixellayout.ts';

/** Pixels that are measured at once. */
const BATCH = 1 << 16;
/** Rows of a block. */
const BLOCK = 512;
/** In bytes. */
const MOST_SWATH = 1 << 28;

/**
 * Goes through every pixel of a raster, each of finite value and not masked, transparent or nodata. GDAL's own statistics would be those that
 * the file brings along, right or wrong.
 */
export async function measurePixels(path: string, layout: PixelLayout, signal: AbortSignal | undefined): Promise<Moments[]> {
  const few = await measureBlocks(path, layout, signal);
  if (few) return few;
  const channels = layout.nodata.length + (layout.masked ? 1 : 0);
  const bands = [...layout.nodata.keys()].flatMap((index) => ['-b', String(index + 1)]);
  const reader = new PixelReader(layout, channels);
  // Strips of one row: whatever number of rows GDAL reads at once, none is left half written, which a stream cannot mend.
  const creation = ['STREAMABLE_OUTPUT=YES', 'BIGTIFF=YES', 'INTERLEAVE=PIXEL', 'ENDIANNESS=LITTLE', 'BLOCKYSIZE=1'];
  // Whole values, even where the file keeps fewer bits of them.
  if (layout.type !== 'Int8') creation.push(`NBITS=${8 * PIXELS[layout.type].bytes}`);
  const selection = ['-mask', 'none', ...bands, ...(layout.masked ? ['-b', 'mask'] : [])];
  // A row of blocks at once, so that none is decoded twice.
  const swath = Math.min(MOST_SWATH, layout.width * BLOCK * channels * PIXELS[layout.type].bytes);
  const config = { GDAL_PAM_ENABLED: 'NO', GDAL_SWATH_SIZE: String(swath), GDAL_CACHEMAX: String(64 + Math.ceil(swath / (1 << 20))) };
  const options = creation.flatMap((option) => ['-co', option]);
  await runGdal('gdal_translate', ['-q', '-of', 'GTiff', ...selection, ...options, path, '/vsistdout/'], {
    ...(signal ? { signal } : {}),
    config,
    onOutput: (bytes) => reader.read(bytes),
  });
  return reader.finish();
}

/** Takes a streamed BigTIFF apart: one directory, then the pixels row by row (GDAL's "Streaming operations" of the GTiff driver). */
class PixelReader {
  readonly #layout: PixelLayout;
  readonly #channels: number;
  readonly #batch: Buffer;
  readonly #values: Pixels;
  readonly #moments: Moments[];
  readonly #nodata: number[];
  #head: Buffer | null = Buffer.alloc(0);
  #filled = 0;

  constructor(layout: PixelLayout, channels: number) {
    this.#layout = layout;
    this.#channels = channels;
    const { bytes, view } = PIXELS[layout.type];
    const buffer = new ArrayBuffer(BATCH * channels * bytes);
    this.#batch = Buffer.from(buffer);
    this.#values = view(buffer);
    this.#moments = layout.nodata.map(() => NONE);
    this.#nodata = layout.nodata.map((text) => pixelValue(text, layout.type));
  }

  read(bytes: Buffer): void {
    let at = 0;
    if (this.#head) {
      this.#head = Buffer.concat([this.#head, bytes]);
      const start = pixelsStart(this.#head);
      if (start === undefined || this.#head.length < start) return;
      at = bytes.length - (this.#head.length - start);
      this.#head = null;
    }
    while (at < bytes.length) {
      const copied = bytes.copy(this.#batch, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === this.#batch.length) this.#measure();
    }
  }

  finish(): Moments[] {
    this.#measure();
    return this.#moments;
  }

  #measure(): void {
    const pixels = this.#filled / (PIXELS[this.#layout.type].bytes * this.#channels);
    if (!Number.isInteger(pixels)) throw new PublishError('GDAL ended in the middle of a pixel.');
    this.#filled = 0;
    const { alpha, masked } = this.#layout;
    for (const [band, before] of this.#moments.entries()) {
      const valid = masked ? this.#channels - 1 : alpha === band ? null : alpha;
      const nodata = this.#nodata[band] ?? Number.NaN;
      this.#moments[band] = together(before, momentsOf({ values: this.#values, pixels, channels: this.#channels, band, valid, nodata }));
    }
  }
}

/** Where the first strip begins, once enough of the file is there to tell (BigTIFF: an 8 byte count, then entries of 20 bytes). */
function pixelsStart(head: Buffer): number | undefined {
  if (head.length < 24) return undefined;
  const directory = Number(head.readBigUInt64LE(8));
  if (head.length < directory + 8) return undefined;
  const entries = Number(head.readBigUInt64LE(directory));
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 8 + 20 * entry;
    if (head.length < at + 20) return undefined;
    if (head.readUInt16LE(at) !== STRIP_OFFSETS) continue;
    const count = Number(head.readBigUInt64LE(at + 4));
    const wide = head.readUInt16LE(at + 2) === LONG8;
    // As many values as fit the entry's own 8 bytes stand in it.
    const where = count * (wide ? 8 : 4) <= 8 ? at + 12 : Number(head.readBigUInt64LE(at + 12));
    if (head.length < where + 8) return undefined;
    return wide ? Number(head.readBigUInt64LE(where)) : head.readUInt32LE(where);
  }
  throw new PublishError('GDAL streamed a raster without pixels.');
}

const STRIP_OFFSETS = 273;
const LONG8 = 16;
