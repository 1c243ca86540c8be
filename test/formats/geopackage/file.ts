import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { GeometryBlob, toGeoPackageBinary } from '../../../src/formats/geopackage/blob.ts';
import { planGeoPackage } from '../../../src/formats/geopackage/plan.ts';
import { type RowSink, RowSizes } from '../../../src/formats/geopackage/record.ts';
import { RowPages } from '../../../src/formats/geopackage/rows.ts';
import type { GeometryColumn, Layer } from '../../../src/formats/geopackage/schema.ts';
import { setBox, setNoBox } from '../../../src/formats/geopackage/spatialindex.ts';
import type { Srs } from '../../../src/formats/geopackage/srs.ts';
import type { Geometry, Value } from '../../../src/store/feature.ts';
import { FlatGeometry } from '../../../src/store/flat.ts';
import type { Bounds } from '../../../src/store/profile.ts';
import { emptyBox, extendBox, isEmpty } from '../../../src/store/shape.ts';

export interface Row {
  geometry: Geometry | null;
  values: readonly Value[];
}

export const LOCAL: Srs = {
  name: 'Undefined Cartesian SRS',
  id: -1,
  organization: 'NONE',
  organizationId: -1,
  definition: 'undefined',
  description: 'undefined Cartesian coordinate reference system',
  wkt2: null,
};

/** A layer called `things` with columns as `name TYPE`. */
export function layerOf(columns: readonly string[], geometry: Partial<GeometryColumn> | null): Layer {
  return {
    table: 'things',
    identifier: 'things',
    description: '',
    keyColumn: 'fid',
    geometry: geometry && { name: 'geom', type: 'Geometry', hasZ: false, hasM: false, srs: LOCAL, extent: null, ...geometry },
    columns: columns.map((column) => {
      const [name = '', sqlType = ''] = column.split(' ');
      return { name, sqlType, mimeType: null };
    }),
    lastChange: new Date('2024-02-03T04:05:06.789Z'),
  };
}

export interface Batching {
  /** Rows in a batch. */
  batchRows?: number;
  /** Of all rows; 1, 2, 3… where there are none. */
  rowIds?: readonly number[];
  pageSize?: number;
}

/** The bytes of a GeoPackage with these rows, made as an engine makes them: sizes, plan, then each batch, the last first. */
export function geopackage(layer: Layer, rows: readonly Row[], tempDir: string, batching: Batching = {}): Buffer {
  const { batchRows = 1000, rowIds, pageSize } = batching;
  const sizes = new RowSizes();
  const parts: (readonly Row[])[] = [];
  for (let from = 0; from < rows.length; from += batchRows) parts.push(rows.slice(from, from + batchRows));
  const batches = parts.map((part, index) => {
    const boxes = new Float32Array(layer.geometry ? 4 * part.length : 0);
    if (layer.geometry) {
      for (const [row, { geometry }] of part.entries()) {
        const box = boxOf(geometry);
        if (box) setBox(boxes, row, ...box);
        else setNoBox(boxes, row);
      }
    }
    const from = index * batchRows;
    const own = rowIds ? Float64Array.from(rowIds.slice(from, from + batchRows)) : null;
    const planned = { sizes: Uint32Array.from(part, (row) => writeRow(sizes, layer, row, 0)), rowIds: own, boxes };
    return { count: part.length, ids: own && { first: own[0] ?? 0, last: own.at(-1) ?? 0 }, read: () => planned };
  });
  const plan = planGeoPackage(layer, batches, tempDir, pageSize);
  const pages = new RowPages(layer.columns.length + (layer.geometry ? 2 : 1), pageSize ?? 4096);
  const made = parts.map(() => new Uint8Array());
  for (let index = parts.length - 1; index >= 0; index--) {
    const { firstPage = 0, firstRowId = 0, byteLength } = plan.batches[index] ?? {};
    pages.start(firstPage);
    for (const [row, values] of (parts[index] ?? []).entries()) {
      writeRow(pages, layer, values, rowIds ? (rowIds[index * batchRows + row] ?? 0) : firstRowId + row);
    }
    const bytes = pages.finish().slice();
    if (bytes.length !== byteLength) throw new Error(`Batch ${index} has ${bytes.length} bytes, not ${byteLength}.`);
    made[index] = bytes;
  }
  const bytes = Buffer.concat([plan.head, ...made, ...plan.tail()]);
  if (bytes.length !== plan.byteLength) throw new Error(`The file has ${bytes.length} bytes, not ${plan.byteLength}.`);
  return bytes;
}

