import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { MultiPolygon } from '../../../src/geometry/polygons.ts';
import { type CropOptions, type CropResult, cropCog } from '../../../src/raster/cog/crop.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { differences, gdal, infoOf, pixelsOf, SAME, warped, writeCutline } from './pixels.ts';
import { box, HEIGHT, raster, STAR, terrain, WIDTH } from './rasters.ts';
import { cogErrors } from './validity.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

before(() => {
  const size = WIDTH * HEIGHT;
  const byte = (x: number, y: number, band: number) => Math.round(127 + 100 * terrain(x, y, band));
  raster(at('byte.vrt'), 'Byte', 1, new Uint8Array(size), byte);
  raster(at('rgb.vrt'), 'Byte', 3, new Uint8Array(3 * size), byte);
  raster(at('rgba.vrt'), 'Byte', 4, new Uint8Array(4 * size), (x, y, band) =>
    band < 3 ? byte(x, y, band) : (x - 450) ** 2 + (y - 350) ** 2 < 200_000 ? 255 : 0,
  );
  raster(at('uint16.vrt'), 'UInt16', 2, new Uint16Array(2 * size), (x, y, band) => Math.round(30000 + 25000 * terrain(x, y, band)));
  raster(at('int16.vrt'), 'Int16', 1, new Int16Array(size), (x, y) => (x % 97 === 0 ? -32768 : Math.round(3000 * terrain(x, y, 0))));
  raster(at('int32.vrt'), 'Int32', 1, new Int32Array(size), (x, y) => Math.round(2e9 * terrain(x, y, 0)));
  raster(at('uint32.vrt'), 'UInt32', 1, new Uint32Array(size), (x, y) => Math.round(2e9 + 1.9e9 * terrain(x, y, 0)));
  raster(at('float32.vrt'), 'Float32', 1, new Float32Array(size), (x, y) => (y % 101 === 0 ? -9999 : 800 * terrain(x, y, 0)));
  raster(at('floatnan.vrt'), 'Float32', 2, new Float32Array(2 * size), (x, y, band) =>
    y % 101 === 0 ? Number.NaN : 800 * terrain(x, y, band),
  );
  raster(at('float64.vrt'), 'Float64', 1, new Float64Array(size), (x, y) => (y % 101 === 0 ? -1e30 : Math.PI * terrain(x, y, 0)));
  raster(at('classes.vrt'), 'Byte', 1, new Uint8Array(size), (x, y) => Math.floor(4 + 3 * terrain(x, y, 0)));
});

interface Case {
  name: string;
  source: string;
  /** Of gdal_translate, which makes the source. */
  options: string[];
  /** How pixels outside are told: by nodata unless said. */
  hidden?: Hidden;
}

/** By nodata, an alpha band, the source's mask, or a mask of the output. */
type Hidden = 'nodata' | 'alpha' | 'own mask' | 'new mask';

const COG = ['-of', 'COG', '-co', 'BLOCKSIZE=128', '-co', 'OVERVIEW_RESAMPLING=AVERAGE'];
const TILED = ['-of', 'GTiff', '-co', 'TILED=YES', '-co', 'BLOCKXSIZE=128', '-co', 'BLOCKYSIZE=128'];
const deflated = (predictor: string) => ['-co', 'COMPRESS=DEFLATE', '-co', `PREDICTOR=${predictor}`];
const lzw = (predictor: string) => ['-co', 'COMPRESS=LZW', '-co', `PREDICTOR=${predictor}`];
const nodata = (value: string) => ['-a_nodata', value];
const RGBA = ['-colorinterp', 'red,green,blue,alpha'];
const MASKED = ['-b', '1', '-b', '2', '-b', '3', '-mask', '4'];

