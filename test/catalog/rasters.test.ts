import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PublishError } from '../../src/catalog/publish/failure.ts';
import { coverage, type Rectangle } from '../../src/catalog/publish/raster/coverage.ts';
import { type PublishedDataset, type PublishOptions, publishSources } from '../../src/catalog/publish.ts';
import { positions } from '../../src/crs/model.ts';
import { transformPoints } from '../../src/crs/transform.ts';
import { openDatabase } from '../../src/db/open.ts';
import { layout } from '../../src/store/layout.ts';
import type { RasterProfile } from '../../src/store/rasterprofile.ts';
import { type RasterTile, readTiles } from '../../src/store/rastertiles.ts';
import { isRaster } from '../../src/store/versionprofile.ts';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { checksums, gdal, gdalinfo, type RasterOptions, raster } from '../fixtures/rasters.ts';
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

test('the way from degrees to its CRS is found when it is published, and is PROJ’s own to a millimetre', async () => {
  const { profile } = await publish(raster(folder, 'placed.tif', { size: [64, 48] }));
  const way = profile.transform && positions(profile.transform);
  assert.ok(way);
  const [west, south, east, north] = profile.extent_wgs84;
  const places = Float64Array.of(west, south, east, north, (west + east) / 2, (south + north) / 2);
  const truth = await transformPoints(places, 'EPSG:4326', 'EPSG:2193');
  for (const [index, value] of way(places).entries()) assert.ok(Math.abs(value - (truth[index] ?? Number.NaN)) < 1e-3);
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

/** The sentence that a source is refused with; nothing may be left of it. */
async function refused(source: string | string[], options: PublishOptions = {}): Promise<string> {
  const before = readdirSync(store.storeDir);
  try {
    await publishSources(database.db, store, [source].flat(), options);
  } catch (error) {
    assert.ok(error instanceof PublishError, String(error));
    assert.deepEqual(readdirSync(store.storeDir), before);
    assert.deepEqual(readdirSync(store.publishingDir), []);
    assert.match(error.message, /^[^\n]+\.$/);
    return error.message;
  }
  throw new Error(`${source} was not refused.`);
}

/** A raster of one value, by gdal_create, for what ENVI files cannot hold. */
function created(file: string, type: string, ...args: string[]): string {
  const path = join(folder, file);
  const place = ['-a_srs', 'EPSG:2193', '-a_ullr', '1600000', '5400000', '1600600', '5399600'];
  gdal('gdal_create', '-outsize', '60', '40', '-ot', type, ...place, ...args, path);
  return path;
}

test('every data type is kept, with its values', async () => {
  for (const [type, low, high] of [
    ['Byte', 0, 255],
    ['UInt16', 0, 65_535],
    ['Int16', -32_768, 32_767],
    ['UInt32', 0, 4_294_967_295],
    ['Int32', -2_147_483_648, 2_147_483_647],
    ['Float32', -2_147_483_648, 2_147_483_520],
    ['Float64', -1e6, 1e6],
  ] as const) {
    const source = raster(folder, `type-${type}.tif`, { type, pixel: (x, y) => (x === 0 ? low : x === 63 ? high : x + y) });
    const {
      profile,
      tiles: [tile],
      dir,
      kind,
    } = await publish(source);
    const [band] = profile.bands;
    assert.deepEqual([band?.data_type, band?.statistics?.min, band?.statistics?.max], [type, low, high]);
    assert.equal(kind, type === 'Byte' ? 'raster' : 'grid', type);
    const stored = join(dir, tile?.file ?? '');
    assert.deepEqual(checksums(stored), checksums(source), type);
    assert.equal(gdalinfo(stored).metadata.IMAGE_STRUCTURE.PREDICTOR, type.startsWith('Float') ? '3' : '2', type);
    const { STATISTICS_MEAN, STATISTICS_STDDEV } = gdalinfo(source, '-stats').bands[0].metadata[''];
    const [mean, stdDev] = [Number(STATISTICS_MEAN), Number(STATISTICS_STDDEV)];
    assert.ok(Math.abs((band?.statistics?.mean ?? 0) - mean) <= Math.abs(mean) * 1e-9 + 1e-9, type);
    assert.ok(Math.abs((band?.statistics?.stddev ?? 0) - stdDev) <= stdDev * 1e-9, type);
  }
});

test('the overviews that the profile tells of are those that the tiles have', async () => {
  for (const size of [
    [512, 512],
    [513, 20],
    [30, 1025],
    [2050, 700],
  ] as [number, number][]) {
    const { profile, dir } = await publish(raster(folder, `size-${size.join('-')}.tif`, { size }));
    const { bands } = gdalinfo(join(dir, `tiles/size-${size.join('-')}.tif`));
    const factors = (bands[0].overviews ?? []).map((one: { size: [number, number] }) =>
      Math.round(Math.max(...size) / Math.max(...one.size)),
    );
    assert.deepEqual(profile.overviews, factors, size.join());
  }
});

test('signed bytes, values of few bits and 12 bit values are read as what they are', async () => {
  const signed = await publish(created('int8.tif', 'Byte', '-burn', '200', '-a_nodata', '-5', '-co', 'PIXELTYPE=SIGNEDBYTE'));
  const { data_type: type, nodata, statistics } = signed.profile.bands[0] ?? {};
  assert.deepEqual([signed.kind, type, nodata, statistics?.min], ['grid', 'Int8', '-5', -56]);
  assert.equal(gdalinfo(signed.mosaic).bands[0].metadata.IMAGE_STRUCTURE.PIXELTYPE, 'SIGNEDBYTE');
  const bit = await publish(created('bit.tif', 'Byte', '-burn', '1', '-co', 'NBITS=1'));
  assert.deepEqual([bit.kind, bit.profile.bands[0]?.data_type, bit.profile.bands[0]?.statistics?.max], ['raster', 'Byte', 1]);
  const white = raster(folder, 'white.tif', { type: 'Byte', args: ['-co', 'PHOTOMETRIC=MINISWHITE'] });
  assert.match((await publish(white)).warnings.join(), /white\.tif says that 0 is white/);
  const twelve = await publish(created('twelve.tif', 'UInt16', '-burn', '4000', '-co', 'NBITS=12'));
  assert.deepEqual([twelve.profile.bands[0]?.data_type, twelve.profile.bands[0]?.statistics?.mean], ['UInt16', 4000]);
});

test('nodata is kept, be it no number or infinite, and left out where it cannot occur', async () => {
  const nodataOf = async (file: string, type: 'Float32' | 'Int16', nodata: string, value: number) => {
    const source = raster(folder, file, {
      type,
      pixel: (x, y) => (x < 4 ? value : x + y),
      args: nodata === '' ? [] : ['-a_nodata', nodata],
    });
    const { profile, mosaic } = await publish(source);
    const [band] = profile.bands;
    assert.equal(band?.statistics?.max, 63 + 47);
    return [band?.nodata, profile.transparency, gdalinfo(mosaic).bands[0].noDataValue];
  };
  assert.deepEqual(await nodataOf('nan.tif', 'Float32', 'nan', Number.NaN), ['nan', 'nodata', 'NaN']);
  assert.deepEqual(await nodataOf('inf.tif', 'Float32', '-inf', -Infinity), ['-inf', 'nodata', '-Infinity']);
  assert.deepEqual(await nodataOf('low.tif', 'Float32', '-3.4028234663852886e+38', -3.4028234663852886e38), [
    '-3.4028234663852886e+38',
    'nodata',
    -3.4028235e38,
  ]);
  assert.deepEqual(await nodataOf('unsaid.tif', 'Float32', '', Number.NaN), ['nan', 'nodata', 'NaN']);
  assert.deepEqual(await nodataOf('minus.tif', 'Int16', '-32768', -32_768), ['-32768', 'nodata', -32768]);
  const vrt = join(folder, 'impossible.vrt');
  gdal('gdal_translate', '-of', 'VRT', raster(folder, 'possible.tif', { type: 'Byte' }), vrt);
  writeFileSync(vrt, readFileSync(vrt, 'utf8').replace('<ColorInterp>', '<NoDataValue>-9999</NoDataValue><ColorInterp>'));
  const { profile, warnings } = await publish(vrt);
  assert.deepEqual([profile.bands[0]?.nodata, profile.transparency], [null, 'none']);
  assert.deepEqual(warnings, ['Its nodata value -9999 cannot occur in Byte pixels, and was left out.']);
  const empty = raster(folder, 'empty.tif', { pixel: () => -1, args: ['-a_nodata', '-1'] });
  assert.equal((await publish(empty)).profile.bands[0]?.statistics, null);
});

test('what a raster is follows from its bands, unless it is said', async () => {
  const kindOf = async (path: string, options: PublishOptions = {}) => (await publish(path, options)).kind;
  const bands = (count: number, type: 'Byte' | 'UInt16' | 'Float32', ...args: string[]) =>
    raster(folder, `kind-${count}-${type}${args.length}.tif`, { type, bands: count, args });
  assert.equal(await kindOf(bands(3, 'Byte')), 'raster');
  assert.equal(await kindOf(bands(4, 'Byte', '-colorinterp', 'red,green,blue,alpha')), 'raster');
  assert.equal(await kindOf(bands(2, 'Byte', '-colorinterp', 'gray,alpha')), 'raster');
  assert.equal(await kindOf(bands(8, 'UInt16')), 'raster');
  assert.equal(await kindOf(bands(1, 'Byte')), 'raster');
  assert.equal(await kindOf(bands(1, 'Byte', '-a_scale', '0.1')), 'grid');
  assert.equal(await kindOf(bands(1, 'UInt16')), 'grid');
  assert.equal(await kindOf(bands(1, 'Float32')), 'grid');
  assert.equal(await kindOf(bands(1, 'Byte'), { kind: 'grid', id: 500 }), 'grid');
  // Once said, it stays.
  assert.equal(await kindOf(bands(1, 'Byte'), { id: 500 }), 'grid');
  assert.match(await refused(bands(3, 'Byte'), { id: 500 }), /has 3 bands; a grid has one/);
  assert.match(
    await refused(bands(1, 'Byte'), { id: 500, kind: 'raster' }),
    /500 \("kind-1-Byte0"\) is a grid, and .* is not. Publish it under another id/,
  );
  assert.match(await refused(bands(1, 'Byte'), { kind: 'rat' }), /has no attribute table/);
  assert.match(await refused(parcels(folder), { id: 500 }), /500 .* is a grid, and .* is not/);
  await publishSources(database.db, store, [parcels(folder)], { id: 501 });
  assert.match(await refused(bands(3, 'Byte'), { id: 501 }), /501 .* is a layer of features/);
  for (const [option, words] of [
    [{ cropLayer: true }, /--crop-layer is for layers/],
    [{ encoding: 'UTF-8' }, /--encoding is for layers/],
    [{ layers: ['x'] }, /--layer is for layers/],
  ] as const)
    assert.match(await refused(bands(3, 'Byte'), option as PublishOptions), words);
  assert.match(await refused(parcels(folder), { tiled: true }), /--tiled is for rasters/);
});

test('classes keep their attribute table and palette, and are never averaged', async () => {
  const table =
    '<GDALRasterAttributeTable tableType="thematic">' +
    [
      ['Value', 0, 5],
      ['Count', 0, 1],
      ['Class', 2, 2],
      ['Share', 1, 0],
    ]
      .map(
        ([name, type, usage], index) =>
          `<FieldDefn index="${index}"><Name>${name}</Name><Type>${type}</Type><Usage>${usage}</Usage></FieldDefn>`,
      )
      .join('') +
    [
      [1, 2500, 'Wald &amp; Wiese', 0.5],
      [7, 1500, '森林', 0.25],
    ]
      .map((row, index) => `<Row index="${index}">${row.map((cell) => `<F>${cell}</F>`).join('')}</Row>`)
      .join('') +
    '</GDALRasterAttributeTable>';
  const classes = raster(folder, 'classes.tif', { type: 'Byte', size: [1200, 600], pixel: (x) => (x % 2 ? 7 : 1) });
  writeFileSync(`${classes}.aux.xml`, `<PAMDataset><PAMRasterBand band="1">${table}</PAMRasterBand></PAMDataset>`);
  const { kind, profile, dir, mosaic } = await publish(classes);
  assert.equal(kind, 'rat');
  assert.deepEqual(profile.rat?.columns, [
    { name: 'Value', type: 'integer', usage: 'MinMax' },
    { name: 'Count', type: 'integer', usage: 'PixelCount' },
    { name: 'Class', type: 'string', usage: 'Name' },
    { name: 'Share', type: 'real', usage: 'Generic' },
  ]);
  assert.deepEqual(profile.rat.rows, [
    [1, 2500, 'Wald & Wiese', 0.5],
    [7, 1500, '森林', 0.25],
  ]);
  assert.deepEqual(readdirSync(join(dir, 'tiles')), ['classes.tif']);
  const smaller = join(folder, 'smaller.tif');
  gdal('gdal_translate', '-outsize', '50%', '50%', mosaic, smaller);
  const { minimum, maximum, mean } = gdalinfo(smaller, '-stats').bands[0];
  assert.ok([1, 7].includes(minimum) && [1, 7].includes(maximum) && [1, 7].includes(mean), `${[minimum, maximum, mean]}`);
  assert.deepEqual(gdalinfo(mosaic).rat.row[1].f, [7, 1500, '森林', 0.25]);
  // Two tiles: their rows are put together, and pixels of the same value counted together.
  const two = raster(folder, 'classes2.tif', { type: 'Byte', size: [1200, 600], place: [1_612_000, 5_400_000, 10, 10], pixel: () => 7 });
  writeFileSync(
    `${two}.aux.xml`,
    `<PAMDataset><PAMRasterBand band="1">${table.replace('<F>1</F>', '<F>9</F>')}</PAMRasterBand></PAMDataset>`,
  );
  const both = await publish([classes, two]);
  assert.deepEqual(
    both.profile.rat?.rows.map(([value, count]) => [value, count]),
    [
      [1, 2500],
      [7, 3000],
      [9, 2500],
    ],
  );
});

test('a table whose rows are of bins of values keeps them; one of several bands, of which nobody knows the band, is left out and told', async () => {
  const table =
    '<GDALRasterAttributeTable Row0Min="10" BinSize="5"><FieldDefn index="0"><Name>Class</Name><Type>2</Type><Usage>0</Usage></FieldDefn>' +
    '<Row index="0"><F>low</F></Row><Row index="1"><F>high</F></Row></GDALRasterAttributeTable>';
  const withTable = (file: string, bands: number) => {
    const path = raster(folder, file, { type: 'Byte', bands });
    writeFileSync(`${path}.aux.xml`, `<PAMDataset><PAMRasterBand band="${bands}">${table}</PAMRasterBand></PAMDataset>`);
    return path;
  };
  const binned = await publish(withTable('binned.tif', 1));
  assert.deepEqual([binned.kind, binned.profile.rat?.bins], ['rat', { first: 10, size: 5 }]);
  const { row0Min, binSize } = gdalinfo(binned.mosaic).rat;
  assert.deepEqual([row0Min, binSize], [10, 5]);
  const several = await publish(withTable('several.tif', 2));
  assert.equal(several.profile.rat, null);
  assert.match(several.warnings.join(), /attribute table was left out/);
});

test('a palette stays one, and its overviews have its colours', async () => {
  const source = raster(folder, 'palette.tif', { type: 'Byte', size: [1200, 600], pixel: (x) => (x % 2 ? 200 : 100) });
  const vrt = join(folder, 'palette.vrt');
  gdal('gdal_translate', '-of', 'VRT', source, vrt);
  const entries = Array.from({ length: 256 }, (_, n) => `<Entry c1="${n}" c2="0" c3="${255 - n}" c4="255"/>`).join('');
  writeFileSync(
    vrt,
    readFileSync(vrt, 'utf8').replace(
      '<ColorInterp>Gray</ColorInterp>',
      `<ColorInterp>Palette</ColorInterp><ColorTable>${entries}</ColorTable>`,
    ),
  );
  const { kind, profile, mosaic } = await publish(vrt);
  assert.equal(kind, 'raster');
  assert.deepEqual(profile.bands[0]?.palette?.[200], [200, 0, 55, 255]);
  assert.equal(gdalinfo(mosaic).bands[0].colorTable.entries.length, 256);
  const smaller = join(folder, 'palette-small.tif');
  gdal('gdal_translate', '-outsize', '50%', '50%', mosaic, smaller);
  const { minimum, maximum } = gdalinfo(smaller, '-stats').bands[0];
  assert.ok([100, 200].includes(minimum) && [100, 200].includes(maximum));
});

test('bands keep their description, unit, scale and offset; a mask and an alpha band stay what they are', async () => {
  const source = raster(folder, 'scaled.tif', { args: ['-a_scale', '0.01', '-a_offset', '273.15'] });
  const vrt = join(folder, 'scaled.vrt');
  gdal('gdal_translate', '-of', 'VRT', source, vrt);
  writeFileSync(
    vrt,
    readFileSync(vrt, 'utf8').replace('<ColorInterp>', '<Description>t &lt; 2 m</Description><UnitType>K</UnitType><ColorInterp>'),
  );
  const { profile, mosaic } = await publish(vrt);
  const { description, unit, scale, offset } = profile.bands[0] ?? {};
  assert.deepEqual({ description, unit, scale, offset }, { description: 't < 2 m', unit: 'K', scale: 0.01, offset: 273.15 });
  const band = gdalinfo(mosaic).bands[0];
  assert.deepEqual([band.description, band.unit, band.scale, band.offset], ['t < 2 m', 'K', 0.01, 273.15]);

  const alpha = raster(folder, 'alpha.tif', {
    type: 'Byte',
    bands: 4,
    pixel: (x, _, n) => (n === 3 ? (x < 32 ? 0 : 255) : x),
    args: ['-colorinterp', 'red,green,blue,alpha'],
  });
  const transparent = await publish(alpha);
  assert.equal(transparent.profile.transparency, 'alpha');
  assert.deepEqual(
    transparent.profile.bands.map((one) => one.statistics?.min),
    [32, 32, 32, 0],
  );
  const masked = join(folder, 'masked.tif');
  gdal('gdal_translate', '-b', '1', '-b', '2', '-b', '3', '-mask', '4', '--config', 'GDAL_TIFF_INTERNAL_MASK', 'YES', alpha, masked);
  const withMask = await publish(masked);
  assert.equal(withMask.profile.transparency, 'mask');
  assert.deepEqual(
    withMask.profile.bands.map((one) => one.statistics?.min),
    [32, 32, 32],
  );
  const rendered = join(folder, 'mask-seen.tif');
  gdal('gdal_translate', '-b', 'mask', withMask.mosaic, rendered);
  const wanted = join(folder, 'mask-wanted.tif');
  gdal('gdal_translate', '-b', 'mask', masked, wanted);
  assert.deepEqual(checksums(rendered), checksums(wanted));
});

test('a lossy JPEG stays one, a COG is copied as it is, and all else loses nothing', async () => {
  const pixel = (x: number, y: number, band: number) => 128 + 100 * Math.sin((x + band * 9) / 11) * Math.cos(y / 13);
  const source = raster(folder, 'photo.tif', { type: 'Byte', bands: 3, size: [700, 600], pixel });
  const jpeg = join(folder, 'photo.jpg');
  gdal('gdal_translate', '-of', 'JPEG', '-co', 'QUALITY=83', source, jpeg);
  const photo = await publish(jpeg);
  assert.deepEqual([photo.kind, photo.profile.lossy, photo.profile.compression], ['raster', true, 'JPEG']);
  assert.equal(gdalinfo(join(photo.dir, 'tiles/photo.tif')).metadata.IMAGE_STRUCTURE.JPEG_QUALITY, '83');
  const cog = join(folder, 'photo-cog.tif');
  gdal('gdal_translate', '-of', 'COG', '-co', 'COMPRESS=JPEG', '-co', 'QUALITY=60', source, cog);
  const copied = await publish(cog);
  assert.deepEqual(readFileSync(join(copied.dir, 'tiles/photo-cog.tif')), readFileSync(cog));
  assert.deepEqual([copied.profile.lossy, copied.profile.overviews], [true, [2]]);
  const said = await publish(cog, { crs: 'EPSG:2193' });
  assert.deepEqual(readFileSync(join(said.dir, 'tiles/photo-cog.tif')), readFileSync(cog));
  // The source may change after that.
  writeFileSync(cog, 'nothing');
  assert.equal(checksums(copied.mosaic).length, 3);
  const webp = join(folder, 'photo.webp');
  gdal('gdal_translate', '-of', 'WEBP', source, webp);
  const kept = await publish(webp);
  assert.deepEqual([kept.profile.lossy, kept.profile.compression], [true, 'DEFLATE']);
  assert.deepEqual(checksums(kept.mosaic), checksums(webp));
});

test('statistics that a source brings along are not believed, wherever they stand', async () => {
  const source = raster(folder, 'claims.tif', { type: 'Byte', pixel: (x) => x % 50 });
  const virtual = join(folder, 'claims.vrt');
  gdal('gdal_translate', '-of', 'VRT', source, virtual);
  const items = ['MINIMUM', 'MAXIMUM', 'MEAN', 'STDDEV'].map((name) => `<MDI key="STATISTICS_${name}">200</MDI>`).join('');
  writeFileSync(
    virtual,
    readFileSync(virtual, 'utf8').replace(/<ColorInterp>/, `<Description>a</Description><Metadata>${items}</Metadata><ColorInterp>`),
  );
  const cog = join(folder, 'claims-cog.tif');
  gdal('gdal_translate', '-of', 'COG', virtual, cog);
  assert.equal(gdalinfo(cog).bands[0].metadata[''].STATISTICS_MAXIMUM, '200');
  for (const path of [virtual, cog]) {
    const { dir, tiles, profile } = await publish(path);
    const stored = join(dir, tiles[0]?.file ?? '');
    const [band] = gdalinfo(stored).bands;
    assert.deepEqual([band.metadata?.['']?.STATISTICS_MAXIMUM, band.description, profile.bands[0]?.statistics?.max], [undefined, 'a', 49]);
    assert.equal(gdalinfo(stored).metadata.IMAGE_STRUCTURE.LAYOUT, 'COG');
    assert.deepEqual(checksums(stored), checksums(source));
  }
});

test('rows that go north are turned, pixel by pixel', async () => {
  const source = raster(folder, 'turned.tif', { size: [50, 40], args: ['-a_nodata', '9999'] });
  const vrt = join(folder, 'turned.vrt');
  gdal('gdal_translate', '-of', 'VRT', source, vrt);
  const text = readFileSync(vrt, 'utf8');
  writeFileSync(vrt, text.replace(/<GeoTransform>.*<\/GeoTransform>/, '<GeoTransform>1600000,10,0,5399600,0,10</GeoTransform>'));
  const { profile, mosaic } = await publish(vrt);
  assert.deepEqual(
    [profile.extent, profile.origin],
    [
      [1_600_000, 5_399_600, 1_600_500, 5_400_000],
      [1_600_000, 5_400_000],
    ],
  );
  const wanted = raster(folder, 'turned-wanted.tif', { size: [50, 40], pixel: (x, y) => x + (39 - y) * 2 });
  assert.deepEqual(checksums(mosaic), checksums(wanted));
  assert.equal(profile.bands[0]?.nodata, '9999');
  // With their sign, which GDAL before 3.7 forgets.
  const place: RasterOptions['place'] = [1_600_000, 5_399_600, 10, -10];
  const bytes = raster(folder, 'bytes.tif', { type: 'Byte', size: [50, 40], place, pixel: (x, y) => (x + y * 5) % 256 });
  const signed = join(folder, 'turned-signed.tif');
  gdal('gdal_translate', '-co', 'PIXELTYPE=SIGNEDBYTE', '-a_nodata', '-3', bytes, signed);
  const { dir, profile: of } = await publish(signed);
  assert.deepEqual([of.bands[0]?.data_type, of.bands[0]?.nodata, of.bands[0]?.statistics?.min], ['Int8', '-3', -128]);
  const [band] = gdalinfo(join(dir, 'tiles/turned-signed.tif')).bands;
  assert.deepEqual([band.metadata.IMAGE_STRUCTURE.PIXELTYPE, band.noDataValue], ['SIGNEDBYTE', -3]);
  // And with its words, which GDAL forgets where there is a mask.
  const described = join(folder, 'turned-masked.vrt');
  gdal('gdal_translate', '-of', 'VRT', '-mask', '1', '-a_scale', '0.5', bytes, described);
  const words = '<Description>light &amp; shade</Description><Metadata><MDI key="wavelength">660</MDI></Metadata>';
  writeFileSync(described, readFileSync(described, 'utf8').replace('<ColorInterp>', `${words}<ColorInterp>`));
  const masked = await publish(described);
  assert.equal(masked.profile.transparency, 'mask');
  const [stored] = gdalinfo(join(masked.dir, 'tiles/turned-masked.tif')).bands;
  assert.deepEqual([stored.description, stored.scale, stored.metadata[''].wavelength], ['light & shade', 0.5, '660']);
});

test('what has no place, or none that fits, is refused with advice', async () => {
  const plain = raster(folder, 'plain.tif', { place: null, crs: null });
  assert.match(await refused(plain), /does not say where its pixels lie.*world file/);
  assert.match(await refused(raster(folder, 'nocrs.tif', { crs: null })), /does not say its coordinate reference system.*--crs EPSG:n/);
  assert.equal((await publish(join(folder, 'nocrs.tif'), { crs: 'EPSG:2193' })).profile.crs.id, 'EPSG:2193');
  const gcps = join(folder, 'gcps.tif');
  const points = ['-gcp', '0', '0', '170', '-40', '-gcp', '60', '0', '171', '-40', '-gcp', '0', '40', '170', '-41'];
  gdal('gdal_translate', '-a_srs', 'EPSG:4326', ...points, plain, gcps);
  assert.match(await refused(gcps), /control points only.*gdalwarp gcps\.tif/);
  const rotated = join(folder, 'rotated.vrt');
  gdal('gdal_translate', '-of', 'VRT', raster(folder, 'straight.tif'), rotated);
  writeFileSync(
    rotated,
    readFileSync(rotated, 'utf8').replace(/<GeoTransform>.*<\/GeoTransform>/, '<GeoTransform>1600000,10,3,5400000,3,-10</GeoTransform>'),
  );
  assert.match(await refused(rotated), /is rotated.*gdalwarp rotated\.vrt/);
  assert.match(await refused(created('complex.tif', 'CFloat32', '-burn', '1')), /complex numbers/);
  assert.match(await refused(created('long.tif', 'Int64', '-burn', '1')), /Int64.*gdal_translate -ot/);
  const damaged = join(folder, 'damaged.tif');
  writeFileSync(damaged, readFileSync(plain).subarray(0, 3000));
  writeFileSync(join(folder, 'no.tif'), 'no raster');
  assert.match(await refused(join(folder, 'no.tif')), /nothing that GDAL opens as a raster/);
  assert.match(await refused(join(folder, 'nowhere.tif'), { kind: 'grid' }), /does not exist/);
  const cut = join(folder, 'cut.tif');
  writeFileSync(cut, readFileSync(raster(folder, 'uncut.tif', { size: [900, 900] })).subarray(0, 200_000));
  assert.match(await refused(cut), /cut\.tif/);
  const netcdf = created('two.nc', 'Float32', '-bands', '2', '-burn', '1', '-of', 'netCDF');
  assert.match(await refused(netcdf), /several rasters.*NETCDF:"[^"]*two\.nc":Band1, NETCDF:.*Band2\.$/);
  const one = await publish(`NETCDF:"${netcdf}":Band2`);
  assert.deepEqual([one.kind, one.title], ['grid', 'Band2']);
});

test('tiles that do not fit together are refused, and say which and why', async () => {
  const first = raster(folder, 'fit-a.tif');
  const beside: [number, number, number, number] = [1_600_640, 5_400_000, 10, 10];
  const other = (file: string, options: RasterOptions) => raster(folder, file, { place: beside, ...options });
  const both = (path: string) => refused([first, path]);
  assert.match(
    await both(other('fit-res.tif', { place: [1_600_640, 5_400_000, 5, 5] })),
    /fit-res\.tif has pixels of 5 × 5 and .*fit-a\.tif of 10 × 10/,
  );
  assert.match(await both(other('fit-off.tif', { place: [1_600_644, 5_400_000, 10, 10] })), /The pixels of .*fit-off\.tif lie between/);
  assert.match(await both(other('fit-type.tif', { type: 'Float32' })), /the data type Float32 and .* Int16/);
  assert.match(await both(other('fit-bands.tif', { bands: 2 })), /the bands Gray, Undefined and .*Gray/);
  assert.match(await both(other('fit-crs.tif', { crs: 'EPSG:2105' })), /fit-crs\.tif is in EPSG:2105 and .*fit-a\.tif in EPSG:2193/);
  assert.match(await both(other('fit-nocrs.tif', { crs: null })), /without a coordinate reference system/);
  assert.match(await both(other('fit-scale.tif', { args: ['-a_scale', '2'] })), /the scale and offset/);
  const nodata = (file: string, value: string, place = beside) => raster(folder, file, { place, args: ['-a_nodata', value] });
  assert.match(
    await refused([nodata('fit-n1.tif', '-1'), nodata('fit-n2.tif', '-2', [1_601_280, 5_400_000, 10, 10])]),
    /different nodata values, -1 and -2/,
  );
  assert.match(await refused([first, parcels(folder)]), /fit-a\.tif is a raster, and .*parcels\.geojson is not/);
  // A value that one of them says is that of all.
  const joined = await publish([first, nodata('fit-n3.tif', '-1')]);
  assert.equal(joined.profile.bands[0]?.nodata, '-1');
  for (const tile of joined.tiles) assert.equal(gdalinfo(join(joined.dir, tile.file)).bands[0].noDataValue, -1);
});

test('gaps are transparent, and where tiles overlap the later one is seen', async () => {
  const at = (file: string, column: number, value: number, args: string[] = []) =>
    raster(folder, file, {
      type: 'Byte',
      bands: 3,
      size: [10, 10],
      place: [1_600_000 + column * 10, 5_400_000, 10, 10],
      pixel: () => value,
      args,
    });
  const gap = await publish([at('gap-a.tif', 0, 10), at('gap-b.tif', 20, 20)]);
  assert.deepEqual([gap.profile.size, gap.profile.transparency], [[30, 10], 'mask']);
  const valid = join(folder, 'gap-valid.tif');
  gdal('gdal_translate', '-b', 'mask', gap.mosaic, valid);
  // By gdal_translate: gdallocationinfo takes a single pixel from the last source, whether it has data there or not.
  const pixels = (path: string, x: number) => {
    const read = join(folder, 'read.tif');
    gdal('gdal_translate', path, read);
    return gdal('gdallocationinfo', '-valonly', '-b', '1', read, String(x), '5').trim();
  };
  assert.deepEqual(
    [5, 15, 25].map((x) => pixels(valid, x)),
    ['255', '0', '255'],
  );
  const over = await publish([at('over-a.tif', 0, 10), at('over-b.tif', 5, 20)]);
  assert.deepEqual(
    [5, 12].map((x) => pixels(over.mosaic, x)),
    ['20', '20'],
  );
  assert.equal(pixels(over.mosaic, 4), '10');
  assert.match(over.warnings.join(), /overlap/);
  // But not where it has nothing.
  const half = raster(folder, 'over-e.tif', {
    type: 'Byte',
    bands: 3,
    size: [10, 10],
    place: [1_600_050, 5_400_000, 10, 10],
    pixel: (x) => (x < 3 ? 0 : 30),
    args: ['-a_nodata', '0'],
  });
  const seen = await publish([at('over-d.tif', 0, 10, ['-a_nodata', '0']), half]);
  assert.deepEqual(
    [4, 6, 9].map((x) => pixels(seen.mosaic, x)),
    ['10', '10', '30'],
  );
});

test('tiles are named by their files, by a pattern, or with their folders where names are the same', async () => {
  const dir = tiles('named', 2, 1);
  const ids = async (source: string | string[], options: PublishOptions = {}) => (await publish(source, options)).tiles.map(({ id }) => id);
  assert.deepEqual(await ids(dir, { tileIdPattern: /_([A-Z]\d)/u }), ['A1', 'A2']);
  assert.match(await refused(dir, { tileIdPattern: /_([A-Z])/u }), /nz_A1\.tif and .*nz_A2\.tif would both be tile "A"/);
  assert.match(await refused(dir, { tileIdPattern: /sheet(\d+)/u }), /finds nothing in .*nz_A1\.tif/);
  const nested = join(folder, 'nested');
  for (const [name, column] of [
    ['west', 0],
    ['ost ü', 1],
  ] as const) {
    mkdirSync(join(nested, name), { recursive: true });
    raster(join(nested, name), 'ōtautahi 森.tif', { size: [32, 24], place: [1_600_000 + column * 320, 5_400_000, 10, 10] });
  }
  const same = await publish(nested);
  assert.deepEqual(
    same.tiles.map(({ id, name }) => [id, name]),
    [
      ['ost ü/ōtautahi 森', 'ōtautahi 森'],
      ['west/ōtautahi 森', 'ōtautahi 森'],
    ],
  );
  assert.equal(new Set(same.tiles.map(({ file }) => file)).size, 2);
  assert.ok(checksums(same.mosaic)[0]);
  const one = join(dir, 'nz_A1.tif');
  assert.deepEqual([(await publish(one)).profile.tiled, (await publish(one, { tiled: true })).profile.tiled], [false, true]);
});

test('a ZIP file of tiles, sidecars beside them and a mosaic of them are read as what they are', async () => {
  const dir = tiles('sidecars', 2, 2);
  gdal('gdalbuildvrt', join(dir, 'all.vrt'), ...['A1', 'A2', 'B1', 'B2'].map((id) => join(dir, `nz_${id}.tif`)));
  for (const name of ['readme.txt', 'nz_A1.tfw', 'nz_A1.tif.ovr.txt', 'index.csv', '.hidden.tif']) writeFileSync(join(dir, name), 'x');
  const plain = await publish(dir);
  assert.equal(plain.profile.tile_count, 4);
  assert.match(plain.warnings.join(), /Left out.*all\.vrt/);
  assert.equal((await publish(join(dir, 'all.vrt'))).profile.tile_count, 1);
  const zip = join(folder, 'tiles.zip');
  execFileSync('python3', ['-m', 'zipfile', '-c', zip, dir]);
  const zipped = await publish(zip);
  assert.deepEqual([zipped.profile.tiled, zipped.tiles.map(({ id }) => id)], [true, plain.tiles.map(({ id }) => id)]);
  assert.deepEqual(checksums(zipped.mosaic), checksums(plain.mosaic));
  // A world file beside a picture without a place of its own.
  const picture = raster(folder, 'beside.png', { type: 'Byte', bands: 3, place: null, crs: null });
  writeFileSync(join(folder, 'beside.pgw'), '10\n0\n0\n-10\n1600005\n5399995\n');
  const placed = await publish(picture, { crs: 'EPSG:2193' });
  assert.deepEqual(placed.profile.origin, [1_600_000, 5_400_000]);
  assert.equal(gdalinfo(join(placed.dir, placed.tiles[0]?.file ?? '')).geoTransform[0], 1_600_000);
});

test('publishing that is cancelled ends at once and leaves nothing behind', async () => {
  await publish(raster(folder, 'before.tif'));
  const source = raster(folder, 'large.tif', { size: [4000, 3000] });
  const before = readdirSync(store.storeDir);
  const cancel = new AbortController();
  const publishing = publishSources(database.db, store, [source], {
    signal: cancel.signal,
    onProgress: (fraction) => fraction > 0.1 && cancel.abort(new Error('enough')),
  });
  await assert.rejects(publishing, /enough/);
  assert.deepEqual(readdirSync(store.storeDir), before);
  assert.deepEqual(readdirSync(store.publishingDir), []);
});

test('ten thousand tiles are put on one grid without looking at each pair of them', () => {
  const side = 100;
  const places = Array.from(
    { length: side * side },
    (_, n) => ({ at: [(n % side) * 10, Math.floor(n / side) * 10], size: [10, 10] }) as Rectangle,
  );
  const started = performance.now();
  assert.deepEqual(coverage(places), { covered: 1_000_000, overlapped: 0 });
  assert.deepEqual(coverage(places.slice(1)), { covered: 999_900, overlapped: 0 });
  assert.deepEqual(coverage([...places, { at: [5, 5], size: [10, 10] }]), { covered: 1_000_000, overlapped: 100 });
  assert.ok(performance.now() - started < 3000);
});
