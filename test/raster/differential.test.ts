import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { findFormat, isRasterFormat } from '../../src/formats/registry.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { areaOf, type RasterLayer, rasterLayers, write } from '../fixtures/rasterlayers.ts';
import { gdal, gdalinfo } from '../fixtures/rasters.ts';
import { isMakeable, type MadeRaster, made, type Pixels, RANGES, RASTERS, type RandomRaster } from './randomraster.ts';
import { wordProblems } from './randomwords.ts';

// Random rasters, areas and formats: each pixel must be the one that it was, and all that is known of it be told or missed in a warning.
// RASTER_RUNS and RASTER_SEED make it longer, and another.
const RUNS = Number(process.env.RASTER_RUNS ?? 3);
const SEED = Number(process.env.RASTER_SEED ?? 20261126);

const folder = temporaryFolder();
const publish = await rasterLayers();

const PART = fc.integer({ min: -20, max: 120 }).map((percent) => percent / 100);
/** Whether a triangle is more than a line. */
const isWide = ([[x1, y1] = [0, 0], [x2, y2] = [0, 0], [x3, y3] = [0, 0]]: [number, number][]) =>
  Math.abs((x2 - x1) * (y3 - y1) - (x3 - x1) * (y2 - y1)) > 0.02;
const MIMETYPES = {
  tif: 'image/tiff;subtype=geotiff',
  png: 'image/png',
  jp2: 'image/jp2;compression=lossless',
  img: 'application/x-erdas-hfa',
  asc: 'application/x-ogc-aaigrid',
  jpg: 'image/jpeg',
} as const;
const ASKED = fc.record({
  format: fc.constantFrom('tif', 'tif', 'png', 'jp2', 'img', 'asc', 'jpg'),
  multiplier: fc.constantFrom(1, 1, 1, 2, 3, 4, 7, 16),
  crs: fc.constantFrom(null, null, null, 'EPSG:3857', 'EPSG:4326', 'EPSG:8857'),
  /** A triangle, by parts of the width and height; a box of whole pixels; one smaller than a pixel; or all. */
  area: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    {
      weight: 2,
      arbitrary: fc.record({
        by: fc.constant('triangle' as const),
        corners: fc.array(fc.tuple(PART, PART), { minLength: 3, maxLength: 3 }).filter(isWide),
      }),
    },
    { weight: 1, arbitrary: fc.record({ by: fc.constant('pixels' as const), from: fc.tuple(PART, PART), to: fc.tuple(PART, PART) }) },
    { weight: 1, arbitrary: fc.record({ by: fc.constant('speck' as const), at: fc.tuple(PART, PART) }) },
  ),
});
/** What the publisher says of one band. */
const KIND = fc.constantFrom(null, null, 'grid' as const, 'raster' as const);
/** What is asked of one raster. */
const SEVERAL = fc.array(ASKED, { minLength: 4, maxLength: 4 });
type Asked = typeof ASKED extends fc.Arbitrary<infer T> ? T : never;
type Point = readonly [number, number];

/** What GDAL makes of the source. */
const JUDGE = 'judge.tif';

/** The pixels of an export, or of what GDAL makes of the source. */
function read(path: string, bands: number, type: RandomRaster['type']): Pixels {
  const raw = join(folder, 'read.bin');
  const numbers = (args: string[]) => {
    gdal('gdal_translate', '-of', 'ENVI', '-ot', 'Float64', '-mask', 'none', ...args, path, raw);
    return new Float64Array(new Uint8Array(readFileSync(raw)).buffer);
  };
  const info = gdalinfo(path);
  const all = numbers(['-co', 'INTERLEAVE=BSQ', ...Array.from({ length: bands }, (_, band) => ['-b', String(band + 1)]).flat()]);
  // GDAL before 3.7 has no type for signed bytes, and its warper forgets their sign.
  if (type === 'Int8' && (info.bands[0].metadata?.IMAGE_STRUCTURE?.PIXELTYPE === 'SIGNEDBYTE' || path.endsWith(JUDGE)))
    for (const [at, value] of all.entries()) if (value > 127) all[at] = value - 256;
  const each = all.length / bands;
  // GDAL has no mask for the alpha of some kinds of JPEG 2000, nor of those with two or with four and more bands of data.
  const alpha = info.bands.findIndex(({ colorInterpretation: word }: { colorInterpretation: string }) => word === 'Alpha');
  const tells = alpha >= 0 ? numbers(['-b', String(alpha + 1)]) : null;
  const nodata = info.bands[0].noDataValue;
  // Nor for what is no data in signed bytes.
  const none = nodata === undefined || alpha >= 0 ? null : Number(String(nodata).replace('inf', 'Infinity'));
  const mask = tells ?? (none === null ? numbers(['-b', 'mask']) : null);
  const same = (value: number) => Object.is(value, none) || (info.bands[0].type === 'Float32' && Object.is(value, Math.fround(none ?? 0)));
  return {
    values: Array.from({ length: bands }, (_, band) => all.subarray(band * each, (band + 1) * each)),
    valid: Array.from({ length: each }, (_, at) => (mask ? mask[at] !== 0 : !same(all[at] ?? 0))),
  };
}

