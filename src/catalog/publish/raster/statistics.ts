import { runGdal } from '../../../gdal/process.ts';
import type { BandProfile, DataType } from '../../../store/rasterprofile.ts';
import { PublishError } from '../failure.ts';

/** Of some valid pixels: enough to tell those of several tiles from one another's. */
export interface Moments {
  count: number;
  min: number;
  max: number;
  mean: number;
  /** The sum of squared differences from the mean. */
  squares: number;
  /** Whether some pixels, not counted here, are no number. */
  hasNaN: boolean;
}

const NONE: Moments = { count: 0, min: Infinity, max: -Infinity, mean: 0, squares: 0, hasNaN: false };

/** Those of two sets of pixels together (Chan, Golub and LeVeque 1979). */
function together(a: Moments, b: Moments): Moments {
  const hasNaN = a.hasNaN || b.hasNaN;
  if (a.count === 0 || b.count === 0) return { ...(a.count === 0 ? b : a), hasNaN };
  const count = a.count + b.count;
  const apart = b.mean - a.mean;
  return {
    count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    mean: a.mean + (apart * b.count) / count,
    squares: a.squares + b.squares + (apart * apart * a.count * b.count) / count,
    hasNaN,
  };
}

export function statisticsOf(parts: readonly Moments[]): BandProfile['statistics'] {
  const { count, min, max, mean, squares } = parts.reduce(together, NONE);
  // Sums of the largest floats are past all numbers, and JSON has nothing that is.
  const finite = (value: number) => (Number.isFinite(value) ? value : Number.MAX_VALUE);
  return count === 0 ? null : { min, max, mean: finite(mean), stddev: finite(Math.sqrt(squares / count)) };
}

export interface PixelLayout {
  width: number;
  type: DataType;
  /** As text; by band. */
  nodata: readonly (string | null)[];
  /** The index of the band that is alpha; null where there is none. */
  alpha: number | null;
  /** Whether a mask stands beside the bands. */
  masked: boolean;
}

type Values = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

const VALUES: Record<DataType, { bytes: number; view: (buffer: ArrayBuffer) => Values }> = {
  Byte: { bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  Int8: { bytes: 1, view: (buffer) => new Int8Array(buffer) },
  UInt16: { bytes: 2, view: (buffer) => new Uint16Array(buffer) },
  Int16: { bytes: 2, view: (buffer) => new Int16Array(buffer) },
  UInt32: { bytes: 4, view: (buffer) => new Uint32Array(buffer) },
  Int32: { bytes: 4, view: (buffer) => new Int32Array(buffer) },
  Float32: { bytes: 4, view: (buffer) => new Float32Array(buffer) },
  Float64: { bytes: 8, view: (buffer) => new Float64Array(buffer) },
};
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
  const channels = layout.nodata.length + (layout.masked ? 1 : 0);
  const bands = [...layout.nodata.keys()].flatMap((index) => ['-b', String(index + 1)]);
  const reader = new PixelReader(layout, channels);
  // Strips of one row: whatever number of rows GDAL reads at once, none is left half written, which a stream cannot mend.
  const creation = ['STREAMABLE_OUTPUT=YES', 'BIGTIFF=YES', 'INTERLEAVE=PIXEL', 'ENDIANNESS=LITTLE', 'BLOCKYSIZE=1'];
  // Whole values, even where the file keeps fewer bits of them.
  if (layout.type !== 'Int8') creation.push(`NBITS=${8 * VALUES[layout.type].bytes}`);
  const selection = ['-mask', 'none', ...bands, ...(layout.masked ? ['-b', 'mask'] : [])];
  // A row of blocks at once, so that none is decoded twice.
  const swath = Math.min(MOST_SWATH, layout.width * BLOCK * channels * VALUES[layout.type].bytes);
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
  readonly #values: Values;
  readonly #moments: Moments[];
  readonly #nodata: number[];
  #head: Buffer | null = Buffer.alloc(0);
  #filled = 0;

  constructor(layout: PixelLayout, channels: number) {
    this.#layout = layout;
    this.#channels = channels;
    const { bytes, view } = VALUES[layout.type];
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
    const pixels = this.#filled / (VALUES[this.#layout.type].bytes * this.#channels);
    if (!Number.isInteger(pixels)) throw new PublishError('GDAL ended in the middle of a pixel.');
    this.#filled = 0;
    const { alpha, masked } = this.#layout;
    for (const [band, before] of this.#moments.entries()) {
      const valid = masked ? this.#channels - 1 : alpha === band ? null : alpha;
      this.#moments[band] = together(before, this.#measureBand(band, pixels, valid, this.#nodata[band] ?? Number.NaN));
    }
  }

  /** @param valid the channel that is 0 where a pixel is not valid. */
  #measureBand(band: number, pixels: number, valid: number | null, nodata: number): Moments {
    const values = this.#values;
    const step = this.#channels;
    const end = pixels * step;
    let [count, min, max, sum, squares] = [0, Infinity, -Infinity, 0, 0];
    let [shift, hasNaN] = [0, false];
    for (let at = band, mask = valid ?? 0; at < end; at += step, mask += step) {
      const value = values[at] ?? 0;
      if (value === nodata || (valid !== null && values[mask] === 0)) continue;
      if (value - value !== 0) {
        hasNaN ||= Number.isNaN(value);
        continue;
      }
      if (count++ === 0) shift = value;
      if (value < min) min = value;
      if (value > max) max = value;
      // Around one of the values, so that a small spread is not lost in large numbers.
      const apart = value - shift;
      sum += apart;
      squares += apart * apart;
    }
    if (count === 0) return { ...NONE, hasNaN };
    return { count, min, max, mean: shift + sum / count, squares: Math.max(0, squares - (sum * sum) / count), hasNaN };
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

/** A value as a pixel of this type holds it; NaN, which is no value, where there is none. */
export function pixelValue(text: string | null, type: DataType): number {
  if (text === null) return Number.NaN;
  const value = text.endsWith('inf') ? Number(text.replace('inf', 'Infinity')) : Number(text);
  return type === 'Float32' ? Math.fround(value) : value;
}
