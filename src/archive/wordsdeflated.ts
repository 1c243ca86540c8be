import { codeLengths, codesOf } from './huffman.ts';

// Deflate (RFC 1951) for content of 32-bit words, which coordinates are: in less than half the time of zlib's level 2, to about the size of its level 1.
// A match begins and ends at a word. It is with the last place of the same word, or with the word before it in the position before; where of that one
// all but the lowest byte is the same, as where places are near each other, three bytes are a match. Codes are made for what the beginning of a block
// becomes, so that the rest is written as it is found.

/** Of a position, x and y as float64. */
const STRIDE = 4;
/** Words that a match may be away. */
const WINDOW = 8192;
const LONGEST_MATCH = 64;
const HASH_BITS = 15;
const HASH_SHIFT = 32 - HASH_BITS;
const HASH_FACTOR = 0x9e3779b1 | 0;
/** Further away than any word. */
const NOWHERE = -2 * WINDOW;
/** Words of a block. */
const BLOCK = 1 << 18;
/** Words at its beginning that codes are made by; half of them are only remembered, so that matches are as far away as later. */
const SAMPLE = 2 * WINDOW;

/** Symbols for bytes, for the end of a block, and for lengths of matches: all but the last one, since no match is that long (section 3.2.5). */
const END = 256;
const LENGTHS = END + 1 + 28;
const DISTANCES = 30;
/** So that two codes, or a distance's with its 13 extra bits, are less than 32 bits behind the rest of a byte. */
const LONGEST_CODE = 12;
const LONGEST_DISTANCE_CODE = 11;
const LONGEST_LENGTH_CODE = 7;
/** The order in which lengths of codes for lengths of codes are written (section 3.2.7). */
const LENGTH_CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** Says that the length before comes 3 to 6 times more. */
const AGAIN = 16;

/** What lengths or distances symbols stand for (section 3.2.5): the least, and how many bits say how much more. */
interface Ranges {
  least: number[];
  extraBits: number[];
}

/** @param alike how many symbols have the same number of extra bits; twice as many have none. */
function rangesOf(symbols: number, least: number, alike: number): Ranges {
  const extraBits = Array.from({ length: symbols }, (_, symbol) => Math.max(0, Math.floor(symbol / alike) - 1));
  return { least: extraBits.map((_, symbol) => extraBits.slice(0, symbol).reduce((sum, bits) => sum + (1 << bits), least)), extraBits };
}

const OF_LENGTHS = rangesOf(28, 3, 4);
const OF_DISTANCES = rangesOf(DISTANCES, 1, 2);
/** Symbols of distances in bytes: of those up to 256 at the distance less one; behind them, of longer ones at its 128s. */
const DISTANCE_SYMBOLS = Uint8Array.from({ length: 512 }, (_, index) => {
  const distance = index < 256 ? index + 1 : ((index - 256) << 7) + 1;
  return OF_DISTANCES.least.findLastIndex((least) => least <= distance);
});
const LEAST_DISTANCES = Uint16Array.from(OF_DISTANCES.least);
const DISTANCE_BITS = Uint8Array.from(OF_DISTANCES.extraBits);
/** By the length of a match in bytes. */
const LENGTH_SYMBOLS = Uint8Array.from({ length: 4 * LONGEST_MATCH + 1 }, (_, length) =>
  Math.max(
    0,
    OF_LENGTHS.least.findLastIndex((least) => least <= length),
  ),
);

/** The last place of each word, by its hash. */
const places = new Int32Array(1 << HASH_BITS);
/** How often symbols come. */
const counts = { lengths: new Uint32Array(LENGTHS), distances: new Uint32Array(DISTANCES) };
/** What is written for a byte or the end of a block; for the length of a match in bytes, with its extra bits; and for a distance's symbol. From bit 24 on: how many bits. */
const literals = new Int32Array(END + 1);
const lengths = new Int32Array(4 * LONGEST_MATCH + 1);
const distances = new Int32Array(DISTANCES);
const CODE = 0xffffff;

/** What is written of a block, with room for the longest codes. */
const written = new Uint8Array(6 * BLOCK + 1024);
const view = new DataView(written.buffer);
/** Bytes that are written, and the bits behind them, fewer than 8, the first one lowest. */
let at = 0;
let rest = 0;
let restBits = 0;

/**
 * A piece of content as a part of a deflate stream: it ends at a byte with an empty stored block, and looks at nothing before it.
 * @param content any bytes; where words do not come again, it becomes up to half as large again.
 */
