import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dbf } from '../../src/formats/dbf.ts';
import { shapefile } from '../../src/formats/shapefile.ts';
import type { EncoderTarget } from '../../src/vector/encoder.ts';
import { keepMeasure } from '../../src/vector/measure.ts';
import { Scratch } from '../../src/vector/scratch.ts';

const GIB = 2 ** 30;
const target: EncoderTarget = {
  kind: 'vector',
  profile: {
    format: 1,
    kind: 'vector',
    feature_count: 12,
    crs: null,
    extent: null,
    extent_wgs84: null,
    geometry_types: { Polygon: 12 },
    null_geometry_count: 0,
    empty_geometry_count: 0,
    mended_count: 0,
    has_z: false,
    has_m: false,
    vertex_count: 60,
    fields: [],
    fid_column: null,
    geometry_column: 'geom',
    primary_key_fields: [],
    bytes: 0,
  },
  crs: null,
  columns: [],
  hasZ: false,
  hasM: false,
  isCut: false,
  name: 'large',
  modified: new Date('2026-01-02T03:04:05Z'),
};

// Nothing is written to it.
const scratch = new Scratch('');
const kept = (figures: Float64Array<ArrayBuffer>) => keepMeasure({ figures, lists: [] }, scratch);

/** What a batch of polygons measures: records and their bytes in the .shp. */
function polygons(records: number, bytes: number, box: [number, number, number, number]) {
  const ranges = [...box, Infinity, -Infinity, Infinity, -Infinity];
  const none = [0, 0, 0, 0, Infinity, Infinity, -Infinity, -Infinity, Infinity, -Infinity, Infinity, -Infinity];
  return kept(Float64Array.of(...none, ...none, records, bytes, bytes, 0, ...ranges));
}

test('a Shapefile that would pass 2 GiB goes on in another, with records, offsets, boxes and lengths of its own', async () => {
  const measures = [polygons(3, 0.875 * GIB, [0, 0, 1, 1]), polygons(4, 0.875 * GIB, [1, 0, 2, 1]), polygons(5, 0.875 * GIB, [2, 0, 3, 1])];
  const layout = await shapefile.writer.encoded?.layout(target, measures, '', scratch);
  assert.deepEqual(
    layout?.files.map(({ path }) => path),
    [...['large.shp', 'large.shx', 'large.dbf', 'large-2.shp', 'large-2.shx', 'large-2.dbf'], ...['large.cpg', 'large-2.cpg']],
  );
  // The start of polygons: how many records are before, and where the next one begins.
  assert.deepEqual(
    layout?.batches?.map(({ start }) => start.slice(5)),
    [
      [0, 100],
      [3, 100 + 0.875 * GIB],
      [0, 100],
    ],
  );
  assert.deepEqual(
    layout?.batches?.map(({ files }) => files.slice(6)),
    [
      [0, 1, 2],
      [0, 1, 2],
      [3, 4, 5],
    ],
  );
  const [shp, , table, second] = layout?.files.map(({ head }) => Buffer.concat([...head])) ?? [];
  assert.equal((shp?.readInt32BE(24) ?? 0) * 2, 100 + 1.75 * GIB);
  assert.deepEqual(
    [36, 44, 52, 60].map((at) => shp?.readDoubleLE(at)),
    [0, 0, 2, 1],
  );
  assert.deepEqual(
    [36, 44, 52, 60].map((at) => second?.readDoubleLE(at)),
    [2, 0, 3, 1],
  );
  assert.equal(table?.readUInt32LE(4), 7);
  assert.match(layout?.warnings.join() ?? '', /at most 2 GiB, so the layer was split into 2/);
});

test('so does a dBASE table', async () => {
  const columns = Array.from({ length: 100 }, (_, n) => ({
    ...{ name: `c${n}`, as: 'string', width: 254, precision: 0, max: null, decimals: null, toUtc: false, warning: null },
    field: { name: `c${n}`, type: 'string', width: 0, precision: 0, null_count: 0, longest_bytes: 254, min: null, max: null },
  })) satisfies EncoderTarget['columns'];
  const batch = kept(Float64Array.of(60_000));
  const layout = await dbf.writer.encoded?.layout({ ...target, kind: 'table', columns }, [batch, batch, batch], '', scratch);
  // A record has 25 401 bytes, so that two batches do not fit one file.
  assert.deepEqual(
    layout?.files.map(({ path }) => path),
    ['large.dbf', 'large-2.dbf', 'large-3.dbf', 'large.cpg', 'large-2.cpg', 'large-3.cpg'],
  );
  assert.deepEqual(
    layout?.batches?.map(({ start, files }) => [...start, ...files]),
    [
      [0, 0],
      [0, 1],
      [0, 2],
    ],
  );
});
