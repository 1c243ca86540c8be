import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AlikeRasters } from '../../src/catalog/publish/raster/alike.ts';
import { measureBlocks } from '../../src/catalog/publish/raster/blocks.ts';
import { statisticsOf } from '../../src/catalog/publish/raster/moments.ts';
import { describeRaster } from '../../src/gdal/describeraster.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { gdal, type RasterOptions, raster } from '../fixtures/rasters.ts';

const folder = temporaryFolder();

describe('a tile of few blocks is measured as GDAL measures it', () => {
  const kinds: [string, RasterOptions & { nodata?: string; alpha?: number }][] = [
    ['bytes', { type: 'Byte', pixel: (x, y) => (x * 3 + y) % 256 }],
    [
      'floats, of which some are nodata and some are none',
      {
        type: 'Float32',
        pixel: (x, y) => (x < 9 ? -9999 : x === 20 ? Number.NaN : x / 7 + y),
        args: ['-a_nodata', '-9999'],
        nodata: '-9999',
      },
    ],
    ['three bands', { type: 'UInt16', bands: 3 }],
    ['signed numbers of several blocks', { type: 'Int16', size: [700, 530], pixel: (x, y) => x * 5 - y * 7 }],
  ];
  for (const [name, { nodata, ...options }] of kinds) {
    test(name, async () => {
      const plain = raster(folder, 'plain.tif', options);
      const cog = join(folder, `${options.type}.tif`);
      gdal('gdal_translate', '-of', 'COG', '-co', 'COMPRESS=DEFLATE', '-co', 'PREDICTOR=YES', plain, cog);
      const bands = options.bands ?? 1;
      const layout = { width: 0, type: options.type ?? 'Int16', nodata: Array(bands).fill(nodata ?? null), alpha: null, masked: false };
      const moments = await measureBlocks(cog, layout);
      assert.ok(moments, 'it was left to GDAL');
      const said = JSON.parse(gdal('gdalinfo', '-json', '-stats', '--config', 'GDAL_PAM_ENABLED', 'NO', cog));
      for (const [index, { minimum, maximum, mean, stdDev }] of said.bands.entries()) {
        const ours = statisticsOf(moments.slice(index, index + 1));
        assert.ok(ours);
        // Printed with three decimals.
        const theirs = [minimum, maximum, mean, stdDev];
        for (const [at, value] of [ours.min, ours.max, ours.mean, ours.stddev].entries())
          assert.ok(Math.abs(value - theirs[at]) < 1e-3, `${value} and ${theirs[at]}`);
      }
    });
  }

  test('what is not plain is left to GDAL', async () => {
    const plain = raster(folder, 'plain.tif', { type: 'Byte' });
    const strips = join(folder, 'strips.tif');
    gdal('gdal_translate', plain, strips);
    const layout = { width: 64, type: 'Byte' as const, nodata: [null], alpha: null, masked: false };
    assert.equal(await measureBlocks(strips, layout), null);
    assert.equal(await measureBlocks(plain, { ...layout, masked: true }), null);
  });

  test('until it is cancelled', async () => {
    const cog = join(folder, 'cancelled.tif');
    gdal('gdal_translate', '-of', 'COG', raster(folder, 'plain.tif', { type: 'Byte' }), cog);
    const layout = { width: 64, type: 'Byte' as const, nodata: [null], alpha: null, masked: false };
    assert.ok(await measureBlocks(cog, layout));
    await assert.rejects(measureBlocks(cog, layout, AbortSignal.abort(new Error('enough'))), /enough/);
  });
});

describe('GDAL is asked once of tiles that are alike', () => {
  const dir = join(folder, 'alike');
  mkdirSync(dir);
  const at = (n: number, options: RasterOptions = {}) =>
    raster(dir, `tile-${n}.tif`, {
      place: [1_600_000 + 640 * n, 5_400_000.5, 10, 10],
      args: ['-a_nodata', '-1', '-co', 'TILED=YES'],
      ...options,
    });
  const tiles = [0, 1, 2].map((n) => at(n));
  const other = at(3, { args: ['-a_nodata', '-2', '-co', 'TILED=YES'] });
  const ask = async (alike: AlikeRasters, path: string) => {
    let asked = false;
    const raster = await alike.describe(path, () => {
      asked = true;
      return describeRaster(path);
    });
    return { raster, asked };
  };

  test('and says of each what it would have said', async () => {
    const alike = new AlikeRasters();
    const answers = [];
    for (const path of [...tiles, other]) answers.push(await ask(alike, path));
    assert.deepEqual(
      answers.map(({ asked }) => asked),
      [true, false, false, true],
    );
    for (const [index, path] of [...tiles, other].entries()) assert.deepEqual(answers[index]?.raster, await describeRaster(path));
  });

  test('but of each where other files lie beside them, which may say more', async () => {
    writeFileSync(join(dir, 'tile-1.tfw'), '10\n0\n0\n-10\n5\n5\n');
    const alike = new AlikeRasters();
    for (const path of tiles) assert.equal((await ask(alike, path)).asked, true);
  });
});

test('tiles with wrong bytes, or cut off, are GDAL’s to judge', async () => {
  const dir = join(folder, 'hostile');
  mkdirSync(dir);
  const good = raster(folder, 'good.tif', { type: 'Int16', size: [300, 280], args: ['-co', 'COMPRESS=DEFLATE', '-co', 'TILED=YES'] });
  const bytes = readFileSync(good);
  const described = await describeRaster(good);
  const layout = { width: 300, type: 'Int16' as const, nodata: [null], alpha: null, masked: false };
  const path = join(dir, 'bad.tif');
  const outcomes = new Set<string>();
  const change = fc.tuple(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 255 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 6 }),
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (changes, cut, part) => {
        const bad = Buffer.from(cut ? bytes.subarray(0, Math.floor(bytes.length * part)) : bytes);
        for (const [place, value] of changes) if (bad.length > 0) bad[Math.floor((place / 1e6) * Math.min(bad.length, 900))] = value;
        writeFileSync(path, bad);
        const alike = new AlikeRasters();
        assert.equal(await alike.describe(path, async () => described), described);
        outcomes.add((await measureBlocks(path, layout)) ? 'measured' : 'left to GDAL');
      },
    ),
    { numRuns: 300, endOnFailure: true },
  );
  assert.deepEqual([...outcomes].sort(), ['left to GDAL', 'measured']);
});
