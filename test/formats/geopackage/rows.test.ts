import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { packRows } from '../../../src/formats/geopackage/leaves.ts';
import { RowSizes } from '../../../src/formats/geopackage/record.ts';
import { RowPages } from '../../../src/formats/geopackage/rows.ts';
import { buildTree } from '../../../src/formats/geopackage/tree.ts';
import type { Value } from '../../../src/store/feature.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { faults, layerOf, query, type Row, writeGeoPackage, writeRow } from './file.ts';

const folder = temporaryFolder();
const layer = layerOf(['i INTEGER', 'r REAL', 't TEXT', 'b BLOB'], null);

function rowsOf(values: readonly (readonly Value[])[]): Row[] {
  return values.map((row) => ({ geometry: null, values: row }));
}

/** What SQLite reads in a table of these rows, without the keys. */
function readBack(name: string, rows: readonly Row[], batching = {}): unknown[] {
  const path = join(folder, `${name}.gpkg`);
  writeGeoPackage(path, layer, rows, batching);
  assert.deepEqual(faults(path), []);
  return query(path, 'SELECT i, r, t, b FROM things ORDER BY fid').map((row) => Object.values(row));
}

test('integers of every width, also the extremes of 64 bits, read back as they are', () => {
  const edges = [7n, 8n, 15n, 16n, 23n, 24n, 31n, 32n, 47n, 48n, 52n, 62n, 63n].flatMap((bits) =>
    [-1n, 0n, 1n].flatMap((step) => [2n ** bits + step, -(2n ** bits) + step]),
  );
  const values = [0n, 1n, -1n, 2n, ...edges].filter((value) => BigInt.asIntN(64, value) === value);
  assert.ok(values.includes(2n ** 63n - 1n) && values.includes(-(2n ** 63n)));
  assert.deepEqual(
    readBack('int64', rowsOf(values.map((value) => [value, null, null, null]))).map((row) => (row as unknown[])[0]),
    values,
  );
  const safe = values.filter((value) => Number.isSafeInteger(Number(value)));
  assert.deepEqual(
    readBack('integers', rowsOf(safe.map((value) => [Number(value), null, null, null]))).map((row) => (row as unknown[])[0]),
    safe,
  );
});

test('doubles read back bit by bit, and not-a-number is null', () => {
  const values = [0, -0, 1, -1, 0.1, 1e300, -5e-324, Infinity, -Infinity, 2 ** 47, 2 ** 47 - 1, -(2 ** 47), 2 ** 53, 123456, 1.5, NaN];
  const read = readBack('doubles', rowsOf(values.map((value) => [null, value, null, null])));
  for (const [index, value] of values.entries()) {
    const [, found] = read[index] as unknown[];
    assert.ok(Object.is(found, Number.isNaN(value) ? null : value), `${value} is ${found}`);
  }
});

test('any values of any lengths, on pages of any size, in batches of any size', () => {
  const value = fc.record({
    i: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    r: fc.option(fc.double({ noNaN: true })),
    t: fc.option(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.nat(70_000).map((length) => 'ō'.repeat(length)),
      ),
    ),
    b: fc.option(fc.nat(9000).map((length) => new Uint8Array(length).fill(7))),
  });
  const rows = fc.array(value, { maxLength: 60 });
  let run = 0;
  fc.assert(
    fc.property(rows, fc.constantFrom(2048, 4096, 65536), fc.integer({ min: 1, max: 40 }), (made, pageSize, batchRows) => {
      const whole = made.map(({ i, r, t, b }) => [i, r, t?.replaceAll('\0', '') ?? null, b]);
      assert.deepEqual(readBack(`any-${run++}`, rowsOf(whole), { pageSize, batchRows }), whole);
    }),
    { numRuns: 40, seed: 20240203 },
  );
});

test('payloads of exactly the sizes at which a page overflows', () => {
  // 4061 bytes is the most that a leaf page of 4096 keeps of a record.
  const lengths = [4040, 4050, 4051, 4052, 4053, 4054, 4055, 4056, 4057, 4058, 4059, 4060, 4061, 4062, 8140, 8148, 8149, 8152, 12_230];
  const rows = rowsOf(lengths.map((length) => [null, null, 'x'.repeat(length), null]));
  assert.deepEqual(
    readBack('edges', rows),
    rows.map(({ values }) => values),
  );
});

