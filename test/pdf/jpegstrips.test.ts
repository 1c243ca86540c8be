import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeJpeg } from '../../src/pdf/warp.ts';
import { temporaryFolder } from '../fixtures/folder.ts';

const folder = temporaryFolder();
const { signal } = new AbortController();

test('a JPEG that is joined of strips has the pixels that GDAL gives a whole one', async () => {
  const sizes = [
    [601, 97, 3],
    [640, 64, 3],
    [15, 7, 3],
    [601, 290, 1],
  ] as const;
  for (const [number, [columns, rows, bands]] of sizes.entries()) {
    const raw = join(folder, `${number}.raw`);
    const [ours, theirs] = [join(folder, `${number}.jpg`), join(folder, `whole-${number}.jpg`)];
    writeFileSync(
      raw,
      Uint8Array.from({ length: columns * rows * bands }, (_, i) => 128 + 90 * Math.sin(i / 700) + 30 * Math.sin(i * i)),
    );
    await writeJpeg(raw, [columns, rows], bands, ours, signal);
    execFileSync('gdal_translate', ['-q', '-of', 'JPEG', '-co', 'QUALITY=88', raw, theirs]);
    const [made, expected] = [pixelsOf(ours), pixelsOf(theirs)];
    assert.equal(expected.length, columns * rows * bands);
    assert.ok(made.equals(expected), `${columns} × ${rows}, ${bands} bands`);
  }
});

function pixelsOf(jpeg: string): Buffer {
  execFileSync('gdal_translate', ['-q', '-of', 'ENVI', jpeg, `${jpeg}.pixels`]);
  return readFileSync(`${jpeg}.pixels`);
}
