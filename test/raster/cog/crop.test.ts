import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { MultiPolygon } from '../../../src/geometry/polygons.ts';
import { type CropResult, cropCog } from '../../../src/raster/cog/crop.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { differences, gdal, infoOf, pixelsOf, warped, writeCutline, writeRaw } from './pixels.ts';
import { cogErrors } from './validity.ts';

const [WIDTH, HEIGHT] = [1000, 760];

/** Something like terrain: slopes with noise on them, -1 to 1. */
function terrain(x: number, y: number, band: number): number {
  const noise = Math.imul((x * 73856093) ^ (y * 19349663) ^ (band * 83492791), 0x9e3779b1) >>> 16;
  return 0.6 * Math.sin(x / 190 + band) * Math.cos(y / 150) + 0.3 * Math.sin((x + y) / 37) + noise / 655360;
}

type Numbers = { [index: number]: number; buffer: ArrayBufferLike };

function raster<Values extends Numbers>(
  path: string,
  type: string,
  bands: number,
  values: Values,
  value: (x: number, y: number, band: number) => number,
): void {
  for (let band = 0, i = 0; band < bands; band++)
    for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) values[i++] = value(x, y, band);
  writeRaw(path, WIDTH, HEIGHT, type, new Uint8Array(values.buffer), bands);
}

/** A star with a hole, and an island, over the middle of the raster; with vertices of no round numbers. */
const STAR: MultiPolygon = [
  [ring(1500950.3, 5499250.7, 800.2, 550.9, 90), ring(1501000.1, 5499200.4, 160.3, 120.8, 17).reverse()],
  [ring(1501850.5, 5499850.2, 120.7, 90.1, 12)],
];

function ring(cx: number, cy: number, rx: number, ry: number, count: number): number[][] {
  const points = Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    const radius = 1 + 0.13 * Math.sin(7 * angle);
    return [cx + rx * radius * Math.cos(angle), cy + ry * radius * Math.sin(angle)];
  });
  return [...points, points[0] ?? []];
}

function box(west: number, south: number, east: number, north: number): MultiPolygon {
  return [
    [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ],
  ];
}

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
  /** Whether the output has a mask. */
  masked?: boolean;
  /** Of gdalwarp, which makes what is expected. */
  warp?: string[];
}

const COG = ['-of', 'COG', '-co', 'BLOCKSIZE=128', '-co', 'OVERVIEW_RESAMPLING=AVERAGE'];
const TILED = ['-of', 'GTiff', '-co', 'TILED=YES', '-co', 'BLOCKXSIZE=128', '-co', 'BLOCKYSIZE=128'];
const deflated = (predictor: string) => ['-co', 'COMPRESS=DEFLATE', '-co', `PREDICTOR=${predictor}`];

const CASES: Case[] = [
  { name: 'bytes with nodata', source: 'byte', options: [...COG, ...deflated('STANDARD'), '-a_nodata', '0'] },
  { name: 'bytes without nodata get a mask', source: 'byte', options: [...COG, ...deflated('STANDARD')], masked: true },
  { name: 'RGB without nodata gets a mask', source: 'rgb', options: [...COG, ...deflated('STANDARD')], masked: true },
  { name: 'RGBA', source: 'rgba', options: [...COG, ...deflated('STANDARD'), '-colorinterp', 'red,green,blue,alpha'] },
  {
    name: 'RGB with a mask of its own',
    source: 'rgba',
    options: [...COG, ...deflated('STANDARD'), '-b', '1', '-b', '2', '-b', '3', '-mask', '4'],
    masked: true,
  },
  { name: 'two bands of UInt16', source: 'uint16', options: [...COG, ...deflated('STANDARD'), '-a_nodata', '65535'] },
  { name: 'Int16', source: 'int16', options: [...COG, ...deflated('STANDARD'), '-a_nodata', '-32768'] },
  { name: 'Int32', source: 'int32', options: [...COG, ...deflated('STANDARD'), '-a_nodata', '-2147483648'] },
  {
    name: 'UInt32 in LZW',
    source: 'uint32',
    options: [...COG, '-co', 'COMPRESS=LZW', '-co', 'PREDICTOR=STANDARD', '-a_nodata', '4294967295'],
  },
  { name: 'Float32', source: 'float32', options: [...COG, ...deflated('FLOATING_POINT'), '-a_nodata', '-9999'] },
  { name: 'Float32 with horizontal differences', source: 'float32', options: [...COG, ...deflated('STANDARD'), '-a_nodata', '-9999'] },
  {
    name: 'Float32 in ZSTD',
    source: 'float32',
    options: [...COG, '-co', 'COMPRESS=ZSTD', '-co', 'PREDICTOR=FLOATING_POINT', '-a_nodata', '-9999'],
  },
  { name: 'Float32 with NaN as nodata', source: 'floatnan', options: [...COG, ...deflated('FLOATING_POINT'), '-a_nodata', 'nan'] },
  { name: 'Float64', source: 'float64', options: [...COG, ...deflated('FLOATING_POINT'), '-a_nodata', '-1e30'] },
  { name: 'Float64 with horizontal differences', source: 'float64', options: [...COG, ...deflated('STANDARD'), '-a_nodata', '-1e30'] },
  { name: 'LZW', source: 'rgb', options: [...COG, '-co', 'COMPRESS=LZW', '-co', 'PREDICTOR=STANDARD', '-a_nodata', '0'] },
  { name: 'LZW without a predictor', source: 'int16', options: [...COG, '-co', 'COMPRESS=LZW', '-a_nodata', '-32768'] },
  { name: 'not compressed', source: 'uint16', options: [...COG, '-co', 'COMPRESS=NONE', '-a_nodata', '0'] },
  { name: 'PackBits', source: 'classes', options: [...TILED, '-co', 'COMPRESS=PACKBITS', '-a_nodata', '0'] },
  { name: 'BigTIFF', source: 'byte', options: [...COG, ...deflated('STANDARD'), '-co', 'BIGTIFF=YES', '-a_nodata', '0'] },
  { name: 'big-endian integers', source: 'int16', options: [...TILED, '-co', 'ENDIANNESS=BIG', ...deflated('2'), '-a_nodata', '-32768'] },
  {
    name: 'big-endian floats',
    source: 'float64',
    options: [...TILED, '-co', 'ENDIANNESS=BIG', '-co', 'COMPRESS=LZW', '-co', 'PREDICTOR=3', '-a_nodata', '-1e30'],
  },
  { name: 'big-endian, not compressed', source: 'float32', options: [...TILED, '-co', 'ENDIANNESS=BIG', '-a_nodata', '-9999'] },
  { name: 'bands in planes', source: 'rgb', options: [...TILED, '-co', 'INTERLEAVE=BAND', ...deflated('2'), '-a_nodata', '0'] },
  { name: 'bands in planes, with a mask', source: 'rgb', options: [...TILED, '-co', 'INTERLEAVE=BAND', ...deflated('2')], masked: true },
];