const CASES: Case[] = [
  { name: 'bytes with nodata', source: 'byte', options: [...COG, ...deflated('STANDARD'), ...nodata('0')] },
  { name: 'bytes without nodata', source: 'byte', options: [...COG, ...deflated('STANDARD')], hidden: 'new mask' },
  { name: 'RGB without nodata', source: 'rgb', options: [...COG, ...deflated('STANDARD')], hidden: 'new mask' },
  { name: 'RGBA', source: 'rgba', options: [...COG, ...deflated('STANDARD'), ...RGBA], hidden: 'alpha' },
  { name: 'RGB with a mask', source: 'rgba', options: [...COG, ...deflated('STANDARD'), ...MASKED], hidden: 'own mask' },
  { name: 'two bands of UInt16', source: 'uint16', options: [...COG, ...deflated('STANDARD'), ...nodata('65535')] },
  { name: 'Int16', source: 'int16', options: [...COG, ...deflated('STANDARD'), ...nodata('-32768')] },
  { name: 'Int32', source: 'int32', options: [...COG, ...deflated('STANDARD'), ...nodata('-2147483648')] },
  { name: 'Int64', source: 'int32', options: ['-ot', 'Int64', ...COG, ...deflated('STANDARD'), ...nodata('-2147483648')] },
  { name: 'floats of 16 bits', source: 'float32', options: [...TILED, '-co', 'NBITS=16', ...deflated('3'), ...nodata('-2048')] },
  { name: 'complex numbers', source: 'float32', options: ['-ot', 'CFloat32', ...TILED, ...deflated('1'), ...nodata('0')] },
  { name: 'UInt32 in LZW', source: 'uint32', options: [...COG, ...lzw('STANDARD'), ...nodata('4294967295')] },
  { name: 'Float32', source: 'float32', options: [...COG, ...deflated('FLOATING_POINT'), ...nodata('-9999')] },
  { name: 'Float32 with horizontal differences', source: 'float32', options: [...COG, ...deflated('STANDARD'), ...nodata('-9999')] },
  {
    name: 'Float32 in ZSTD',
    source: 'float32',
    options: [...COG, '-co', 'COMPRESS=ZSTD', '-co', 'PREDICTOR=FLOATING_POINT', ...nodata('-9999')],
  },
  { name: 'Float32 with NaN as nodata', source: 'floatnan', options: [...COG, ...deflated('FLOATING_POINT'), ...nodata('nan')] },
  { name: 'Float64', source: 'float64', options: [...COG, ...deflated('FLOATING_POINT'), ...nodata('-1e30')] },
  { name: 'Float64 with horizontal differences', source: 'float64', options: [...COG, ...deflated('STANDARD'), ...nodata('-1e30')] },
  { name: 'LZW', source: 'rgb', options: [...COG, ...lzw('STANDARD'), ...nodata('0')] },
  { name: 'LZW without a predictor', source: 'int16', options: [...COG, ...lzw('NO'), ...nodata('-32768')] },
  { name: 'what is not compressed', source: 'uint16', options: [...COG, '-co', 'COMPRESS=NONE', ...nodata('0')] },
  { name: 'PackBits', source: 'classes', options: [...TILED, '-co', 'COMPRESS=PACKBITS', ...nodata('0')] },
  { name: 'BigTIFF', source: 'byte', options: [...COG, ...deflated('STANDARD'), '-co', 'BIGTIFF=YES', ...nodata('0')] },
  { name: 'big-endian integers', source: 'int16', options: [...TILED, '-co', 'ENDIANNESS=BIG', ...deflated('2'), ...nodata('-32768')] },
  { name: 'big-endian floats', source: 'float64', options: [...TILED, '-co', 'ENDIANNESS=BIG', ...lzw('3'), ...nodata('-1e30')] },
  {
    name: 'big-endian floats that are not compressed',
    source: 'float32',
    options: [...TILED, '-co', 'ENDIANNESS=BIG', ...nodata('-9999')],
  },
  { name: 'bands in planes', source: 'rgb', options: [...TILED, '-co', 'INTERLEAVE=BAND', ...deflated('2'), ...nodata('0')] },
  {
    name: 'bands in planes without nodata',
    source: 'rgb',
    options: [...TILED, '-co', 'INTERLEAVE=BAND', ...deflated('2')],
    hidden: 'new mask',
  },
];

