import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cropFor } from '../../src/crs/crop.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { areaOf, pixels, type RasterLayer, rasterLayers, write } from '../fixtures/rasterlayers.ts';
import { gdal, gdalinfo, raster } from '../fixtures/rasters.ts';

const GEOTIFF = 'image/tiff;subtype=geotiff';
const NZTM = 'EPSG:2193';
const folder = temporaryFolder();
const publish = await rasterLayers();
/** 300 × 204 pixels of 10 m from (1600000, 5400000) on: whole threes of them, and no overviews. */
const SIZE: [number, number] = [300, 204];
/** A triangle with sides that meet no pixel's corner, wholly inside. */
const TRIANGLE = areaOf(NZTM, [
  [1_600_103, 5_399_907],
  [1_602_757, 5_399_203],
  [1_601_444, 5_398_111],
]);
const wave = (x: number, y: number) => 100 * Math.sin(x / 9) * Math.cos(y / 7);

/** Layers of each type of pixel, with a corner without data. */
const typed = {
  Byte: { type: 'Byte', nodata: '255', pixel: (x: number, y: number) => 128 + wave(x, y) },
  UInt16: { type: 'UInt16', nodata: '0', pixel: (x: number, y: number) => 30_000 + 200 * wave(x, y) },
  Int16: { type: 'Int16', nodata: '-32768', pixel: (x: number, y: number) => 100 * wave(x, y) },
  Int32: { type: 'Int32', nodata: '-1', pixel: (x: number, y: number) => 2_000_000_001 + x * 3 + y * 7 },
  Float32: { type: 'Float32', nodata: '-9999', pixel: wave },
  NaN: { type: 'Float32', nodata: 'nan', pixel: wave },
  Infinity: { type: 'Float32', nodata: '-inf', pixel: wave },
  Float64: { type: 'Float64', nodata: '-9999', pixel: (x: number, y: number) => 1 / 3 + x * 1e-9 + y },
} as const;
const layers = new Map<string, { layer: RasterLayer; source: string; nodata: string; type: keyof typeof ARRAYS }>();
for (const [name, { type, nodata, pixel }] of Object.entries(typed)) {
  const source = raster(folder, `${name}.tif`, {
    type,
    size: SIZE,
    pixel: (x, y) => (x > 250 && y < 40 ? Number(nodata.replace('inf', 'Infinity')) : pixel(x, y)),
    args: ['-a_nodata', nodata],
  });
  layers.set(name, { layer: await publish(source, { kind: 'grid' }), source, nodata, type });
}

const ARRAYS = {
  Byte: Uint8Array,
  UInt16: Uint16Array,
  Int16: Int16Array,
  Int32: Int32Array,
  Float32: Float32Array,
  Float64: Float64Array,
};

/**
 * The same places without data, and the same values but for what a hundredth of a pixel makes: rounding, and at most a hundredth of the most that
 * two neighbours differ.
 */
function alike(made: Buffer, expected: Buffer, type: keyof typeof ARRAYS, nodata: string, most = hundredth(type)): void {
  const values = (bytes: Buffer) => [...new ARRAYS[type](new Uint8Array(bytes).buffer)];
  const [a, b] = [values(made), values(expected)];
  assert.equal(a.length, b.length);
  const none = Number(nodata.replace('inf', 'Infinity'));
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0;
    if (Object.is(value, none) || Object.is(other, none)) assert.ok(Object.is(value, other), `${index}: ${value}, not ${other}`);
    else assert.ok(Math.abs(value - other) <= most, `${index}: ${value}, not ${other}`);
  }
}

function hundredth(type: keyof typeof ARRAYS): number {
  const steepest = { Byte: 20, UInt16: 4000, Int16: 2000, Int32: 10, Float32: 20, Float64: 1 }[type];
  return (type.startsWith('Float') ? 0 : 1) + steepest / 100;
}

/** What GDAL's own warper makes of a source. */
async function judged(
  source: string,
  grid: { bounds: number[]; size: number[] },
  args: string[],
  cutline?: MultiPolygon,
  crs = NZTM,
): Promise<Buffer> {
  const path = `${source}.judged.tif`;
  const outline = `${source}.cutline.json`;
  if (cutline) {
    const name = `urn:ogc:def:crs:${crs.replace(':', '::')}`;
    const geometry = { type: 'MultiPolygon', coordinates: cutline };
    writeFileSync(
      outline,
      JSON.stringify({
        type: 'FeatureCollection',
        crs: { type: 'name', properties: { name } },
        features: [{ type: 'Feature', properties: {}, geometry }],
      }),
    );
  }
  const place = ['-te', ...grid.bounds.map(String), '-ts', ...grid.size.map(String)];
  gdal('gdalwarp', '-overwrite', '-ovr', 'NONE', ...place, ...(cutline ? ['-cutline', outline] : []), ...args, source, path);
  return pixels(path);
}