const CROPS: { name: string; crop: MultiPolygon }[] = [
  { name: 'a star with a hole and an island', crop: STAR },
  { name: 'a box on pixel corners', crop: box(1500200, 5498600, 1501400, 5499200) },
  { name: 'a box on pixel centres', crop: box(1500201, 5498601, 1501401, 5499201) },
];

describe('a crop has the pixels that gdalwarp gives', () => {
  for (const { name, source, options, masked = false, warp = [] } of CASES) {
    test(name, async () => {
      const tif = at(`${source}-source.tif`);
      gdal('gdal_translate', '-q', ...options, at(`${source}.vrt`), tif);
      for (const { name: shape, crop } of CROPS) await sameAsWarped(tif, crop, masked, warp, shape);
    });
  }
});

async function sameAsWarped(source: string, crop: MultiPolygon, masked: boolean, warp: string[], shape: string): Promise<CropResult> {
  const [out, expected, cutline] = [at(`out-${++count}.tif`), at('expected.tif'), at('cutline.geojson')];
  const result = await cropCog({ source, crop, outPath: out });
  assert.equal(result.kind, 'cropped', JSON.stringify(result));
  assert.deepEqual(await cogErrors(out), []);
  writeCutline(cutline, crop);
  warped(source, out, cutline, expected, ...(masked ? ['-dstalpha'] : []), ...warp);
  const [made, wanted] = [pixelsOf(out, folder), pixelsOf(expected, folder)];
  if (masked) {
    const pixels = wanted.subarray(0, made.length);
    const alpha = wanted.subarray(made.length);
    assert.deepEqual(differences(pixelsOf(out, folder, '-b', 'mask'), alpha), { count: 0, first: -1 }, `mask of ${shape}`);
    // What is under the mask is not seen.
    for (let i = 0; i < made.length; i++) if (alpha[i % alpha.length] === 0) made[i] = pixels[i] ?? 0;
    assert.deepEqual(differences(made, pixels), { count: 0, first: -1 }, shape);
  } else if (infoOf(source).bands.length === 4) {
    const alpha = wanted.subarray((3 * wanted.length) / 4);
    for (let i = 0; i < (3 * made.length) / 4; i++) if (alpha[i % alpha.length] === 0) made[i] = wanted[i] ?? 0;
    assert.deepEqual(differences(made, wanted), { count: 0, first: -1 }, shape);
  } else assert.deepEqual(differences(made, wanted), { count: 0, first: -1 }, shape);
  const [a, b] = [infoOf(out), infoOf(expected)];
  assert.ok(a.geoTransform.every((value, index) => Math.abs(value - (b.geoTransform[index] ?? 0)) < 1e-6));
  assert.equal(a.coordinateSystem?.wkt, b.coordinateSystem?.wkt);
  return result;
}
let count = 0;
