import assert from 'node:assert/strict';
import { existsSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { projDatabase } from '../../src/crs/epsg.ts';
import { missingGrids } from '../../src/crs/grids.ts';
import { runGdal } from '../../src/gdal/process.ts';
import { temporaryFolder } from '../fixtures/folder.ts';

const database = projDatabase();
assert.ok(database);
/** A PROJ installation without any grids. */
const bare = temporaryFolder();
symlinkSync(database, join(bare, 'proj.db'));
process.env.PROJ_DATA = bare;
process.env.PROJ_USER_WRITABLE_DIRECTORY = join(bare, 'none');
delete process.env.PROJ_NETWORK;

/** New Zealand's grid as installations name it. */
const GRID = 'nz_linz_nzgd2kgrid0005.tif';
const WELLINGTON = [174.7, -41.4, 174.9, -41.2] as const;
const LONDON = [-0.5, 51.3, 0.2, 51.7] as const;

const LACKING: [from: string, to: string, area: readonly [number, number, number, number], grids: string[]][] = [
  ['EPSG:4272', 'EPSG:2193', WELLINGTON, [GRID]],
  ['EPSG:27200', 'EPSG:2193', WELLINGTON, [GRID]],
  ['EPSG:2193', 'EPSG:27200', WELLINGTON, [GRID]],
  ['EPSG:27700', 'EPSG:4326', LONDON, ['uk_os_OSTN15_NTv2_OSGBtoETRS.tif']],
  ['EPSG:3857', 'EPSG:27700', LONDON, ['uk_os_OSTN15_NTv2_OSGBtoETRS.tif']],
  // Great Britain's national grid with its heights.
  ['EPSG:7405', 'EPSG:4326', LONDON, ['uk_os_OSTN15_NTv2_OSGBtoETRS.tif']],
  // By way of ETRS89, as no operation is direct.
  ['EPSG:27700', 'EPSG:2154', LONDON, ['uk_os_OSTN15_NTv2_OSGBtoETRS.tif']],
  ['EPSG:4267', 'EPSG:4269', [-100, 35, -99, 36], ['us_noaa_conus.tif']],
  ['EPSG:4267', 'EPSG:4269', [-150, 62, -149, 63], ['us_noaa_alaska.tif']],
  // The same place, a turn further east.
  ['EPSG:4267', 'EPSG:4269', [210, 62, 211, 63], ['us_noaa_alaska.tif']],
];

for (const [from, to, area, grids] of LACKING)
  test(`${from} to ${to} at ${area} lacks ${grids}`, () => assert.deepEqual(missingGrids(from, to, area), grids));

const COMPLETE: [reason: string, from: string, to: string, area: readonly [number, number, number, number]][] = [
  ['one datum', 'EPSG:2193', 'EPSG:4167', WELLINGTON],
  ['parameters are the best there is', 'EPSG:2193', 'EPSG:4326', WELLINGTON],
  ['a projection alone', 'EPSG:4326', 'EPSG:3857', LONDON],
  ['parameters are more accurate than the grid', 'EPSG:28355', 'EPSG:7855', [145, -38, 146, -37]],
  ['no operation reaches the place', 'EPSG:27700', 'EPSG:4326', WELLINGTON],
  ['the dataset does not know it', 'EPSG:2193', 'EPSG:999999', WELLINGTON],
];

for (const [reason, from, to, area] of COMPLETE)
  test(`${from} to ${to} lacks no grid: ${reason}`, () => assert.deepEqual(missingGrids(from, to, area), []));

test('a definition is known by the name of its datum, in WKT 2 and in WKT 1', async () => {
  for (const form of ['wkt2_2019', 'wkt1', 'wkt_esri']) {
    const { stdout } = await runGdal('gdalsrsinfo', ['-o', form, 'EPSG:27200']);
    assert.deepEqual(missingGrids(stdout.trim(), 'EPSG:2193', WELLINGTON), [GRID], form);
  }
});

test('PROJ falls back where a grid is said to lack, and no longer once it is there', async (t) => {
  const easting = async () => {
    const args = ['-output_xy', '-s_srs', 'EPSG:4272', '-t_srs', 'EPSG:2193'];
    return Number((await runGdal('gdaltransform', args, { stdin: '174.776 -41.286' })).stdout.split(' ')[0]);
  };
  const installed = ['nzgd2kgrid0005.gsb', GRID].find((name) => existsSync(join(dirname(database), name)));
  if (!installed) return t.skip("New Zealand's grid is not installed (Debian: proj-data)");
  const without = await easting();
  symlinkSync(join(dirname(database), installed), join(bare, installed));
  assert.ok(Math.abs((await easting()) - without) > 0.5);
  assert.deepEqual(missingGrids('EPSG:4272', 'EPSG:2193', WELLINGTON), []);
});

test('nothing lacks where PROJ may fetch it', () => {
  process.env.PROJ_NETWORK = 'ON';
  assert.deepEqual(missingGrids('EPSG:27700', 'EPSG:4326', LONDON), []);
  delete process.env.PROJ_NETWORK;
});
