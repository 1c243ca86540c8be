import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sampleRuns } from '../../src/store/deflated.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { FlatGeobufFile } from '../../src/store/reader.ts';
import { beginningOf, positionsOf } from '../../src/store/thin.ts';
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
    assert.ok(geometry);
    assert.equal(positionsOf(geometry), 1000);
    const some = beginningOf(geometry, 12);
    assert.deepEqual(
      some.parts.map((part) => positionsOf(part)),
      [5, 5, 2],
    );
    assert.deepEqual([...(some.parts[0]?.xy ?? [])], [...(geometry.parts[0]?.xy ?? [])]);
    assert.equal(positionsOf(beginningOf(geometry, 5000)), 1000);
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
  const { xy, z, ends } = beginningOf(rings, 7);
  assert.deepEqual([xy.length, z?.length, [...(ends ?? [])]], [14, 7, [5, 7]]);
});
