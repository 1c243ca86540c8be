import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { finished, geocrate, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const folder = temporaryFolder();
const gdal = heldGdal(folder);
const env = { PATH: gdal.PATH, DATABASE_URL: await startPostgres(), GEOCRATE_WORKERS: '1' };
const site = await startSite({ publish: [[parcels(folder), { id: 1, title: 'Parcels' }]], env });
const worker = spawn(geocrate, ['worker'], {
  env: { ...process.env, ...env, GEOCRATE_DATA_DIR: site.dataDir },
  stdio: ['ignore', 'pipe', 'inherit'],
});
after(() => void worker.kill('SIGKILL'));
let said = '';
worker.stdout.on('data', (text: Buffer) => {
  said += text;
});
await until('the worker works', () => said.includes('Working on up to 1 exports at once'));

async function create(): Promise<number> {
  const body = { crs: 'EPSG:2193', formats: { vector: 'application/x-ogc-mapinfo_file' }, items: [{ item: `${site.api}/layers/1/` }] };
  return (await site.request('POST', '/exports/', body)).body.id;
}

test('a worker and a server on one PostgreSQL share the exports; a cancel at the server ends the worker’s', async () => {
  gdal.hold();
  const ids = [await create(), await create()];
  // Each makes one at once.
  await until('both are at work', () => gdal.waiting().length === 2);
  for (const id of ids) assert.equal((await site.request('DELETE', `/exports/${id}/`)).status, 200);
  await until('both have stopped', () => gdal.waiting().length === 0);
});

test('a worker that is asked to stop puts its export back, and the server makes it', async () => {
  const ids = [await create(), await create()];
  await until('both are at work', () => gdal.waiting().length === 2);
  worker.kill('SIGTERM');
  assert.deepEqual(await once(worker, 'exit'), [0, null]);
  assert.equal(gdal.waiting().length, 1);
  gdal.release();
  for (const id of ids) {
    const done = await finished(site, id);
    assert.equal(done.state, 'complete', JSON.stringify(done.error));
    assert.equal((await site.request('GET', `/exports/${id}/download/`)).status, 302);
  }
});
