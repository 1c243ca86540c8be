import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findFormat, isRasterFormat } from '../../src/formats/registry.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { areaOf, pixels, rasterLayers, write } from '../fixtures/rasterlayers.ts';
import { checksums, gdal, gdalinfo, raster } from '../fixtures/rasters.ts';

const GEOTIFF = 'image/tiff;subtype=geotiff';
const JPEG = 'image/jpeg';
const PNG = 'image/png';
const JP2 = 'image/jp2';
const JP2_LOSSLESS = 'image/jp2;compression=lossless';
const ERDAS = 'application/x-erdas-hfa';
const ASCII_GRID = 'application/x-ogc-aaigrid';
const KML = 'application/vnd.google-earth.kml+xml';
const NZTM = 'EPSG:2193';

const folder = temporaryFolder();
const publish = await rasterLayers();
const wave = (x: number, y: number, band = 0) => Math.round(120 + 100 * Math.sin(x / (9 + band)) * Math.cos(y / 7));
const RGB = ['-colorinterp', 'red,green,blue'];

const imageryFile = raster(folder, 'imagery.tif', { type: 'Byte', size: [300, 200], bands: 3, pixel: wave, args: RGB });
const imagery = await publish(imageryFile);
const deep = await publish(
  raster(folder, 'deep.tif', { type: 'UInt16', size: [300, 200], bands: 3, pixel: (x, y, b) => 200 * wave(x, y, b), args: RGB }),
  {
    kind: 'raster',
  },
);
const seeThroughFile = raster(folder, 'see-through.tif', {
  type: 'Byte',
  size: [300, 200],
  bands: 4,
  pixel: (x, y, band) => (band === 3 ? ([0, 128, 255][x % 3] ?? 0) : wave(x, y, band)),
  args: ['-colorinterp', 'red,green,blue,alpha'],
});
const seeThrough = await publish(seeThroughFile);
const fourBands = await publish(
  raster(folder, 'four.tif', { type: 'Byte', size: [300, 200], bands: 4, pixel: wave, args: ['-colorinterp', 'red,green,blue,undefined'] }),
  { kind: 'raster' },
);
const elevationFile = raster(folder, 'elevation.tif', {
  type: 'Float32',
  size: [300, 200],
  pixel: (x, y) => (x < 20 && y < 20 ? Number.NaN : wave(x, y) / 7),
  args: ['-a_nodata', 'nan'],
});
const elevation = await publish(elevationFile, { kind: 'grid' });
const square = areaOf(NZTM, [
  [1_600_503, 5_399_497],
  [1_602_004, 5_399_497],
  [1_602_004, 5_398_506],
  [1_600_503, 5_398_506],
]);

/** A source with a word for everything that GDAL knows of a band. */
function worded(file: string, words: string, type: 'Byte' | 'Int16' | 'Float32' = 'Byte'): string {
  const plain = raster(folder, `plain-${file}`, { type, size: [120, 90], pixel: (x, y) => ((x >> 3) + (y >> 3)) % 3 });
  const virtual = join(folder, `${file}.vrt`);
  gdal('gdal_translate', '-of', 'VRT', plain, virtual);
  writeFileSync(virtual, readFileSync(virtual, 'utf8').replace(/<ColorInterp>.*<\/ColorInterp>/, words));
  return virtual;
}

const PALETTE =
  '<ColorInterp>Palette</ColorInterp><ColorTable><Entry c1="10" c2="20" c3="30" c4="255"/><Entry c1="200" c2="0" c3="0" c4="255"/><Entry c1="0" c2="150" c3="0" c4="255"/></ColorTable>';
const TABLE =
  '<GDALRasterAttributeTable tableType="thematic"><FieldDefn index="0"><Name>Value</Name><Type>0</Type><Usage>5</Usage></FieldDefn><FieldDefn index="1"><Name>Class</Name><Type>2</Type><Usage>2</Usage></FieldDefn><Row index="0"><F>1</F><F>Forest &amp; bush</F></Row><Row index="1"><F>2</F><F>Ōtautahi</F></Row></GDALRasterAttributeTable>';
const palette = await publish(worded('palette.tif', PALETTE), { kind: 'raster' });
const classes = await publish(worded('classes.tif', PALETTE + TABLE), { kind: 'rat' });

/** A file's world file, as numbers. */
const world = (path: string) => readFileSync(path, 'utf8').trim().split('\n').map(Number);