describe('a crop has the pixels that gdalwarp gives', () => {
  for (const { name, source, options, hidden = 'nodata' } of CASES)
    test(`of ${name}`, async () => {
      await sameAsWarped(made(source, ...options), STAR, hidden);
    });

  test('when its edges run along pixels, or through their centres', async () => {
    const source = made('byte', ...COG, ...deflated('STANDARD'), ...nodata('0'));
    for (const crop of [
      box(1500200, 5498600, 1501400, 5499200),
      box(1500201, 5498601, 1501401, 5499201),
      box(1500201, 5498602, 1501402, 5499203),
    ])
      await sameAsWarped(source, crop, 'nodata');
  });

  test('when its corners are on pixels, or on their centres', async () => {
    const source = made('byte', ...COG, ...deflated('STANDARD'), ...nodata('0'));
    const skyline = fc.array(fc.tuple(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 2, max: 900 })), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(skyline, fc.integer({ min: -100, max: 300 }), fc.boolean(), async (steps, from, slanted) => {
        // Towers side by side, with walls and roofs of whole and half pixels.
        let x = 1500000 + from;
        const start = x;
        const top = steps.flatMap(([width, height]) => {
          const left = x;
          x += width;
          return [
            [left, 5498500 + height],
            [slanted ? x - width / 2 : x, 5498500 + height],
          ];
        });
        const outline = [[start, 5498501], ...top, [x, 5498501], [start, 5498501]];
        // A hole in a yard of its own, with edges on the centres too.
        const hole = box(1500101, 5499521, 1500203, 5499641)[0]?.[0] ?? [];
        const yard = box(1500001, 5499501, 1500601, 5499701)[0]?.[0] ?? [];
        const turned = (ring: number[][]) => (from % 2 === 0 ? ring : ring.toReversed());
        await sameAsWarped(source, [[turned(outline)], [yard, turned(hole)]], 'nodata');
      }),
      { numRuns: 8, seed: 1, endOnFailure: true },
    );
  });

  test('of a raster that is turned, and of one whose points are pixel centres', async () => {
    const turned = at('turned.vrt');
    writeFileSync(
      turned,
      readFileSync(at('byte.vrt'), 'utf8').replace('1500000, 2, 0, 5500000, 0, -2', '1500300, 1.6, 0.5, 5499700, 0.4, -1.7'),
    );
    const source = at('turned.tif');
    gdal('gdal_translate', '-q', ...TILED, ...deflated('2'), ...nodata('0'), turned, source);
    const out = at('out-turned.tif');
    assert.equal((await cropCog({ source, crop: STAR, outPath: out })).kind, 'cropped');
    assert.deepEqual(await cogErrors(out), []);
    writeCutline(at('cutline.geojson'), STAR);
    // Warped onto the turned grid of the output itself.
    gdal('gdal_create', '-q', '-if', out, '-burn', '0', at('expected.tif'));
    gdal('gdalwarp', '-q', '-cutline', at('cutline.geojson'), source, at('expected.tif'));
    assert.deepEqual(differences(pixelsOf(out, folder, ...UPRIGHT), pixelsOf(at('expected.tif'), folder, ...UPRIGHT)), SAME);
    await sameAsWarped(made('byte', ...TILED, ...deflated('2'), ...nodata('0'), '-mo', 'AREA_OR_POINT=Point'), STAR, 'nodata');
  });
});

/** Makes a source of one of the rasters. */
function made(raster: string, ...options: string[]): string {
  const path = at(`source-${++count}.tif`);
  gdal('gdal_translate', '-q', ...options, at(`${raster}.vrt`), path);
  return path;
}

async function cropped(source: string, crop: MultiPolygon, more: Partial<CropOptions> = {}): Promise<{ out: string; result: CropResult }> {
  const out = at(`out-${++count}.tif`);
  const result = await cropCog({ source, crop, outPath: out, ...more });
  assert.equal(result.kind, 'cropped', JSON.stringify(result));
  assert.deepEqual(await cogErrors(out), []);
  return { out, result };
}

async function sameAsWarped(source: string, crop: MultiPolygon, hidden: Hidden): Promise<void> {
  const { out } = await cropped(source, crop);
  const [expected, cutline] = [at('expected.tif'), at('cutline.geojson')];
  writeCutline(cutline, crop);
  warped(source, out, cutline, expected, ...(hidden.endsWith('mask') ? ['-dstalpha'] : []));
  const [pixels, wanted] = [pixelsOf(out, folder), pixelsOf(expected, folder)];
  const bands = infoOf(out).bands.length;
  const size = hidden.endsWith('mask') ? pixels.length / bands : wanted.length / bands;
  if (hidden !== 'nodata') {
    const alpha = wanted.subarray(-size);
    // gdalwarp leaves a mask out of account when there is a cutline too.
    if (hidden === 'own mask') for (const [i, shown] of maskOf(source, out).entries()) if (shown === 0) alpha[i] = 0;
    if (hidden !== 'alpha') assert.deepEqual(differences(pixelsOf(out, folder, '-b', 'mask'), alpha), SAME);
    // What is not seen may be anything.
    const colours = hidden === 'alpha' ? pixels.length - size : pixels.length;
    for (let i = 0; i < colours; i++) if (alpha[i % size] === 0) pixels[i] = wanted[i] ?? 0;
  }
  assert.deepEqual(differences(pixels, wanted.subarray(0, pixels.length)), SAME);
  const [a, b] = [infoOf(out), infoOf(expected)];
  assert.ok(a.geoTransform.every((value, index) => Math.abs(value - (b.geoTransform[index] ?? 0)) < 1e-6));
  assert.equal(a.coordinateSystem?.wkt, b.coordinateSystem?.wkt);
}

/** Of gdal_translate, for a format that cannot say that a raster is turned. */
const UPRIGHT = ['-a_ullr', '0', '1', '1', '0'];
let count = 0;

/** The mask of a source where a part of it lies. */
function maskOf(source: string, part: string): Buffer {
  const [a, b] = [infoOf(source).geoTransform, infoOf(part)];
  const place = [0, 3].map((axis) => Math.round(((b.geoTransform[axis] ?? 0) - (a[axis] ?? 0)) / (axis === 0 ? 2 : -2)));
  return pixelsOf(source, folder, '-b', 'mask', '-srcwin', ...[...place, ...b.size].map(String));
}
