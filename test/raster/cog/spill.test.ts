import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Spill } from '../../../src/raster/cog/spill.ts';
import { readExactly } from '../../../src/store/cog/tiff.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';

const folder = temporaryFolder();

test('blocks are as they were, in memory, in the file, and half in each; the file is there only for more than memory takes', async () => {
  const path = join(folder, 'few.blocks');
  const spill = new Spill(path, 1000);
  const blocks = [400, 500, 300, 700].map((length, n) => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + n) % 251)));
  const offsets: number[] = [];
  for (const block of blocks.slice(0, 2)) offsets.push(await spill.append(block));
  assert.equal(existsSync(path), false);
  for (const block of blocks.slice(2)) offsets.push(await spill.append(block));
  assert.equal(existsSync(path), true);
  assert.deepEqual(offsets, [0, 400, 900, 1200]);
  for (const [n, block] of blocks.entries()) assert.deepEqual(await readExactly(spill, offsets[n] ?? 0, block.length), block);
  await assert.rejects(readExactly(spill, 1800, 200), /ends early/);
  await spill.close();
  assert.equal(existsSync(path), false);
});