test('JPEG has a world file, a .prj and an .aux.xml, and lies where the layer does', async () => {
  const { path, warnings } = await write(folder, imagery, JPEG);
  assert.deepEqual(world(path('layer.jgw')), [10, 0, 0, -10, 1_600_005, 5_399_995]);
  assert.match(readFileSync(path('layer.prj'), 'utf8'), /^PROJCS\["NZGD_2000_New_Zealand_Transverse_Mercator"/);
  const info = gdalinfo(path('layer.jpg'));
  assert.deepEqual(info.geoTransform, [1_600_000, 10, 0, 5_400_000, 0, -10]);
  assert.match(info.coordinateSystem.wkt, /ID\["EPSG",2193\]\]$/);
  assert.ok(path('layer.jpg.aux.xml'));
  assert.match(warnings.join(), /JPEG is lossy/);
  const [made, source] = [pixels(path('layer.jpg')), pixels(imageryFile)];
  const off = made.reduce((sum, value, index) => sum + Math.abs(value - (source[index] ?? 0)), 0) / made.length;
  assert.ok(off < 4, `${off}`);
});

test('JPEG is white outside of the area, and where imagery is seen through, over white', async () => {
  const { path, warnings } = await write(folder, imagery, JPEG, {
    area: areaOf(NZTM, [
      [1_600_100, 5_399_900],
      [1_602_900, 5_399_900],
      [1_600_100, 5_398_100],
    ]),
  });
  const [red, green, blue] = gdal('gdallocationinfo', '-valonly', path('layer.jpg'), '275', '175').trim().split('\n').map(Number);
  assert.deepEqual([red, green, blue], [255, 255, 255]);
  assert.match(warnings.join(), /are white/);
  assert.equal(gdalinfo(path('layer.jpg')).bands[0].noDataValue, undefined);
  const flat = await write(folder, seeThrough, JPEG);
  const flattened = gdalinfo(flat.path('layer.jpg'));
  assert.equal(flattened.bands.length, 3);
  // What GDAL's own JPEG of the same colours, flattened here by hand, has.
  const source = pixels(seeThroughFile);
  const each = 300 * 200;
  const made = pixels(flat.path('layer.jpg'));
  let off = 0;
  for (let at = 0; at < 3 * each; at++) {
    const alpha = source[3 * each + (at % each)] ?? 0;
    off += Math.abs((made[at] ?? 0) - (((source[at] ?? 0) * alpha) / 255 + 255 - alpha));
  }
  assert.ok(off / (3 * each) < 12, `${off / (3 * each)}`);
});

test('JPEG takes red, green and blue of more bands, and says which were left out', async () => {
  const { path, warnings } = await write(folder, fourBands, JPEG);
  assert.equal(gdalinfo(path('layer.jpg')).bands.length, 3);
  assert.match(warnings.join(), /Band 4 was left out/);
  const all = await write(folder, fourBands, GEOTIFF);
  assert.equal(gdalinfo(all.path('layer.tif')).bands.length, 4);
  assert.deepEqual(all.warnings, []);
});

test('a grey band becomes a grey JPEG', async () => {
  const layer = await publish(raster(folder, 'grey.tif', { type: 'Byte', size: [90, 70], pixel: wave }), { kind: 'raster' });
  const info = gdalinfo((await write(folder, layer, JPEG)).path('layer.jpg'));
  assert.deepEqual(
    info.bands.map((band: { colorInterpretation: string }) => band.colorInterpretation),
    ['Gray'],
  );
});

test('palettes are kept where the format has them, else become colours', async () => {
  for (const [format, file] of [
    [GEOTIFF, 'layer.tif'],
    [PNG, 'layer.png'],
    [ERDAS, 'layer.img'],
    [JP2_LOSSLESS, 'layer.jp2'],
  ] as const) {
    const { path } = await write(folder, palette, format);
    const [band] = gdalinfo(path(file)).bands;
    assert.equal(band.colorInterpretation, 'Palette', format);
    assert.deepEqual(
      band.colorTable.entries.slice(0, 3),
      [
        [10, 20, 30, 255],
        [200, 0, 0, 255],
        [0, 150, 0, 255],
      ],
      format,
    );
    assert.deepEqual(checksums(path(file)).slice(0, 1), checksums(join(palette.versionDir, 'mosaic.vrt')).slice(0, 1), format);
  }
  const { path, warnings } = await write(folder, palette, JPEG);
  assert.equal(gdalinfo(path('layer.jpg')).bands.length, 3);
  assert.match(warnings.join(), /palette became red, green and blue/);
  const [red = 0, green = 255] = gdal('gdallocationinfo', '-valonly', path('layer.jpg'), '12', '4').trim().split('\n').map(Number);
  assert.ok(red > 180 && green < 30, `${red} ${green}`);
});

