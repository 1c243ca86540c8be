import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Grid, Window } from '../../src/raster/grid.ts';
import type { RasterTile } from '../../src/store/rastertiles.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { areaOf, lonLat, pixels, rasterLayers, write } from '../fixtures/rasterlayers.ts';
import { gdal, gdalinfo, raster } from '../fixtures/rasters.ts';

const GEOTIFF = 'image/tiff;subtype=geotiff';
const NZTM = 'EPSG:2193';
const folder = temporaryFolder();
const publish = await rasterLayers();

/** Six tiles of 60 × 40 pixels, in three columns and two rows, of one picture. */
const tiledDir = join(folder, 'tiles');
mkdirSync(tiledDir);
for (let row = 0; row < 2; row++) {
  for (let column = 0; column < 3; column++) {
    raster(tiledDir, `BQ3${row}_${column + 1}.tif`, {
      type: 'Byte',
      size: [60, 40],
      bands: 3,
      place: [1_600_000 + column * 600, 5_400_000 - row * 400, 10, 10],
      pixel: (x, y, band) => ((x + column * 60) * 3 + (y + row * 40) * 5 + band * 40) % 251,
      args: ['-colorinterp', 'red,green,blue'],
    });
  }
}
const tiled = await publish(tiledDir);
const tileIds: string[] = JSON.parse(readFileSync(join(tiled.versionDir, 'tiles.json'), 'utf8')).map(({ id }: { id: string }) => id);
const elevation = await publish(
  raster(folder, 'elevation.tif', { type: 'Float32', size: [300, 200], pixel: (x, y) => x + y / 10, args: ['-a_nodata', '-9999'] }),
  { kind: 'grid' },
);
/** A triangle over the left lower corner of the tiles, through the middle ones. */
const corner = areaOf(NZTM, [
  [1_600_013, 5_399_907],
  [1_601_003, 5_399_207],
  [1_600_013, 5_399_207],
]);
const pictures = (files: { name: string }[]) => files.map(({ name }) => name).filter((name) => /\.(tif|jpg|png|kmz)$/.test(name));

test('a tiled layer comes as its tiles, under their names, copied as they are', async () => {
  const { files, images, warnings } = await write(folder, tiled, GEOTIFF);
  assert.deepEqual(pictures(files), ['BQ30_1.tif', 'BQ30_2.tif', 'BQ30_3.tif', 'BQ31_1.tif', 'BQ31_2.tif', 'BQ31_3.tif']);
  assert.equal(images, 6);
  assert.deepEqual(warnings, []);
  for (const { content } of files) assert.equal(dirname(content), join(tiled.versionDir, 'tiles'));
});

test('an extent takes the tiles that it meets: those inside as they are, those on its edge cut', async () => {
  const whole = areaOf(NZTM, [
    [1_599_900, 5_400_100],
    [1_600_700, 5_400_100],
    [1_600_700, 5_399_100],
    [1_599_900, 5_399_100],
  ]);
  const { files, path, warnings } = await write(folder, tiled, GEOTIFF, { area: whole });
  assert.deepEqual(pictures(files), ['BQ30_1.tif', 'BQ30_2.tif', 'BQ31_1.tif', 'BQ31_2.tif']);
  assert.equal(dirname(path('BQ30_1.tif')), join(tiled.versionDir, 'tiles'));
  assert.deepEqual(gdalinfo(path('BQ30_2.tif')).size, [10, 40]);
  assert.match(warnings.join(), /mask inside the file/);
  // All of them have the bands that the layer has, so that they make one mosaic.
  for (const { content } of files) assert.equal(gdalinfo(content).bands.length, 3);
});

test('tiles whose corners are a little beside the others’ grid lie where they say in every format', async () => {
  const dir = join(folder, 'beside');
  mkdirSync(dir);
  for (const [name, place] of [
    ['a', [1_600_000, 5_400_000, 10, 10]],
    ['b', [1_600_600.6, 5_399_999.5, 10.01, 10]],
  ] as const)
    raster(dir, `${name}.tif`, { type: 'Byte', size: [60, 40], bands: 3, place: [...place], args: ['-colorinterp', 'red,green,blue'] });
  const layer = await publish(dir);
  const expected = [1_600_600.6, 10.01, 0, 5_399_999.5, 0, -10];
  for (const [format, file] of [
    [GEOTIFF, 'b.tif'],
    ['image/png', 'b.png'],
  ] as const) {
    const { geoTransform } = gdalinfo((await write(folder, layer, format)).path(file));
    for (const [index, value] of expected.entries()) assert.ok(Math.abs(geoTransform[index] - value) < 1e-6, `${file}: ${geoTransform}`);
  }
});

