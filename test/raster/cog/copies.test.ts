import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { type CropOptions, type CropResult, cropCog } from '../../../src/raster/cog/crop.ts';
import { pyramidOf } from '../../../src/store/cog/pyramid.ts';
import { openTiff } from '../../../src/store/cog/tiff.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { differences, gdal, infoOf, pixelsOf, SAME } from './pixels.ts';
import { box, HEIGHT, raster, STAR, terrain, WIDTH } from './rasters.ts';
import { cogErrors } from './validity.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const ALL = box(1499000, 5498000, 1503000, 5501000);
let count = 0;

before(() => {
  raster(at('rgb.vrt'), 'Byte', 3, new Uint8Array(3 * WIDTH * HEIGHT), (x, y, band) => Math.round(127 + 100 * terrain(x, y, band)));
  gdal(
    'gdal_translate',
    '-q',
    '-of',
    'COG',
    '-co',
    'BLOCKSIZE=64',
    '-co',
    'COMPRESS=DEFLATE',
    '-co',
    'PREDICTOR=STANDARD',
    at('rgb.vrt'),
    at('rgb.tif'),
  );
});

async function crop(options: Partial<CropOptions> = {}): Promise<{ out: string; result: CropResult }> {
  const out = at(`out-${++count}.tif`);
  return { out, result: await cropCog({ source: at('rgb.tif'), crop: STAR, outPath: out, ...options }) };
}