test('colours of a palette that were transparent are told of where they no longer are', async () => {
  const clear = await publish(worded('clear.tif', PALETTE.replace('c3="30" c4="255"', 'c3="30" c4="0"')), { kind: 'raster' });
  const { warnings } = await write(folder, clear, GEOTIFF);
  assert.match(warnings.join(), /palette that were transparent are opaque/);
  assert.doesNotMatch((await write(folder, clear, PNG)).warnings.join(), /opaque/);
  assert.doesNotMatch((await write(folder, palette, GEOTIFF)).warnings.join(), /opaque/);
});

test('transparent colours of a palette stay so where they become red, green and blue; 16 bits have no palette in PNG', async () => {
  // Colour 0 lets all through, colour 2 the half.
  const words = PALETTE.replace('c3="30" c4="255"', 'c3="30" c4="0"').replace('c2="150" c3="0" c4="255"', 'c2="150" c3="0" c4="128"');
  const clear = await publish(worded('half-clear.tif', words), { kind: 'raster' });
  const at = (path: string, x: number) => gdal('gdallocationinfo', '-valonly', path, String(x), '4').trim().split('\n').map(Number);
  const white = (await write(folder, clear, JPEG)).path('layer.jpg');
  // Pixels of 8 by 8: the colours 0, 1, 2.
  for (const [x, expected] of [
    [4, [255, 255, 255]],
    [12, [200, 0, 0]],
    [20, [127, 202, 127]],
  ] as const)
    for (const [band, value] of at(white, x).entries()) assert.ok(Math.abs(value - (expected[band] ?? 0)) < 25, `${x} is ${at(white, x)}`);
  const lossy = (await write(folder, clear, JP2)).path('layer.jp2');
  for (const [x, expected] of [
    [4, 0],
    [12, 255],
    [20, 128],
  ] as const)
    assert.ok(Math.abs((at(lossy, x)[3] ?? -99) - expected) < 25, `${x} is ${at(lossy, x)}`);
  const plain = raster(folder, 'plain-wide.tif', { type: 'UInt16', size: [120, 90], pixel: (x, y) => ((x >> 3) + (y >> 3)) % 3 });
  const wide = join(folder, 'wide.vrt');
  gdal('gdal_translate', '-of', 'VRT', plain, wide);
  writeFileSync(wide, readFileSync(wide, 'utf8').replace(/<ColorInterp>.*<\/ColorInterp>/, PALETTE));
  const { path, warnings } = await write(folder, await publish(wide, { kind: 'raster' }), PNG);
  assert.deepEqual(at(path('layer.png'), 12), [200, 0, 0]);
  assert.match(warnings.join(), /palette became red, green and blue/);
});

test('a cropped palette is transparent outside, by a colour of its own', async () => {
  const area = areaOf(NZTM, [
    [1_600_100, 5_399_900],
    [1_601_100, 5_399_900],
    [1_600_100, 5_399_200],
  ]);
  const { path } = await write(folder, palette, PNG, { area });
  const [band] = gdalinfo(path('layer.png')).bands;
  // Colours that no pixel has keep their places.
  const four = await publish(worded('four.tif', PALETTE.replace('</ColorTable>', '<Entry c1="9" c2="9" c3="9" c4="255"/></ColorTable>')), {
    kind: 'raster',
  });
  assert.equal(gdalinfo((await write(folder, four, PNG, { area })).path('layer.png')).bands[0].noDataValue, 4);
  assert.equal(band.noDataValue, 3);
  assert.equal(gdal('gdallocationinfo', '-valonly', path('layer.png'), '95', '65').trim(), '3');
  // Told by the file itself, not only by what stands beside it.
  const bare = join(folder, 'bare.png');
  writeFileSync(bare, readFileSync(path('layer.png')));
  assert.equal(gdalinfo(bare).bands[0].colorTable.entries[3][3], 0);
});

