import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LocalStorage } from '../../src/storage/local.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'geocrate-storage-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function listed(storage: LocalStorage): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list()) keys.push(key);
  return keys.sort();
}

test('a file that is put is moved, whole, and readable by its owner alone', async (t) => {
  const dir = await folder(t);
  const storage = new LocalStorage(join(dir, 'deep', 'archives'));
  const path = join(dir, 'made.zip');
  await writeFile(path, 'content', { mode: 0o644 });
  await storage.put('1-ab.zip', path);
  assert.equal(await readFile(storage.path('1-ab.zip'), 'utf8'), 'content');
  assert.equal((await stat(storage.path('1-ab.zip'))).mode & 0o777, 0o600);
  assert.equal((await stat(join(dir, 'deep', 'archives'))).mode & 0o777, 0o700);
  assert.deepEqual(await storage.stat('1-ab.zip'), { size: 7 });
  assert.deepEqual(await readdir(dir), ['deep']);
});

test('putting a key again replaces its file', async (t) => {
  const dir = await folder(t);
  const storage = new LocalStorage(join(dir, 'archives'));
  for (const content of ['one', 'another']) {
    await writeFile(join(dir, 'made'), content);
    await storage.put('key', join(dir, 'made'));
  }
  assert.equal(await readFile(storage.path('key'), 'utf8'), 'another');
});

test('what is not there has no size, is removed without complaint, and is not listed', async (t) => {
  const dir = await folder(t);
  const storage = new LocalStorage(join(dir, 'archives'));
  assert.equal(await storage.stat('nothing.zip'), null);
  await storage.remove('nothing.zip');
  assert.deepEqual(await listed(storage), []);
  await writeFile(join(dir, 'made'), '');
  await storage.put('a', join(dir, 'made'));
  await storage.remove('a');
  await storage.remove('a');
  assert.equal(await storage.stat('a'), null);
});

test('the list has every file with its time, and leaves out what is no file or has no name of ours', async (t) => {
  const dir = await folder(t);
  const storage = new LocalStorage(dir);
  await writeFile(join(dir, 'old.zip'), '');
  await writeFile(join(dir, '0f.part'), 'half an archive');
  await writeFile(join(dir, 'not ours.zip'), '');
  await mkdir(join(dir, 'lost+found'));
  await mkdir(join(dir, 'folder'));
  await symlink('/etc/passwd', join(dir, 'link'));
  assert.deepEqual(await listed(storage), ['0f.part', 'old.zip']);
  for await (const { key, modified } of storage.list()) assert.deepEqual(modified, (await stat(join(dir, key))).mtime);
  await storage.remove('0f.part');
  assert.deepEqual(await listed(storage), ['old.zip']);
});

test('keys that could name anything else are refused by every function', async (t) => {
  const dir = await folder(t);
  const storage = new LocalStorage(join(dir, 'archives'));
  const path = join(dir, 'made');
  await writeFile(path, 'content');
  for (const key of ['', '.', '..', '../made', 'a/b', 'a\\b', '/etc/passwd', 'a\0b', 'ü', 'a b', 'a\n', 'x'.repeat(201)]) {
    assert.throws(() => storage.path(key), /cannot be a key/);
    await assert.rejects(storage.put(key, path), /cannot be a key/);
    await assert.rejects(storage.stat(key), /cannot be a key/);
    await assert.rejects(storage.remove(key), /cannot be a key/);
  }
  assert.equal(await readFile(path, 'utf8'), 'content');
});

test('a put that fails leaves the file where it was', async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'made'), 'content');
  await writeFile(join(dir, 'archives'), 'a file where the folder should be');
  await assert.rejects(new LocalStorage(join(dir, 'archives')).put('key', join(dir, 'made')));
  assert.equal(await readFile(join(dir, 'made'), 'utf8'), 'content');
  await assert.rejects(new LocalStorage(join(dir, 'other')).put('key', join(dir, 'nothing')), { code: 'ENOENT' });
});

test('a file from another file system is copied under a temporary name, then moved', async (t) => {
  const dir = await folder(t);
  const place = join(dir, 'mounted');
  await mkdir(place);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]).status !== 0)
    return t.skip('mounting a second file system needs root');
  try {
    const storage = new LocalStorage(place);
    const path = join(dir, 'made');
    await writeFile(path, 'x'.repeat(500_000), { mode: 0o644 });
    await storage.put('key', path);
    assert.deepEqual(await storage.stat('key'), { size: 500_000 });
    assert.equal((await stat(storage.path('key'))).mode & 0o777, 0o600);
    await assert.rejects(stat(path), { code: 'ENOENT' });

    await writeFile(path, 'x'.repeat(900_000));
    await assert.rejects(storage.put('too-large', path), { code: 'ENOSPC' });
    assert.deepEqual(await listed(storage), ['key']);
    assert.equal((await stat(path)).size, 900_000);
  } finally {
    spawnSync('umount', [place]);
  }
});
