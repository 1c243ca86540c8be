import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Layer } from '../../../src/formats/geopackage/schema.ts';
import { srsOf } from '../../../src/formats/geopackage/srs.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { layerOf, query, type Row, writeGeoPackage } from './file.ts';

const folder = temporaryFolder();
/** A name with all that has to be quoted. */
const TABLE = `Ōtautahi's "lots"`;
const FIELDS = [
  ['flag', 'Integer', 'Boolean', 'BOOLEAN'],
  ['small', 'Integer', 'Int16', 'SMALLINT'],
  ['medium', 'Integer', 'None', 'MEDIUMINT'],
  ['big', 'Integer64', 'None', 'INTEGER'],
  ['single', 'Real', 'Float32', 'FLOAT'],
  ['real', 'Real', 'None', 'REAL'],
  ['short', 'String', 'None', 'TEXT(20)'],
  ['long', 'String', 'None', 'TEXT'],
  ['day', 'Date', 'None', 'DATE'],
  ['moment', 'DateTime', 'None', 'DATETIME'],
] as const;

/** What GDAL makes of a feature with all fields. */
function byGdal(name: string, crs: string | null, geometryType: string, json: boolean): string {
  const place = geometryType === 'wkbNone' ? null : { type: 'Point', coordinates: [1.5, 2.5, 3.5] };
  const properties = { ...Object.fromEntries(FIELDS.map(([field]) => [field, 1])), ...(json ? { json: { a: 1 } } : {}) };
  const source = join(folder, `${name}.geojson`);
  writeFileSync(source, JSON.stringify({ type: 'FeatureCollection', features: [{ type: 'Feature', geometry: place, properties }] }));
  const fields = FIELDS.map(
    ([field, type, subtype]) => `<Field name="${field}" type="${type}" subtype="${subtype}"${field === 'short' ? ' width="20"' : ''}/>`,
  ).join('');
  const vrt = join(folder, `${name}.vrt`);
  const head = `<SrcDataSource>${source}</SrcDataSource><GeometryType>${geometryType}</GeometryType>`;
  writeFileSync(vrt, `<OGRVRTDataSource><OGRVRTLayer name="${name}">${head}${fields}</OGRVRTLayer></OGRVRTDataSource>`);
  const path = join(folder, `${name}-gdal.gpkg`);
  const options = ['-dsco', 'VERSION=1.3', '-nln', TABLE, '-nomd', ...(crs ? ['-a_srs', crs] : [])];
  // A VRT cannot say that a text is JSON.
  execFileSync('ogr2ogr', ['-f', 'GPKG', path, json ? source : vrt, ...options], { stdio: 'ignore' });
  return path;
}

/** Ours, with one row that has no values. */
function ours(name: string, layer: Layer): string {
  const path = join(folder, `${name}.gpkg`);
  const point = { type: 'Point' as const, xy: Float64Array.of(1.5, 2.5), z: Float64Array.of(3.5), m: null, ends: null, parts: [] };
  const row: Row = { geometry: layer.geometry && point, values: layer.columns.map(() => null) };
  writeGeoPackage(path, { ...layer, table: TABLE, identifier: TABLE }, [row]);
  return path;
}

/** A file's tables, indexes and triggers by name, and what is in its gpkg tables. */
function metadata(path: string): { schema: Map<unknown, unknown>; tables: Map<string, unknown[]> } {
  const plain = (row: object) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? Number(value) : value));
  const objects = query(path, 'SELECT type, name, tbl_name, sql FROM sqlite_schema');
  const names = objects.filter(({ type }) => type === 'table').map(({ name }) => String(name));
  const tables = names.filter((name) => name.startsWith('gpkg_') || name === 'sqlite_sequence');
  return {
    schema: new Map(objects.map((row) => [row.name, plain(row)])),
    tables: new Map(
      tables.map((name) => {
        const rows = query(path, `SELECT * FROM ${name}`);
        return [name, rows.map((row) => plain({ ...row, last_change: undefined })).toSorted()];
      }),
    ),
  };
}

function same(mine: string, gdal: string): void {
  const [one, other] = [metadata(mine), metadata(gdal)];
  assert.deepEqual([...one.schema.keys()].toSorted(), [...other.schema.keys()].toSorted());
  for (const [name, sql] of other.schema) assert.equal(one.schema.get(name), sql);
  for (const [name, rows] of other.tables) assert.deepEqual(one.tables.get(name), rows, name);
  for (const path of [mine, gdal]) {
    const header = readFileSync(path).subarray(0, 100);
    assert.equal(header.toString('latin1', 68, 72), 'GPKG');
    assert.equal(header.readUInt32BE(60), 10300);
  }
}

const COLUMNS = FIELDS.map(([name, , , sqlType]) => `${name} ${sqlType}`);
const extent = [1.5, 2.5, 1.5, 2.5] as const;

for (const crs of ['EPSG:2193', 'EPSG:4326', 'EPSG:3857', 'EPSG:2193+7839', 'ESRI:54030', '+proj=laea +lat_0=10 +lon_0=20 +datum=WGS84']) {
  test(`everything that says what a layer is stands there as GDAL writes it: ${crs}`, async () => {
    const layer = layerOf(COLUMNS, { type: 'Point', hasZ: true, srs: await srsOf(crs), extent });
    const name = `crs-${crs.replace(/\W/g, '-')}`;
    same(ours(name, layer), byGdal(name, crs, 'wkbPoint25D', false));
  });
}

test('a table without geometry, as GDAL writes it', () => {
  same(ours('table', layerOf(COLUMNS, null)), byGdal('table', null, 'wkbNone', false));
});

test('columns of JSON are said to be that', async () => {
  const path = byGdal('json', 'EPSG:2193', 'wkbPoint25D', true);
  const plain = layerOf([...FIELDS.map(([name]) => `${name} MEDIUMINT`), 'json TEXT'], null);
  const columns = plain.columns.map((column) => (column.name === 'json' ? { ...column, mimeType: 'application/json' } : column));
  const layer = layerOf([], { type: 'Point', hasZ: true, srs: await srsOf('EPSG:2193'), extent });
  const mine = ours('json', { ...layer, columns });
  same(mine, path);
  const summary = execFileSync('ogrinfo', ['-al', '-so', mine], { encoding: 'utf8' });
  assert.match(summary, /json: String\(JSON\)/);
});

test('a CRS that WKT 1 cannot say stands in WKT 2, and GDAL reads it', async () => {
  const layer = layerOf([], { type: 'Point', hasZ: true, srs: await srsOf('EPSG:4979'), extent });
  const path = ours('wkt2', layer);
  const system = 'SELECT * FROM gpkg_spatial_ref_sys ORDER BY srs_id';
  assert.deepEqual(query(path, system), query(byGdal('wkt2', 'EPSG:4979', 'wkbPoint25D', false), system));
  assert.match(execFileSync('ogrinfo', ['-al', '-so', path], { encoding: 'utf8' }), /ID\["EPSG",4979\]/);
});

test('the time of the last change is the one that was given', () => {
  const path = ours('time', layerOf([], null));
  assert.equal(query(path, 'SELECT last_change FROM gpkg_contents')[0]?.last_change, '2024-02-03T04:05:06.789Z');
});