test('PNG keeps 8 and 16 bits, transparent outside of the area', async () => {
  for (const [layer, type] of [
    [imagery, 'Byte'],
    [deep, 'UInt16'],
  ] as const) {
    const { path } = await write(folder, layer, PNG);
    assert.deepEqual(checksums(path('layer.png')), checksums(join(layer.versionDir, 'mosaic.vrt')).slice(0, 3));
    assert.equal(gdalinfo(path('layer.png')).bands[0].type, type);
    const cropped = await write(folder, layer, PNG, {
      area: areaOf(NZTM, [
        [1_600_103, 5_399_897],
        [1_602_897, 5_399_893],
        [1_600_103, 5_398_103],
      ]),
    });
    const alpha = (x: string, y: string) => Number(gdal('gdallocationinfo', '-valonly', '-b', '4', cropped.path('layer.png'), x, y));
    assert.deepEqual([alpha('20', '20'), alpha('270', '170')], [type === 'Byte' ? 255 : 65_535, 0]);
    assert.deepEqual(world(cropped.path('layer.pgw')), [10, 0, 0, -10, 1_600_105, 5_399_895]);
  }
});

test('JPEG2000 comes lossy and without loss, with its place inside', async () => {
  for (const layer of [imagery, deep, seeThrough]) {
    const { path, warnings } = await write(folder, layer, JP2_LOSSLESS);
    const info = gdalinfo(path('layer.jp2'));
    assert.deepEqual(
      info.bands.map((band: { checksum?: number }) => band.checksum),
      info.bands.map(() => undefined),
    );
    assert.ok(pixels(path('layer.jp2')).equals(pixels(join(layer.versionDir, 'tiles', tileFile(layer.versionDir)))));
    assert.deepEqual(warnings, []);
  }
  const { path, warnings } = await write(folder, imagery, JP2);
  const alone = join(folder, 'alone.jp2');
  writeFileSync(alone, readFileSync(path('layer.jp2')));
  const info = gdalinfo(alone);
  assert.deepEqual(info.geoTransform, [1_600_000, 10, 0, 5_400_000, 0, -10]);
  assert.match(info.coordinateSystem.wkt, /ID\["EPSG",2193\]\]$/);
  assert.match(warnings.join(), /lossy/);
});