/** A ring with so many vertices that its edges are as good as straight in degrees too. */
function densified(ring: readonly Point[]): Point[] {
  return ring.flatMap(([x1, y1], index) => {
    const [x2, y2] = ring[(index + 1) % ring.length] ?? [x1, y1];
    return Array.from({ length: 30 }, (_, n): Point => [x1 + ((x2 - x1) * n) / 30, y1 + ((y2 - y1) * n) / 30]);
  });
}

/** Where the middle of a pixel lies: `edge` where it is too near to the outline to tell. All in pixels. */
function placeOf(ring: readonly Point[], x: number, y: number): 'inside' | 'outside' | 'edge' {
  let odd = false;
  for (let i = 0; i < ring.length; i++) {
    const [[x1, y1], [x2, y2]] = [ring[i] ?? [0, 0], ring[(i + 1) % ring.length] ?? [0, 0]];
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const along = Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length ** 2));
    if (Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1)) < 0.05) return 'edge';
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) odd = !odd;
  }
  return odd ? 'inside' : 'outside';
}

/** The outline of what is asked for, in pixels of the source; null: all. */
function outlineOf(area: Asked['area'], [columns, rows]: readonly [number, number]): Point[] | null {
  if (area === null) return null;
  const at = ([x, y]: Point): Point => [x * columns, y * rows];
  if (area.by === 'triangle') return area.corners.map(at);
  if (area.by === 'speck') {
    const [x, y] = at(area.at).map((value) => Math.floor(value) + 0.2) as [number, number];
    return [
      [x, y],
      [x + 0.2, y],
      [x + 0.2, y + 0.3],
      [x, y + 0.3],
    ];
  }
  const [[x1, y1], [x2, y2]] = [at(area.from), at(area.to)].map(([x, y]) => [Math.round(x), Math.round(y)] as const) as [Point, Point];
  const [left, right, top, bottom] = [Math.min(x1, x2), Math.max(x1, x2) + 1, Math.min(y1, y2), Math.max(y1, y2) + 1];
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

/** The same in degrees. */
function areaIn({ crs, corner, resolution }: MadeRaster, outline: readonly Point[]): MultiPolygon {
  const ring = densified(outline).map(([x, y]): Point => [corner[0] + x * resolution[0], corner[1] - y * resolution[1]]);
  return crs === 'EPSG:4326' ? [[[...ring, ...ring.slice(0, 1)].map(([x, y]) => [x, y])]] : areaOf(crs, ring);
}

async function compare(source: RandomRaster, file: MadeRaster, layer: RasterLayer, asked: Asked, dir: string): Promise<string> {
  const dataBands = file.pixels.values.length;
  const format = findFormat(layer.profile.kind, MIMETYPES[asked.format]);
  if (!format || !isRasterFormat(format)) return 'no such format';
  if (layer.profile.bands.some(({ data_type: type }) => !format.raster.dataTypes.includes(type))) return 'no such format';
  const outline = outlineOf(asked.area, source.size);
  const result = await write(folder, layer, MIMETYPES[asked.format], {
    ...(outline ? { area: areaIn(file, outline) } : {}),
    ...(asked.crs ? { crs: asked.crs } : {}),
    multiplier: asked.multiplier,
  }).catch((error: unknown) => {
    if (error instanceof Error && /Nothing of this layer|cut open where/.test(error.message)) return null;
    throw error;
  });
  // A small one that is torn is long already.
  if (result && asked.crs === 'EPSG:8857' && source.place === 'antimeridian') {
    rmSync(result.dir, { recursive: true });
    return 'looked at';
  }
  if (!result) return outline && asked.crs === null ? nothing(outline, source.size) : 'nothing';
  const path = join(dir, `layer.${asked.format}`);
  // Beside one another, as in the archive: a stored tile is where it is stored.
  for (const { name, content } of result.files) copyFileSync(content, join(dir, name));
  rmSync(result.dir, { recursive: true });
  const bands = Math.min(dataBands, format.raster.bands === 'picture' ? (dataBands >= 3 ? 3 : 1) : dataBands);
  const problems = wordProblems(file, layer.profile, { path, bands, asked, warnings: result.warnings });
  assert.deepEqual(problems, []);
  const expands = layer.profile.bands[0]?.palette && gdalinfo(path).bands[0].colorInterpretation !== 'Palette';
  if (asked.format === 'jpg' || expands) return 'looked at';
  return asked.crs && asked.crs !== layer.profile.crs.id
    ? compareMoved(source, file, layer, path, { bands, asked, outline })
    : compareOwn(source, file, layer, read(path, bands, source.type), path, { asked, outline });
}

/** Nothing was written: rightly so where the area lies beside. */
function nothing(outline: readonly Point[], [columns, rows]: readonly [number, number]): string {
  const [xs, ys] = [outline.map(([x]) => x), outline.map(([, y]) => y)];
  const inside = Math.min(...xs) < columns - 0.01 && Math.max(...xs) > 0.01 && Math.min(...ys) < rows - 0.01 && Math.max(...ys) > 0.01;
  // A triangle may lie beside a corner.
  assert.ok(!inside || outline.length === 3, 'nothing was written');
  return 'nothing';
}

/** Each pixel is the one that it was, or the mean or one of those that it covers. */
function compareOwn(
  source: RandomRaster,
  file: MadeRaster,
  layer: RasterLayer,
  found: Pixels,
  path: string,
  { asked: { multiplier }, outline }: { asked: Asked; outline: readonly Point[] | null },
): string {
  const { geoTransform, size: got } = gdalinfo(path);
  const { size } = source;
  const [dx, dy] = file.resolution;
  const [left, top] = [(geoTransform[0] - file.corner[0]) / dx, (file.corner[1] - geoTransform[3]) / dy];
  for (const [value, whole] of [
    [left, Math.round(left)],
    [top, Math.round(top)],
    [geoTransform[1] / dx / multiplier, 1],
    [-geoTransform[5] / dy / multiplier, 1],
  ] as const)
    assert.ok(Math.abs(value - whole) < 1e-3, `it lies at ${String(geoTransform)}`);
  const isThin = ([0, 1] as const).some(
    (axis) => outline && Math.max(...outline.map((at) => at[axis])) - Math.min(...outline.map((at) => at[axis])) < multiplier,
  );
  // Values are averaged where that makes sense.
  const averages = layer.profile.kind !== 'rat' && !file.palette && source.type !== 'Int8';
  let compared = 0;
  for (let at = 0; at < found.valid.length; at++) {
    const [x, y] = [Math.round(left) + (at % got[0]) * multiplier, Math.round(top) + Math.floor(at / got[0]) * multiplier];
    const place = outline ? placeOf(outline, x + multiplier / 2, y + multiplier / 2) : 'inside';
    if (place === 'edge') continue;
    // The pixels of the source that it is made of, as long as there are all of them.
    const from = Array.from({ length: multiplier ** 2 }, (_, n) => [x + (n % multiplier), y + Math.floor(n / multiplier)] as const);
    if (from.some(([column, row]) => column < 0 || row < 0 || column >= size[0] || row >= size[1])) continue;
    const indexes = from.map(([column, row]) => row * size[0] + column);
    const filled: number = indexes.filter((index) => file.pixels.valid[index]).length;
    if (filled > 0 && filled < indexes.length) continue;
    // An area thinner than a pixel keeps those that it touches.
    const expected: boolean = (isThin ? (found.valid[at] ?? false) : place === 'inside') && filled > 0;
    assert.equal(found.valid[at], expected, `pixel ${at} (${x}, ${y}) has data`);
    if (!expected) continue;
    for (const [band, values] of found.values.entries()) {
      const all = indexes.map((index) => file.pixels.values[band]?.[index] ?? 0);
      const read = values[at] ?? Number.NaN;
      // Text is read as wider numbers.
      const value = source.type === 'Float32' ? Math.fround(read) : read;
      if (!averages) assert.ok(all.includes(value), `band ${band + 1} of pixel ${at} (${x}, ${y}) is ${value}, not one of ${all}`);
      else {
        const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
        // Means of means, in numbers of 32 bits, rounded once for each overview.
        const most =
          multiplier === 1
            ? 0
            : (source.type.startsWith('Float') ? 0 : Math.log2(multiplier)) +
              Math.abs(mean) * 1e-6 +
              (RANGES[source.type][1] - RANGES[source.type][0]) * 1e-6;
        assert.ok(Math.abs(value - mean) <= most, `band ${band + 1} of pixel ${at} (${x}, ${y}) is ${value}, not ${mean}`);
      }
      compared++;
    }
  }
  return compared > 0 ? 'compared' : 'empty';
}

/** In another CRS pixels are what GDAL's warper makes of the source. */
function compareMoved(
  source: RandomRaster,
  file: MadeRaster,
  { profile }: RasterLayer,
  path: string,
  { bands, asked: { crs, multiplier }, outline }: { bands: number; asked: Asked; outline: readonly Point[] | null },
): string {
  const { geoTransform, size } = gdalinfo(path);
  if (multiplier !== 1 || outline || !crs) return 'looked at';
  const [x, dx, , y, , dy] = geoTransform;
  const judge = join(folder, 'one', JUDGE);
  const nearest = profile.kind === 'rat' || file.palette !== null || source.type === 'Int8';
  const grid = ['-te', x, y + dy * size[1], x + dx * size[0], y, '-ts', ...size].map(String);
  const says = ['nodata', 'nan', 'infinite'].includes(source.emptiness);
  const exact = ['-novshift', '-et', '0', '-wo', 'XSCALE=1', '-wo', 'YSCALE=1', ...(says ? [] : ['-dstalpha'])];
  gdal('gdalwarp', '-overwrite', '-r', nearest ? 'near' : 'bilinear', '-t_srs', crs, ...grid, ...exact, file.path, judge);
  const [found, theirs] = [read(path, bands, source.type), read(judge, bands, source.type)];
  const range = RANGES[source.type][1] - RANGES[source.type][0];
  let [off, compared] = [0, 0];
  for (const [at, valid] of theirs.valid.entries()) {
    if (found.valid[at] !== valid) off++;
    else if (valid)
      for (const [band, values] of found.values.entries()) {
        compared++;
        const apart = Math.abs((values[at] ?? 0) - (theirs.values[band]?.[at] ?? 0));
        // A hundredth of a pixel beside.
        if (!(apart <= (nearest ? 0 : 1 + 0.03 * range))) off++;
      }
  }
  assert.ok(off <= 4 + 0.03 * theirs.valid.length, `${off} of ${theirs.valid.length} pixels are not as gdalwarp has them`);
  return compared > 0 ? 'compared' : 'empty';
}

test(`random rasters keep their pixels, and what is known of them (seed ${SEED})`, { timeout: 7_200_000 }, async () => {
  const outcomes = new Map<string, number>();
  const differences: string[] = [];
  const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  await fc.assert(
    fc.asyncProperty(RASTERS, KIND, SEVERAL, async (source, kind, several) => {
      fc.pre(isMakeable(source));
      const dir = join(folder, 'one');
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir);
      const file = made(source, dir);
      const isAlone = file.pixels.values.length === 1 && source.emptiness !== 'alpha' && source.table === 'none';
      const layer = await publish(file.path, kind && isAlone ? { kind } : {});
      for (const asked of several) {
        const into = join(dir, 'export');
        mkdirSync(into);
        const outcome = await compare(source, file, layer, asked, into).catch((error: unknown) => {
          differences.push(`${error instanceof Error ? error.message : error}\n${JSON.stringify({ source, kind, asked })}`);
          return 'different';
        });
        count(outcome);
        rmSync(into, { recursive: true });
      }
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true, maxSkipsPerRun: 1000 },
  );
  if (RUNS > 20) console.log(Object.fromEntries(outcomes));
  assert.equal(differences.join('\n\n'), '');
  assert.ok((outcomes.get('compared') ?? 0) >= RUNS / 2, JSON.stringify(Object.fromEntries(outcomes)));
});