describe('a crop', () => {
  test('copies the blocks that lie inside, byte for byte, those of overviews too', async () => {
    const { out, result } = await crop();
    assert.ok(result.kind === 'cropped' && result.copied > 50 && result.blank > 10);
    assert.deepEqual(await cogErrors(out), []);
    const [from, to] = [pyramidOf(await openTiff(at('rgb.tif'))), pyramidOf(await openTiff(out))];
    const [source, bytes] = [readFileSync(at('rgb.tif')), readFileSync(out)];
    let copied = 0;
    for (const [level, pair] of [
      [from.full, to.full],
      [from.overviews[0], to.overviews[0]],
    ].entries()) {
      const known = new Set<string>();
      const block = (file: Buffer, image: { offsets: Float64Array; counts: Float64Array }, index: number) =>
        file.toString('latin1', image.offsets[index], (image.offsets[index] ?? 0) + (image.counts[index] ?? 0));
      const [a, b] = [pair[0]?.image, pair[1]?.image];
      assert.ok(a && b);
      for (let index = 0; index < a.offsets.length; index++) known.add(block(source, a, index));
      const same = Array.from(b.offsets, (_, index) => known.has(block(bytes, b, index))).filter(Boolean).length;
      assert.ok(same > (level === 0 ? 40 : 3), `${same} of level ${level}`);
      copied += same;
    }
    assert.ok(copied >= result.copied - 4);
  });

  test('of larger pixels is one of the overview that has them, copied whole where nothing is cropped', async () => {
    const coarse = at('coarse.tif');
    const blocks = ['-co', 'BLOCKSIZE=64', '-co', 'COMPRESS=DEFLATE', '-co', 'PREDICTOR=STANDARD'];
    gdal('gdal_translate', '-q', '-of', 'COG', ...blocks, '-oo', 'OVERVIEW_LEVEL=1', at('rgb.tif'), coarse);
    const whole = await crop({ crop: null, times: 4 });
    assert.ok(whole.result.kind === 'cropped' && whole.result.made === 0 && whole.result.copied > 12);
    assert.deepEqual(await cogErrors(whole.out), []);
    assert.deepEqual(infoOf(whole.out).geoTransform, [1500000, 8, 0, 5500000, 0, -8]);
    assert.deepEqual(infoOf(whole.out).size, [WIDTH / 4, HEIGHT / 4]);
    assert.deepEqual(differences(pixelsOf(whole.out, folder), pixelsOf(coarse, folder)), SAME);
    const [part, expected] = [await crop({ times: 4 }), await crop({ source: coarse })];
    assert.deepEqual(infoOf(part.out).geoTransform, infoOf(expected.out).geoTransform);
    assert.deepEqual(differences(pixelsOf(part.out, folder), pixelsOf(expected.out, folder)), SAME);
    assert.equal((await crop({ times: 3 })).result.kind, 'unsupported');
  });

  test('begins no more than a block before what is cropped, and right at it when little could be copied', async () => {
    const large = await crop({ crop: box(1500203.9, 5498601.2, 1501700, 5499801) });
    assert.ok(large.result.kind === 'cropped' && large.result.copied > 50);
    const { geoTransform, size } = infoOf(large.out);
    assert.deepEqual(geoTransform, [1500128, 2, 0, 5499872, 0, -2]);
    assert.deepEqual(size, [786, 636]);
    const small = await crop({ crop: box(1500203.9, 5499301.2, 1500399.3, 5499501) });
    assert.deepEqual(infoOf(small.out).geoTransform, [1500202, 2, 0, 5499502, 0, -2]);
    assert.deepEqual(infoOf(small.out).size, [99, 101]);
  });

  test('keeps nothing of blocks and overviews outside', async () => {
    const { out } = await crop();
    for (const overview of ['NONE', '0']) {
      const mask = pixelsOf(out, folder, '-b', 'mask', '-ovr', overview);
      const pixels = pixelsOf(out, folder, '-ovr', overview);
      assert.ok(mask.includes(0) && mask.includes(255));
      assert.ok(pixels.every((value, index) => value === 0 || mask[index % mask.length] === 255));
    }
  });

  test('of all of a file is the file, as is no crop', async () => {
    for (const all of [ALL, null, box(1500000, 5500000 - 2 * HEIGHT, 1500000 + 2 * WIDTH, 5500000)]) {
      const { out, result } = await crop({ crop: all });
      assert.equal(result.kind, 'copied');
      assert.deepEqual(differences(readFileSync(out), readFileSync(at('rgb.tif'))), SAME);
    }
  });

  test('that holds no pixel makes no file', async () => {
    for (const nothing of [box(1600000, 5499000, 1600100, 5499100), box(1500100.2, 5499000.2, 1500100.8, 5499000.8), []]) {
      const { out, result } = await crop({ crop: nothing });
      assert.deepEqual(result, { kind: 'empty' });
      assert.equal(existsSync(out), false);
    }
  });

  test('gives the same bytes each time, and leaves no other file', async () => {
    const [one, two] = [await crop(), await crop()];
    assert.deepEqual(differences(readFileSync(one.out), readFileSync(two.out)), SAME);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.blocks')),
      [],
    );
  });

  test('is told with its size, CRC-32 and SHA-256', async () => {
    for (const bigFrom of [undefined, 100_000]) {
      const { out, result } = await crop(bigFrom ? { bigFrom } : {});
      const bytes = readFileSync(out);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      assert.ok(result.kind === 'cropped');
      assert.deepEqual(result.file, { path: out, size: bytes.length, crc: crc32(bytes), sha256 });
    }
  });

  test('is a BigTIFF when it has to be', async () => {
    const [small, big] = [await crop(), await crop({ bigFrom: 100_000 })];
    assert.equal((await openTiff(small.out)).big, false);
    assert.equal((await openTiff(big.out)).big, true);
    assert.deepEqual(await cogErrors(big.out), []);
    assert.deepEqual(differences(pixelsOf(small.out, folder), pixelsOf(big.out, folder)), SAME);
  });

  test('tells how far it is, and ends when it is cancelled', async () => {
    const told: number[] = [];
    await crop({ onProgress: (fraction) => told.push(fraction) });
    assert.ok(told.length > 20);
    assert.ok(told.every((fraction, index) => fraction > (told[index - 1] ?? -1)));
    assert.equal(told.at(-1), 1);
    for (const when of [0.1, 0.6]) {
      const controller = new AbortController();
      const out = at(`cancelled-${when}.tif`);
      const onProgress = (fraction: number) => fraction > when && controller.abort(new Error('no longer wanted'));
      await assert.rejects(
        cropCog({ source: at('rgb.tif'), crop: STAR, outPath: out, signal: controller.signal, onProgress }),
        /no longer wanted/,
      );
      assert.equal(existsSync(out) || existsSync(`${out}.blocks`), false);
    }
  });

  test('does not touch a file that is there', async () => {
    await assert.rejects(cropCog({ source: at('rgb.tif'), crop: STAR, outPath: at('rgb.vrt') }), { code: 'EEXIST' });
    await assert.rejects(cropCog({ source: at('rgb.tif'), crop: null, outPath: at('rgb.vrt') }), { code: 'EEXIST' });
    assert.ok(existsSync(at('rgb.vrt')));
  });

  test('is left to GDAL where the source is of a kind that is not known', async () => {
    const kinds: [string, ...string[]][] = [
      ['webp', '-of', 'COG', '-co', 'COMPRESS=WEBP'],
      ['strips', '-of', 'GTiff'],
      ['bits', '-of', 'GTiff', '-co', 'TILED=YES', '-co', 'NBITS=7', '-scale', '0', '255', '0', '127'],
      ['no place', '-of', 'GTiff', '-co', 'TILED=YES', '-co', 'PROFILE=BASELINE'],
    ];
    for (const [name, ...options] of kinds) {
      gdal('gdal_translate', '-q', ...options, at('rgb.vrt'), at(`${name}.tif`));
      const { out, result } = await crop({ source: at(`${name}.tif`) });
      assert.equal(result.kind, 'unsupported', name);
      assert.equal(existsSync(out), false);
    }
  });
});
