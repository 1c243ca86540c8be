import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { findFormat, isRasterFormat } from '../../src/formats/registry.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import { estimateRaster } from '../../src/raster/estimate.ts';
import { type PixelShare, pixelsInside } from '../../src/raster/share.ts';
import { readTiles } from '../../src/store/rastertiles.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { areaOf, type RasterLayer, rasterLayers, write } from '../fixtures/rasterlayers.ts';
import { raster } from '../fixtures/rasters.ts';

const folder = temporaryFolder();
const publish = await rasterLayers();
const SIDE = 1100;
/** The west and the north of the rasters, in EPSG:2193; pixels are 10 m. */
const [WEST, NORTH] = [1_600_000, 5_400_000];

function at(column: number, row: number): [number, number] {
  return [WEST + 10 * column, NORTH - 10 * row];
}

/** A ring of columns and rows as an area in degrees. */
function area(...corners: [column: number, row: number][]): MultiPolygon {
  return areaOf(
    'EPSG:2193',
    corners.map(([column, row]) => at(column, row)),
  );
}

const DIAMOND = area([550, 50], [1050, 550], [550, 1050], [50, 550]);
/** Classes in squares, with hills and hollows between them. */
const classes = await publish(
  raster(folder, 'classes.tif', {
    type: 'Byte',
    size: [SIDE, SIDE],
    pixel: (x, y) => 1 + (((x >> 6) * 7 + (y >> 5) * 3 + ((x * y) >> 14)) % 9),
  }),
  { kind: 'raster' },
);
/** Noise in the last blocks of each row, and nothing elsewhere. */
const lopsided = await publish(
  raster(folder, 'lopsided.tif', {
    type: 'Byte',
    size: [SIDE, SIDE],
    pixel: (x, y) => (x < 1024 ? 7 : Math.imul((x * 73_856_093) ^ (y * 19_349_663), 0x9e3779b1) >>> 24),
  }),
);

async function shareOf({ profile, versionDir }: RasterLayer, of: MultiPolygon): Promise<PixelShare | null> {
  return pixelsInside(of, profile, await readTiles(versionDir));
}

test('a share has the pixels inside, and the rows and columns that the outline crosses', async () => {
  const share = await shareOf(classes, DIAMOND);
  assert.ok(share);
  near(share.pixels, 500_000, 1.01);
  near(share.boxPixels, 1_000_000, 1.01);
  near(share.crossed.rows, 2000, 1.01);
  near(share.crossed.columns, 2000, 1.01);
  const half = await shareOf(classes, area([550, -600], [1800, 550], [550, 1700]));
  assert.ok(half);
  // Only what of the outline lies within the layer counts: one side from the top to the bottom.
  near(half.crossed.rows, 1100, 1.01);
});

test('an area thinner than what is looked at is measured exactly, and what only touches the layer is nothing of it', async () => {
  const sliver = await shareOf(classes, area([0, 300], [1100, 300.5], [1100, 301.5], [0, 301]));
  assert.ok(sliver);
  near(sliver.pixels, 1100, 1.02);
  assert.equal(await shareOf(classes, area([-200, 0], [-100, 0], [-100, 100], [-200, 100])), null);
});

test('bytes are taken to be where they are, also where the last blocks of a tile are smaller', async () => {
  const [all, east] = await Promise.all([shareOf(lopsided, area([0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE])), shareOf(lopsided, EAST)]);
  assert.ok(all && east);
  near((east.levels[0] ?? 0) / (all.levels[0] ?? 0), 1, 1.15);
});
const EAST = area([740, 0], [SIDE, 0], [SIDE, SIDE], [740, SIDE]);

for (const [mimetype, within] of [
  ['image/tiff;subtype=geotiff', 1.25],
  ['image/png', 1.5],
  ['application/vnd.google-earth.kml+xml', 1.5],
] as const) {
  test(`cropped classes as ${mimetype} have about the size that is estimated`, async () => {
    const format = findFormat('raster', mimetype);
    assert.ok(format && isRasterFormat(format));
    const share = await shareOf(classes, DIAMOND);
    assert.ok(share);
    const estimate = estimateRaster(classes.profile, format.raster, share, { multiplier: 1, moves: format.fixedCrs !== null });
    const { files } = await write(folder, classes, mimetype, { area: DIAMOND });
    near(
      files.reduce((sum, { content }) => sum + statSync(content).size, 0),
      estimate,
      within,
    );
  });
}

/** @param factor 1.1: neither a tenth more nor less. */
function near(actual: number, expected: number, factor: number): void {
  assert.ok(actual <= expected * factor && actual >= expected / factor, `${actual}, not about ${expected}`);
}
