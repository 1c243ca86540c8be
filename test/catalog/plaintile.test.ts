import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { arrange } from '../../src/catalog/publish/raster/arrange.ts';
import { storePlainTile } from '../../src/catalog/publish/raster/plaintile.ts';
import { openRasters } from '../../src/catalog/publish/raster/source.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { gdal, gdalinfo, type RasterOptions, raster } from '../fixtures/rasters.ts';
import { cogErrors } from '../raster/cog/validity.ts';

const folder = temporaryFolder();
const wave = (x: number, y: number, band = 0) => Math.round(100 + 90 * Math.sin(x / 9 + band) * Math.cos(y / 7));
let made = 0;

/** Stores a file as publishing does; null where it is GDAL's. */
async function store(source: string, resampling: 'average' | 'nearest' = 'average') {
  const { tiles } = await openRasters([source], { onProgress: () => {} });
  const [tile] = tiles;
  const [place] = arrange(tiles).places;
  assert.ok(tile && place);
  const path = join(folder, `stored-${++made}.tif`);
  const stored = await storePlainTile(tile, place, { resampling, crs: null, nodata: null }, path, undefined);
  assert.equal(existsSync(path), stored !== null);
  return stored && { ...stored, path };
}

/** The bytes of all pixels, of the full image or of an overview, from 0. */
function pixels(path: string, overview: number | null): Buffer {
  const raw = join(folder, 'pixels.bin');
  gdal('gdal_translate', '-of', 'ENVI', ...(overview === null ? [] : ['-oo', `OVERVIEW_LEVEL=${overview}`]), path, raw);
  return readFileSync(raw);
}

/** How many bytes are others. */
function differing(a: Buffer, b: Buffer): number {
  assert.equal(a.length, b.length);
  return a.reduce((count, byte, index) => count + (byte === b[index] ? 0 : 1), 0);
}

/** What GDAL says of a file, but for its name, its size and when it was written. */
function said(path: string): object {
  const { files: _, description: __, metadata, ...info } = gdalinfo(path);
  return { ...info, metadata: { ...metadata, '': { ...metadata[''], TIFFTAG_DATETIME: undefined } } };
}

const kinds: [string, RasterOptions & { nearest?: boolean }][] = [
  ['bytes in strips', { type: 'Byte', pixel: wave }],
  ['bytes in strips, of which the last is shorter', { type: 'Byte', size: [70, 50], pixel: wave, args: ['-co', 'BLOCKYSIZE=16'] }],
  ['bytes in tiles, by LZW', { type: 'Byte', pixel: wave, args: ['-co', 'TILED=YES', '-co', 'COMPRESS=LZW', '-co', 'PREDICTOR=2'] }],
  ['three colours of the other byte order', { type: 'UInt16', bands: 3, args: ['-co', 'ENDIANNESS=BIG', '-co', 'PHOTOMETRIC=RGB'] }],
  [
    'floats with nodata, a scale, a unit and words, with overviews',
    {
      type: 'Float32',
      size: [1200, 640],
      pixel: (x, y) => (x + y > 900 ? -9999 : wave(x, y)),
      args: '-a_nodata -9999 -a_scale 0.5 -a_offset 7 -mo AUTHOR=Māui -co COMPRESS=DEFLATE -co PREDICTOR=3 -co TILED=YES'.split(' '),
    },
  ],
  [
    'doubles that are NaN where they are nothing',
    { type: 'Float64', pixel: (x, y) => (x < 9 ? NaN : x / 7 + y), args: ['-a_nodata', 'nan'] },
  ],
  [
    'numbers with a sign, with overviews',
    { type: 'Int16', size: [1024, 1024], pixel: (x, y) => 3 * wave(x, y) - 400, args: ['-a_nodata', '-9999'] },
  ],
  ['classes, with overviews', { type: 'Byte', size: [1024, 600], pixel: (x) => (x >> 3) % 7, nearest: true }],
  ['wide numbers', { type: 'UInt32', pixel: (x, y) => 4_000_000_000 + x * y, args: ['-co', 'COMPRESS=PACKBITS'] }],
  ['many bands as pixels', { type: 'Byte', bands: 5, pixel: wave, args: ['-co', 'INTERLEAVE=PIXEL', '-co', 'PHOTOMETRIC=MINISBLACK'] }],
  [
    'colours and alpha',
    { type: 'Byte', bands: 4, pixel: wave, args: ['-co', 'INTERLEAVE=PIXEL', '-co', 'PHOTOMETRIC=RGB', '-co', 'ALPHA=YES'] },
  ],
  ['points', { type: 'Int16', args: ['-mo', 'AREA_OR_POINT=Point'] }],
  ['a BigTIFF', { type: 'Int16', args: ['-co', 'BIGTIFF=YES'] }],
];

