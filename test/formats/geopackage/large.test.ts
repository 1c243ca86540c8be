import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { srsOf } from '../../../src/formats/geopackage/srs.ts';
import type { Bounds } from '../../../src/store/profile.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { boxOf, faults, layerOf, type Row, rectangle, writeGeoPackage } from './file.ts';

const folder = temporaryFolder();
const srs = await srsOf('EPSG:2193');

test('200,000 features: GDAL counts them, and finds through the index what is there', () => {
  const extent: Bounds = [1_000_000, 5_000_000, 1_004_475, 5_004_475];
  const layer = layerOf(['whole INTEGER', 'name TEXT'], { type: 'Polygon', srs, extent });
  const rows = Array.from({ length: 200_000 }, (_, index): Row => {
    // Rows of 448, to and fro.
    const line = Math.floor(index / 448);
    const x = extent[0] + 10 * (line % 2 === 0 ? index % 448 : 447 - (index % 448));
    const y = extent[1] + 10 * line;
    return { geometry: rectangle([x, y, x + 5, y + 5]), values: [index, `lot ${index}`] };
  });
  const path = join(folder, 'many.gpkg');
  writeGeoPackage(path, layer, rows, { batchRows: 16_384 });
  assert.deepEqual(faults(path), []);
  const summary = execFileSync('ogrinfo', ['-al', '-so', path], { encoding: 'utf8' });
  assert.match(summary, /Geometry: Polygon/);
  assert.match(summary, /Feature Count: 200000/);
  assert.match(summary, /Extent: \(1000000\.0+, 5000000\.0+\) - \(1004475\.0+, 5004475\.0+\)/);
  assert.match(summary, /ID\["EPSG",2193\]/);
  for (const window of [
    [1_000_101, 5_000_203, 1_000_333, 5_000_404],
    [1_000_006, 5_000_006, 1_000_009, 5_000_009],
  ] as const) {
    const args = ['-f', 'CSV', '/vsistdout/', path, '-spat', ...window.map(String), '-select', 'whole'];
    const found = execFileSync('ogr2ogr', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
    const expected = rows.flatMap(({ geometry, values }) => {
      const [minX, minY, maxX, maxY] = boxOf(geometry) ?? [NaN, NaN, NaN, NaN];
      return minX <= window[2] && maxX >= window[0] && minY <= window[3] && maxY >= window[1] ? [Number(values[0])] : [];
    });
    const numbers = [...found.matchAll(/\d+/g)].map(Number);
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      expected,
    );
  }
});
