import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { Bucket } from '../../src/storage/bucket.ts';
import { BucketVersions } from '../../src/storage/bucketversions.ts';
import { StorageError } from '../../src/storage/storage.ts';
import { layout } from '../../src/store/layout.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startS3 } from '../fixtures/s3.ts';

const folder = temporaryFolder();
const bucket = await startS3();
Object.assign(process.env, bucket.env);
const { storage: config } = readConfig({ ...bucket.env, AWS_MAX_ATTEMPTS: '2' });
if (config.kind !== 's3') throw new Error('not a bucket');
const objects = new Bucket(config);

/** Another machine, which has nothing yet. */
function machine(cacheBytes: number | null = null): { versions: BucketVersions; cache: string } {
  const places = layout(mkdtempSync(join(folder, 'machine-')));
  return { versions: new BucketVersions(objects, places, cacheBytes), cache: places.cacheDir };
}

/** A version's folder as publishing makes it. */
function made(files: Record<string, string>): string {
  const dir = mkdtempSync(join(folder, 'made-'));
  mkdirSync(join(dir, 'tiles'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  return dir;
}

/** The name of a version. */
const content = (digit: number) => digit.toString(16).repeat(64);
const FILES = { 'profile.json': '{}', 'tiles.json': '[]', 'tiles/a.tif': 'tile a', 'tiles/b.tif': 'tile b' };
const publisher = machine();
await publisher.versions.add(content(1), made(FILES));

afterEach(() => {
  bucket.fault = null;
  bucket.requests.length = 0;
});

const fetches = (name: string) => bucket.requests.filter((request) => request.startsWith('GET') && request.includes(name)).length;
const kept = (cache: string, version: string) =>
  readdirSync(join(cache, version), { recursive: true, encoding: 'utf8' })
    .filter((name) => !['used', 'tiles'].includes(name))
    .sort();

test('a version is in the bucket with all its files, and on the machine that published it', async () => {
  bucket.requests.length = 0;
  const keys = ['index.json', ...Object.keys(FILES)].map((name) => `site/store/${content(1)}/${name}`);
  assert.deepEqual(bucket.keys(), keys.sort());
  const dir = await publisher.versions.open(content(1), ['tiles/b.tif']);
  assert.equal(readFileSync(join(dir, 'tiles/b.tif'), 'utf8'), 'tile b');
  assert.deepEqual(bucket.requests, []);
});

test('another machine fetches the files that are asked for, once', async () => {
  const { versions, cache } = machine();
  const asked = Array.from({ length: 5 }, () => versions.open(content(1), ['tiles/a.tif', 'tiles.json']));
  for (const dir of await Promise.all(asked)) assert.equal(dir, join(cache, content(1)));
  assert.deepEqual(kept(cache, content(1)), ['tiles.json', 'tiles/a.tif']);
  assert.equal(readFileSync(join(cache, content(1), 'tiles/a.tif'), 'utf8'), 'tile a');
  assert.equal(fetches('a.tif'), 1);
  await versions.open(content(1), ['tiles/b.tif', 'tiles/a.tif']);
  assert.equal(fetches('a.tif'), 1);
  assert.equal(fetches('index.json'), 1);
});

test('an index or a file that comes spoilt, or half, is fetched again', async () => {
  for (const name of ['index.json', 'a.tif'])
    for (const fault of ['spoilt', 'half'] as const) {
      const { versions, cache } = machine();
      let faults = 0;
      bucket.requests.length = 0;
      bucket.fault = ({ url }) => (url.includes(name) && faults++ < 2 ? fault : null);
      await versions.open(content(1), ['tiles/a.tif']);
      assert.equal(readFileSync(join(cache, content(1), 'tiles/a.tif'), 'utf8'), 'tile a');
      assert.equal(fetches(name), 3);
    }
});

test('what was published before there was a bucket is taken from where it is', async () => {
  const places = layout(mkdtempSync(join(folder, 'machine-')));
  mkdirSync(places.versionDir(content(2)), { recursive: true });
  writeFileSync(join(places.versionDir(content(2)), 'profile.json'), '{}');
  const versions = new BucketVersions(objects, places, null);
  assert.equal(await versions.open(content(2), ['features.fgb']), places.versionDir(content(2)));
  assert.deepEqual(bucket.requests, []);
});

test('a fetch that breaks off, or is cut, is made again', async () => {
  const { versions, cache } = machine();
  const faults = ['half', 'cut', 'half'] as const;
  let count = 0;
  bucket.fault = ({ url }) => (url.includes('a.tif') ? (faults[count++] ?? null) : null);
  await versions.open(content(1), ['tiles/a.tif']);
  assert.equal(readFileSync(join(cache, content(1), 'tiles/a.tif'), 'utf8'), 'tile a');
  assert.equal(count, 4);
});

test('a file that is not what was published is never given out, and nothing of it stays', async () => {
  await publisher.versions.add(content(3), made({ 'profile.json': '{}', 'features.fgb': 'features' }));
  await objects.putText(`store/${content(3)}/features.fgb`, 'altered!');
  const { versions, cache } = machine();
  await assert.rejects(
    versions.open(content(3), ['features.fgb']),
    (error) => error instanceof StorageError && /came spoilt from the bucket/.test(error.message),
  );
  assert.deepEqual(kept(cache, content(3)), []);
});

test('a version or a file that is nowhere is told from a bucket that does not answer', async () => {
  const { versions } = machine();
  await assert.rejects(versions.open(content(4), ['features.fgb']), { code: 'ENOENT' });
  await assert.rejects(versions.open(content(1), ['features.fgb']), { code: 'ENOENT' });
  await assert.rejects(versions.open(content(1), ['../../etc/passwd']), /cannot be a file/);
  bucket.fault = () => ({ status: 503, code: 'SlowDown' });
  await assert.rejects(machine().versions.open(content(1), ['tiles.json']), StorageError);
});

test('publishing that fails in the middle leaves no version, and publishing again makes it', async () => {
  const { versions } = machine();
  bucket.fault = ({ url }) => (url.includes('b.tif') ? { status: 500, code: 'InternalError' } : null);
  await assert.rejects(versions.add(content(5), made(FILES)), StorageError);
  assert.ok(!bucket.keys().includes(`site/store/${content(5)}/index.json`));
  bucket.fault = null;
  await assert.rejects(versions.open(content(5), ['tiles.json']), { code: 'ENOENT' });
  await versions.add(content(5), made(FILES));
  assert.equal(readFileSync(join(await machine().versions.open(content(5), ['tiles/b.tif']), 'tiles/b.tif'), 'utf8'), 'tile b');
  // Of the same content only the index is written again.
  bucket.requests.length = 0;
  await versions.add(content(5), made(FILES));
  assert.deepEqual(
    bucket.requests.filter((request) => request.startsWith('PUT')).map((request) => request.replace(/^.*\/|\?.*$/g, '')),
    ['index.json'],
  );
});

test('a machine keeps no more than it may: what nobody asked for the longest time goes, and what is in use stays', async () => {
  for (const digit of [6, 7, 8, 9])
    await publisher.versions.add(content(digit), made({ 'profile.json': '{}', 'features.fgb': 'x'.repeat(1000) }));
  const { versions, cache } = machine(2500);
  const old = (digit: number, minutes: number) => {
    const then = Date.now() / 1000 - minutes * 60;
    utimesSync(join(cache, content(digit), 'used'), then, then);
  };
  const there = () => [6, 7, 8, 9].filter((digit) => existsSync(join(cache, content(digit), 'features.fgb')));
  for (const digit of [6, 7]) await versions.open(content(digit), ['features.fgb']);
  old(6, 30);
  old(7, 20);
  const release = versions.hold([content(6)]);
  await versions.open(content(8), ['features.fgb']);
  assert.deepEqual(there(), [6, 8]);
  release();
  // 8 was asked for just now, maybe by another process of this machine.
  await versions.open(content(9), ['features.fgb']);
  assert.deepEqual(there(), [8, 9]);
  await versions.open(content(6), ['features.fgb']);
  assert.deepEqual(there(), [6, 8, 9]);
});

test('the list has every version with the time of its newest file; what is removed is gone from the bucket', async () => {
  bucket.age(3_600_000);
  await objects.putText(`store/${content(1)}/index.json`, bucket.content(`site/store/${content(1)}/index.json`).toString());
  const times = new Map<string, Date>();
  for await (const { content: name, modified } of publisher.versions.list()) times.set(name, modified);
  assert.deepEqual([...times.keys()], [1, 3, 5, 6, 7, 8, 9].map(content));
  const age = (digit: number) => Date.now() - (times.get(content(digit))?.getTime() ?? 0);
  assert.ok(age(1) < 1_800_000 && age(3) > 1_800_000);
  await publisher.versions.remove(content(1));
  assert.ok(!bucket.keys().some((key) => key.includes(content(1))));
});

test('what a version lacks is told, in the bucket and on this machine, and publishing it again mends the bucket', async () => {
  const { versions, cache } = machine();
  const files = { 'profile.json': '{}', 'features.fgb': 'features' };
  const needed = new Map([
    ['profile.json', null],
    ['features.fgb', 8],
  ]);
  const key = `store/${content(14)}`;
  assert.equal(await versions.faultOf(content(14), needed), `${key}/index.json is not in the bucket`);
  await machine().versions.add(content(14), made(files));
  assert.equal(await versions.faultOf(content(14), needed), null);
  assert.match(String(await versions.faultOf(content(14), new Map([['features.fgb', 9]]))), /tells of another features\.fgb/);

  const kept = join(await versions.open(content(14), ['features.fgb']), 'features.fgb');
  writeFileSync(kept, 'feat');
  assert.equal(await versions.faultOf(content(14), needed), `${kept} has 4 bytes in place of 8`);
  rmSync(join(cache, content(14)), { recursive: true });

  await objects.remove(`${key}/features.fgb`);
  assert.equal(await versions.faultOf(content(14), needed), `${key}/features.fgb is not in the bucket`);
  await machine().versions.add(content(14), made(files));
  assert.equal(await versions.faultOf(content(14), needed), null);

  await objects.putText(`${key}/index.json`, '{"files":{},"sha256":"0"}');
  assert.match(String(await versions.faultOf(content(14), needed)), /index\.json in the bucket is not what was written there/);
  await machine().versions.add(content(14), made(files));
  assert.equal(await versions.faultOf(content(14), needed), null);
  assert.equal(readFileSync(join(await versions.open(content(14), ['features.fgb']), 'features.fgb'), 'utf8'), 'features');
});
