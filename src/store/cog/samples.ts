import { type BlockShape, samplesInBlock } from './image.ts';
import { FORMAT } from './tags.ts';

/** Samples of real numbers of up to 53 bits, which can be averaged. */
export type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float16Array
  | Float32Array
  | Float64Array;

/** Looks at the bytes of a block as its samples; null where they are no numbers that can be reckoned with: complex, or integers of 64 bits. */
export function samplesOf(bytes: Uint8Array<ArrayBuffer>, { bits, format }: Pick<BlockShape, 'bits' | 'format'>): Samples | null {
  const { buffer, byteOffset, length } = bytes;
  if (format === FORMAT.float) {
    if (bits === 16) return new Float16Array(buffer, byteOffset, length / 2);
    if (bits === 32) return new Float32Array(buffer, byteOffset, length / 4);
    return bits === 64 ? new Float64Array(buffer, byteOffset, length / 8) : null;
  }
  if (format !== FORMAT.unsigned && format !== FORMAT.signed) return null;
  const signed = format === FORMAT.signed;
  if (bits === 8) return signed ? new Int8Array(buffer, byteOffset, length) : bytes;
  if (bits === 16) return signed ? new Int16Array(buffer, byteOffset, length / 2) : new Uint16Array(buffer, byteOffset, length / 2);
  if (bits === 32) return signed ? new Int32Array(buffer, byteOffset, length / 4) : new Uint32Array(buffer, byteOffset, length / 4);
  return null;
}

/**
 * A sample's bytes for a number, in the byte order of this machine.
 * @returns null where samples of this type cannot have that value.
 */
export function sampleBytes(value: number, shape: Pick<BlockShape, 'bits' | 'format'>): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(shape.bits / 8);
  if (value === 0) return bytes;
  if (shape.bits === 64 && (shape.format === FORMAT.signed || shape.format === FORMAT.unsigned)) {
    if (
      !Number.isInteger(value) ||
      value < (shape.format === FORMAT.signed ? -(2 ** 63) : 0) ||
      value >= 2 ** (shape.format === FORMAT.signed ? 63 : 64)
    )
      return null;
    new BigInt64Array(bytes.buffer)[0] = BigInt.asIntN(64, BigInt(value));
    return bytes;
  }
  const samples = samplesOf(bytes, shape);
  if (!samples) return null;
  samples[0] = value;
  const kept = samples[0] ?? Number.NaN;
  // GDAL writes a float's nodata with as many digits as a double has, and compares as floats.
  const same = Object.is(kept, value) || kept === value || (shape.format === FORMAT.float && shape.bits === 32 && Number.isFinite(kept));
  return same ? bytes : null;
}

/** Sets all samples of pixels to what one sample's bytes are. */
export class Filler {
  readonly #sample: Uint8Array;
  readonly #zero: boolean;
  readonly #pixelBytes: number;

  constructor(sample: Uint8Array, shape: BlockShape) {
    this.#sample = sample;
    this.#zero = sample.every((byte) => byte === 0);
    this.#pixelBytes = sample.length * samplesInBlock(shape);
  }

  /** The pixels from one up to another. */
  fill(bytes: Uint8Array, from: number, to: number): void {
    const [start, end] = [from * this.#pixelBytes, to * this.#pixelBytes];
    if (this.#zero || this.#sample.length === 1) {
      bytes.fill(this.#sample[0] ?? 0, start, end);
      return;
    }
    if (end <= start) return;
    bytes.set(this.#sample, start);
    for (let filled = this.#sample.length; start + filled < end; filled *= 2)
      bytes.copyWithin(start + filled, start, Math.min(start + filled, end - filled));
  }

  /** The pixels whose marks are 0, row by row. */
  fillUnmarked(bytes: Uint8Array, marks: Uint8Array): void {
    for (let from = marks.indexOf(0); from >= 0; ) {
      const end = marks.indexOf(1, from);
      this.fill(bytes, from, end < 0 ? marks.length : end);
      from = end < 0 ? -1 : marks.indexOf(0, end);
    }
  }
}
