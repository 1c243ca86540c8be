import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { PublishError } from '../../src/catalog/publish/failure.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { areaOf, rasterLayers, write } from '../fixtures/rasterlayers.ts';
import { gdal, gdalinfo, raster } from '../fixtures/rasters.ts';

// Random rasters, areas and formats: each pixel must be the one that it was. RASTER_RUNS and RASTER_SEED make it longer, and another.
const RUNS = Number(process.env.RASTER_RUNS ?? 8);
const SEED = Number(process.env.RASTER_SEED ?? 20261126);

const folder = temporaryFolder();
const publish = await rasterLayers();
const NZTM = 'EPSG:2193';
const [LEFT, TOP, STEP] = [1_600_000, 5_400_000, 10];
/** The smallest and the largest value of each type that is tried. */
const RANGES = {
  Byte: [0, 255],
  UInt16: [0, 65_535],
  Int16: [-32_768, 32_767],
  Int32: [-2_000_000_000, 2_000_000_000],
  UInt32: [0, 4_000_000_000],
  Float32: [-5e4, 5e4],
  Float64: [-1e12, 1e12],
} as const;
type Type = keyof typeof RANGES;

const RASTERS = fc.record({
  type: fc.constantFrom(...(Object.keys(RANGES) as Type[])),
  bands: fc.integer({ min: 1, max: 5 }),
  size: fc.tuple(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 700 })),
  /** What says where there are no data. */
  emptiness: fc.constantFrom('nothing', 'nodata', 'nan', 'infinite', 'mask', 'alpha'),
  layout: fc.constantFrom<string[]>(
    [],
    ['-co', 'TILED=YES'],
    ['-co', 'COMPRESS=LZW', '-co', 'PREDICTOR=2'],
    ['-co', 'COMPRESS=DEFLATE', '-co', 'TILED=YES'],
    ['-co', 'INTERLEAVE=BAND'],
  ),
  bit: fc.boolean(),
  southUp: fc.boolean(),
  scale: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1e6 }),
});
const PART = fc.integer({ min: -20, max: 120 }).map((percent) => percent / 100);
/** Whether a triangle is more than a line. */
const isWide = ([[x1, y1] = [0, 0], [x2, y2] = [0, 0], [x3, y3] = [0, 0]]: [number, number][]) =>
  Math.abs((x2 - x1) * (y3 - y1) - (x3 - x1) * (y2 - y1)) > 0.02;
const ASKED = fc.record({
  format: fc.constantFrom('tif', 'tif', 'png', 'jp2', 'img', 'asc'),
  multiplier: fc.constantFrom(1, 1, 1, 2, 3),
  /** Corners in parts of the width and height; null: all. */
  area: fc.option(fc.array(fc.tuple(PART, PART), { minLength: 3, maxLength: 3 }).filter(isWide), { freq: 3 }),
});
const MIMETYPES = {
  tif: 'image/tiff;subtype=geotiff',
  png: 'image/png',
  jp2: 'image/jp2;compression=lossless',
  img: 'application/x-erdas-hfa',
  asc: 'application/x-ogc-aaigrid',
} as const;

type Source = typeof RASTERS extends fc.Arbitrary<infer T> ? T : never;
type Asked = typeof ASKED extends fc.Arbitrary<infer T> ? T : never;

/** Whether a format holds such pixels, so that it may be asked for. */
function holds(format: Asked['format'], { type, bands, emptiness }: Source, kind: 'raster' | 'grid'): boolean {
  if (format === 'asc') return kind === 'grid';
  if (format === 'tif') return true;
  if (kind === 'grid') return false;
  if (format === 'img') return true;
  const values = emptiness === 'alpha' ? bands - 1 : bands;
  if (format === 'png') return (type === 'Byte' || type === 'UInt16') && (values === 1 || values === 3);
  return type === 'Byte' || type === 'UInt16' || (type === 'Int16' && emptiness !== 'alpha' && emptiness !== 'mask');
}

/** The pixels of a raster, and which of them have data. */
interface Pixels {
  values: Float64Array[];
  valid: boolean[];
}

function read(path: string, bands: number): Pixels {
  const raw = join(folder, 'read.bin');
  const numbers = (args: string[]) => {
    gdal('gdal_translate', '-of', 'ENVI', '-ot', 'Float64', ...args, path, raw);
    return new Float64Array(new Uint8Array(readFileSync(raw)).buffer);
  };
  const values = Array.from({ length: bands }, (_, band) => numbers(['-mask', 'none', '-b', String(band + 1)]));
  // GDAL has no mask for the alpha of some kinds of JPEG 2000.
  const alpha = gdalinfo(path).bands.findIndex(({ colorInterpretation: word }: { colorInterpretation: string }) => word === 'Alpha');
  const tells = alpha < 0 ? 'mask' : String(alpha + 1);
  return { values, valid: [...numbers(['-mask', 'none', '-b', tells])].map((mask) => mask !== 0) };
}

