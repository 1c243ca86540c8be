import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { finished, geocrate, startSite, type TestSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const env = { GEOCRATE_WORKERS: '1' };
const site = await startSite({ publish: [[parcels(folder), { id: 1, title: 'Parcels', license: 'CC-BY-4.0' }]], env });
const saved = join(folder, 'backup');

const body = (of: TestSite, format = 'text/csv') => ({
  crs: 'EPSG:2193',
  formats: { vector: format },
  items: [{ item: `${of.api}/layers/1/` }],
});

async function archiveHash(of: TestSite, id: number): Promise<string> {
  const address = (await of.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '';
  return createHash('sha256')
    .update(Buffer.from(await (await fetch(address)).arrayBuffer()))
    .digest('hex');
}

test('a backup of a running site, restored into an empty data directory, has its layers, tokens, exports and archives', async () => {
  const made = await finished(site, (await site.request('POST', '/exports/', body(site))).body.id);
  // Others are asked for while it is copied.
  const asking = Promise.all(Array.from({ length: 5 }, () => site.request('POST', '/exports/', body(site, 'application/geo+json'))));
  const { stdout } = await site.geocrate('backup', saved);
  assert.match(stdout, /^The database and \d+ versions and archives are in /);
  for (const { status } of await asking) assert.equal(status, 201);
  await site.stop();

  const dataDir = join(folder, 'new');
  await assert.rejects(site.geocrate('restore', saved), /is not empty/);
  const restored = await startRestored(dataDir);
  assert.equal((await restored.request('GET', '/layers/1/')).body.title, 'Parcels');
  const again = (await restored.request('GET', `/exports/${made.id}/`)).body;
  assert.deepEqual([again.state, again.sha256], ['complete', made.sha256]);
  assert.equal(await archiveHash(restored, made.id), made.sha256);
  // What was accepted before the moment of the copy goes on here.
  for (const { id } of (await restored.request('GET', '/exports/')).body) assert.equal((await finished(restored, id)).state, 'complete');
  assert.equal((await finished(restored, (await restored.request('POST', '/exports/', body(restored))).body.id)).state, 'complete');
});

async function startRestored(dataDir: string): Promise<TestSite> {
  await promisify(execFile)(geocrate, ['restore', saved], { env: { ...process.env, GEOCRATE_DATA_DIR: dataDir } });
  return startSite({ dataDir, token: site.token, env });
}

test('a folder that is not empty is not written to, and half a backup is not restored', async () => {
  const other = join(folder, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'mine'), '');
  await assert.rejects(site.geocrate('backup', other), /is not empty/);
  rmSync(join(saved, 'geocrate-backup.json'));
  await assert.rejects(site.geocrate('restore', saved), /is no backup that/);
});
