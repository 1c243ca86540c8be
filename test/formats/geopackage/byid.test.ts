import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sortById } from '../../../src/formats/geopackage/byid.ts';
import { keepMeasure } from '../../../src/vector/measure.ts';
import { Scratch } from '../../../src/vector/scratch.ts';
import { BATCH_BYTES, RUN } from '../../../src/vector/select.ts';

const dir = mkdtempSync(join(tmpdir(), 'geocrate-byid-'));
const scratch = new Scratch(join(dir, 'scratch'));
after(() => {
  scratch.close();
  rmSync(dir, { recursive: true });
});

const LISTS = { sizes: 0, boxes: 1, ids: 2, places: 3 };
/** More than are sorted at once. */
const COUNT = 300_000;
const BYTES = 100;
const BATCHES = 7;

test('features of any ids come in their order, each with what was measured of it, in batches of the usual size', () => {
  // All numbers once, in another order; and half of them far beyond the others.
  const idOf = (i: number) => {
    const number = (i * 7919) % COUNT;
    return number % 2 === 0 ? number : number * 2 ** 31;
  };
  const measures = Array.from({ length: BATCHES }, (_, batch) => {
    const own = Array.from({ length: COUNT }, (_, i) => i).filter((i) => i % BATCHES === batch);
    const lists = [
      Uint32Array.from(own, (i) => 20 + (i % 50)),
      Float32Array.from(own.flatMap((i) => [i % 1000, 1, (i % 1000) + 1, 2])),
      Float64Array.from(own, idOf),
      Float64Array.from(own.flatMap((i) => [BYTES * i, BYTES, i % 5 === 0 ? 1 : 0])),
    ];
    return keepMeasure({ figures: new Float64Array(), lists }, scratch);
  });
  const { rows, batches } = sortById(measures, LISTS, scratch);
  const expected = Array.from({ length: COUNT }, (_, i) => i).sort((a, b) => idOf(a) - idOf(b));
  assert.equal(rows.length, batches.length);
  let next = 0;
  for (const [number, { count, ids, read }] of rows.entries()) {
    const own = expected.slice(next, next + count);
    next += count;
    const { sizes, rowIds, boxes } = read();
    assert.deepEqual([...(rowIds ?? [])], own.map(idOf));
    assert.deepEqual(ids, { first: idOf(own[0] ?? 0), last: idOf(own.at(-1) ?? 0) });
    assert.deepEqual(
      [...sizes],
      own.map((i) => 20 + (i % 50)),
    );
    assert.deepEqual(
      [...boxes.filter((_, i) => i % 4 === 0)],
      own.map((i) => i % 1000),
    );
    const { runs = new Float64Array(), bytes = 0 } = batches.at(number) ?? {};
    assert.ok(bytes < BATCH_BYTES + BYTES && bytes === BYTES * count);
    const engineReads = Array.from({ length: runs.length / RUN }, (_, i) => [...runs.subarray(RUN * i, RUN * (i + 1))]);
    const features = engineReads.flatMap(([offset = 0, length = 0, edge = 0]) =>
      Array.from({ length: length / BYTES }, (_, i) => [offset / BYTES + i, edge]),
    );
    assert.deepEqual(
      features,
      own.map((i) => [i, i % 5 === 0 ? 1 : 0]),
    );
  }
  assert.equal(next, COUNT);
});
