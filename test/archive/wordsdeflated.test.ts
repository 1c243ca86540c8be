import assert from 'node:assert/strict';
import test from 'node:test';
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { deflatePart } from '../../src/archive/deflated.ts';
import { codeLengths, codesOf } from '../../src/archive/huffman.ts';
import { deflateWords } from '../../src/archive/wordsdeflated.ts';

const END = Uint8Array.of(3, 0);

/** What parts say, by zlib, one behind the other. */
function inflated(...parts: Uint8Array[]): Buffer {
  return inflateRawSync(Buffer.concat([...parts, END]));
}

/** Pseudo-random ones of 24 bits. */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 8;
  };
}

/** Outlines that share places with those beside them, in thousandths of a metre, as parcels do. */
function outlines(count: number): Uint8Array {
  const chance = numbers();
  const xy = Array.from({ length: count }, (_, n) => {
    const corner = (at: number) => [
      1_570_000 + 40 * (at % 50) + (Math.imul(at, 7919) % 9001) / 1000,
      5_180_000 + at / 3 + (Math.imul(at, 104729) % 9001) / 1000,
    ];
    return [corner(n), corner(n + 1), [1_570_000 + (chance() % 2_000_000) / 1000, 5_180_000 + n / 3 + (chance() % 9001) / 1000], corner(n)];
  });
  return new Uint8Array(Float64Array.from(xy.flat(2)).buffer);
}

test('any bytes come back, of any length, from any place in memory', () => {
  const word = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 0x41537f3b, 0x4137f500, 0x4137f501));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(word, { maxLength: 600 }).map((words) => new Uint8Array(Int32Array.from(words).buffer)),
  );
  fc.assert(
    fc.property(bytes, fc.nat(7), fc.nat(3), (content, before, less) => {
      const placed = Buffer.alloc(content.length + before);
      placed.set(content, before);
      const piece = placed.subarray(before, Math.max(before, placed.length - less));
      assert.deepEqual(inflated(deflateWords(piece)), Buffer.from(piece));
    }),
    { numRuns: 1000 },
  );
});

test('parts are joined, whatever came before, and each is the same again', () => {
  const [first, second] = [outlines(3000), outlines(5000)];
  const one = deflateWords(first);
  assert.ok(inflated(one, deflatePart(second, 6), deflateWords(second)).equals(Buffer.concat([first, second, second])));
  assert.deepEqual(deflateWords(first), one);
});

test('content of several blocks comes back: runs, repetitions from as far away as may be, chance, and an odd end', () => {
  const words = new Int32Array(600_000);
  for (let n = 0; n < words.length; n++) {
    const kind = Math.floor(n / 50_000) % 4;
    if (kind === 0) words[n] = 7;
    else if (kind === 1) words[n] = Math.imul(n % 8192, 0x2545f491);
    else if (kind === 2) words[n] = Math.imul(n % 8193, 0x2545f491);
    else words[n] = Math.imul(n, 0x9e3779b1) ^ (n << 7);
  }
  const content = new Uint8Array(words.buffer).subarray(0, 4 * words.length - 3);
  assert.ok(inflated(deflateWords(content)).equals(content));
});

test('what is rare comes back, with the longest codes and the most extra bits', () => {
  const next = numbers();
  // The fewer words there are, the rarer one comes again from far away only.
  for (const count of [350, 400, 450]) {
    const known = Int32Array.from({ length: count }, () => Math.imul(next(), 0x2545f491));
    const words = Int32Array.from({ length: 1_000_000 }, () => known[next() % count] ?? 0);
    const content = new Uint8Array(words.buffer);
    assert.ok(inflated(deflateWords(content)).equals(content));
  }
});

test('coordinates become about as small as by fast levels of zlib, chance no larger than half as much again', () => {
  const content = outlines(20_000);
  const size = deflateWords(content).length;
  assert.ok(size < 1.05 * deflatePart(content, 1).length, `${size} bytes, ${deflatePart(content, 1).length} by level 1`);
  const chance = Uint8Array.from({ length: 1 << 20 }, numbers());
  assert.ok(deflateWords(chance).length < 1.5 * chance.length);
});

test('codes are complete, no longer than they may be, and shorter for what comes more often', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1 << 20 }), { minLength: 2, maxLength: 128 }),
      fc.integer({ min: 7, max: 15 }),
      (numbers, most) => {
        const lengths = codeLengths(Uint32Array.from(numbers), most);
        assert.equal(
          lengths.reduce((sum, length) => sum + 2 ** -length, 0),
          1,
        );
        assert.ok(lengths.every((length) => length > 0 && length <= most));
        for (let a = 0; a < numbers.length; a++)
          for (let b = 0; b < numbers.length; b++)
            if ((numbers[a] ?? 0) > (numbers[b] ?? 0)) assert.ok((lengths[a] ?? 0) <= (lengths[b] ?? 0));
      },
    ),
  );
  // Counts like Fibonacci's numbers make the longest codes that there can be.
  const fibonacci = [1, 1];
  while (fibonacci.length < 30) fibonacci.push((fibonacci.at(-1) ?? 0) + (fibonacci.at(-2) ?? 0));
  assert.equal(Math.max(...codeLengths(Uint32Array.from(fibonacci), 15)), 15);
  // The example of section 3.2.2, its bits turned round.
  assert.deepEqual([...codesOf(Uint8Array.of(3, 3, 3, 3, 3, 2, 4, 4))], [0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111]);
});
