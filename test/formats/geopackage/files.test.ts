import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { toGeoPackageBinary } from '../../../src/formats/geopackage/blob.ts';
import { roundDown, roundUp } from '../../../src/formats/geopackage/float32.ts';
import { srsOf } from '../../../src/formats/geopackage/srs.ts';
import { GEOMETRY_TYPES, type Geometry, type GeometryType, type Value } from '../../../src/store/feature.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { boxOf, faults, geopackage, layerOf, query, type Row, rectangle, sameRows, writeGeoPackage } from './file.ts';

const folder = temporaryFolder();
const srs = await srsOf('EPSG:2193');
const COLUMNS = ['whole INTEGER', 'big INTEGER', 'real REAL', 'name TEXT', 'yes BOOLEAN', 'day DATE', 'bytes BLOB'];

/** Whole numbers from 0 up to a limit, always the same. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** One of each type, near a place. */
function shape(type: GeometryType, x: number, y: number, dimensions: string): Geometry {
  const square = rectangle([x, y, x + 3, y + 2.5], dimensions);
  const all = { type, ends: null, parts: [] };
  const none = (values: Float64Array | null) => values && new Float64Array();
  const outer = { ...all, xy: new Float64Array(), z: none(square.z), m: none(square.m) };
  switch (type) {
    case 'Point':
      return { ...all, xy: Float64Array.of(x, y), z: square.z && Float64Array.of(1), m: square.m && Float64Array.of(1) };
    case 'Polygon':
      return square;
    case 'MultiLineString':
      return { ...square, type, ends: Uint32Array.of(2, 5) };
    case 'MultiPolygon':
      return { ...outer, parts: [square, rectangle([x + 5, y, x + 6, y + 1], dimensions)] };
    case 'GeometryCollection':
      return { ...outer, parts: [square, shape('Point', x, y, dimensions)] };
    default:
      return { ...square, type, ends: null };
  }
}

/** Rows with everything that may be in one, in the order of a walk to and fro. */
function everything(count: number): Row[] {
  const any = random(count);
  return Array.from({ length: count }, (_, index) => {
    const x = 1_700_000 + (index % 70) * 10.3;
    const y = 5_400_000 + Math.floor(index / 70) * 11.7;
    const type = GEOMETRY_TYPES[any(GEOMETRY_TYPES.length)] ?? 'Point';
    const empty: Geometry = { type, xy: new Float64Array(), z: null, m: null, ends: null, parts: [] };
    const geometry = any(20) === 0 ? null : any(20) === 0 ? empty : shape(type, x, y, ['', 'Z', 'M', 'ZM'][any(4)] ?? '');
    const huge = any(500) === 0 ? any(3_000_000) : any(60);
    const values: Value[] = [
      any(2 ** 31) - 2 ** 30,
      [2n ** 63n - 1n, -(2n ** 63n), BigInt(any(1000)), -1n][any(4)] ?? 0n,
      [1.5, Infinity, -Infinity, any(1000), -0.25][any(5)] ?? 0,
      any(9) === 0 ? '' : 'Ōtautahi 東京 😀 '.repeat(any(4)) + 'ā'.repeat(huge),
      any(2) === 0,
      `20${10 + any(80)}-0${1 + any(9)}-1${any(9)}`,
      new Uint8Array(any(50)).fill(any(256)),
    ];
    return { geometry, values: values.map((value) => (any(6) === 0 ? null : value)) };
  });
}

/** A row as SQLite gives it back. */
function stored({ geometry, values }: Row, srsId: number): unknown[] {
  const cells = values.map((value, index) => {
    if (typeof value === 'boolean') return BigInt(value);
    return typeof value === 'number' && COLUMNS[index]?.endsWith('INTEGER') ? BigInt(value) : value;
  });
  return [geometry && toGeoPackageBinary(geometry, srsId), ...cells];
}

function boxes(path: string): Map<number, number[]> {
  const rows = query(path, 'SELECT id, minx, miny, maxx, maxy FROM rtree_things_geom');
  return new Map(rows.map(({ id, minx, miny, maxx, maxy }) => [Number(id), [minx, miny, maxx, maxy].map(Number)]));
}

const CASES = [
  { count: 0, batchRows: 10 },
  { count: 1, batchRows: 10 },
  { count: 10, batchRows: 100 },
  { count: 10, batchRows: 3 },
  { count: 51, batchRows: 20 },
  { count: 52, batchRows: 20 },
  { count: 5000, batchRows: 700 },
];

for (const { count, batchRows } of CASES) {
  test(`${count} rows in batches of ${batchRows} read back as they were, and SQLite finds nothing wrong`, () => {
    const layer = layerOf(COLUMNS, { srs });
    const rows = everything(count);
    const path = join(folder, `everything-${count}-${batchRows}.gpkg`);
    writeGeoPackage(path, layer, rows, { batchRows });
    assert.deepEqual(faults(path), []);
    sameRows(
      query(path, 'SELECT * FROM things').map((row) => Object.values(row)),
      rows.map((row, index) => [BigInt(index + 1), ...stored(row, 2193)]),
    );
    const expected = new Map(
      rows.flatMap(({ geometry }, index) => {
        const box = boxOf(geometry);
        return box ? [[index + 1, [roundDown(box[0]), roundDown(box[1]), roundUp(box[2]), roundUp(box[3])]] as const] : [];
      }),
    );
    assert.deepEqual(boxes(path), expected);
    assert.deepEqual(query(path, 'PRAGMA freelist_count'), [{ freelist_count: 0n }]);
  });
}

