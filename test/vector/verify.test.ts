import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GdalError } from '../../src/gdal/process.ts';
import { expresses } from '../../src/vector/verify.ts';
import { temporaryFolder } from '../fixtures/folder.ts';

const crs = { id: 'EPSG:4326', name: 'WGS 84', wkt: 'GEOGCRS["WGS 84"]' };
const extent_wgs84: [number, number, number, number] = [170, -44, 171, -43];

test('where GDAL is killed before it can compare two definitions nothing is said of them, and nothing remembered', async (t) => {
  const bin = temporaryFolder();
  writeFileSync(join(bin, 'gdaltransform'), '#!/bin/sh\nkill -9 $$\n', { mode: 0o755 });
  const { PATH } = process.env;
  t.after(() => Object.assign(process.env, { PATH }));
  process.env.PATH = `${bin}:${PATH}`;
  await assert.rejects(expresses('EPSG:4326', crs, { extent_wgs84 }), (error) => error instanceof GdalError && error.endedBy === 'SIGKILL');
  process.env.PATH = PATH;
  assert.deepEqual(await expresses('EPSG:4326', crs, { extent_wgs84 }), []);
  const [sentence] = await expresses('EPSG:3857', crs, { extent_wgs84 });
  assert.match(sentence ?? '', /cannot express the coordinate system EPSG:4326 exactly/);
  assert.equal((await expresses('no definition', crs, { extent_wgs84 })).length, 1);
});
