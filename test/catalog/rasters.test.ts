import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type PublishedDataset, type PublishOptions, publishSources } from '../../src/catalog/publish.ts';
import { openDatabase } from '../../src/db/open.ts';
import { layout } from '../../src/store/layout.ts';
import { isRaster } from '../../src/store/profile.ts';
import type { RasterProfile } from '../../src/store/rasterprofile.ts';
import { type RasterTile, readTiles } from '../../src/store/rastertiles.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { checksums, gdalinfo, raster } from '../fixtures/rasters.ts';
import { dataFolder } from '../fixtures/site.ts';

const folder = temporaryFolder();
const dataDir = await dataFolder();
const database = await openDatabase({ databaseUrl: null, dataDir });
after(() => database.close());
const store = layout(dataDir);

interface PublishedRaster extends PublishedDataset {
  profile: RasterProfile;
  dir: string;
  tiles: RasterTile[];
  mosaic: string;
}

async function publish(source: string | string[], options: PublishOptions = {}): Promise<PublishedRaster> {
  const [dataset] = await publishSources(database.db, store, [source].flat(), options);
  assert.ok(dataset && isRaster(dataset.profile));
  const { profile, versionId } = dataset;
  const { content } = await database.db.selectFrom('versions').select('content').where('id', '=', versionId).executeTakeFirstOrThrow();
  const dir = store.versionDir(content);
  assert.deepEqual(JSON.parse(readFileSync(join(dir, 'profile.json'), 'utf8')), profile);
  return { ...dataset, profile, dir, tiles: await readTiles(dir), mosaic: join(dir, 'mosaic.vrt') };
}

/** A folder of its own with tiles of 32 × 24 pixels, cut from one raster. */
function tiles(name: string, columns: number, rows: number, args: string[] = []): string {
  const dir = join(folder, name);
  mkdirSync(dir);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = [column * 32, row * 24];
      const pixel = (dx: number, dy: number) => (x + dx) * 3 + (y + dy) * 5;
      raster(dir, `nz_${'ABCDEF'[row]}${column + 1}.tif`, {
        size: [32, 24],
        place: [1_600_000 + x * 10, 5_400_000 - y * 10, 10, 10],
        pixel,
        args,
      });
    }
  }
  return dir;
}

test('a GeoTIFF becomes one Cloud Optimized GeoTIFF with overviews, and its profile', async () => {
  const source = raster(folder, 'elevation.tif', { size: [1300, 1100], args: ['-a_nodata', '-1'] });
  const { profile, dir, tiles: listed, mosaic, kind, title, warnings } = await publish(source);
  assert.deepEqual([kind, title, warnings], ['grid', 'elevation', []]);
  assert.deepEqual(profile.size, [1300, 1100]);
  assert.deepEqual(profile.origin, [1_600_000, 5_400_000]);
  assert.deepEqual(profile.resolution, [10, 10]);
  assert.deepEqual(profile.extent, [1_600_000, 5_389_000, 1_613_000, 5_400_000]);
  assert.equal(profile.crs.id, 'EPSG:2193');
  assert.deepEqual(profile.overviews, [2, 4]);
  assert.deepEqual([profile.transparency, profile.lossy, profile.compression], ['nodata', false, 'DEFLATE']);
  assert.deepEqual([profile.tiled, profile.tile_count, profile.rat], [false, 1, null]);
  assert.equal(profile.bands.length, 1);
  const [band] = profile.bands;
  assert.deepEqual([band?.data_type, band?.nodata, band?.color_interpretation, band?.palette], ['Int16', '-1', 'Gray', null]);
  assert.deepEqual([band?.statistics?.min, band?.statistics?.max, band?.statistics?.mean], [0, 1299 + 2 * 1099, 1299 / 2 + 1099]);
  const [tile] = listed;
  assert.deepEqual(
    [tile?.id, tile?.name, tile?.file, tile?.at, tile?.size],
    ['elevation', 'elevation', 'tiles/elevation.tif', [0, 0], [1300, 1100]],
  );
  const file = join(dir, tile?.file ?? '');
  const info = gdalinfo(file);
  assert.equal(info.metadata.IMAGE_STRUCTURE.LAYOUT, 'COG');
  assert.equal(info.metadata.IMAGE_STRUCTURE.PREDICTOR, '2');
  assert.deepEqual(info.bands[0].block, [512, 512]);
  assert.deepEqual(checksums(file), checksums(source));
  assert.deepEqual(checksums(mosaic), checksums(source));
  assert.deepEqual(gdalinfo(mosaic).geoTransform, gdalinfo(source).geoTransform);
  assert.deepEqual(gdalinfo(mosaic).bands[0].overviews.length, 2);
  assert.deepEqual(readdirSync(dir).sort(), ['mosaic.vrt', 'profile.json', 'tiles', 'tiles.json']);
  assert.deepEqual(readdirSync(join(dir, 'tiles')), ['elevation.tif']);
});

test('a folder of tiles becomes one tiled dataset, and its mosaic has all their pixels', async () => {
  const dir = tiles('folder', 3, 2);
  const { profile, tiles: listed, mosaic } = await publish(dir, { id: 20, title: 'Tiles' });
  assert.deepEqual([profile.tiled, profile.tile_count, profile.size], [true, 6, [96, 48]]);
  assert.deepEqual(
    listed.map(({ id, at }) => [id, ...at]),
    [
      ['nz_A1', 0, 0],
      ['nz_A2', 32, 0],
      ['nz_A3', 64, 0],
      ['nz_B1', 0, 24],
      ['nz_B2', 32, 24],
      ['nz_B3', 64, 24],
    ],
  );
  const whole = raster(folder, 'whole.tif', { size: [96, 48], pixel: (x, y) => x * 3 + y * 5 });
  assert.deepEqual(checksums(mosaic), checksums(whole));
  assert.deepEqual(profile.transparency, 'none');
  const same = await publish(dir, { id: 20 });
  assert.ok(same.unchanged);
});