export function deflateWords(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = content.byteOffset % 4 === 0 ? content : new Uint8Array(content);
  const words = new Int32Array(buffer, byteOffset, length >> 2);
  const blocks: Uint8Array[] = [];
  rest = restBits = 0;
  for (let from = 0; from === 0 || from < words.length; from += BLOCK) {
    const to = Math.min(words.length, from + BLOCK);
    at = 0;
    count(words, from, Math.min(to, from + SAMPLE));
    beginBlock();
    write(words, from, to);
    if (to === words.length) for (const byte of content.subarray(4 * to)) putCode(literals[byte] ?? 0);
    putCode(literals[END] ?? 0);
    if (to === words.length) endPart();
    blocks.push(written.slice(0, at));
  }
  return Buffer.concat(blocks);
}

/** Counts what words become, from the middle on. */
function count(words: Int32Array, from: number, to: number): void {
  const first = (from + to) >> 1;
  // What was not seen may still come, a byte rather than another length.
  counts.lengths.fill(1 + ((to - from) >> 11), 0, END).fill(1, END);
  counts.distances.fill(1);
  places.fill(NOWHERE);
  for (let word = from; word < to; ) {
    const value = words[word] ?? 0;
    const last = remember(value, word);
    const above = word - from < STRIDE ? -1 : value ^ (words[word - STRIDE] ?? 0);
    let match = word - STRIDE;
    let difference = above;
    if (word - last <= WINDOW && words[last] === value) {
      match = last;
      difference = 0;
    }
    let end = word + 1;
    if (difference === 0)
      for (; end < to && end - word < LONGEST_MATCH && words[end] === words[match + end - word]; end++) remember(words[end] ?? 0, end);
    if (word >= first) {
      if (difference === 0) countMatch(4 * (end - word), 4 * (word - match));
      else {
        increase(counts.lengths, value & 0xff);
        if ((difference & ~0xff) === 0) countMatch(3, 4 * STRIDE);
        else for (const shift of [8, 16, 24]) increase(counts.lengths, (value >>> shift) & 0xff);
      }
    }
    word = end;
  }
}

/** Gives the word's last place. */
function remember(value: number, word: number): number {
  const hash = Math.imul(value, HASH_FACTOR) >>> HASH_SHIFT;
  const last = places[hash] ?? 0;
  places[hash] = word;
  return last;
}

function countMatch(length: number, distance: number): void {
  increase(counts.lengths, END + 1 + (LENGTH_SYMBOLS[length] ?? 0));
  increase(counts.distances, distanceSymbol(distance));
}

function increase(numbers: Uint32Array, index: number): void {
  numbers[index] = (numbers[index] ?? 0) + 1;
}

function distanceSymbol(distance: number): number {
  return DISTANCE_SYMBOLS[distance <= 256 ? distance - 1 : 256 + ((distance - 1) >> 7)] ?? 0;
}

/** Makes codes by what was counted, and writes them (section 3.2.7): a block that is not the last. */
function beginBlock(): void {
  const ofLengths = codeLengths(counts.lengths, LONGEST_CODE);
  const ofDistances = codeLengths(counts.distances, LONGEST_DISTANCE_CODE);
  const lengthCodes = codesOf(ofLengths);
  const distanceCodes = codesOf(ofDistances);
  for (let symbol = 0; symbol <= END; symbol++) literals[symbol] = (lengthCodes[symbol] ?? 0) | ((ofLengths[symbol] ?? 0) << 24);
  for (let length = 3; length < lengths.length; length++) {
    const range = LENGTH_SYMBOLS[length] ?? 0;
    const symbol = END + 1 + range;
    const bits = ofLengths[symbol] ?? 0;
    const more = length - (OF_LENGTHS.least[range] ?? 0);
    lengths[length] = (lengthCodes[symbol] ?? 0) | (more << bits) | ((bits + (OF_LENGTHS.extraBits[range] ?? 0)) << 24);
  }
  for (let symbol = 0; symbol < DISTANCES; symbol++) distances[symbol] = (distanceCodes[symbol] ?? 0) | ((ofDistances[symbol] ?? 0) << 24);
  put(0b100, 3);
  put(LENGTHS - 257, 5);
  put(DISTANCES - 1, 5);
  putLengths([...ofLengths, ...ofDistances]);
}

/** @param all lengths of codes, none 0. */
function putLengths(all: readonly number[]): void {
  const symbols: { symbol: number; times: number }[] = [];
  for (let from = 0; from < all.length; ) {
    const symbol = all[from] ?? 0;
    const isAgain = symbol === all[from - 1];
    let times = 1;
    while (isAgain && times < 6 && all[from + times] === symbol) times++;
    symbols.push(times < 3 ? { symbol, times: 0 } : { symbol: AGAIN, times });
    from += times < 3 ? 1 : times;
  }
  const counted = new Uint32Array(LENGTH_CODE_ORDER.length).fill(1);
  for (const { symbol } of symbols) increase(counted, symbol);
  const bits = codeLengths(counted, LONGEST_LENGTH_CODE);
  const codes = codesOf(bits);
  put(LENGTH_CODE_ORDER.length - 4, 4);
  for (const symbol of LENGTH_CODE_ORDER) put(bits[symbol] ?? 0, 3);
  for (const { symbol, times } of symbols) {
    put(codes[symbol] ?? 0, bits[symbol] ?? 0);
    if (symbol === AGAIN) put(times - 3, 2);
  }
}