function gridOf(path: string): { bounds: number[]; size: number[]; resolution: number } {
  const { geoTransform, size } = gdalinfo(path);
  const [x, dx, , y, , dy] = geoTransform;
  return { bounds: [x, y + dy * size[1], x + dx * size[0], y], size, resolution: dx };
}

for (const [name, { layer, source, nodata, type }] of layers) {
  test(`${name}: a crop in the layer’s own CRS is GDAL’s own, pixel by pixel, on the layer’s pixels`, async () => {
    const { path } = await write(folder, layer, GEOTIFF, { area: TRIANGLE });
    const grid = gridOf(path('layer.tif'));
    assert.equal(grid.resolution, 10);
    for (const bound of grid.bounds) assert.equal(bound % 10, 0);
    assert.ok(grid.size[0] === 266 && grid.size[1] === 180, String(grid.size));
    const crop = await cropFor(TRIANGLE, layer.profile);
    const expected = await judged(source, grid, ['-dstnodata', nodata], crop ?? []);
    assert.ok(pixels(path('layer.tif')).equals(expected));
    const [band] = gdalinfo(path('layer.tif')).bands;
    assert.equal(String(band.noDataValue), String(gdalinfo(source).bands[0].noDataValue));
  });

  test(`${name}: pixels three times larger are GDAL’s own averages`, async () => {
    const { path } = await write(folder, layer, GEOTIFF, { multiplier: 3 });
    const grid = gridOf(path('layer.tif'));
    assert.deepEqual([grid.resolution, grid.size], [30, [100, 68]]);
    const expected = await judged(source, grid, ['-r', 'average', '-dstnodata', nodata]);
    // A mean that lies between two whole numbers may be rounded to either.
    alike(pixels(path('layer.tif')), expected, type, nodata, type.startsWith('Float') ? 0 : 1);
  });

  test(`${name}: in another CRS it is what GDAL makes of it, on round coordinates`, async () => {
    const { path, resolution } = await write(folder, layer, GEOTIFF, { crs: 'EPSG:32760' });
    const grid = gridOf(path('layer.tif'));
    assert.deepEqual(resolution, [10, 10]);
    for (const bound of grid.bounds) assert.ok(Math.abs(bound / 10 - Math.round(bound / 10)) < 1e-9);
    const args = ['-t_srs', 'EPSG:32760', '-r', 'bilinear', '-et', '0', '-wo', 'XSCALE=1', '-wo', 'YSCALE=1', '-dstnodata', nodata];
    alike(pixels(path('layer.tif')), await judged(source, grid, args), type, nodata);
  });
}

test('a crop in another CRS is cut to the area there', async () => {
  const found = layers.get('Float32');
  assert.ok(found);
  const { path } = await write(folder, found.layer, GEOTIFF, { crs: 'EPSG:4326', area: TRIANGLE });
  const grid = gridOf(path('layer.tif'));
  const values = new Float32Array(new Uint8Array(pixels(path('layer.tif'))).buffer);
  const [ring = []] = TRIANGLE[0] ?? [];
  const inside = (x: number, y: number) => {
    let odd = false;
    for (let i = 0; i + 1 < ring.length; i++) {
      const [[x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = []] = [ring[i], ring[i + 1]];
      if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) odd = !odd;
    }
    return odd;
  };
  const [west = 0, , , north = 0] = grid.bounds;
  let kept = 0;
  for (const [index, value] of values.entries()) {
    const [column, row] = [index % (grid.size[0] ?? 1), Math.floor(index / (grid.size[0] ?? 1))];
    const [x, y] = [west + (column + 0.5) * grid.resolution, north - (row + 0.5) * grid.resolution];
    assert.equal(value !== -9999, inside(x, y), `${x} ${y}`);
    if (value !== -9999) kept++;
  }
  assert.ok(kept > 10_000);
});

