import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CropThreads } from '../../src/raster/cropthreads.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { gdal, raster } from '../fixtures/rasters.ts';

const folder = temporaryFolder();
const source = join(folder, 'tile.tif');
gdal('gdal_translate', '-q', '-of', 'COG', raster(folder, 'plain.tif'), source);

test('what the system says of a failed crop comes out of the thread with its code, and the thread goes on', async () => {
  await using threads = new CropThreads();
  const taken = join(folder, 'taken.tif');
  writeFileSync(taken, 'there before');
  await assert.rejects(threads.crop({ source, crop: null, outPath: taken }), { code: 'EEXIST' });
  assert.equal((await threads.crop({ source, crop: null, outPath: join(folder, 'copy.tif') })).kind, 'copied');
});

test('a crop that is cancelled ends with the reason', async () => {
  await using threads = new CropThreads();
  const reason = new Error('not wanted any more');
  const crop = { source, crop: null, outPath: join(folder, 'cancelled.tif'), signal: AbortSignal.abort(reason) };
  await assert.rejects(threads.crop(crop), reason);
});
