import { TiffError } from './tiff.ts';

/** TIFF 6.0 section 13: codes of 9 to 12 bits, the high bit first, wider one code earlier than they need to be. */
const CLEAR = 256;
const END = 257;
const FIRST = 258;
const MOST_CODES = 4096;

/**
 * Unpacks LZW as TIFF writes it; what is missing at the end stays 0.
 * @throws {TiffError} for a code that is not in the table, and the bit order of before 1990.
 */
export function unpackLzw(packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  // The old order: least significant bit first, so that the first code, CLEAR, is 00 and an odd byte.
  if (packed[0] === 0 && ((packed[1] ?? 0) & 1) === 1) throw new TiffError('This TIFF uses an LZW of before TIFF 6.0.');
  const out = new Uint8Array(size);
  // A code's text is what stands at `starts` in the output, `lengths` bytes.
  const starts = new Uint32Array(MOST_CODES);
  const lengths = new Uint32Array(MOST_CODES);
  let next = FIRST;
  let width = 9;
  let held = 0;
  let heldBits = 0;
  let from = 0;
  let at = 0;
  let previousStart = -1;
  let previousLength = 0;
  while (at < size) {
    while (heldBits < width) {
      if (from >= packed.length) return out;
      held = ((held << 8) | (packed[from++] ?? 0)) & 0xffffff;
      heldBits += 8;
    }
    const code = (held >>> (heldBits - width)) & ((1 << width) - 1);
    heldBits -= width;
    if (code === END) break;
    if (code === CLEAR) {
      next = FIRST;
      width = 9;
      previousStart = -1;
      continue;
    }
    const start = at;
    let length = 1;
    if (code < 256) out[at++] = code;
    else {
      // The code that is being made is the one before and its first byte: both stand right here.
      const known = code < next;
      if (code < FIRST || previousStart < 0 || (!known && code !== next)) throw new TiffError('A tile of this TIFF is damaged.');
      const origin = known ? (starts[code] ?? 0) : previousStart;
      length = Math.min(known ? (lengths[code] ?? 0) : previousLength + 1, size - at);
      for (let i = 0; i < length; i++) out[at++] = out[origin + i] ?? 0;
    }
    if (previousStart >= 0 && next < MOST_CODES) {
      starts[next] = previousStart;
      lengths[next] = previousLength + 1;
      next++;
      // The reader makes a code one later than the writer did.
      if (next === 511 || next === 1023 || next === 2047) width++;
    }
    previousStart = start;
    previousLength = length;
  }
  return out;
}

const HASH_SIZE = 1 << 14;

/** Packs by LZW as TIFF 6.0 section 13 says. */
export function packLzw(bytes: Uint8Array): Uint8Array {
  // At most 12 bits a byte, and the codes that clear the table.
  const out = new Uint8Array(Math.ceil(bytes.length * 1.51) + 16);
  const keys = new Int32Array(HASH_SIZE).fill(-1);
  const codes = new Uint16Array(HASH_SIZE);
  let to = 0;
  let held = 0;
  let heldBits = 0;
  let width = 9;
  let next = FIRST;
  const put = (code: number) => {
    held = (held << width) | code;
    heldBits += width;
    while (heldBits >= 8) {
      heldBits -= 8;
      out[to++] = held >>> heldBits;
    }
    held &= (1 << heldBits) - 1;
  };
  put(CLEAR);
  let prefix = bytes[0] ?? -1;
  for (let from = 1; from < bytes.length; from++) {
    const byte = bytes[from] ?? 0;
    const key = (prefix << 8) | byte;
    let slot = (Math.imul(key, 0x9e3779b1) >>> 18) & (HASH_SIZE - 1);
    while (keys[slot] !== -1 && keys[slot] !== key) slot = (slot + 1) & (HASH_SIZE - 1);
    if (keys[slot] === key) {
      prefix = codes[slot] ?? 0;
      continue;
    }
    put(prefix);
    keys[slot] = key;
    codes[slot] = next++;
    prefix = byte;
    if (next === 4094) {
      put(CLEAR);
      keys.fill(-1);
      next = FIRST;
      width = 9;
    } else if (next === 512 || next === 1024 || next === 2048) width++;
  }
  if (prefix >= 0) {
    put(prefix);
    // As if a code had been made after it: the reader makes one.
    if (next === 511 || next === 1023 || next === 2047) width++;
  }
  put(END);
  if (heldBits > 0) out[to++] = held << (8 - heldBits);
  return out.subarray(0, to);
}