test('classes are never mixed: larger pixels and other CRSs have values of the source alone', async () => {
  const palette = Array.from({ length: 9 }, (_, n) => `<Entry c1="${n * 20}" c2="0" c3="0" c4="255"/>`).join('');
  const plain = raster(folder, 'classes-plain.tif', { type: 'Byte', size: SIZE, pixel: (x, y) => ((x >> 2) * 7 + (y >> 3) * 5) % 9 });
  const virtual = join(folder, 'classes.vrt');
  gdal('gdal_translate', '-of', 'VRT', plain, virtual);
  writeFileSync(
    virtual,
    readFileSync(virtual, 'utf8').replace(
      /<ColorInterp>.*<\/ColorInterp>/,
      `<ColorInterp>Palette</ColorInterp><ColorTable>${palette}</ColorTable>`,
    ),
  );
  const source = join(folder, 'classes.tif');
  gdal('gdal_translate', virtual, source);
  const layer = await publish(source);
  const larger = await write(folder, layer, GEOTIFF, { multiplier: 3 });
  assert.ok(pixels(larger.path('layer.tif')).equals(await judged(source, gridOf(larger.path('layer.tif')), ['-r', 'near'])));
  assert.match(larger.warnings.join(), /one stands for all/);
  const moved = await write(folder, layer, GEOTIFF, { crs: 'EPSG:32760' });
  const values = new Set(pixels(moved.path('layer.tif')));
  assert.deepEqual(
    [...values].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(gdalinfo(moved.path('layer.tif')).bands[0].noDataValue, 9);
});

test('a larger pixel is made of those that it covers and of no sliver of their neighbours', async () => {
  // Blocks of four without data beside values that a millionth of would count; coordinates of few digits and pixels that have more.
  const isEmpty = (x: number, y: number) => (((x >> 1) + (y >> 1)) & 1) === 0;
  const source = raster(folder, 'slivers.tif', {
    type: 'Int32',
    size: [400, 300],
    crs: 'EPSG:4326',
    place: [11, 48, 4e-4 / 3, 1e-5 / 3],
    pixel: (x, y) => (isEmpty(x, y) ? -9 : 2_000_000_000),
    args: ['-a_nodata', '-9'],
  });
  const { path } = await write(folder, await publish(source, { kind: 'grid' }), GEOTIFF, { crs: 'EPSG:4326', multiplier: 2 });
  const made = pixels(path('layer.tif'));
  const values = new Int32Array(made.buffer, made.byteOffset, made.length / 4);
  assert.equal(values.length, 200 * 150);
  values.forEach((value, at) => {
    const [x, y] = [at % 200, Math.floor(at / 200)];
    assert.equal(value, isEmpty(2 * x, 2 * y) ? -9 : 2_000_000_000, `${x}, ${y}`);
  });
});

test('where tiles have overviews that come out even, larger pixels are those', async () => {
  const source = raster(folder, 'even.tif', { type: 'Float32', size: [1200, 1040], pixel: wave });
  const layer = await publish(source, { kind: 'grid' });
  assert.deepEqual(layer.profile.overviews.slice(0, 1), [2]);
  const { path } = await write(folder, layer, GEOTIFF, { multiplier: 2 });
  const overview = join(folder, 'overview.tif');
  const stored = join(layer.versionDir, 'tiles');
  gdal('gdal_translate', '-oo', 'OVERVIEW_LEVEL=0', join(stored, readdirSync(stored)[0] ?? ''), overview);
  assert.ok(pixels(path('layer.tif')).equals(pixels(overview)));
  const eight = await write(folder, layer, GEOTIFF, {
    multiplier: 8,
    area: areaOf(NZTM, [
      [1_602_003, 5_398_003],
      [1_605_003, 5_398_003],
      [1_605_003, 5_395_003],
      [1_602_003, 5_395_003],
    ]),
  });
  const grid = gridOf(eight.path('layer.tif'));
  assert.equal((grid.bounds[0] ?? 0) % 80, 0);
  assert.equal(Math.abs(((grid.bounds[3] ?? 0) - 5_400_000) % 80), 0);
});

test('of an overview pixels are taken as they are, whatever the window', async () => {
  const chance = (x: number, y: number) => Math.abs(Math.imul((x + 1) ^ 0x5bd1e995, (y + 7) * 2_654_435_761) >> 11) % 256;
  const layer = await publish(raster(folder, 'noise.tif', { type: 'Byte', size: [696, 600], pixel: chance }), { kind: 'raster' });
  const overview = join(folder, 'noise-overview.tif');
  gdal('gdal_translate', '-oo', 'OVERVIEW_LEVEL=0', join(layer.versionDir, 'tiles/noise.tif'), overview);
  const area = areaOf(NZTM, [
    [1_600_000, 5_400_180],
    [1_604_120, 5_400_180],
    [1_604_120, 5_398_730],
    [1_600_000, 5_398_730],
  ]);
  const { path } = await write(folder, layer, 'image/png', { area, multiplier: 2 });
  const { size } = gdalinfo(path('layer.png'));
  const part = join(folder, 'noise-part.tif');
  gdal('gdal_translate', '-srcwin', '0', '0', ...size.map(String), overview, part);
  const [made, theirs] = [pixels(path('layer.png')), pixels(part)];
  for (let at = 0; at < theirs.length; at++)
    if (made[theirs.length + at] === 255) assert.equal(made[at], theirs[at], `pixel ${at} of ${size}`);
});
