import { type BlockShape, samplesInBlock } from './image.ts';
import { FORMAT } from './tags.ts';

/** The integers that samples are differenced as: 8, 16 and 32 bits whatever their sign, which wraps. */
type Words = Uint8Array | Uint16Array | Uint32Array;

const HOST_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Turns a block from how it is unpacked into samples in the byte order of this machine, in place.
 * @param bytes the whole block, beginning at a multiple of 8 in its buffer.
 */
export function unpredict(bytes: Uint8Array, shape: BlockShape): void {
  if (shape.predictor === 3) {
    undoFloatingPoint(bytes, shape);
    return;
  }
  orderBytes(bytes, shape);
  if (shape.predictor !== 2) return;
  const stride = samplesInBlock(shape);
  const row = shape.blockWidth * stride;
  if (shape.bits === 64) sum64(new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8), row, stride);
  else sum(wordsOf(bytes, shape.bits), row, stride);
}

/** The way back of `unpredict`. */
export function predict(bytes: Uint8Array, shape: BlockShape): void {
  if (shape.predictor === 3) {
    doFloatingPoint(bytes, shape);
    return;
  }
  if (shape.predictor === 2) {
    const stride = samplesInBlock(shape);
    const row = shape.blockWidth * stride;
    if (shape.bits === 64) difference64(new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8), row, stride);
    else difference(wordsOf(bytes, shape.bits), row, stride);
  }
  orderBytes(bytes, shape);
}

/** Whether blocks of this shape can be unpacked to samples: whole bytes of a type that the predictor knows. */
export function isPredictable({ bits, format, predictor }: BlockShape): boolean {
  if (![8, 16, 32, 64].includes(bits)) return false;
  return predictor === 1 || predictor === 2 || (predictor === 3 && format === FORMAT.float && bits >= 16);
}

function wordsOf(bytes: Uint8Array, bits: number): Words {
  if (bits === 16) return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  if (bits === 32) return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return bytes;
}

/** TIFF 6.0 section 14: each sample is kept as its difference from the one of the pixel to its left. */
function sum(words: Words, row: number, stride: number): void {
  for (let start = 0; start < words.length; start += row) {
    const end = start + row;
    if (stride === 1) {
      let value = 0;
      for (let i = start; i < end; i++) words[i] = value = value + (words[i] ?? 0);
    } else if (stride === 3) {
      let [a, b, c] = [0, 0, 0];
      for (let i = start; i < end; i += 3) {
        words[i] = a = a + (words[i] ?? 0);
        words[i + 1] = b = b + (words[i + 1] ?? 0);
        words[i + 2] = c = c + (words[i + 2] ?? 0);
      }
    } else for (let i = start + stride; i < end; i++) words[i] = (words[i] ?? 0) + (words[i - stride] ?? 0);
  }
}

function difference(words: Words, row: number, stride: number): void {
  for (let start = 0; start < words.length; start += row) {
    const end = start + row;
    if (stride === 1) {
      let before = 0;
      for (let i = start; i < end; i++) {
        const value = words[i] ?? 0;
        words[i] = value - before;
        before = value;
      }
    } else if (stride === 3) {
      let [a, b, c] = [0, 0, 0];
      for (let i = start; i < end; i += 3) {
        const red = words[i] ?? 0;
        const green = words[i + 1] ?? 0;
        const blue = words[i + 2] ?? 0;
        words[i] = red - a;
        words[i + 1] = green - b;
        words[i + 2] = blue - c;
        a = red;
        b = green;
        c = blue;
      }
    } else for (let i = end - 1; i >= start + stride; i--) words[i] = (words[i] ?? 0) - (words[i - stride] ?? 0);
  }
}

function sum64(words: BigUint64Array, row: number, stride: number): void {
  for (let start = 0; start < words.length; start += row)
    for (let i = start + stride; i < start + row; i++) words[i] = (words[i] ?? 0n) + (words[i - stride] ?? 0n);
}

function difference64(words: BigUint64Array, row: number, stride: number): void {
  for (let start = 0; start < words.length; start += row)
    for (let i = start + row - 1; i >= start + stride; i--) words[i] = (words[i] ?? 0n) - (words[i - stride] ?? 0n);
}

/**
 * Adobe Photoshop TIFF Technical Note 3: a row's bytes are kept as differences, the highest byte of each sample first, then all second
 * bytes, and so on, whatever the byte order of the file.
 */
