import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { Relay } from '../fixtures/relay.ts';
import { finished, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';
import { startWorker } from '../fixtures/worker.ts';

const folder = temporaryFolder();
const gdal = heldGdal(folder);
const database = await startPostgres();
const relay = await Relay.to(new URL(database));
after(() => relay.cut());
const site = await startSite({
  publish: [[parcels(folder), { id: 1, title: 'Parcels' }]],
  env: { DATABASE_URL: database, GEOCRATE_WORKERS: '0' },
});
const worker = await startWorker({
  PATH: gdal.PATH,
  DATABASE_URL: relay.url.href,
  GEOCRATE_WORKERS: '1',
  GEOCRATE_CACHE: '0',
  GEOCRATE_DATA_DIR: site.dataDir,
});

async function create(): Promise<number> {
  const body = { crs: 'EPSG:2193', formats: { vector: 'application/x-ogc-mapinfo_file' }, items: [{ item: `${site.api}/layers/1/` }] };
  return (await site.request('POST', '/exports/', body)).body.id;
}

test('a worker outlives its database being away in the middle of an export, and completes it', async () => {
  gdal.hold();
  const id = await create();
  await until('the worker is at work', () => gdal.waiting().length === 1);
  relay.cut();
  // Several reports of its progress fail.
  await delay(3000);
  await relay.mend();
  await delay(2000);
  gdal.release();
  const done = await finished(site, id);
  assert.equal(done.state, 'complete', JSON.stringify(done.error));
  assert.equal(worker.exitCode, null);
});

test('one that is away until the worker counts as dead costs the export some time, and still there is one archive', async () => {
  gdal.hold();
  const id = await create();
  await until('the worker is at work', () => gdal.waiting().length === 1);
  relay.cut();
  await delay(16_000);
  gdal.release();
  await relay.mend();
  const done = await finished(site, id);
  assert.equal(done.state, 'complete', JSON.stringify(done.error));
  const archives = readdirSync(join(site.dataDir, 'archives')).filter((name) => name.startsWith(`${id}-`));
  assert.equal(archives.length, 1);
  assert.equal(worker.exitCode, null);
});

test('GDAL that is killed begins anew; where it always is, the export ends with a sentence', async () => {
  gdal.hold();
  const kill = () => {
    for (const group of gdal.waiting()) process.kill(-group, 'SIGKILL');
  };
  const id = await create();
  await until('GDAL is at work', () => gdal.waiting().length === 1);
  const [first] = gdal.waiting();
  kill();
  await until('another is', () => gdal.waiting().some((group) => group !== first));
  gdal.release();
  assert.equal((await finished(site, id)).state, 'complete');
  gdal.hold();
  const never = await create();
  const killing = setInterval(kill, 200);
  const done = await finished(site, never).finally(() => clearInterval(killing));
  gdal.release();
  assert.equal(done.state, 'error');
  assert.equal(done.error.code, 'write-failed');
  assert.match(done.error.message, /^GDAL was ended from outside several times .*\.$/);
});
