import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { cropCog } from '../../../src/raster/cog/crop.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { differences, gdal, infoOf, pixelsOf, SAME } from './pixels.ts';
import { HEIGHT, raster, STAR, terrain, WIDTH } from './rasters.ts';
import { cogErrors } from './validity.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

before(() => {
  raster(at('two.vrt'), 'Int16', 2, new Int16Array(2 * WIDTH * HEIGHT), (x, y, band) => Math.round(3000 * terrain(x, y, band)));
  raster(at('classes.vrt'), 'Byte', 1, new Uint8Array(WIDTH * HEIGHT), (x, y) => Math.floor(4 + 3 * terrain(x, y, 0)));
});

/** Says more of the bands of a VRT. */
function describeBands(name: string, bands: string[]): string {
  let band = 0;
  const text = readFileSync(at(`${name}.vrt`), 'utf8').replace(/<SourceFilename/g, (found) => `${bands[band++] ?? ''}${found}`);
  writeFileSync(at(`${name}-described.vrt`), text);
  return at(`${name}-described.vrt`);
}

async function cropped(vrt: string, ...options: string[]): Promise<[source: string, out: string]> {
  const [source, out] = [at(`${options.length}-source.tif`), at(`${options.length}-out.tif`)];
  gdal('gdal_translate', '-q', '-of', 'COG', '-co', 'BLOCKSIZE=128', '-co', 'COMPRESS=DEFLATE', ...options, vrt, source);
  assert.equal((await cropCog({ source, crop: STAR, outPath: out })).kind, 'cropped');
  assert.deepEqual(await cogErrors(out), []);
  return [source, out];
}

describe('a crop says of itself what its source says', () => {
  test('descriptions, units, scale, offset, nodata and metadata of bands, but no statistics', async () => {
    const vrt = describeBands('two', [
      '<Description>height above the ellipsoid</Description><UnitType>m</UnitType><Offset>100.5</Offset><Scale>0.25</Scale><Metadata><MDI key="sensor">lidar</MDI></Metadata>',
      '<Description>größer &amp; kleiner</Description><UnitType>ft</UnitType>',
    ]);
    const [source, out] = await cropped(
      vrt,
      '-a_nodata',
      '-32768',
      '-stats',
      '-mo',
      'AREA_OR_POINT=Point',
      '-mo',
      'TIFFTAG_COPYRIGHT=© LINZ',
      '-mo',
      'season=2023',
    );
    const [from, to] = [infoOf(source), infoOf(out)];
    assert.ok(from.bands[0]?.metadata?.['']?.STATISTICS_MEAN);
    assert.deepEqual(to.metadata[''], from.metadata['']);
    assert.equal(to.metadata['']?.season, '2023');
    assert.equal(to.coordinateSystem?.wkt, from.coordinateSystem?.wkt);
    for (const [index, band] of to.bands.entries()) {
      const other = from.bands[index];
      for (const key of ['type', 'noDataValue', 'description', 'offset', 'scale', 'unit', 'colorInterpretation'] as const)
        assert.deepEqual(band[key], other?.[key], key);
      assert.ok(!JSON.stringify(band).includes('STATISTICS'));
    }
    assert.equal(to.bands[0]?.metadata?.['']?.sensor, 'lidar');
    assert.equal(to.bands[1]?.description, 'größer & kleiner');
  });

  test('a palette, of which overviews are made of real classes', async () => {
    const entries = Array.from({ length: 8 }, (_, i) => `<Entry c1="${i * 30}" c2="${255 - i * 30}" c3="${i * 7}" c4="255"/>`);
    const vrt = describeBands('classes', [`<ColorInterp>Palette</ColorInterp><ColorTable>${entries.join('')}</ColorTable>`]);
    const [source, out] = await cropped(vrt, '-a_nodata', '7', '-co', 'OVERVIEWS=NONE');
    const [from, to] = [infoOf(source), infoOf(out)];
    assert.deepEqual(to.bands[0]?.colorTable?.entries.slice(0, 8), from.bands[0]?.colorTable?.entries.slice(0, 8));
    assert.equal(to.bands[0]?.colorInterpretation, 'Palette');
    assert.equal(to.bands[0]?.overviews?.length, 3);
    const [full, half] = [pixelsOf(out, folder), pixelsOf(out, folder, '-ovr', '0')];
    const [width, halfWidth] = [to.size[0], to.size[0] >> 1];
    const firsts = half.map((_, i) => full[2 * Math.floor(i / halfWidth) * width + 2 * (i % halfWidth)] ?? 0);
    assert.deepEqual(differences(half, firsts), SAME);
  });
});

describe('overviews that the source has none of', () => {
  test('are the averages of the pixels that say something', async () => {
    const [, out] = await cropped(at('two.vrt'), '-a_nodata', '-32768', '-co', 'OVERVIEWS=NONE', '-co', 'PREDICTOR=STANDARD');
    const info = infoOf(out);
    assert.equal(info.bands[0]?.overviews?.length, 3);
    const values = (bytes: Buffer) => new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    const [full, half] = [values(pixelsOf(out, folder, '-b', '1')), values(pixelsOf(out, folder, '-b', '1', '-ovr', '0'))];
    const [width, halfWidth] = [info.size[0], info.size[0] >> 1];
    let mixed = 0;
    for (let i = 0; i < half.length; i++) {
      const at = 2 * Math.floor(i / halfWidth) * width + 2 * (i % halfWidth);
      const known = [at, at + 1, at + width, at + width + 1].map((place) => full[place] ?? 0).filter((value) => value !== -32768);
      if (known.length > 0 && known.length < 4) mixed++;
      const mean = known.reduce((a, b) => a + b, 0) / known.length;
      // As GDAL rounds: halves away from 0.
      const wanted = known.length === 0 ? -32768 : Math.sign(mean) * Math.floor(Math.abs(mean) + 0.5);
      if (half[i] !== wanted) assert.fail(`${half[i]} is not ${wanted} at ${i}`);
    }
    assert.ok(mixed > 100);
  });

  test('have the mask of the pixels that they stand for', async () => {
    const [, out] = await cropped(at('two.vrt'), '-co', 'OVERVIEWS=NONE');
    const { size } = infoOf(out);
    const [full, half] = [pixelsOf(out, folder, '-b', 'mask'), pixelsOf(out, folder, '-b', 'mask', '-ovr', '0')];
    const halfWidth = size[0] >> 1;
    for (let i = 0; i < half.length; i++) {
      const at = 2 * Math.floor(i / halfWidth) * size[0] + 2 * (i % halfWidth);
      const any = [at, at + 1, at + size[0], at + size[0] + 1].some((place) => full[place] === 255);
      if ((half[i] === 255) !== any) assert.fail(`at ${i}`);
    }
  });
});
