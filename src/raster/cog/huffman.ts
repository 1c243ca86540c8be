import { TiffError } from '../../store/cog/tiff.ts';

// Huffman codes of JPEG (ITU-T T.81); the sections are its own.

/** A table as DHT has it (B.2.4.2): how many codes there are of each length from 1 to 16, and their symbols from the shortest on. */
export interface HuffmanSpec {
  lengths: Uint8Array;
  symbols: Uint8Array;
}

/** Bits that are looked up at once. */
const FAST = 9;

/** To read by: of the next FAST bits, `length << 8 | symbol`, 0 where the code is longer; then the largest code of each length. */
export interface HuffmanReader {
  fast: Uint16Array;
  /** By length: the largest code, -1 where there is none, and what is added to a code to find its symbol. */
  largest: Int32Array;
  shift: Int32Array;
  symbols: Uint8Array;
}

/** To write by: code and length by symbol; length 0 where there is none. */
export interface HuffmanWriter {
  codes: Uint16Array;
  lengths: Uint8Array;
}

/** Section C.2, and F.2.2.3. */
export function readerOf({ lengths, symbols }: HuffmanSpec): HuffmanReader {
  const fast = new Uint16Array(1 << FAST);
  const largest = new Int32Array(18).fill(-1);
  const shift = new Int32Array(18);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const count = lengths[length - 1] ?? 0;
    if (code + count > 1 << length) throw new TiffError('A Huffman table of this TIFF is damaged.');
    shift[length] = index - code;
    for (let i = 0; i < count; i++, code++, index++) {
      if (length <= FAST) fast.fill((length << 8) | (symbols[index] ?? 0), code << (FAST - length), (code + 1) << (FAST - length));
    }
    if (count > 0) largest[length] = code - 1;
    code <<= 1;
  }
  return { fast, largest, shift, symbols };
}

export function writerOf({ lengths, symbols }: HuffmanSpec): HuffmanWriter {
  const writer = { codes: new Uint16Array(256), lengths: new Uint8Array(256) };
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < (lengths[length - 1] ?? 0); i++, code++, index++) {
      const symbol = symbols[index] ?? 0;
      writer.codes[symbol] = code;
      writer.lengths[symbol] = length;
    }
    code <<= 1;
  }
  return writer;
}

/**
 * The best table for symbols that come so often (section K.2): no code is all ones, none is longer than 16 bits.
 * @param counts of 256 symbols.
 */
export function bestTable(counts: Uint32Array): HuffmanSpec {
  // One more symbol takes the code of all ones.
  const frequency = new Float64Array(257);
  frequency.set(counts);
  frequency[256] = 1;
  const size = new Uint16Array(257);
  const others = new Int16Array(257).fill(-1);
  for (;;) {
    let [least, second] = [-1, -1];
    for (let i = 0; i <= 256; i++) {
      const value = frequency[i] ?? 0;
      if (value === 0) continue;
      if (least < 0 || value <= (frequency[least] ?? 0)) {
        second = least;
        least = i;
      } else if (second < 0 || value <= (frequency[second] ?? 0)) second = i;
    }
    if (second < 0) break;
    frequency[least] = (frequency[least] ?? 0) + (frequency[second] ?? 0);
    frequency[second] = 0;
    let last = least;
    for (; ; last = others[last] ?? -1) {
      size[last] = (size[last] ?? 0) + 1;
      if ((others[last] ?? -1) < 0) break;
    }
    others[last] = second;
    for (let i = second; i >= 0; i = others[i] ?? -1) size[i] = (size[i] ?? 0) + 1;
  }
  const bits = new Uint16Array(258);
  for (const length of size) if (length > 0) bits[length] = (bits[length] ?? 0) + 1;
  // Section K.2, figure K.3: pairs of codes that are too long become shorter ones.
  for (let i = 257; i > 16; i--) {
    while ((bits[i] ?? 0) > 0) {
      let j = i - 2;
      while (bits[j] === 0) j--;
      bits[i] = (bits[i] ?? 0) - 2;
      bits[i - 1] = (bits[i - 1] ?? 0) + 1;
      bits[j + 1] = (bits[j + 1] ?? 0) + 2;
      bits[j] = (bits[j] ?? 0) - 1;
    }
  }
  let longest = 16;
  while (longest > 0 && bits[longest] === 0) longest--;
  bits[longest] = (bits[longest] ?? 1) - 1;
  const symbols: number[] = [];
  for (let length = 1; length <= 256; length++) for (let i = 0; i < 256; i++) if (size[i] === length) symbols.push(i);
  return { lengths: Uint8Array.from(bits.subarray(1, 17)), symbols: Uint8Array.from(symbols) };
}