describe('a plain tile is stored as GDAL would store it', () => {
  for (const [name, { nearest = false, ...options }] of kinds) {
    test(name, async () => {
      const interleaved = (options.bands ?? 1) > 1 && !options.args?.includes('INTERLEAVE=PIXEL') ? ['-co', 'INTERLEAVE=PIXEL'] : [];
      const source = raster(folder, 'source.tif', { ...options, args: [...(options.args ?? []), ...interleaved] });
      const resampling = nearest ? 'nearest' : 'average';
      const stored = await store(source, resampling);
      assert.ok(stored, 'it was left to GDAL');
      assert.deepEqual(await cogErrors(stored.path), []);
      assert.equal(stored.bytes, statSync(stored.path).size);
      const theirs = join(folder, 'theirs.tif');
      const layout = [
        'BLOCKSIZE=512',
        'OVERVIEWS=IGNORE_EXISTING',
        'COMPRESS=DEFLATE',
        'PREDICTOR=YES',
        `OVERVIEW_RESAMPLING=${resampling}`,
      ];
      gdal('gdal_translate', '-of', 'COG', ...layout.flatMap((option) => ['-co', option]), source, theirs);
      assert.deepEqual(said(stored.path), said(theirs));
      for (const level of [null, ...stored.overviews.keys()])
        assert.equal(differing(pixels(stored.path, level), pixels(theirs, level)), 0, `bytes of overview ${level}`);
    });
  }

  test('a palette', async () => {
    const plain = raster(folder, 'plain.tif', { type: 'Byte', pixel: (x, y) => (x + y) % 5 });
    const vrt = join(folder, 'palette.vrt');
    gdal('gdal_translate', '-of', 'VRT', plain, vrt);
    const entries = [0, 60, 120, 180, 240].map((red) => `<Entry c1="${red}" c2="${255 - red}" c3="9" c4="255"/>`).join('');
    const text = readFileSync(vrt, 'utf8').replace(
      /<ColorInterp>Gray<\/ColorInterp>/,
      `<ColorInterp>Palette</ColorInterp><ColorTable>${entries}</ColorTable>`,
    );
    const source = join(folder, 'palette.tif');
    gdal('gdal_translate', text, source);
    const stored = await store(source, 'nearest');
    assert.ok(stored);
    assert.deepEqual(gdalinfo(stored.path).bands[0].colorTable, gdalinfo(source).bands[0].colorTable);
    assert.equal(differing(pixels(stored.path, null), pixels(source, null)), 0);
  });
});

test('what is not plain is left to GDAL, and no file of it', async () => {
  const others: [string, RasterOptions][] = [
    ['one bit a pixel', { type: 'Byte', pixel: (x) => x % 2, args: ['-co', 'NBITS=1'] }],
    ['white at 0', { type: 'Byte', args: ['-co', 'PHOTOMETRIC=MINISWHITE'] }],
    ['JPEG', { type: 'Byte', args: ['-co', 'COMPRESS=JPEG'] }],
    ['planes', { type: 'Byte', bands: 3, args: ['-co', 'INTERLEAVE=BAND'] }],
    ['an odd size that has an overview', { type: 'Byte', size: [601, 300], pixel: wave }],
    ['blocks that are not kept', { type: 'Byte', size: [600, 512], pixel: () => 0, args: ['-co', 'SPARSE_OK=YES', '-co', 'TILED=YES'] }],
  ];
  for (const [name, options] of others) assert.equal(await store(raster(folder, 'other.tif', options)), null, name);
});