test('a tile comes alone, whole or cropped', async () => {
  const [id = ''] = tileIds.slice(3);
  const { files } = await write(folder, tiled, GEOTIFF, { tile: id });
  assert.deepEqual(pictures(files), ['BQ31_1.tif']);
  const cropped = await write(folder, tiled, 'image/png', { tile: id, area: corner });
  const info = gdalinfo(cropped.path('BQ31_1.png'));
  assert.equal(info.bands.length, 4);
  assert.ok(info.size[0] <= 60 && info.size[1] <= 40);
});

test('tiles in another CRS lie on one grid, and together have every place once', async () => {
  const { files, resolution } = await write(folder, tiled, GEOTIFF, { crs: 'EPSG:32760' });
  assert.deepEqual(resolution, [10, 10]);
  const infos = files.map(({ content }) => ({ content, info: gdalinfo(content) }));
  const [left, top] = [
    Math.min(...infos.map(({ info }) => info.geoTransform[0])),
    Math.max(...infos.map(({ info }) => info.geoTransform[3])),
  ];
  const seen = new Map<string, number>();
  for (const { content, info } of infos) {
    const [x, , , y] = info.geoTransform;
    const mask = `${content}.mask.tif`;
    gdal('gdal_translate', '-b', 'mask,1', content, mask);
    const values = pixels(mask);
    for (const [index, value] of values.entries()) {
      if (value === 0) continue;
      const key = `${(x - left) / 10 + (index % info.size[0])} ${(top - y) / 10 + Math.floor(index / info.size[0])}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  }
  assert.ok(
    [...seen.values()].every((count) => count === 1),
    'a place is in two tiles',
  );
  // Nothing is between the tiles: as many places as the mosaic has pixels, but for what the edge rounds.
  assert.ok(Math.abs(seen.size - 180 * 80) < 300, `${seen.size}`);
});

test('KML of a tiled layer is one super-overlay', async () => {
  const { files, warnings } = await write(folder, tiled, 'application/vnd.google-earth.kml+xml');
  assert.deepEqual(pictures(files), ['layer.kmz']);
  assert.match(warnings.join(), /6 tiles became one image/);
});

test('tile ids and names may be anything; file names are good on every system', async () => {
  const { tileNames } = await import('../../src/raster/names.ts');
  const names = (...texts: string[]) =>
    tileNames(
      texts.map((name) => ({
        id: name,
        name,
        file: '',
        size: [1, 1],
        at: [0, 0],
        extent: [0, 0, 1, 1],
        extent_wgs84: [0, 0, 1, 1],
        footprint: [],
        bytes: 0,
      })),
    );
  assert.deepEqual(names('a/b', 'A-B', '..', 'con', 'x'.repeat(400)), ['a-b', 'A-B-2', 'tile', 'con-tile', 'x'.repeat(180)]);
  for (const name of names('../../etc/passwd', 'C:\\x', 'ü\u0000ñ', '.hidden', 'end. ')) assert.equal(basename(name), name);
});

test('an area smaller than a pixel keeps the pixels that it touches', async () => {
  const tiny = areaOf(NZTM, [
    [1_600_501, 5_399_501],
    [1_600_503, 5_399_501],
    [1_600_503, 5_399_503],
  ]);
  const { path } = await write(folder, elevation, GEOTIFF, { area: tiny });
  const values = new Float32Array(new Uint8Array(pixels(path('layer.tif'))).buffer);
  assert.deepEqual([...values], [50 + 4.9].map(Math.fround));
});

test('an area beside the layer is refused', async () => {
  const beside = areaOf(NZTM, [
    [1_700_000, 5_399_501],
    [1_700_100, 5_399_501],
    [1_700_100, 5_399_603],
  ]);
  await assert.rejects(write(folder, elevation, GEOTIFF, { area: beside }), /Nothing of this layer lies within/);
});

test('pixels may become larger than the layer', async () => {
  const small = await publish(raster(folder, 'small.tif', { type: 'Float32', size: [5, 3], pixel: (x, y) => x + y }), { kind: 'grid' });
  const { path } = await write(folder, small, GEOTIFF, { multiplier: 16 });
  const info = gdalinfo(path('layer.tif'));
  assert.deepEqual(
    [info.size, info.geoTransform],
    [
      [1, 1],
      [1_600_000, 160, 0, 5_400_000, 0, -160],
    ],
  );
  assert.equal(new Float32Array(new Uint8Array(pixels(path('layer.tif'))).buffer)[0], 3);
});

test('the last row and column of larger pixels are means of what there is', async () => {
  const odd = await publish(raster(folder, 'odd.tif', { type: 'Float32', size: [8, 5], pixel: (x, y) => x * x + 10 * y }), {
    kind: 'grid',
  });
  const { path } = await write(folder, odd, GEOTIFF, { multiplier: 3 });
  const values = new Float32Array(new Uint8Array(pixels(path('layer.tif'))).buffer);
  const mean = (xs: number[], ys: number[]) => {
    const all = xs.flatMap((x) => ys.map((y) => x * x + 10 * y));
    return Math.fround(all.reduce((sum, value) => sum + value, 0) / all.length);
  };
  const expected = [
    [0, 1, 2],
    [3, 4],
  ].flatMap((ys) =>
    [
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ].map((xs) => mean(xs, ys)),
  );
  for (const [index, value] of expected.entries())
    assert.ok(Math.abs((values[index] ?? 0) - value) < 1e-4, `${index}: ${values[index]}, not ${value}`);
});

test('a mask beside the bands is kept, and averaged places are those that have data', async () => {
  const rgba = raster(folder, 'rgba.tif', {
    type: 'Byte',
    size: [60, 40],
    bands: 4,
    pixel: (x, y, b) => (b === 3 ? (x < 20 ? 0 : 255) : x + y),
    args: ['-colorinterp', 'red,green,blue,alpha'],
  });
  const source = join(folder, 'masked.tif');
  gdal('gdal_translate', '--config', 'GDAL_TIFF_INTERNAL_MASK', 'YES', '-b', '1', '-b', '2', '-b', '3', '-mask', '4', rgba, source);
  const layer = await publish(source);
  assert.equal(layer.profile.transparency, 'mask');
  for (const asked of [
    {
      area: areaOf(NZTM, [
        [1_600_053, 5_399_953],
        [1_600_553, 5_399_953],
        [1_600_553, 5_399_653],
        [1_600_053, 5_399_653],
      ]),
    },
    { multiplier: 4 },
  ]) {
    const { path } = await write(folder, layer, GEOTIFF, asked);
    const { bands, geoTransform } = gdalinfo(path('layer.tif'));
    assert.deepEqual(bands[0].mask.flags, ['PER_DATASET']);
    const mask = `${path('layer.tif')}.mask.tif`;
    gdal('gdal_translate', '-b', 'mask,1', path('layer.tif'), mask);
    const at = (x: number) => Number(gdal('gdallocationinfo', '-valonly', '-geoloc', mask, String(x), '5399750'));
    assert.deepEqual([at(1_600_150), at(1_600_250)], [0, 255], JSON.stringify(geoTransform));
  }
});

test('a CRS without the poles leaves them out: the world in Web Mercator', async () => {
  const world = await publish(
    raster(folder, 'world.tif', {
      type: 'Byte',
      size: [360, 180],
      place: [-180, 90, 1, 1],
      crs: 'EPSG:4326',
      pixel: (x, y) => (x + y) % 200,
    }),
    {
      kind: 'raster',
    },
  );
  const { path } = await write(folder, world, GEOTIFF, { crs: 'EPSG:3857' });
  const { geoTransform, size } = gdalinfo(path('layer.tif'));
  const [x, dx, , y] = geoTransform;
  assert.ok(Math.abs(x + 20_037_508) < dx && Math.abs(y - 20_048_966) < 2 * dx, `${x} ${y}`);
  assert.ok(size[0] < 1000 && size[1] < 1000, String(size));
  const polar = await write(folder, world, GEOTIFF, { crs: 'EPSG:3031' });
  assert.ok(gdalinfo(polar.path('layer.tif')).size[0] > 10);
});

test('a layer across the antimeridian goes on past the end of Web Mercator; where a CRS would tear it, that is said', async () => {
  const pixel = (x: number, y: number) => (x * 3 + y * 5) % 251;
  const fiji = await publish(
    raster(folder, 'fiji.tif', { type: 'Byte', size: [400, 300], crs: 'EPSG:4326', place: [178, -15, 0.01, 0.01], pixel }),
  );
  const area = [
    [
      [
        [179, -16],
        [181, -16],
        [181, -17],
        [179, -17],
        [179, -16],
      ],
    ],
  ];
  const half = 20_037_508.34;
  for (const [asked, west, east] of [
    [{}, (178 / 180) * half, (182 / 180) * half],
    [{ area }, (179 / 180) * half, (181 / 180) * half],
  ] as const) {
    const { path } = await write(folder, fiji, GEOTIFF, { crs: 'EPSG:3857', ...asked });
    const { geoTransform, size, bands } = gdalinfo(path('layer.tif'), '-stats');
    const [x, dx] = geoTransform;
    assert.ok(Math.abs(x - west) < 2 * dx && Math.abs(x + size[0] * dx - east) < 2 * dx, `${x} ${x + size[0] * dx}`);
    assert.ok(Number(bands[0].metadata[''].STATISTICS_VALID_PERCENT) > 98);
  }
  const wide = await publish(
    raster(folder, 'wide.tif', { type: 'Byte', size: [400, 300], crs: 'EPSG:4326', place: [179.8, -15, 0.001, 0.001] }),
  );
  await assert.rejects(
    write(folder, wide, GEOTIFF, { crs: 'EPSG:8857' }),
    /cut open where this layer lies.*Ask for the areas on both sides/,
  );
});

test('heights in feet stay the numbers that they are in every CRS, and their unit says what they are', async () => {
  const feet = await publish(
    raster(folder, 'feet.tif', {
      type: 'Float32',
      size: [60, 40],
      crs: 'EPSG:2263+6360',
      place: [980_000, 200_000, 30, 30],
      pixel: (x) => 1000 + x,
    }),
  );
  assert.equal(feet.profile.bands[0]?.unit, 'US survey foot');
  for (const crs of ['EPSG:4326', 'EPSG:9518']) {
    const { path, warnings } = await write(folder, feet, GEOTIFF, { crs });
    const { unit, metadata } = gdalinfo(path('layer.tif'), '-stats').bands[0];
    assert.equal(unit, 'US survey foot');
    const [low, high] = [Number(metadata[''].STATISTICS_MINIMUM), Number(metadata[''].STATISTICS_MAXIMUM)];
    assert.ok(low >= 1000 && high <= 1059 && high - low > 50, `${low} ${high}`);
    assert.equal(/heights were not brought to those of EPSG:9518/.test(warnings.join()), crs === 'EPSG:9518');
  }
});

test('a whole Earth in Web Mercator is whole in longitude and latitude', async () => {
  const half = 20_037_508.342789244;
  const world = await publish(
    raster(folder, 'mercator.tif', {
      type: 'Byte',
      size: [100, 100],
      crs: 'EPSG:3857',
      place: [-half, half, half / 50, half / 50],
      pixel: (x) => x,
    }),
  );
  const { path } = await write(folder, world, 'image/png', { crs: 'EPSG:4326' });
  const { geoTransform, size } = gdalinfo(path('layer.png'));
  const [x, dx] = geoTransform;
  assert.ok(Math.abs(x + 180) < dx && Math.abs(x + size[0] * dx - 180) < dx, `${x} ${x + size[0] * dx}`);
});

test('an area across where a layer of the whole Earth is cut open is one strip, with the pixels of the layer moved around it', async () => {
  for (const [name, west, begins] of [
    ['world', -180, 170.5],
    ['turned', 0, -9.5],
  ] as const) {
    const pixel = (x: number, y: number) => (x * 7 + y * 3) % 251;
    const source = raster(folder, `${name}.tif`, { type: 'Byte', size: [720, 360], place: [west, 90, 0.5, 0.5], crs: 'EPSG:4326', pixel });
    const layer = await publish(source, { kind: 'raster' });
    // From 9.5 degrees west of the seam to 15 degrees east of it.
    const [left, right] = [west === 0 ? -9.5 : 170.5, west === 0 ? 15 : 195];
    const area = areaOf('EPSG:4326', [
      [left, -30],
      [right, -30],
      [right, 40],
      [left, 40],
    ]);
    // GDAL's: the layer, and once more a turn further.
    const shifted = join(folder, `${name}-shifted.tif`);
    const turn = west === 0 ? -360 : 360;
    gdal('gdal_translate', '-a_ullr', String(west + turn), '90', String(west + turn + 360), '-90', source, shifted);
    const both = join(folder, `${name}-both.vrt`);
    gdal('gdalbuildvrt', both, source, shifted);
    for (const [mimetype, file, multiplier] of [
      [GEOTIFF, 'layer.tif', 1],
      ['image/png', 'layer.png', 1],
      [GEOTIFF, 'layer.tif', 2],
    ] as const) {
      const { path, warnings } = await write(folder, layer, mimetype, { area, multiplier });
      const expected = join(folder, `${name}-expected.tif`);
      const size = multiplier === 1 ? [] : ['-r', 'average', '-outsize', '50%', '50%'];
      gdal('gdal_translate', '-projwin', String(begins - 0.5 * (multiplier - 1)), '40', String(right), '-30', ...size, both, expected);
      const [made, theirs] = [gdalinfo(path(file)), gdalinfo(expected)];
      assert.deepEqual(made.size, theirs.size);
      assert.deepEqual(made.geoTransform, theirs.geoTransform);
      // The middle of a larger pixel at the left lies just on the edge.
      const inner = multiplier === 1 ? [] : ['-srcwin', '1', '0', String(made.size[0] - 1), String(made.size[1])];
      const seen = join(folder, 'seen.bin');
      gdal('gdal_translate', '-of', 'ENVI', '-b', 'mask', ...inner, path(file), seen);
      assert.ok(readFileSync(seen).every((mask) => mask === 255));
      const bytes = [path(file), expected].map((one) => {
        const raw = join(folder, 'strip.bin');
        gdal('gdal_translate', '-of', 'ENVI', '-b', '1', ...inner, one, raw);
        return readFileSync(raw).toString('hex');
      });
      assert.ok(bytes[0] === bytes[1], `${name} ${mimetype} ${multiplier}`);
      assert.match(warnings.join(' '), /one strip/);
    }
  }
});

test('tiles at both ends of the Earth are cropped each by itself', async () => {
  const dir = join(folder, 'quarters');
  mkdirSync(dir);
  for (let n = 0; n < 4; n++)
    raster(dir, `q${n}.tif`, { type: 'Byte', size: [90, 180], place: [-180 + n * 90, 90, 1, 1], crs: 'EPSG:4326', pixel: (x) => x + n });
  const layer = await publish(dir, { kind: 'raster' });
  const area = areaOf('EPSG:4326', [
    [178, -10],
    [183, -10],
    [183, 20],
    [178, 20],
  ]);
  const { path, files } = await write(folder, layer, GEOTIFF, { area });
  assert.deepEqual(files.map(({ name }) => name).sort(), ['q0.tif', 'q3.tif']);
  for (const [file, west, columns] of [
    ['q0.tif', -180, 3],
    ['q3.tif', 178, 2],
  ] as const) {
    assert.equal(gdalinfo(path(file)).geoTransform[0], west);
    assert.deepEqual(gdalinfo(path(file)).size, [columns, 30]);
  }
});

test('worlds that are ovals show each place once, and nothing beyond: also those with the antimeridian in their middle', async () => {
  // A place's longitude and latitude are its colours.
  const pixel = (x: number, y: number, band: number) => (band === 0 ? 60 + Math.floor(x / 4) : band === 1 ? 60 + y : 200);
  const asked = { type: 'Byte', size: [720, 180], bands: 3, crs: 'EPSG:4326', pixel, args: ['-colorinterp', 'red,green,blue'] } as const;
  for (const west of [-180, 0]) {
    const world = await publish(
      raster(folder, `oval${west}.tif`, { ...asked, size: [720, 180], args: [...asked.args], place: [west, 90, 0.5, 1] }),
    );
    for (const crs of ['EPSG:8857', 'EPSG:8859']) {
      const { path } = await write(folder, world, 'image/png', { crs, multiplier: 4 });
      const { geoTransform, size } = gdalinfo(path('layer.png'));
      const [x, dx, , y] = geoTransform;
      const raw = pixels(path('layer.png'));
      const each = size[0] * size[1];
      const places = Array.from(
        { length: each },
        (_, at) => [x + dx * ((at % size[0]) + 0.5), y - dx * (Math.floor(at / size[0]) + 0.5)] as const,
      );
      const degrees = lonLat(crs, places);
      // Where PROJ goes to another place and back it is none.
      const back = lonLat('EPSG:4326', degrees, crs);
      let [seen, beyond] = [0, 0];
      for (const [at, [column, row]] of places.entries()) {
        const alpha = raw[3 * each + at];
        const [lon = NaN, lat = NaN] = degrees[at] ?? [];
        const isPlace = Math.hypot((back[at]?.[0] ?? NaN) - column, (back[at]?.[1] ?? NaN) - row) < 1;
        if (isPlace && alpha === 255 && Math.abs(lat) < 85) {
          const red = 60 + ((((lon - west) % 360) + 360) % 360) / 2;
          if (Math.abs(red - 150) < 80) assert.ok(Math.abs((raw[at] ?? 0) - red) < 3, `${crs} ${lon} ${lat}: ${raw[at]}, not ${red}`);
          assert.ok(Math.abs((raw[each + at] ?? 0) - (60 + 90 - lat)) < 4, `${crs} ${lon} ${lat}`);
          seen++;
        }
        if (!isPlace && alpha !== 0) beyond++;
      }
      // Pixels whose middle lies on the outline.
      assert.ok(beyond < 0.01 * each, `${beyond} pixels beyond the world are seen`);
      assert.ok(seen > 0.6 * each, `${seen} of ${each} are seen`);
    }
  }
});

test('where tiles overlap, what lies under a transparent one shows through, of whatever number of bands', async () => {
  const { sourceVrt, sheetOf } = await import('../../src/raster/source.ts');
  const { vrtXml } = await import('../../src/raster/vrt.ts');
  for (const bands of [2, 3, 4, 6]) {
    const dir = join(folder, `overlap${bands}`);
    mkdirSync(dir);
    for (const [name, column, clear] of [
      ['a', 0, 0],
      ['b', 10, 10],
    ] as const)
      raster(dir, `${name}.tif`, {
        type: 'Byte',
        size: [30, 10],
        bands,
        place: [1_600_000 + column * 10, 5_400_000, 10, 10],
        // The second is transparent in its first columns, under which the first one has values.
        pixel: (x, _, band) => (band === bands - 1 ? (x < clear ? 0 : 255) : name === 'a' ? 50 + band : 100 + band),
        args: ['-colorinterp', [...Array.from({ length: bands - 1 }, () => 'undefined'), 'alpha'].join(',')],
      });
    const layer = await publish(dir, { kind: 'raster' });
    const tiles: RasterTile[] = JSON.parse(readFileSync(join(layer.versionDir, 'tiles.json'), 'utf8'));
    const sheet = sheetOf(layer.profile, tiles);
    const part = { grid: sheet.grid, window: { at: [0, 0], size: sheet.grid.size } satisfies Window, times: 1, average: false };
    const path = join(folder, `overlap${bands}.vrt`);
    writeFileSync(path, vrtXml(sourceVrt(layer.profile, layer.versionDir, sheet, part)));
    const row = (file: string, band: number) => pixels(file).subarray(band * 400, band * 400 + 40);
    const expected = Array.from({ length: bands }, (_, band) =>
      Array.from({ length: 40 }, (_, x) => (band === bands - 1 ? 255 : x < 20 ? 50 + band : 100 + band)),
    );
    for (const [band, values] of expected.entries()) assert.deepEqual([...row(path, band)], values, `band ${band + 1} of ${bands}`);
    assert.deepEqual([...row(join(layer.versionDir, 'mosaic.vrt'), bands - 1)], expected[bands - 1]);
  }
});

test('a nodata value that is chosen is one that no band of data has, whatever alpha has', async () => {
  const pixel = (x: number, _: number, band: number) => (band === 2 ? (x < 10 ? 0 : 255) : 1 + (x % 200));
  const args = ['-colorinterp', 'gray,undefined,alpha'];
  const layer = await publish(raster(folder, 'chosen.tif', { type: 'Byte', size: [300, 20], bands: 3, pixel, args }), { kind: 'raster' });
  const { path, warnings } = await write(folder, layer, 'application/x-erdas-hfa');
  assert.match(warnings.join(), /255 was chosen for places without data\./);
  const { bands } = gdalinfo(path('layer.img'));
  assert.deepEqual(
    bands.map(({ type, noDataValue }: { type: string; noDataValue: number }) => [type, noDataValue]),
    [
      ['Byte', 255],
      ['Byte', 255],
    ],
  );
});

test('the antimeridian: layers past it, from 0 to 360, and areas across it', async () => {
  const pacific = await publish(
    raster(folder, 'pacific.tif', { type: 'Byte', size: [360, 60], place: [0, 30, 1, 1], crs: 'EPSG:4326', pixel: (x) => x % 251 }),
    {
      kind: 'raster',
    },
  );
  const area = [
    [
      [
        [-190, -20],
        [-170, -20],
        [-170, 20],
        [-190, 20],
        [-190, -20],
      ],
    ],
  ];
  const { path } = await write(folder, pacific, 'image/png', { area });
  assert.deepEqual(gdalinfo(path('layer.png')).geoTransform.slice(0, 1), [170]);
  assert.deepEqual(gdalinfo(path('layer.png')).size, [20, 40]);
  assert.equal(Number(gdal('gdallocationinfo', '-valonly', '-b', '1', path('layer.png'), '12', '10')), 182);
  const chatham = await publish(
    raster(folder, 'chatham.tif', {
      type: 'Byte',
      size: [200, 100],
      place: [19_900_000, -5_400_000, 2000, 2000],
      crs: 'EPSG:3857',
      pixel: (x) => x,
    }),
    {
      kind: 'raster',
    },
  );
  const { path: degrees } = await write(folder, chatham, GEOTIFF, { crs: 'EPSG:4326' });
  const [west, step] = gdalinfo(degrees('layer.tif')).geoTransform;
  const { size } = gdalinfo(degrees('layer.tif'));
  assert.ok(west > 178 && west + step * size[0] > 182 && west + step * size[0] < 183, `${west} ${step} ${size}`);
  assert.ok(size[0] * size[1] < 60_000, String(size));
});

test('a cancel ends GDAL within a second, and progress never falls', async () => {
  const controller = new AbortController();
  const large = await publish(raster(folder, 'large.tif', { type: 'Float32', size: [3000, 3000], pixel: (x, y) => Math.sin(x * y) }), {
    kind: 'grid',
  });
  const fractions: number[] = [];
  let cancelled = 0;
  const onProgress = (_: string, fraction: number) => {
    fractions.push(fraction);
    if (fraction < 0.1 || cancelled) return;
    cancelled = Date.now();
    controller.abort(new Error('cancelled'));
  };
  await assert.rejects(write(folder, large, 'application/x-ogc-aaigrid', { signal: controller.signal, onProgress }), /cancelled/);
  assert.ok(cancelled > 0 && Date.now() - cancelled < 1000);
  assert.deepEqual(
    fractions,
    fractions.toSorted((a, b) => a - b),
  );
});

test('an export that the disk cannot hold is refused before anything is written', async () => {
  const { requireSpace } = await import('../../src/raster/space.ts');
  const { findFormat, isRasterFormat } = await import('../../src/formats/registry.ts');
  const format = findFormat('grid', GEOTIFF);
  assert.ok(format && isRasterFormat(format));
  const huge = { ...elevation.profile, size: [300, 200] as [number, number], bytes: 1e12 };
  const piece = { grid: { origin: [0, 0], resolution: [1, 1], size: [300, 200] } satisfies Grid, stored: null };
  await assert.rejects(requireSpace([piece], huge, format.raster, folder), /needs about \d+\.\d GiB of disk space, and the server has/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('huge')),
    [],
  );
});

test('images past a format’s sides are split into named pieces', async () => {
  const { split } = await import('../../src/raster/grid.ts');
  const pieces = split({ at: [0, 0], size: [70_000, 10] }, { side: 65_535, pixels: Number.POSITIVE_INFINITY });
  assert.deepEqual(pieces, [
    [
      { at: [0, 0], size: [35_000, 10] },
      { at: [35_000, 0], size: [35_000, 10] },
    ],
  ]);
  const strip = await publish(
    raster(folder, 'strip.tif', { type: 'Byte', size: [66_000, 2], place: [1_200_000, 5_400_000, 1, 1], pixel: (x) => x % 251 }),
    { kind: 'raster' },
  );
  const { files, path, warnings } = await write(folder, strip, 'image/jpeg');
  assert.deepEqual(pictures(files), ['layer-r1-c1.jpg', 'layer-r1-c2.jpg']);
  assert.match(warnings.join(), /65535 pixels a side/);
  assert.equal(gdalinfo(path('layer-r1-c2.jpg')).geoTransform[0], 1_233_000);
});
