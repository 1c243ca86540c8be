import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { indexPolygons } from '../../src/geometry/classify.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { FlatGeobufFile } from '../../src/store/reader.ts';
import { FeatureSorter } from '../../src/store/sort.ts';
import { LEAST_BATCH_BYTES, RUN, selectFrom } from '../../src/vector/select.ts';

/** A square grid of so many points a side: most lie in branches of the index that a crop takes whole. */
const SIDE = 400;

test('batches of a crop are about as large as those of a whole layer, and hold each feature once', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'geocrate-select-'));
  try {
    const columns = [{ name: 'text', type: 'String' as const }];
    const sorter = new FeatureSorter(join(dir, 'spool'), { name: 'grid', hasZ: false, hasM: false, columns, crs: null });
    const text = 'x'.repeat(60);
    for (let x = 0; x < SIDE; x++)
      for (let y = 0; y < SIDE; y++) {
        const point: Geometry = { type: 'Point', xy: Float64Array.of(x, y), z: null, m: null, ends: null, parts: [] };
        sorter.add(point, [x, y, x, y], [text]);
      }
    const path = join(dir, 'grid.fgb');
    sorter.finish(path, { geometryType: 'Point', indexed: true, extent: [0, 0, SIDE - 1, SIDE - 1], onProgress: () => {} });
    sorter.close();
    const file = await FlatGeobufFile.open(path);
    try {
      const each = file.tree.featureBytes / SIDE ** 2;
      const area = [
        [
          [-1, -1],
          [SIDE - 10.5, -1],
          [SIDE - 10.5, SIDE],
          [-1, SIDE],
          [-1, -1],
        ],
      ];
      const { batches, bytes } = await selectFrom(file, indexPolygons([area]));
      assert.ok(batches.length > 4, `${batches.length} batches`);
      for (const batch of batches.slice(0, -1)) {
        assert.ok(batch.bytes >= LEAST_BATCH_BYTES && batch.bytes < 1.3 * LEAST_BATCH_BYTES, `${batch.bytes} bytes`);
      }
      const covered = batches.flatMap(({ runs }) =>
        Array.from({ length: runs.length / RUN }, (_, i): [number, number] => [runs[RUN * i] ?? 0, runs[RUN * i + 1] ?? 0]),
      );
      let end = 0;
      for (const [offset, length] of covered) {
        assert.ok(offset >= end, 'in the order of the file, none twice');
        end = offset + length;
      }
      const features = covered.reduce((sum, [, length]) => sum + length, 0) / each;
      assert.equal(
        bytes,
        covered.reduce((sum, [, length]) => sum + length, 0),
      );
      // All points inside are there, and no more than what a node of the index has beside them.
      assert.ok(features >= (SIDE - 10) * SIDE && features < (SIDE - 9) * SIDE, `${features} features`);
    } finally {
      await file.close();
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
