import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { freePort, startPostgres } from '../fixtures/postgres.ts';
import { Relay } from '../fixtures/relay.ts';
import { NO_TOKEN, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';
import { startWorker } from '../fixtures/worker.ts';

const folder = temporaryFolder();
const gdal = heldGdal(folder);
const database = await startPostgres();
const relay = await Relay.to(new URL(database));
after(() => relay.cut());
const relayed = new URL(database);
relayed.port = String(relay.port);
const site = await startSite({
  publish: [[parcels(folder), { id: 1, title: 'Parcels' }]],
  env: { DATABASE_URL: relayed.href, PATH: gdal.PATH, GEOCRATE_WORKERS: '1', GEOCRATE_MONITOR: '0', GEOCRATE_STOP_TIMEOUT: '5s' },
});
const [, monitor = ''] = await site.printed(/Monitored at (\S+)/);

const ask = (path: string) => site.request('GET', `${site.url}${path}`, undefined, { authorization: NO_TOKEN });

test('a server that lives and is ready says so to anybody, and on its monitor', async () => {
  assert.deepEqual((await ask('/healthz')).body, { alive: true });
  const { body } = await ask('/readyz');
  for (const part of ['database', 'storage', 'queue']) {
    assert.equal(body[part].ok, true);
    assert.ok(Number.isInteger(body[part].ms), JSON.stringify(body));
  }
  assert.equal(body.ready, true);
  assert.equal(body.exports, 'This process makes exports.');
  const monitored = JSON.parse(await (await fetch(`${monitor}/readyz`)).text());
  assert.deepEqual(Object.keys(monitored), Object.keys(body));
  assert.equal((await fetch(`${monitor}/healthz`)).status, 200);
  assert.equal((await fetch(`${monitor}/services/api/v1/exports/`)).status, 404);
});

test('without its storage it is not ready, says why, and is again once the storage is back', async () => {
  const archives = join(site.dataDir, 'archives');
  renameSync(archives, `${archives}-away`);
  writeFileSync(archives, '');
  await until('it is not ready', async () => (await ask('/readyz')).status === 503);
  const { body, headers } = await ask('/readyz');
  assert.equal(body.ready, false);
  assert.deepEqual(body.storage, { ok: false, message: 'The storage cannot be reached, or not written to.' });
  assert.equal(body.database.ok, true);
  assert.ok(headers.get('retry-after'));
  assert.equal((await ask('/healthz')).status, 200);
  rmSync(archives);
  renameSync(`${archives}-away`, archives);
  await until('it is ready', async () => (await ask('/readyz')).status === 200);
});

test('without its database it is not ready, but lives', async () => {
  relay.cut();
  await until('it is not ready', async () => (await ask('/readyz')).body.database.message === 'The database does not answer.');
  assert.equal((await ask('/healthz')).status, 200);
  await relay.mend();
  await until('it is ready', async () => (await ask('/readyz')).status === 200);
});

test('a worker answers on its monitor', async () => {
  const port = await freePort();
  const worker = await startWorker({
    DATABASE_URL: database,
    GEOCRATE_DATA_DIR: site.dataDir,
    GEOCRATE_MONITOR: String(port),
    GEOCRATE_WORKERS: '1',
  });
  await until('it is ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.status === 200);
  worker.kill('SIGTERM');
  await worker.ended;
});

test('a server that stops hands its exports back at once and is not ready, waits a while for a slow request, and ends', async () => {
  gdal.hold();
  await site.request('POST', '/exports/', {
    crs: 'EPSG:2193',
    formats: { vector: 'application/x-ogc-mapinfo_file' },
    items: [{ item: `${site.api}/layers/1/` }],
  });
  await until('it is being made', () => gdal.waiting().length === 1);
  const { hostname, port } = new URL(site.url);
  const slow = connect(Number(port), hostname);
  slow.on('error', () => {});
  const answered = once(slow, 'data');
  const authorization = `Authorization: key ${site.token}\r\nContent-Type: application/json`;
  slow.write(
    `POST /services/api/v1/exports/ HTTP/1.1\r\nHost: ${hostname}\r\n${authorization}\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n{`,
  );
  // The server has begun to read it.
  assert.match(String((await answered)[0]), /^HTTP\/1.1 100 /);
  const exited = once(site.process, 'exit');
  site.process.kill('SIGTERM');
  await until('it has let go of its export', () => gdal.waiting().length === 0);
  const ready = await fetch(`${monitor}/readyz`);
  assert.equal(ready.status, 503);
  const body: Record<string, unknown> = JSON.parse(await ready.text());
  assert.deepEqual([body.ready, body.exports], [false, 'This process is stopping.']);
  assert.equal(slow.destroyed, false);
  await exited;
  assert.equal(site.process.exitCode, 0);
});
