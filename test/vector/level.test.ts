import assert from 'node:assert/strict';
import test from 'node:test';
import { deflatePart } from '../../src/archive/deflated.ts';
import { chooseLevels } from '../../src/vector/level.ts';

const MANY = 100;
const WORDS = ['whenua', 'survey', 'lot', 'unformed', 'road', 'reserve', 'easement', 'gazette', 'stopbank', 'esplanade'];

/** Sentences of a few words, which lazy matching finds far more in than greedy matching. */
function sentences(): Buffer {
  let bits = 1;
  const next = () => {
    bits = (Math.imul(bits, 1103515245) + 12345) >>> 0;
    return bits >>> 8;
  };
  const lines = Array.from({ length: 20_000 }, () => Array.from({ length: 8 }, () => WORDS[next() % WORDS.length]).join(' '));
  return Buffer.from(lines.join('\n'));
}

test('a stream that a fast level leaves much larger than zip would is deflated harder, and no harder than it needs', async () => {
  const content = sentences();
  const { streams, other } = await chooseLevels(1, MANY, async () => [content, Buffer.alloc(1 << 20)]);
  const [chosen = 0, ofZeros = 0] = streams;
  const size = (level: number) => deflatePart(content, level).length;
  assert.ok(size(1) > 1.15 * size(6), 'the sample has what it is to have');
  assert.ok(size(chosen) <= 1.15 * size(6), `level ${chosen}: ${size(chosen) / size(6)}`);
  assert.ok(ofZeros < chosen);
  assert.equal(other, 1);
});

test('streams that have nothing yet stand in the way of no other', async () => {
  const { streams } = await chooseLevels(1, MANY, async () => [new Uint8Array(), sentences(), new Uint8Array()]);
  assert.deepEqual(
    streams.map((level) => level > 1),
    [false, true, false],
  );
});

test('an output of a few batches is not looked at first', async () => {
  const { streams, other } = await chooseLevels(2, 1, () => assert.fail('nothing is to be made for it'));
  assert.deepEqual(streams, []);
  assert.equal(other, 5);
});