test('one row that fills many pages', () => {
  const layer = layerOf(['name TEXT'], { srs });
  const path = join(folder, 'long.gpkg');
  const name = 'ō'.repeat(4_000_000);
  writeGeoPackage(path, layer, [{ geometry: rectangle([1, 2, 3, 4]), values: [name] }]);
  assert.deepEqual(faults(path), []);
  assert.equal(query(path, 'SELECT name FROM things')[0]?.name, name);
});

test('ids with gaps stay, up to the largest exact ones, and new rows come after them', () => {
  const layer = layerOf(['name TEXT'], { srs });
  const rowIds = [-9007199254740991, -70_000, -1, 0, 5, 127, 128, 16_384, 2 ** 31, 2 ** 32 + 7, 2 ** 48, 2 ** 53 - 8];
  const rows = rowIds.map((id, index) => ({ geometry: rectangle([index, 0, index + 1, 1]), values: [`${id}`] }));
  const path = join(folder, 'ids.gpkg');
  writeGeoPackage(path, layer, rows, { rowIds, batchRows: 5 });
  assert.deepEqual(faults(path), []);
  for (const { fid, name } of query(path, 'SELECT fid, name FROM things')) assert.equal(String(fid), name);
  assert.deepEqual(
    query(path, 'SELECT id FROM rtree_things_geom ORDER BY id').map(({ id }) => Number(id)),
    rowIds,
  );
  execFileSync('ogrinfo', [path, '-q', '-sql', "INSERT INTO things (name) VALUES ('next')"]);
  assert.deepEqual(query(path, "SELECT fid FROM things WHERE name = 'next'"), [{ fid: BigInt(2 ** 53 - 7) }]);
});

test('a table without geometry', () => {
  const layer = layerOf(COLUMNS, null);
  const rows = everything(300).map(({ values }) => ({ geometry: null, values }));
  const path = join(folder, 'table.gpkg');
  writeGeoPackage(path, layer, rows, { batchRows: 90 });
  assert.deepEqual(faults(path), []);
  const [columns, found] = [COLUMNS.map((column) => column.split(' ')[0]).join(', '), rows.map((row) => stored(row, 0).slice(1))];
  sameRows(
    query(path, `SELECT ${columns} FROM things`).map((row) => Object.values(row)),
    found,
  );
  const summary = execFileSync('ogrinfo', ['-al', '-so', path], { encoding: 'utf8' });
  assert.match(summary, /Geometry: None/);
  assert.match(summary, /Feature Count: 300/);
});

test('it can be edited afterwards: triggers keep index and count', () => {
  const layer = layerOf(['whole INTEGER', 'name TEXT'], { type: 'Polygon', srs });
  const rows = Array.from({ length: 3000 }, (_, index): Row => {
    const [x, y] = [(index % 60) * 10, Math.floor(index / 60) * 10];
    return { geometry: rectangle([x, y, x + 5, y + 5]), values: [index, 'x'.repeat((index * 37) % 600)] };
  });
  const path = join(folder, 'edited.gpkg');
  writeGeoPackage(path, layer, rows, { batchRows: 500 });
  const edit = (sql: string) => execFileSync('ogrinfo', [path, '-q', '-sql', sql]);
  edit('DELETE FROM things WHERE fid % 3 = 0');
  edit("UPDATE things SET geom = (SELECT geom FROM things WHERE fid = 1), name = name || name || 'ō' WHERE fid % 7 = 1");
  edit('UPDATE things SET geom = NULL WHERE fid % 11 = 2');
  edit('UPDATE things SET fid = fid + 100000 WHERE fid % 13 = 5');
  const more = join(folder, 'more.gpkg');
  writeGeoPackage(more, layer, rows.slice(0, 1000));
  execFileSync('ogr2ogr', ['-append', path, more, '-unsetFid']);
  assert.deepEqual(faults(path), []);
  const [counted] = query(path, 'SELECT count(*) AS rows, count(geom) AS shapes, max(fid) AS largest FROM things');
  assert.deepEqual(query(path, 'SELECT feature_count FROM gpkg_ogr_contents'), [{ feature_count: counted?.rows }]);
  assert.ok(Number(counted?.rows) > 2000 && Number(counted?.shapes) < Number(counted?.rows));
  assert.deepEqual(query(path, 'SELECT count(*) AS shapes FROM rtree_things_geom'), [{ shapes: counted?.shapes }]);
  const summary = execFileSync('ogrinfo', ['-al', '-so', path], { encoding: 'utf8' });
  assert.match(summary, new RegExp(`Feature Count: ${counted?.rows}`));
});

test('the first row of an empty file can be added', () => {
  const path = join(folder, 'empty.gpkg');
  writeGeoPackage(path, layerOf(['whole INTEGER'], { type: 'Polygon', srs }), []);
  const other = join(folder, 'one.gpkg');
  writeGeoPackage(other, layerOf(['whole INTEGER'], { type: 'Polygon', srs }), [{ geometry: rectangle([1, 2, 3, 4]), values: [7] }]);
  execFileSync('ogr2ogr', ['-append', path, other]);
  assert.deepEqual(faults(path), []);
  assert.deepEqual(query(path, 'SELECT fid, whole FROM things'), [{ fid: 1n, whole: 7n }]);
  assert.deepEqual([...boxes(path)], [[1, [1, 2, 3, 4]]]);
});

test('the same rows make the same bytes', () => {
  const layer = layerOf(COLUMNS, { srs });
  const rows = everything(500);
  assert.ok(geopackage(layer, rows, folder).equals(geopackage(layer, rows, folder)));
});
