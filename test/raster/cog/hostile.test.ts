import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { cropCog } from '../../../src/raster/cog/crop.ts';
import { packLzw, unpackLzw } from '../../../src/store/cog/lzw.ts';
import { packBits, unpackBits } from '../../../src/store/cog/packbits.ts';
import { openTiff, TiffError } from '../../../src/store/cog/tiff.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { gdal } from './pixels.ts';
import { HEIGHT, raster, STAR, terrain, WIDTH } from './rasters.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
let good = Buffer.alloc(0);
let jpeg = Buffer.alloc(0);
let deflated = Buffer.alloc(0);

before(() => {
  raster(at('byte.vrt'), 'Byte', 1, new Uint8Array(WIDTH * HEIGHT), (x, y) => Math.round(127 + 100 * terrain(x, y, 0)));
  const make = (name: string, ...options: string[]) => {
    gdal('gdal_translate', '-q', '-of', 'COG', '-co', 'BLOCKSIZE=256', ...options, at('byte.vrt'), at(name));
    return readFileSync(at(name));
  };
  good = make('good.tif', '-co', 'COMPRESS=LZW', '-co', 'PREDICTOR=YES');
  jpeg = make('jpeg.tif', '-co', 'COMPRESS=JPEG');
  deflated = make('deflated.tif', '-co', 'COMPRESS=DEFLATE', '-co', 'PREDICTOR=YES', '-a_nodata', '0');
});

/** A classic little-endian TIFF of one directory, with entries of tag, type, count, value, and the next directory's offset. */
function tiff(entries: [number, number, number, number][], next = 0): Buffer {
  const bytes = Buffer.alloc(8 + 2 + 12 * entries.length + 4);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], index) => {
    bytes.writeUInt16LE(tag, 10 + 12 * index);
    bytes.writeUInt16LE(type, 12 + 12 * index);
    bytes.writeUInt32LE(count, 14 + 12 * index);
    bytes.writeUInt32LE(value, 18 + 12 * index);
  });
  bytes.writeUInt32LE(next, 10 + 12 * entries.length);
  return bytes;
}

async function refused(bytes: Uint8Array, reason: RegExp): Promise<void> {
  writeFileSync(at('bad.tif'), bytes);
  await assert.rejects(openTiff(at('bad.tif')), (error: Error) => error instanceof TiffError && reason.test(error.message));
}

describe('a file that is no good TIFF', () => {
  test('is refused', async () => {
    await refused(Buffer.alloc(0), /not a TIFF/);
    await refused(Buffer.from('II*'), /not a TIFF/);
    await refused(Buffer.from('PK\u0003\u0004 and more'), /not a TIFF/);
    await refused(tiff([], 8), /circle/);
    await refused(tiff([[256, 4, 1, 1]], 4000), /beyond its end/);
    await refused(tiff([[324, 4, 0xffffffff, 8]]), /hold too much/);
    await refused(tiff([[324, 4, 1000, 8]]), /beyond its end/);
    const big = Buffer.from('II+\0\u0008\0\0\0\u0010\0\0\0\0\0\0\0', 'latin1');
    await refused(Buffer.concat([big, Buffer.alloc(8, 255)]), /beyond its end|more than/);
    const many = Buffer.concat([tiff([], 14), ...Array.from({ length: 300 }, (_, i) => Buffer.from([0, 0, ...u32(20 + 6 * i)]))]);
    await refused(many, /more than 256 directories/);
    // Ten directories that overlap, each of 4,000 entries.
    const crowded = Buffer.alloc(8 + 10 * 2 + 4000 * 12 + 4);
    crowded.write('II*\0', 'latin1');
    crowded.writeUInt32LE(8, 4);
    crowded.writeUInt16LE(4000, 8);
    crowded.writeUInt32LE(10, 10 + 4000 * 12);
    crowded.writeUInt16LE(20_000, 10);
    await refused(crowded, /more than 16384 entries/);
  });

  test('of an image that cannot be is left to GDAL', async () => {
    for (const size of [0, 1, 0xffffffff]) {
      const bytes = tiff([
        [256, 4, 1, size],
        [257, 4, 1, size],
        [322, 4, 1, size],
        [323, 4, 1, size],
        [324, 4, 1, 8],
        [325, 4, 1, 8],
      ]);
      writeFileSync(at('bad.tif'), bytes);
      const result = await cropCog({ source: at('bad.tif'), crop: STAR, outPath: at('out.tif') });
      assert.equal(result.kind, 'unsupported');
    }
  });

  test('of a tile of more bytes than its pixels can take is left to GDAL', async () => {
    const head = tiff([
      [256, 4, 1, 16],
      [257, 4, 1, 16],
      [258, 3, 1, 8],
      [322, 4, 1, 16],
      [323, 4, 1, 16],
      [324, 4, 1, 8],
      [325, 4, 1, 3_000_000],
    ]);
    writeFileSync(at('bad.tif'), head);
    truncateSync(at('bad.tif'), 4_000_000);
    const result = await cropCog({ source: at('bad.tif'), crop: STAR, outPath: at('out.tif') });
    assert.deepEqual(result, { kind: 'unsupported', reason: 'A tile of this TIFF has more bytes than its pixels can take.' });
  });

  test('that ends early anywhere does no harm', async () => {
    for (const part of [0.001, 0.01, 0.2, 0.5, 0.9, 0.999]) await harmless(good.subarray(0, Math.floor(good.length * part)));
  });

  test('with wrong bytes does no harm', { timeout: 240_000 }, async () => {
    const change = fc.tuple(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 255 }));
    const changes = fc.array(change, { minLength: 1, maxLength: 6 });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('lzw', 'jpeg', 'deflate'), fc.boolean(), changes, async (which, inHead, places) => {
        const bytes = Buffer.from(which === 'lzw' ? good : which === 'jpeg' ? jpeg : deflated);
        for (const [place, value] of places) bytes[Math.floor((place / 1e6) * (inHead ? 1500 : bytes.length))] = value;
        seen.add(await harmless(bytes));
      }),
      { numRuns: 150, endOnFailure: true },
    );
    assert.ok(seen.has('cropped') && seen.has('unsupported'));
  });
});

async function harmless(bytes: Uint8Array): Promise<string> {
  writeFileSync(at('bad.tif'), bytes);
  rmSync(at('out.tif'), { force: true });
  const result = await cropCog({ source: at('bad.tif'), crop: STAR, outPath: at('out.tif') });
  assert.ok(['cropped', 'empty', 'unsupported', 'copied'].includes(result.kind));
  return result.kind;
}

function u32(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
}

describe('what is packed is unpacked', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc
      .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 300 })), { maxLength: 60 })
      .map((runs) => Uint8Array.from(runs.flatMap(([value, run]) => new Array<number>(run).fill(value)))),
  );

  test('by LZW, also when its table is full', () => {
    fc.assert(fc.property(bytes, (content) => assert.deepEqual(unpackLzw(packLzw(content), content.length), Uint8Array.from(content))));
    const noise = Uint8Array.from({ length: 200_000 }, (_, i) => Math.imul(i * i + 7, 0x9e3779b1) >>> 24);
    assert.deepEqual(unpackLzw(packLzw(noise), noise.length), noise);
  });

  test('by PackBits, row by row', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 500 }), (content, row) =>
        assert.deepEqual(unpackBits(packBits(content, row), content.length), Uint8Array.from(content)),
      ),
    );
  });
});
