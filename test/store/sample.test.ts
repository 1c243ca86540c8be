import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sampleRuns } from '../../src/store/deflated.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { Bytes } from '../../src/store/flatbuffer.ts';
import { MAGIC, type RawFeature, writeFeature, writeHeader } from '../../src/store/flatgeobuf.ts';
import { FlatGeobufFile } from '../../src/store/reader.ts';
import { positionsOf } from '../../src/store/thin.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { gdal } from '../fixtures/rasters.ts';

const folder = temporaryFolder();

/** A file of features that each have so many squares, and its reader. */
async function squares(features: number, each: number): Promise<FlatGeobufFile> {
  const square = (x: number, y: number) => {
    const [right, top] = [x + 0.5, y + 0.5];
    return [
      [x, y],
      [right, y],
      [right, top],
      [x, top],
      [x, y],
    ];
  };
  const lines = Array.from({ length: features }, (_, feature) => {
    const coordinates = Array.from({ length: each }, (_, n) => [square(n % 100, feature * 1000 + Math.floor(n / 100))]);
    return JSON.stringify({ type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates } });
  });
  const [source, path] = [join(folder, `${features}.geojsonl`), join(folder, `${features}.fgb`)];
  writeFileSync(source, lines.join('\n'));
  gdal('ogr2ogr', '-f', 'FlatGeobuf', path, source, '-a_srs', 'EPSG:2193');
  return FlatGeobufFile.open(path);
}

test('no feature is sampled twice, however few and large they are', async () => {
  for (const features of [1, 3]) {
    const file = await squares(features, 5000);
    try {
      const indexes: number[] = [];
      for await (const run of sampleRuns(file, 1 << 18, 16)) indexes.push(...run.map(({ index }) => index));
      assert.deepEqual(indexes, [0, 1, 2].slice(0, features));
    } finally {
      await file.close();
    }
  }
});

test('of a geometry as much is taken as has so many positions', async () => {
  const file = await squares(1, 200);
  try {
    const [[feature] = []] = await Array.fromAsync(sampleRuns(file, 1 << 18, 1));
    const geometry = feature?.geometry();
    const some = feature?.geometry(12);
    assert.ok(geometry && some);
    assert.equal(positionsOf(geometry), 1000);
    assert.deepEqual(
      some.parts.map((part) => positionsOf(part)),
      [5, 5, 2],
    );
    assert.deepEqual([...(some.parts[0]?.xy ?? [])], [...(geometry.parts[0]?.xy ?? [])]);
    assert.deepEqual(feature?.geometry(5000), geometry);
  } finally {
    await file.close();
  }
  const rings: Geometry = {
    type: 'Polygon',
    xy: Float64Array.from({ length: 20 }, (_, n) => n),
    z: Float64Array.from({ length: 10 }, (_, n) => n),
    m: null,
    ends: Uint32Array.of(5, 10),
    parts: [],
  };
  const polygon = await read(written(rings), 100, true);
  const { xy, z, ends } = polygon?.geometry(7) ?? rings;
  assert.deepEqual([xy.length, z?.length, [...(ends ?? [])]], [14, 7, [5, 7]]);
  assert.deepEqual(polygon?.geometry(5)?.ends, Uint32Array.of(5));
});

test('of a large feature no more is read than is wanted of it', async () => {
  const ring = (n: number) => Float64Array.from({ length: 2000 }, (_, i) => n + i / 1000);
  const part = (n: number): Geometry => ({ type: 'Polygon', xy: ring(n), z: null, m: null, ends: null, parts: [] });
  const plain = { xy: new Float64Array(), z: null, m: null, ends: null };
  const parts = Array.from({ length: 1000 }, (_, n) => part(n));
  const line: Geometry = { ...plain, type: 'LineString', xy: Float64Array.from({ length: 2e6 }, (_, n) => n), parts: [] };
  for (const geometry of [line, { ...plain, type: 'MultiPolygon' as const, parts }]) {
    const path = written(geometry);
    const before = process.memoryUsage().arrayBuffers;
    const some = (await read(path, 1 << 15, false))?.geometry(5000);
    assert.ok(some);
    assert.equal(positionsOf(some), 5000);
    const [first] = [some, ...some.parts].filter(({ xy }) => xy.length > 0);
    assert.deepEqual(first?.xy.subarray(0, 2000), geometry.type === 'LineString' ? geometry.xy.subarray(0, 2000) : parts[0]?.xy);
    // Of 16 MB.
    const more = process.memoryUsage().arrayBuffers - before;
    assert.ok(more < 6e6, `${more} bytes`);
  }
});

/** A file of a feature, as Geocrate writes it. */
function written(geometry: Geometry): string {
  const hasZ = geometry.z !== null;
  out.raw(MAGIC);
  writeHeader(out, { name: 'a', geometryType: null, hasZ, hasM: false, columns: [], featureCount: 1, indexNodeSize: 0, crs: null });
  writeFeature(out, geometry, [], []);
  const path = join(folder, `written-${++files}.fgb`);
  writeFileSync(path, out.take());
  return path;
}
const out = new Bytes();
let files = 0;

/** The feature of a file, or its beginning. */
async function read(path: string, bytes: number, isWhole: boolean): Promise<RawFeature | undefined> {
  const file = await FlatGeobufFile.open(path);
  try {
    return (await file.run(0, bytes, isWhole))[0];
  } finally {
    await file.close();
  }
}
