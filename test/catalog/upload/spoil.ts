import type { Random } from '../../fixtures/random.ts';

/** Whole numbers at which programs go wrong: none, the least and the most of 8, 16, 31, 32 and 63 bits. */
const NUMBERS = [
  0n,
  1n,
  2n,
  0x7fn,
  0xffn,
  0xffffn,
  0x10000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  0xffff_ffff_ffff_ffffn,
];
const TEXTS = [
  '-1',
  '0',
  '1e999',
  'NaN',
  '9'.repeat(400),
  '',
  '\0',
  '"',
  "'",
  '\uD800',
  '--',
  '%s%n',
  '😀'.repeat(300),
  'x'.repeat(70_000),
];
const WIDTHS = [1, 2, 4, 8] as const;

/** A file with wrong bits, bytes, ends or beginnings. */
export function spoilBytes(content: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(content);
  for (let times = 1 + Math.floor(random.next() ** 3 * 20); times > 0 && bytes.length > 0; times--) {
    // Headers decide the most, and they stand at the beginning or the end.
    const at = Math.floor((random.chance(0.5) ? random.next() ** 4 : random.next()) * bytes.length);
    const length = Math.floor(random.next() ** 3 * Math.min(bytes.length - at, 1000));
    const change = random.next();
    if (change < 0.25) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random.between(0, 8)));
    else if (change < 0.6) writeNumber(bytes, at, random.pick(WIDTHS), random.pick(NUMBERS), random.chance(0.5));
    else if (change < 0.7) bytes = bytes.subarray(0, at);
    else if (change < 0.8) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    else if (change < 0.9) bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    else bytes.fill(random.pick([0, 0xff, 0x20]), at, at + length);
  }
  return bytes;
}

/** Writes as much of a number as there is room for. */
function writeNumber(bytes: Buffer, at: number, width: 1 | 2 | 4 | 8, value: bigint, littleEndian: boolean): void {
  const written = Buffer.alloc(8);
  if (littleEndian) written.writeBigUInt64LE(BigInt.asUintN(64, value));
  else written.writeBigUInt64BE(BigInt.asUintN(64, value));
  (littleEndian ? written.subarray(0, width) : written.subarray(8 - width)).copy(bytes, at);
}

/** A text with absurd numbers and words, tags and brackets that are too many or too few, and what stands in it twice or never. */
export function spoilText(content: Buffer, random: Random): Buffer {
  let text = content.toString('latin1');
  const between = (pattern: RegExp, replacement: (found: string) => string) => {
    const found = [...text.matchAll(pattern)];
    if (found.length === 0) return;
    const { 0: word, index } = random.pick(found);
    text = text.slice(0, index) + Buffer.from(replacement(word)).toString('latin1') + text.slice(index + word.length);
  };
  for (let times = 1 + Math.floor(random.next() ** 2 * 5); times > 0; times--) {
    const change = random.next();
    if (change < 0.35) between(/-?\d+(\.\d+)?/g, () => random.pick(TEXTS));
    else if (change < 0.5) between(/[A-Za-z]{3,}/g, () => random.pick(TEXTS));
    else if (change < 0.65) between(/[[\]{}<>"',()]/g, (found) => random.pick(['', found.repeat(2), found.repeat(5000)]));
    else if (change < 0.8) between(/[^\n]*\n/g, (found) => random.pick(['', found.repeat(50)]));
    else if (change < 0.9) between(/\[[^[\]]*\]/g, (found) => random.pick(['[]', `[${found}]`, 'null', '{}', found.repeat(2)]));
    else between(/<[^<>]*>/g, (found) => random.pick(['', found.repeat(3), '<a>'.repeat(3000), '<![CDATA[', '<!--']));
  }
  return Buffer.from(text, 'latin1');
}

/** Tags that say how large a TIFF and its parts are, where they lie, how they are packed and how they are to be read (TIFF 6.0; GeoTIFF; GDAL's own). */
const TAGS = [
  254, 256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 330, 338, 339, 347, 33550, 33922, 34264, 34735,
  42112, 42113,
];

/** A TIFF of whose directories some entries say something else: other sizes, counts, types and places, directories that follow each other in a circle, or lie outside. */
export function spoilTiff(content: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(content);
  const little = bytes.toString('latin1', 0, 2) === 'II';
  const read = (at: number, width: number): number => {
    if (at < 0 || at + width > bytes.length) return 0;
    if (width === 8) return Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    return little ? bytes.readUIntLE(at, width) : bytes.readUIntBE(at, width);
  };
  // BigTIFF has 8 bytes where the other has 4, and a count of entries of 8.
  const isBig = read(2, 2) === 43;
  const [word, count, entry] = isBig ? ([8, 8, 20] as const) : ([4, 2, 12] as const);
  const first = isBig ? 8 : 4;
  const entries: number[] = [];
  const pointers = [first];
  for (let at = read(first, word), seen = 0; at > 0 && seen < 8; seen++) {
    const many = Math.min(read(at, count), 100);
    for (let n = 0; n < many; n++) entries.push(at + count + n * entry);
    pointers.push(at + count + many * entry);
    at = read(at + count + many * entry, word);
  }
  for (let times = 1 + Math.floor(random.next() * 3); times > 0; times--) {
    const change = random.next();
    const wanted = random.pick(TAGS);
    const at = entries.find((one) => read(one, 2) === wanted) ?? random.pick(entries);
    if (change < 0.15) {
      const targets = [BigInt(read(first, word)), 0n, 1n, BigInt(bytes.length), BigInt(bytes.length - 2), ...NUMBERS];
      writeNumber(bytes, random.pick(pointers), word, random.pick(targets), little);
    } else if (change < 0.55)
      writeNumber(bytes, at + 4 + word, word, random.pick([...NUMBERS, 3n, 16n, 40n, 1_000_000n, BigInt(bytes.length)]), little);
    else if (change < 0.75) writeNumber(bytes, at + 4, word, random.pick(NUMBERS), little);
    else if (change < 0.85) writeNumber(bytes, at + 2, 2, BigInt(Math.floor(random.between(0, 20))), little);
    else writeNumber(bytes, at, 2, BigInt(random.pick(TAGS)), little);
  }
  return random.chance(0.1) ? bytes.subarray(0, Math.floor(random.next() * bytes.length)) : bytes;
}