function made(source: Source): { path: string; pixels: Pixels; dataBands: number } | null {
  const { type, size, layout, southUp, scale, seed } = source;
  const integer = !type.startsWith('Float');
  if (source.emptiness === 'nan' && integer) return null;
  if (source.emptiness === 'infinite' && integer) return null;
  if (source.emptiness === 'alpha' && (source.bands < 2 || !(type === 'Byte' || type === 'UInt16'))) return null;
  if (source.bit && (type !== 'Byte' || source.bands > 1 || source.emptiness !== 'nothing' || layout.includes('PREDICTOR=2'))) return null;
  if (!integer && layout.includes('PREDICTOR=2')) return null;
  const [low, high] = source.bit ? [0, 1] : RANGES[type];
  const none = {
    nodata: type === 'Byte' || type === 'UInt16' || type === 'UInt32' ? 0 : -9999,
    nan: Number.NaN,
    infinite: -Infinity,
    nothing: 0,
    mask: 0,
    alpha: 0,
  }[source.emptiness];
  const chance = (x: number, y: number, band: number) => {
    let bits = Math.imul(x + 1, 0x9e3779b1) ^ Math.imul(y + 1, 0x85ebca77) ^ Math.imul(band + seed, 0xc2b2ae3d);
    bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
    return ((bits ^ (bits >>> 13)) >>> 0) / 2 ** 32;
  };
  const isEmpty = (x: number, y: number) => source.emptiness !== 'nothing' && (Math.floor(x / 9) + Math.floor(y / 7) + seed) % 4 === 0;
  const value = (x: number, y: number, band: number) => {
    const exact = low + chance(x, y, band) * (high - low);
    const rounded = integer ? Math.round(exact) : type === 'Float32' ? Math.fround(exact) : exact;
    // The value of places without data is no other's.
    return rounded === none ? rounded + 1 : rounded;
  };
  const tells = source.emptiness === 'mask' ? source.bands : source.emptiness === 'alpha' ? source.bands - 1 : -1;
  const full = type === 'UInt16' ? 65_535 : 255;
  const pixel = (x: number, y: number, band: number) => {
    if (band === tells) return isEmpty(x, y) ? 0 : full;
    return ['nodata', 'nan', 'infinite'].includes(source.emptiness) && isEmpty(x, y) ? none : value(x, y, band);
  };
  const dataBands = source.emptiness === 'alpha' ? source.bands - 1 : source.bands;
  const words = { nodata: String(none), nan: 'nan', infinite: '-inf' }[source.emptiness as 'nodata'];
  const interpretations = Array.from({ length: dataBands }, (_, band) => (dataBands === 3 ? ['red', 'green', 'blue'][band] : 'undefined'));
  const args = [
    ...layout,
    ...(words === undefined ? [] : ['-a_nodata', words]),
    ...(scale ? ['-a_scale', '0.5', '-a_offset', '3'] : []),
    ...(source.bit ? ['-co', 'NBITS=1'] : []),
    ...(source.emptiness === 'alpha'
      ? ['-colorinterp', [...interpretations, 'alpha'].join(',')]
      : dataBands === 3
        ? ['-colorinterp', 'red,green,blue']
        : []),
    ...(source.emptiness === 'mask'
      ? [
          ...Array.from({ length: dataBands }, (_, band) => ['-b', String(band + 1)]).flat(),
          '-mask',
          String(dataBands + 1),
          '--config',
          'GDAL_TIFF_INTERNAL_MASK',
          'YES',
        ]
      : []),
  ];
  const [, rows] = size;
  const place: [number, number, number, number] = southUp ? [LEFT, TOP - rows * STEP, STEP, -STEP] : [LEFT, TOP, STEP, STEP];
  const bands = source.emptiness === 'mask' ? source.bands + 1 : source.bands;
  const path = raster(folder, 'source.tif', { type, size, bands, pixel, place, args });
  const seen = (y: number) => (southUp ? rows - 1 - y : y);
  const all = Array.from({ length: size[0] * rows }, (_, at) => [at % size[0], seen(Math.floor(at / size[0]))] as const);
  return {
    path,
    dataBands,
    pixels: {
      values: Array.from({ length: dataBands }, (_, band) => Float64Array.from(all, ([x, y]) => value(x, y, band))),
      valid: all.map(([x, y]) => !isEmpty(x, y)),
    },
  };
}

/** A ring with so many vertices that its edges are as good as straight in degrees too. */
function densified(ring: readonly [number, number][]): [number, number][] {
  return ring.flatMap(([x1, y1], index) => {
    const [x2, y2] = ring[(index + 1) % ring.length] ?? [x1, y1];
    return Array.from({ length: 30 }, (_, n): [number, number] => [x1 + ((x2 - x1) * n) / 30, y1 + ((y2 - y1) * n) / 30]);
  });
}

