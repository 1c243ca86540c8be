import assert from 'node:assert/strict';
import test from 'node:test';
import { deflatePart, WORDS } from '../../src/archive/deflated.ts';
import { chooseLevels } from '../../src/vector/level.ts';

const MANY = 1e9;
const VOCABULARY = ['whenua', 'survey', 'lot', 'unformed', 'road', 'reserve', 'easement', 'gazette', 'stopbank', 'esplanade'];

/** Pseudo-random ones of 24 bits. */
function numbers(): () => number {
  let bits = 1;
  return () => {
    bits = (Math.imul(bits, 1103515245) + 12345) >>> 0;
    return bits >>> 8;
  };
}

/** Sentences of a few words, which lazy matching finds far more in than greedy matching. */
function sentences(): Buffer {
  const next = numbers();
  const lines = Array.from({ length: 20_000 }, () => Array.from({ length: 8 }, () => VOCABULARY[next() % VOCABULARY.length]).join(' '));
  return Buffer.from(lines.join('\n'));
}

test('a stream that a fast level leaves much larger than zip would is deflated harder, and no harder than it needs', async () => {
  const content = sentences();
  const { streams, other } = await chooseLevels([1], MANY, async () => [content, Buffer.alloc(1 << 20)]);
  const [chosen = 0, ofZeros = 0] = streams;
  const size = (level: number) => deflatePart(content, level).length;
  assert.ok(size(1) > 1.15 * size(6), 'the sample has what it is to have');
  assert.ok(size(chosen) <= 1.15 * size(6), `level ${chosen}: ${size(chosen) / size(6)}`);
  assert.ok(ofZeros < chosen);
  assert.equal(other, 1);
});

test('streams that have nothing yet stand in the way of no other', async () => {
  const { streams } = await chooseLevels([1], MANY, async () => [new Uint8Array(), sentences(), new Uint8Array()]);
  assert.deepEqual(
    streams.map((level) => level > 1),
    [false, true, false],
  );
});

test('a stream of words is deflated as such where that is small enough, and as bytes where it is not', async () => {
  const next = numbers();
  const places = Float64Array.from({ length: 1 << 15 }, (_, n) => (n % 2 === 0 ? 1_570_000 : 5_180_000) + (next() % 50_000) / 1000);
  const { streams, other } = await chooseLevels([WORDS, 2], MANY, async () => [Buffer.from(places.buffer), sentences(), sentences()]);
  assert.equal(streams[0], WORDS);
  assert.ok(streams.slice(1).every((level) => level >= 2));
  assert.equal(other, 2);
});

test('a small output is not looked at first', async () => {
  const { streams, other } = await chooseLevels([2], 1e6, () => assert.fail('nothing is to be made for it'));
  assert.deepEqual(streams, []);
  assert.equal(other, 5);
});