function undoFloatingPoint(bytes: Uint8Array, shape: BlockShape): void {
  const stride = samplesInBlock(shape);
  const size = shape.bits / 8;
  const count = shape.blockWidth * stride;
  const row = new Uint8Array(count * size);
  const words = isFour(shape) ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) : null;
  const fours = words && new Uint32Array(row.buffer);
  for (let start = 0; start < bytes.length; start += row.length) {
    row.set(bytes.subarray(start, start + row.length));
    if (words && fours) {
      undoFloat32(row, fours, words, start / 4, count);
      continue;
    }
    for (let i = stride; i < row.length; i++) row[i] = (row[i] ?? 0) + (row[i - stride] ?? 0);
    for (let byte = 0; byte < size; byte++) {
      let to = start + (HOST_LITTLE_ENDIAN ? size - 1 - byte : byte);
      const from = byte * count;
      for (let i = 0; i < count; i++, to += size) bytes[to] = row[from + i] ?? 0;
    }
  }
}

/** The commonest kind of floating-point block: one band of 32 bits. */
function isFour(shape: BlockShape): boolean {
  return shape.bits === 32 && samplesInBlock(shape) === 1;
}

function doFloatingPoint(bytes: Uint8Array, shape: BlockShape): void {
  const stride = samplesInBlock(shape);
  const size = shape.bits / 8;
  const count = shape.blockWidth * stride;
  const row = new Uint8Array(count * size);
  const words = isFour(shape) ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) : null;
  for (let start = 0; start < bytes.length; start += row.length) {
    if (words) doFloat32(words, start / 4, row, count);
    else {
      for (let byte = 0; byte < size; byte++) {
        let from = start + (HOST_LITTLE_ENDIAN ? size - 1 - byte : byte);
        const to = byte * count;
        for (let i = 0; i < count; i++, from += size) row[to + i] = bytes[from] ?? 0;
      }
      for (let i = row.length - 1; i >= stride; i--) row[i] = (row[i] ?? 0) - (row[i - stride] ?? 0);
    }
    bytes.set(row, start);
  }
}

/** A row of one band of 32 bits, its four planes of bytes at once, as the bytes of a word: each goes on from the sum of those before it. */
function undoFloat32(row: Uint8Array, fours: Uint32Array, words: Uint32Array, to: number, count: number): void {
  const [second, third, fourth] = [count, 2 * count, 3 * count];
  const b = sumOfBytes(row, fours, 0, second);
  const c = b + sumOfBytes(row, fours, second, third);
  const d = c + sumOfBytes(row, fours, third, fourth);
  let value = ((b & 255) << 16) | ((c & 255) << 8) | (d & 255);
  for (let i = 0; i < count; i++) {
    const step = ((row[i] ?? 0) << 24) | ((row[second + i] ?? 0) << 16) | ((row[third + i] ?? 0) << 8) | (row[fourth + i] ?? 0);
    // The bytes are added without their highest bits, so that none is carried to the next byte, and then the highest bits.
    value = ((value & 0x7f7f7f7f) + (step & 0x7f7f7f7f)) ^ ((value ^ step) & 0x80808080);
    words[to + i] = value;
  }
}

/**
 * The sum of some bytes, of which the lowest 8 bits are right.
 * @param fours the same bytes, four at a time.
 */
export function sumOfBytes(bytes: Uint8Array, fours: Uint32Array, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at < to && at % 4 !== 0; at++) sum += bytes[at] ?? 0;
  let [even, odd] = [0, 0];
  for (; at + 4 <= to; at += 4) {
    const four = fours[at >> 2] ?? 0;
    even = (even + (four & 0x00ff00ff)) & 0x00ff00ff;
    odd = (odd + ((four >>> 8) & 0x00ff00ff)) & 0x00ff00ff;
  }
  for (; at < to; at++) sum += bytes[at] ?? 0;
  return sum + even + (even >>> 16) + odd + (odd >>> 16);
}

function doFloat32(words: Uint32Array, from: number, row: Uint8Array, count: number): void {
  const [second, third, fourth] = [count, 2 * count, 3 * count];
  const last = words[from + count - 1] ?? 0;
  // The highest byte of the last sample stands before the second byte of the first, and so on.
  let before = last >>> 8;
  for (let i = 0; i < count; i++) {
    const word = words[from + i] ?? 0;
    row[i] = (word >>> 24) - (before >>> 24);
    row[second + i] = (word >>> 16) - (before >>> 16);
    row[third + i] = (word >>> 8) - (before >>> 8);
    row[fourth + i] = word - before;
    before = word;
  }
}

/** Between the file's byte order and this machine's. */
function orderBytes(bytes: Uint8Array, { littleEndian, bits }: BlockShape): void {
  if (littleEndian === HOST_LITTLE_ENDIAN || bits <= 8) return;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bits === 16) buffer.swap16();
  else if (bits === 32) buffer.swap32();
  else buffer.swap64();
}
