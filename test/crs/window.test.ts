import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cropWindow } from '../../src/crs/window.ts';
import { runGdal } from '../../src/gdal/process.ts';

type Bounds = readonly [number, number, number, number];

async function window(crs: string, extent: Bounds, native: Bounds = extent) {
  const { stdout } = await runGdal('gdalsrsinfo', ['-o', 'wkt2_2019', '--single-line', crs]);
  return cropWindow(stdout.trim(), native, extent);
}
const METRES = [0, 0, 1e6, 1e6] as const;

test('a layer in degrees has a window on its own turn, a degree wider', async () => {
  const { degrees, window: bounds, seam } = await window('EPSG:4326', [350, -20, 370, 20]);
  assert.deepEqual([degrees, bounds, seam], [true, [349, -21, 371, 21], null]);
});

test('a projected layer has a little around it, and never what lies past the poles or the cut', async () => {
  const { degrees, window: bounds, seam } = await window('EPSG:2193', [166, -47, 179, -34], METRES);
  assert.deepEqual([degrees, seam], [false, null]);
  const [west, south, east, north] = bounds;
  assert.ok(west < 166 && west > 165 && east > 179 && east < 180 && south < -47 && north > -34);
  const world = (await window('EPSG:3857', [170, -85, 179.99, 90], METRES)).window;
  assert.ok(world[2] > 179.99 && world[2] < 180 && world[3] === 90, String(world));
});

test('a layer on both sides of the cut has a window of a whole turn, from cut to cut, and a seam over it', async () => {
  for (const [crs, extent, cut] of [
    ['EPSG:3413', [-180, 60, 180, 90], 135],
    ['EPSG:3995', [-180, 60, 180, 90], 180],
    ['EPSG:3857', [175, -20, 185, 20], 180],
    ['EPSG:3832', [-180, -80, 180, 80], -30],
  ] as const) {
    const { window: bounds, seam } = await window(crs, extent, METRES);
    const [west, , east] = bounds;
    assert.ok(Math.abs(east - west - 360) < 1e-8, crs);
    const turns = (east - cut) / 360;
    assert.ok(Math.abs(turns - Math.round(turns)) < 1e-8, `${crs}: ${bounds}`);
    assert.ok(seam && seam[0] < east && seam[2] > east && seam[1] === bounds[1] && seam[3] === bounds[3], crs);
  }
});
