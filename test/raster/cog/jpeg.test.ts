import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { cropCog } from '../../../src/raster/cog/crop.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { differences, gdal, infoOf, pixelsOf, SAME, warped, writeCutline } from './pixels.ts';
import { HEIGHT, raster, STAR, terrain, WIDTH } from './rasters.ts';
import { cogErrors } from './validity.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

before(() => {
  raster(at('rgb.vrt'), 'Byte', 4, new Uint8Array(4 * WIDTH * HEIGHT), (x, y, band) =>
    band < 3 ? Math.round(127 + 100 * terrain(x, y, band)) : (x - 450) ** 2 + (y - 350) ** 2 < 200_000 ? 255 : 0,
  );
  writeCutline(at('cutline.geojson'), STAR);
});

const RGB = ['-b', '1', '-b', '2', '-b', '3'];
const TILED = ['-of', 'GTiff', '-co', 'TILED=YES', '-co', 'BLOCKXSIZE=128', '-co', 'BLOCKYSIZE=128', '-co', 'COMPRESS=JPEG'];

const KINDS: [string, ...string[]][] = [
  ['of colours at half the resolution', ...RGB, '-of', 'COG', '-co', 'BLOCKSIZE=128', '-co', 'COMPRESS=JPEG'],
  [
    'of colours at half the resolution, with a mask',
    ...RGB,
    '-mask',
    '4',
    '-of',
    'COG',
    '-co',
    'BLOCKSIZE=128',
    '-co',
    'COMPRESS=JPEG',
    '-co',
    'QUALITY=90',
  ],
  ['with Huffman tables that tiles share', ...RGB, ...TILED, '-co', 'PHOTOMETRIC=YCBCR', '-co', 'JPEGTABLESMODE=3'],
  ['without tables that tiles share', ...RGB, ...TILED, '-co', 'PHOTOMETRIC=YCBCR', '-co', 'JPEGTABLESMODE=0'],
  ['of red, green and blue', ...RGB, ...TILED],
  ['of one band', '-b', '1', '-of', 'COG', '-co', 'BLOCKSIZE=128', '-co', 'COMPRESS=JPEG'],
];

describe('JPEG is cropped without loss', () => {
  for (const [name, ...options] of KINDS)
    test(name, async () => {
      const [source, out, expected] = [at('source.tif'), at(`${name}.tif`), at('expected.tif')];
      gdal('gdal_translate', '-q', ...options, at('rgb.vrt'), source);
      const result = await cropCog({ source, crop: STAR, outPath: out });
      assert.ok(result.kind === 'cropped' && result.copied > 0, JSON.stringify(result));
      assert.deepEqual(await cogErrors(out).then((errors) => errors.filter((error) => error !== 'It has no overviews.')), []);
      warped(source, out, at('cutline.geojson'), expected, '-dstalpha');
      const [pixels, wanted, mask] = [pixelsOf(out, folder), pixelsOf(expected, folder), pixelsOf(out, folder, '-b', 'mask')];
      const alpha = wanted.subarray(pixels.length);
      if (name.endsWith('mask')) {
        const [a, b] = [infoOf(source).geoTransform, infoOf(out)];
        const place = [((b.geoTransform[0] ?? 0) - (a[0] ?? 0)) / 2, ((a[3] ?? 0) - (b.geoTransform[3] ?? 0)) / 2].map(Math.round);
        const own = pixelsOf(source, folder, '-b', 'mask', '-srcwin', ...[...place, ...b.size].map(String));
        for (const [i, shown] of own.entries()) if (shown === 0) alpha[i] = 0;
      }
      assert.deepEqual(differences(mask, alpha), SAME);
      // Far outside all is black; near the edge the mask hides what is left.
      let [dark, hidden] = [0, 0];
      for (let i = 0; i < pixels.length; i++) {
        if (mask[i % mask.length] !== 0) continue;
        hidden++;
        if ((pixels[i] ?? 0) < 3) dark++;
        pixels[i] = wanted[i] ?? 0;
      }
      assert.ok(dark > (name.endsWith('mask') ? 0 : 0.7) * hidden, `${dark} of ${hidden}`);
      assert.deepEqual(differences(pixels, wanted.subarray(0, pixels.length)), SAME);
    });

  test('overviews too, also where they are moved by less than a tile', async () => {
    const [source, out] = [at('overviews.tif'), at('overviews-out.tif')];
    gdal('gdal_translate', '-q', ...(KINDS[0]?.slice(1) ?? []), at('rgb.vrt'), source);
    const crop = [
      [
        [
          [1500300, 5498700],
          [1501900, 5498700],
          [1501900, 5499800],
          [1500300, 5499800],
          [1500300, 5498700],
        ],
      ],
    ];
    assert.equal((await cropCog({ source, crop, outPath: out })).kind, 'cropped');
    const [a, b] = [infoOf(source).geoTransform, infoOf(out)];
    const overviews = b.bands[0]?.overviews ?? [];
    assert.ok(overviews.length >= 2);
    for (const [index, { size }] of overviews.entries()) {
      const scale = 2 ** (index + 2);
      const place = [((b.geoTransform[0] ?? 0) - (a[0] ?? 0)) / scale, ((a[3] ?? 0) - (b.geoTransform[3] ?? 0)) / scale];
      const mine = pixelsOf(out, folder, '-ovr', String(index));
      const all = pixelsOf(source, folder, '-ovr', String(index));
      const [width, height] = infoOf(source).bands[0]?.overviews?.[index]?.size ?? [0, 0];
      const [left = 0, top = 0] = place;
      const placeOf = (i: number) =>
        (Math.floor(i / size[0] / size[1]) * height + (Math.floor(i / size[0]) % size[1]) + top) * width + (i % size[0]) + left;
      const mask = pixelsOf(out, folder, '-b', 'mask', '-ovr', String(index));
      // At the border of a tile decoders do not smooth colours, and tiles have moved.
      let different = 0;
      for (let i = 0; i < mine.length; i++)
        if (mask[i % mask.length] !== 0 && Math.abs((mine[i] ?? 0) - (all[placeOf(i)] ?? 0)) > 12) different++;
      assert.ok(different < mine.length / 200, `${different} of ${mine.length} of overview ${index}`);
    }
  });
});
