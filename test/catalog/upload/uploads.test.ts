import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { UploadRefused, Uploads } from '../../../src/catalog/upload/uploads.ts';
import { onSmallDisk } from '../../fixtures/disk.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';

const MEGABYTE = 1 << 20;
const folder = temporaryFolder();
/** So many megabytes, piece by piece. */
const content = (megabytes: number) => Readable.from(Array.from({ length: megabytes }, () => Buffer.alloc(MEGABYTE, 'x')));
const refused = (reason: UploadRefused['reason']) => (error: unknown) => error instanceof UploadRefused && error.reason === reason;

test('a file is kept as it came, in a folder that its owner alone finds', async () => {
  const uploads = new Uploads(join(folder, 'kept'), 10 * MEGABYTE);
  const { id, filename, bytes } = await uploads.save(content(2), 'a.csv', 7, null);
  assert.deepEqual([filename, bytes], ['a.csv', 2 * MEGABYTE]);
  const found = await uploads.find(id, 7);
  assert.equal(readFileSync(found?.file ?? '').length, bytes);
  for (const [wrong, user] of [
    [id, 8],
    [id.replace(/^./, 'x'), 7],
    [`../kept/7-${id}`, 7],
    ['', 7],
  ] as const)
    assert.equal(await uploads.find(wrong, user), null, wrong);
});

test('a disk that has little room, or gets full while a file arrives, is told, and nothing is left', (t) =>
  onSmallDisk(t, 4, async (dir) => {
    await assert.rejects(new Uploads(dir, 100 * MEGABYTE).save(content(1), 'a.csv', 1, null), refused('disk-full'));
    const greedy = new Uploads(dir, 100 * MEGABYTE, 0);
    await assert.rejects(greedy.save(content(8), 'a.csv', 1, 8 * MEGABYTE), refused('disk-full'));
    await assert.rejects(greedy.save(content(8), 'a.csv', 1, null), refused('disk-full'));
    assert.deepEqual(readdirSync(dir), []);
  }));

test('a file that is larger than allowed, or not what was declared, leaves nothing', async () => {
  const dir = join(folder, 'limits');
  const uploads = new Uploads(dir, 2 * MEGABYTE, 0);
  await assert.rejects(uploads.save(content(3), 'a.csv', 1, null), refused('too-large'));
  await assert.rejects(uploads.save(content(1), 'a.csv', 1, 3 * MEGABYTE), refused('too-large'));
  await assert.rejects(uploads.save(content(1), 'a.csv', 1, 2 * MEGABYTE), refused('incomplete'));
  assert.deepEqual(readdirSync(dir), []);
});

test('nobody fills the disk with what is never published: 20 at a time, each for a day', async () => {
  const dir = join(folder, 'many');
  const uploads = new Uploads(dir, MEGABYTE, 0);
  for (let n = 0; n < 20; n++) await uploads.save(Readable.from([Buffer.from('x')]), 'a.csv', 1, 1);
  await assert.rejects(uploads.save(content(1), 'a.csv', 1, null), refused('too-many'));
  await uploads.save(content(1), 'a.csv', 2, null);
  const together = await Promise.allSettled(Array.from({ length: 30 }, () => uploads.save(content(1), 'a.csv', 3, null)));
  assert.equal(together.filter(({ status }) => status === 'fulfilled').length, 20);
  const now = Date.now();
  await uploads.sweep(now + 23 * 3_600_000);
  assert.equal(readdirSync(dir).length, 41);
  await uploads.sweep(now + 25 * 3_600_000);
  assert.deepEqual(readdirSync(dir), []);
});