export function writeGeoPackage(path: string, layer: Layer, rows: readonly Row[], batching?: Batching): void {
  writeFileSync(path, geopackage(layer, rows, dirname(path), batching));
}

export function boxOf(geometry: Geometry | null): Bounds | null {
  if (!geometry || isEmpty(geometry)) return null;
  const box = emptyBox();
  extendBox(box, geometry);
  return box;
}

export function writeRow(sink: RowSink, layer: Layer, { geometry, values }: Row, rowId: number): number {
  sink.begin(rowId);
  if (layer.geometry) {
    if (geometry) writeGeometry(sink, geometry, layer.geometry.srs.id);
    else sink.null();
  }
  for (const [index, value] of values.entries()) writeValue(sink, value, layer.columns[index]?.sqlType ?? '');
  return sink.end();
}

/** Used again for each row: its arrays are long. */
const shape = new FlatGeometry();

function writeGeometry(sink: RowSink, geometry: Geometry, srsId: number): void {
  if (geometry.type !== 'GeometryCollection') {
    shape.set(geometry);
    const blob = new GeometryBlob(srsId);
    blob.set(shape);
    sink.blobFrom(blob);
  } else {
    const bytes = toGeoPackageBinary(geometry, srsId);
    sink.blob(bytes, 0, bytes.length);
  }
}

function writeValue(sink: RowSink, value: Value, sqlType: string): void {
  if (value === null) sink.null();
  else if (typeof value === 'bigint') sink.int64(Number(value >> 32n), Number(value & 0xffffffffn));
  else if (typeof value === 'string') sink.string(value);
  else if (value instanceof Uint8Array) sink.blob(value, 0, value.length);
  else if (sqlType === 'REAL' || sqlType === 'FLOAT') sink.double(Number(value));
  else sink.integer(Number(value));
}

/** Null for a collection. */
export function flat(geometry: Geometry): FlatGeometry | null {
  if (geometry.type === 'GeometryCollection') return null;
  const made = new FlatGeometry();
  made.set(geometry);
  return made;
}

/** A closed ring around a box, with a Z and M where they are named. */
export function rectangle([minX, minY, maxX, maxY]: Bounds, dimensions = ''): Geometry {
  const more = (of: string) => (dimensions.includes(of) ? Float64Array.of(1, 2, 3, 4, 1) : null);
  const xy = Float64Array.of(minX, minY, maxX, minY, maxX, maxY, minX, maxY, minX, minY);
  return { type: 'Polygon', xy, z: more('Z'), m: more('M'), ends: Uint32Array.of(5), parts: [] };
}

type Cell = SQLOutputValue;

/** Runs a query on a file. Integers are bigint. */
export function query(path: string, sql: string, ...values: (string | number)[]): Record<string, Cell>[] {
  const database = new DatabaseSync(path, { readOnly: true, readBigInts: true });
  try {
    return database
      .prepare(sql)
      .all(...values)
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

/** What SQLite finds wrong in a file. */
export function faults(path: string): string[] {
  const rows = [...query(path, 'PRAGMA integrity_check'), ...query(path, 'PRAGMA foreign_key_check')];
  const indexes = query(path, "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING rtree%'");
  for (const { name } of indexes) rows.push(...query(path, 'SELECT rtreecheck(?) AS result', String(name)));
  return rows.map((row) => Object.values(row).join(' ')).filter((text) => text !== 'ok');
}

/** Rows are compared one by one, and without a picture of what differs: they may be of megabytes. */
export function sameRows(found: readonly unknown[][], expected: readonly unknown[][]): void {
  assert.equal(found.length, expected.length);
  for (const [index, row] of expected.entries()) {
    for (const [column, value] of row.entries()) {
      assert.ok(isDeepStrictEqual(found[index]?.[column], value), `row ${index}, column ${column}`);
    }
  }
}