function tileFile(versionDir: string): string {
  return JSON.parse(readFileSync(join(versionDir, 'tiles.json'), 'utf8'))[0].file.replace(/^tiles\//, '');
}

test('ERDAS Imagine has the attribute table inside, its rows by value', async () => {
  const { path } = await write(folder, classes, ERDAS);
  const alone = join(folder, 'alone.img');
  writeFileSync(alone, readFileSync(path('layer.img')));
  const text = gdal('gdalinfo', alone);
  const rows = [...text.matchAll(/<Row index="\d+">([\s\S]*?)<\/Row>/g)].map(([, row = '']) =>
    [...row.matchAll(/<F>(.*?)<\/F>/g)].map(([, value]) => value),
  );
  assert.deepEqual(
    rows.map((row) => row.slice(-2)),
    [
      ['0', ''],
      ['1', 'Forest &amp; bush'],
      ['2', 'Ōtautahi'],
    ],
  );
  assert.deepEqual(
    rows.map((row) => row.slice(0, 3)),
    [
      ['10', '20', '30'],
      ['200', '0', '0'],
      ['0', '150', '0'],
    ],
  );
});

test('a GeoTIFF has the attribute table beside it, copied or made', async () => {
  for (const asked of [
    {},
    {
      area: areaOf(NZTM, [
        [1_600_100, 5_399_900],
        [1_601_100, 5_399_900],
        [1_600_100, 5_399_200],
      ]),
    },
  ]) {
    const { path } = await write(folder, classes, GEOTIFF, asked);
    assert.ok(path('layer.tif.aux.xml'));
    const near = join(folder, `near-${Object.keys(asked).length}.tif`);
    writeFileSync(near, readFileSync(path('layer.tif')));
    writeFileSync(`${near}.aux.xml`, readFileSync(path('layer.tif.aux.xml')));
    const text = gdal('gdalinfo', near);
    assert.match(text, /<F>2<\/F>\s*<F>Ōtautahi<\/F>/);
    assert.match(text, /<Usage>5<\/Usage>/);
  }
});

test('ASCII Grid brings every number back, with a nodata that all readers know', async () => {
  const { path, warnings } = await write(folder, elevation, ASCII_GRID);
  assert.match(
    readFileSync(path('layer.asc'), 'latin1').slice(0, 200),
    /^ncols +300\r?\nnrows +200\r?\nxllcorner +1600000\.0+\r?\nyllcorner +5398000\.0+\r?\ncellsize +10\.0+\r?\nNODATA_value +-9999/,
  );
  assert.match(warnings.join(), /nodata value nan cannot be held, so -9999 was chosen/);
  const [made, source] = [path('layer.asc'), elevationFile].map((file) => new Float32Array(new Uint8Array(pixels(file)).buffer));
  assert.deepEqual(
    made,
    source?.map((value) => (Number.isNaN(value) ? -9999 : value)),
  );
  assert.ok(path('layer.prj'));
});

test('ASCII Grid has DX and DY where pixels are not square, and says who reads that', async () => {
  const layer = await publish(raster(folder, 'oblong.tif', { size: [30, 20], place: [1_600_000, 5_400_000, 10, 25] }), { kind: 'grid' });
  const { path, warnings } = await write(folder, layer, ASCII_GRID);
  assert.match(readFileSync(path('layer.asc'), 'latin1').slice(0, 300), /dx +10\.0+\r?\ndy +25\.0+/);
  assert.match(warnings.join(), /ArcGIS does not/);
});

test('KML is a super-overlay in longitude and latitude, seen through outside of the area', async () => {
  const { path, resolution } = await write(folder, imagery, KML, { area: square });
  const listed = gdal('gdalinfo', path('layer.kmz'));
  assert.match(listed, /Driver: KMLSUPEROVERLAY/);
  assert.ok((resolution[0] ?? 1) < 0.001);
  const [west, south, east, north] = cornersOf(path('layer.kmz'));
  const [ring = []] = square[0] ?? [];
  const bounds = [
    Math.min(...ring.map(([x = 0]) => x)),
    Math.min(...ring.map(([, y = 0]) => y)),
    Math.max(...ring.map(([x = 0]) => x)),
    Math.max(...ring.map(([, y = 0]) => y)),
  ];
  for (const [index, bound] of [west, south, east, north].entries())
    assert.ok(Math.abs((bound ?? 0) - (bounds[index] ?? 0)) < 0.0003, `${bound} ${bounds[index]}`);
});

function cornersOf(path: string): number[] {
  const { cornerCoordinates: corners } = gdalinfo(path);
  return [corners.lowerLeft[0], corners.lowerLeft[1], corners.upperRight[0], corners.upperRight[1]];
}

test('a GeoTIFF is cloud optimized, without loss, and keeps descriptions, units, scale and offset', async () => {
  const words =
    '<Description>temperature</Description><UnitType>K</UnitType><NoDataValue>2</NoDataValue><Offset>273.15</Offset><Scale>0.01</Scale><ColorInterp>Gray</ColorInterp>';
  const layer = await publish(worded('temperature.tif', words, 'Int16'), { kind: 'grid' });
  for (const [format, file] of [
    [GEOTIFF, 'layer.tif'],
    [ASCII_GRID, 'layer.asc'],
  ] as const) {
    for (const asked of [{}, { multiplier: 2 }, { crs: 'EPSG:32760' }]) {
      const { path } = await write(folder, layer, format, asked);
      const [band] = gdalinfo(path(file)).bands;
      assert.deepEqual(
        [band.unit, band.offset, band.scale, band.noDataValue],
        ['K', 273.15, 0.01, 2],
        `${format} ${JSON.stringify(asked)}`,
      );
      assert.equal(band.description, 'temperature');
    }
  }
  const { path } = await write(folder, elevation, GEOTIFF, { area: square });
  const { metadata } = gdalinfo(path('layer.tif'));
  assert.equal(metadata.IMAGE_STRUCTURE.LAYOUT, 'COG');
  assert.equal(metadata.IMAGE_STRUCTURE.COMPRESSION, 'DEFLATE');
  assert.equal(metadata.IMAGE_STRUCTURE.PREDICTOR, '3');
});

test('statistics are told where they are still true, and nowhere else', async () => {
  const statistics = (path: string) => gdalinfo(path).bands[0].metadata?.['']?.STATISTICS_MAXIMUM;
  assert.ok(statistics((await write(folder, imagery, PNG)).path('layer.png')));
  for (const asked of [{ area: square }, { multiplier: 2 }, { crs: 'EPSG:32760' }])
    assert.equal(statistics((await write(folder, imagery, PNG, asked)).path('layer.png')), undefined, JSON.stringify(asked));
});

test('signed bytes keep their sign', async () => {
  const plain = raster(folder, 'plain-signed.tif', { type: 'Byte', size: [60, 50], pixel: (x, y) => (x + y * 5) % 256 });
  const source = join(folder, 'signed.tif');
  gdal('gdal_translate', '-co', 'PIXELTYPE=SIGNEDBYTE', plain, source);
  const layer = await publish(source, { kind: 'grid' });
  assert.equal(layer.profile.bands[0]?.data_type, 'Int8');
  const { path } = await write(folder, layer, GEOTIFF, {
    area: areaOf(NZTM, [
      [1_600_103, 5_399_897],
      [1_600_404, 5_399_897],
      [1_600_103, 5_399_604],
    ]),
  });
  assert.match(gdal('gdalinfo', path('layer.tif')), /PIXELTYPE=SIGNEDBYTE/);
  const grid = await write(folder, layer, ASCII_GRID);
  const values = readFileSync(grid.path('layer.asc'), 'latin1')
    .split(/\r?\n/)
    .filter((line) => !/^[a-z]/i.test(line))
    .join(' ')
    .trim()
    .split(/\s+/)
    .map(Number);
  assert.deepEqual(values.slice(0, 5), [0, 1, 2, 3, 4]);
  assert.equal(Math.min(...values), -128);
  assert.match(grid.warnings.join(), /Signed bytes became 16-bit/);
});

test('imagery that was JPEG stays JPEG in a cropped GeoTIFF; elevation never is', async () => {
  const lossy = join(folder, 'lossy.tif');
  gdal('gdal_translate', '-of', 'COG', '-co', 'COMPRESS=JPEG', imageryFile, lossy);
  const layer = await publish(lossy);
  assert.equal(layer.profile.lossy, true);
  const { path } = await write(folder, layer, GEOTIFF, { area: square, crs: 'EPSG:32760' });
  const info = gdalinfo(path('layer.tif'));
  assert.match(info.metadata.IMAGE_STRUCTURE.COMPRESSION, /JPEG/);
  assert.deepEqual(info.bands[0].mask.flags, ['PER_DATASET']);
});

test('JPEG2000 takes numbers with a sign without loss only, where places without data stay what they are', async () => {
  const source = raster(folder, 'signed16.tif', {
    type: 'Int16',
    size: [90, 70],
    bands: 3,
    pixel: (x, y, band) => (x + y < 60 ? -9999 : wave(x, y, band)),
    args: ['-a_nodata', '-9999'],
  });
  const layer = await publish(source, { kind: 'raster' });
  const { path } = await write(folder, layer, JP2_LOSSLESS);
  assert.ok(pixels(path('layer.jp2')).equals(pixels(source)));
  assert.equal(gdalinfo(path('layer.jp2')).bands[2].noDataValue, -9999);
  const types = (mimetype: string) => {
    const format = findFormat('raster', mimetype);
    return format && isRasterFormat(format) ? format.raster.dataTypes : [];
  };
  assert.deepEqual([types(JP2).includes('Int16'), types(JP2_LOSSLESS).includes('Int16')], [false, true]);
});

test('a JPEG2000 file may be as thin as a pixel', async () => {
  for (const [columns, rows] of [
    [1100, 1],
    [3, 1500],
    [2, 2],
  ] as const) {
    const file = raster(folder, 'thin.tif', { type: 'Byte', size: [columns, rows], pixel: wave });
    const { path } = await write(folder, await publish(file, { kind: 'raster' }), JP2_LOSSLESS);
    assert.ok(pixels(path('layer.jp2')).equals(pixels(file)));
    const lossy = await write(folder, await publish(file, { kind: 'raster' }), JP2);
    assert.deepEqual(gdalinfo(lossy.path('layer.jp2')).size, [columns, rows]);
  }
});

test('a grey raster with places without data becomes colours with alpha in KML, which knows no grey with alpha', async () => {
  const layer = await publish(raster(folder, 'grey.tif', { type: 'Byte', size: [300, 300], pixel: wave }), { kind: 'raster' });
  const { path } = await write(folder, layer, KML, { multiplier: 2 });
  const { bands } = gdalinfo(path('layer.kmz'));
  assert.deepEqual(
    bands.map(({ colorInterpretation: colour }: { colorInterpretation: string }) => colour),
    ['Red', 'Green', 'Blue', 'Alpha'],
  );
  const [red, green, blue] = checksums(path('layer.kmz'));
  assert.ok(red && red === green && green === blue);
});

test('what else bands and images say of themselves is kept, and what a format does not keep is told', async () => {
  const plain = raster(folder, 'spectral-plain.tif', { type: 'Byte', size: [120, 90], bands: 3, pixel: wave, args: RGB });
  const virtual = join(folder, 'spectral.vrt');
  gdal('gdal_translate', '-of', 'VRT', plain, virtual);
  const long = `${'x'.repeat(62)}öy`;
  let band = 0;
  writeFileSync(
    virtual,
    readFileSync(virtual, 'utf8')
      .replace('<Metadata>', '<Metadata><MDI key="ACQUIRED">2026-01-02</MDI>')
      .replaceAll(
        '<ColorInterp>',
        () => `<Description>${long}</Description><Metadata><MDI key="wavelength">${443 + 100 * band++}</MDI></Metadata><ColorInterp>`,
      ),
  );
  const layer = await publish(virtual);
  assert.deepEqual(layer.profile.metadata, { ACQUIRED: '2026-01-02' });
  for (const [format, file, asked] of [
    [GEOTIFF, 'layer.tif', {}],
    [GEOTIFF, 'layer.tif', { crs: 'EPSG:32760' }],
    [PNG, 'layer.png', { area: square }],
    [JPEG, 'layer.jpg', { multiplier: 2 }],
    [JP2_LOSSLESS, 'layer.jp2', {}],
    [ERDAS, 'layer.img', {}],
  ] as const) {
    const { path, warnings } = await write(folder, layer, format, asked);
    const { metadata, bands } = gdalinfo(path(file));
    assert.equal(metadata[''].ACQUIRED, '2026-01-02', file);
    assert.deepEqual(
      bands.slice(0, 3).map((one: { metadata: Record<string, Record<string, string>> }) => one.metadata['']?.wavelength),
      ['443', '543', '643'],
      file,
    );
    assert.equal(bands[2].description, format === ERDAS ? 'x'.repeat(62) : long);
    if (format === ERDAS) {
      assert.match(warnings.join(), /Descriptions of bands have room for 63 bytes, and were cut there: band 1, 2, 3\./);
      assert.match(warnings.join(), /does not say what colours bands are: band 1 is red, band 2 is green, band 3 is blue\./);
    } else assert.doesNotMatch(warnings.join(), /description|colours/i);
  }
  assert.match((await write(folder, layer, KML)).warnings.join(), /KML keeps no descriptions, units, scales and other metadata/);
});

test('a table of ranges has a row for each of their values in ERDAS Imagine, or it is said that it has not', async () => {
  const { tableByValue } = await import('../../src/raster/attributes.ts');
  const columns = [
    { name: 'From', type: 'integer', usage: 'Min' },
    { name: 'To', type: 'integer', usage: 'Max' },
    { name: 'Zone', type: 'string', usage: 'Name' },
  ] as const;
  const table = {
    columns: [...columns],
    rows: [
      [1, 2, 'low'],
      [2, 4, 'high'],
    ],
  };
  assert.deepEqual(tableByValue(table, 'Byte')?.rows, [
    [0, 0, ''],
    [1, 2, 'low'],
    [1, 2, 'low'],
    [2, 4, 'high'],
    [2, 4, 'high'],
  ]);
  const bins = { columns: [columns[2]], rows: [['low'], ['high']], bins: { first: 1, size: 1.5 } };
  assert.deepEqual(tableByValue(bins, 'Byte')?.rows, [[''], ['low'], ['low'], ['high']]);
  assert.equal(tableByValue(table, 'Float32'), null);
  assert.equal(tableByValue({ ...table, rows: [[-1, 4, 'below']] }, 'Int16'), null);
  const negative = await publish(worded('negative.tif', TABLE.replace('<F>1</F>', '<F>-1</F>'), 'Int16'), { kind: 'rat' });
  const { warnings } = await write(folder, negative, ERDAS);
  assert.match(warnings.join(' '), /are of the values 0, 1, 2 and so on, and the values of this table are others/);
  assert.match(warnings.join(' '), /names of its own for columns of the attribute table: Class \(Class_Names\)/);
});