/** Where the middle of a pixel lies: `edge` where it is too near to the outline to tell. */
function placeOf(ring: readonly (readonly [number, number])[], x: number, y: number): 'inside' | 'outside' | 'edge' {
  let odd = false;
  for (let i = 0; i < ring.length; i++) {
    const [[x1, y1], [x2, y2]] = [ring[i] ?? [0, 0], ring[(i + 1) % ring.length] ?? [0, 0]];
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const along = Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length ** 2));
    if (Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1)) < STEP / 20) return 'edge';
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) odd = !odd;
  }
  return odd ? 'inside' : 'outside';
}

async function compare(source: Source, { format, multiplier, area }: Asked): Promise<string> {
  const file = made(source);
  if (!file) return 'no such raster';
  const kind = file.dataBands > 1 || (source.type === 'Byte' && !source.scale) || source.emptiness === 'alpha' ? 'raster' : 'grid';
  if (!holds(format, source, kind)) return 'no such format';
  const layer = await publish(file.path, { kind });
  const { size, seed: _ } = source;
  const ring = area?.map(([x, y]): [number, number] => [LEFT + x * size[0] * STEP, TOP - y * size[1] * STEP]);
  // An area thinner than a pixel keeps all pixels that it touches.
  const isThin = ([0, 1] as const).some(
    (axis) => ring && Math.max(...ring.map((at) => at[axis])) - Math.min(...ring.map((at) => at[axis])) < STEP * multiplier,
  );
  if (isThin) return 'no such format';
  const crop: MultiPolygon | null = ring ? areaOf(NZTM, densified(ring)) : null;
  const result = await write(folder, layer, MIMETYPES[format], { ...(crop ? { area: crop } : {}), multiplier }).catch((error: unknown) => {
    if (error instanceof Error && /Nothing of this layer/.test(error.message)) return null;
    throw error;
  });
  if (!result) return 'nothing';
  const path = result.path(`layer.${format}`);
  const { geoTransform, size: got } = gdalinfo(path);
  const side = STEP * multiplier;
  assert.ok(Math.abs(geoTransform[1] - side) < 1e-6 && Math.abs(geoTransform[5] + side) < 1e-6, String(geoTransform));
  const picture = format === 'png';
  const found = read(path, picture ? Math.min(3, file.dataBands) : file.dataBands);
  const [left, top] = [Math.round((geoTransform[0] - LEFT) / STEP), Math.round((TOP - geoTransform[3]) / STEP)];
  let compared = 0;
  for (let at = 0; at < found.valid.length; at++) {
    const [x, y] = [left + (at % got[0]) * multiplier, top + Math.floor(at / got[0]) * multiplier];
    const place = ring ? placeOf(ring, LEFT + (x + multiplier / 2) * STEP, TOP - (y + multiplier / 2) * STEP) : 'inside';
    if (place === 'edge') continue;
    // The pixels of the source that it is made of, as long as there are all of them.
    const from = Array.from({ length: multiplier ** 2 }, (_, n) => [x + (n % multiplier), y + Math.floor(n / multiplier)] as const);
    if (from.some(([column, row]) => column < 0 || row < 0 || column >= size[0] || row >= size[1])) continue;
    const indexes = from.map(([column, row]) => row * size[0] + column);
    const filled: number = indexes.filter((index) => file.pixels.valid[index]).length;
    if (filled > 0 && filled < indexes.length) continue;
    const expected: boolean = place === 'inside' && filled > 0;
    assert.equal(found.valid[at], expected, `pixel ${at} (${x}, ${y}) has data`);
    if (!expected) continue;
    for (const [band, values] of found.values.entries()) {
      const mean = indexes.reduce((sum, index) => sum + (file.pixels.values[band]?.[index] ?? 0), 0) / indexes.length;
      // Means of means, in numbers of 32 bits, rounded once for each overview.
      const most =
        multiplier === 1
          ? 0
          : (source.type.startsWith('Float') ? 0 : 1) + Math.abs(mean) * 1e-6 + (RANGES[source.type][1] - RANGES[source.type][0]) * 1e-6;
      const read = values[at] ?? Number.NaN;
      // Text is read as wider numbers.
      const value = source.type === 'Float32' ? Math.fround(read) : read;
      assert.ok(Math.abs(value - mean) <= most, `band ${band + 1} of pixel ${at} (${x}, ${y}) is ${value}, not ${mean}`);
      compared++;
    }
  }
  rmSync(result.dir, { recursive: true });
  return compared > 0 ? 'compared' : 'empty';
}

test(`random rasters keep their pixels (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(RASTERS, ASKED, async (source, asked) => {
      const outcome = await compare(source, asked).catch((error: unknown) => {
        if (error instanceof PublishError) return `refused: ${error.message}`;
        throw error;
      });
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      fc.pre(outcome !== 'no such raster' && outcome !== 'no such format');
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true, maxSkipsPerRun: 1000 },
  );
  if (RUNS > 20) console.log(Object.fromEntries(outcomes));
  assert.ok((outcomes.get('compared') ?? 0) > RUNS / 4, JSON.stringify(Object.fromEntries(outcomes)));
});