test('a record with very many columns', () => {
  const wide = layerOf(
    Array.from({ length: 1500 }, (_, index) => `c${index} TEXT`),
    null,
  );
  const rows = rowsOf([0, 1].map((row) => wide.columns.map((_, index) => ((index + row) % 3 === 0 ? null : 'ā'.repeat(index % 90)))));
  const path = join(folder, 'wide.gpkg');
  writeGeoPackage(path, wide, rows);
  assert.deepEqual(faults(path), []);
  const read = query(path, 'SELECT * FROM things').map((row) => Object.values(row).slice(1));
  assert.deepEqual(
    read,
    rows.map(({ values }) => values),
  );
});

test('row ids have to grow', () => {
  const rows = rowsOf([1n, 2n, 3n].map((value) => [value, null, null, null]));
  const write = (rowIds: number[], batchRows: number) => writeGeoPackage(join(folder, 'ids.gpkg'), layer, rows, { rowIds, batchRows });
  assert.throws(() => write([1, 3, 3], 10), RangeError);
  assert.throws(() => write([1, 3, 2], 2), RangeError);
  assert.throws(() => write([1, 3, 2], 1), RangeError);
});

/** SQLite locks bytes of the page at 2^30, and never uses it. */
const LOCK_PAGE = 2 ** 18 + 1;

test('no row comes to the page that SQLite locks', () => {
  const texts = ['short', 'x'.repeat(10_000), 'y'.repeat(3000), 'z'.repeat(3000), 'w'.repeat(9_000)];
  const rows = rowsOf(texts.map((text) => [null, null, text, null]));
  const sizes = new RowSizes();
  const lengths = Uint32Array.from(rows, (row) => writeRow(sizes, layer, row, 0));
  const pages = new RowPages(5, 4096);
  const plain = packRows(lengths, { rowIds: null, firstRowId: 1, firstPage: 1, pageSize: 4096 }).end - 1;
  assert.ok(plain > 5);
  for (let firstPage = LOCK_PAGE - 10; firstPage <= LOCK_PAGE + 1; firstPage++) {
    const packed = packRows(lengths, { rowIds: null, firstRowId: 1, firstPage, pageSize: 4096 });
    pages.start(firstPage);
    for (const [index, row] of rows.entries()) writeRow(pages, layer, row, index + 1);
    const bytes = pages.finish();
    assert.equal(bytes.length, (packed.end - firstPage) * 4096);
    const page = (number: number) => Buffer.from(bytes.subarray((number - firstPage) * 4096, (number - firstPage + 1) * 4096));
    const crosses = firstPage <= LOCK_PAGE && LOCK_PAGE < packed.end;
    if (crosses) assert.ok(page(LOCK_PAGE).every((byte) => byte === 0));
    assert.equal(packed.end - firstPage, plain + Number(crosses));
    // All leaf pages are where the packing says; what is left are chains that end.
    const used = new Set(packed.pages);
    for (const number of packed.pages) assert.equal(page(number)[0], 13);
    for (let number = firstPage; number < packed.end; number++) {
      if (used.has(number) || number === LOCK_PAGE) continue;
      const next = page(number).readUInt32BE(0);
      assert.ok(next === 0 || (next > number && next < packed.end && next !== LOCK_PAGE));
    }
  }
});

test('no interior page comes to the page that SQLite locks', () => {
  const leaves = { pages: Array.from({ length: 5000 }, (_, i) => i + 10), keys: Array.from({ length: 5000 }, (_, i) => 8 * i + 8) };
  const plain = buildTree(leaves, 90_000, 4096);
  const crossing = buildTree(leaves, LOCK_PAGE - 2, 4096);
  assert.equal(plain.end - 90_000 + 1, crossing.end - (LOCK_PAGE - 2));
  assert.ok(crossing.between.subarray(2 * 4096, 3 * 4096).every((byte) => byte === 0));
  const root = Buffer.from(crossing.root);
  const children = Array.from({ length: root.readUInt16BE(3) }, (_, i) => root.readUInt32BE(root.readUInt16BE(12 + 2 * i)));
  assert.ok(children.length > 3 && !children.includes(LOCK_PAGE));
});