/** Writes words by the codes. Nothing here calls anything: all of the time goes by. */
function write(words: Int32Array, from: number, to: number): void {
  const near = lengths[3] ?? 0;
  const nearSymbol = distanceSymbol(4 * STRIDE);
  const nearCode = distances[nearSymbol] ?? 0;
  const nearMore = 4 * STRIDE - (LEAST_DISTANCES[nearSymbol] ?? 0);
  const nearBits = nearCode >>> 24;
  const nearDistance = (nearCode & CODE) | (nearMore << nearBits);
  const nearDistanceBits = nearBits + (DISTANCE_BITS[nearSymbol] ?? 0);
  let [byte, bits, count] = [at, rest, restBits];
  places.fill(NOWHERE);
  for (let word = from; word < to; ) {
    const value = words[word] ?? 0;
    const hash = Math.imul(value, HASH_FACTOR) >>> HASH_SHIFT;
    let match = places[hash] ?? 0;
    places[hash] = word;
    let difference = -1;
    if (word - match <= WINDOW) difference = value ^ (words[match] ?? 0);
    if (difference !== 0) {
      match = word - STRIDE;
      difference = match < from ? -1 : value ^ (words[match] ?? 0);
    }
    if (difference === 0) {
      const most = Math.min(to, word + LONGEST_MATCH);
      let end = word + 1;
      for (let other = match + 1; end < most; end++, other++) {
        const next = words[end] ?? 0;
        if (next !== words[other]) break;
        places[Math.imul(next, HASH_FACTOR) >>> HASH_SHIFT] = end;
      }
      const length = lengths[4 * (end - word)] ?? 0;
      bits |= (length & CODE) << count;
      count += length >>> 24;
      view.setInt32(byte, bits, true);
      byte += count >> 3;
      bits >>>= count & 24;
      count &= 7;
      const distance = 4 * (word - match);
      const symbol = DISTANCE_SYMBOLS[distance <= 256 ? distance - 1 : 256 + ((distance - 1) >> 7)] ?? 0;
      const code = distances[symbol] ?? 0;
      const codeBits = code >>> 24;
      bits |= ((code & CODE) | ((distance - (LEAST_DISTANCES[symbol] ?? 0)) << codeBits)) << count;
      count += codeBits + (DISTANCE_BITS[symbol] ?? 0);
      word = end;
    } else {
      const first = literals[value & 0xff] ?? 0;
      bits |= (first & CODE) << count;
      count += first >>> 24;
      if ((difference & ~0xff) === 0) {
        bits |= (near & CODE) << count;
        count += near >>> 24;
        view.setInt32(byte, bits, true);
        byte += count >> 3;
        bits >>>= count & 24;
        count &= 7;
        bits |= nearDistance << count;
        count += nearDistanceBits;
      } else {
        const second = literals[(value >>> 8) & 0xff] ?? 0;
        bits |= (second & CODE) << count;
        count += second >>> 24;
        view.setInt32(byte, bits, true);
        byte += count >> 3;
        bits >>>= count & 24;
        count &= 7;
        const third = literals[(value >>> 16) & 0xff] ?? 0;
        bits |= (third & CODE) << count;
        count += third >>> 24;
        const fourth = literals[value >>> 24] ?? 0;
        bits |= (fourth & CODE) << count;
        count += fourth >>> 24;
      }
      word++;
    }
    view.setInt32(byte, bits, true);
    byte += count >> 3;
    bits >>>= count & 24;
    count &= 7;
  }
  [at, rest, restBits] = [byte, bits, count];
}

/** An empty stored block (section 3.2.4). */
function endPart(): void {
  put(0, 3);
  put(0, (8 - restBits) & 7);
  put(0xffff0000 | 0, 32);
}

function putCode(code: number): void {
  put(code & CODE, code >>> 24);
}

/** @param count at most 24, or 32 where a byte begins. */
function put(value: number, count: number): void {
  rest |= value << restBits;
  restBits += count;
  view.setInt32(at, rest, true);
  at += restBits >> 3;
  rest = restBits === 32 ? 0 : rest >>> (restBits & 24);
  restBits &= 7;
}
