import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openDatabase } from '../../src/db/open.ts';
import { listAudit } from '../../src/exports/audit.ts';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { finished, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const folder = temporaryFolder();
const gdal = heldGdal(folder);
after(() => gdal.release());
const site = await startSite({
  publish: [[parcels(folder), { id: 1, title: '=Parcels', license: 'CC-BY-4.0' }]],
  env: { PATH: gdal.PATH, GEOCRATE_WORKERS: '1', GEOCRATE_CACHE: '1' },
});

const HELD = 'application/x-ogc-mapinfo_file';
const create = async (format: string): Promise<number> =>
  (await site.request('POST', '/exports/', { crs: 'EPSG:2193', formats: { vector: format }, items: [{ item: `${site.api}/layers/1/` }] }))
    .body.id;

const admin = async (...args: string[]) => JSON.parse((await site.geocrate('admin', ...args, '--json')).stdout);
const downloadAddress = async (id: number) => (await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '';

// What the command prints is looked at where that is claimed; how the log stands meanwhile is asked without a process for each look.
const { db, close } = await openDatabase({ databaseUrl: null, dataDir: site.dataDir });
after(close);

/** What the audit log says of an export, oldest first, without what is not looked at. */
async function told(id: number): Promise<string[]> {
  const rows = await listAudit(db, {}, 1000);
  return rows
    .filter((row) => row.export_id === id)
    .reverse()
    .map((row) => `${row.event} ${row.user} ${row.via}${row.fetched_at ? ' fetched' : ''}`);
}

test('the queue says what runs, where and for how long, and what waits; a cancel ends either', async () => {
  gdal.hold();
  const [first, second] = [await create(HELD), await create(`${HELD}+mif`)];
  await until('one runs', () => gdal.waiting().length === 1);
  const queue = await admin('queue');
  assert.deepEqual(
    queue.map(({ id, user, running, attempts }: Record<string, unknown>) => ({ id, user, running, attempts })),
    [
      { id: first, user: 'test', running: true, attempts: 1 },
      { id: second, user: 'test', running: false, attempts: 0 },
    ],
  );
  assert.equal(queue[0].worker.split('/')[1], String(site.process.pid));
  assert.ok(queue[0].running_seconds >= 0);
  assert.match((await site.geocrate('admin', 'queue')).stdout, /EXPORT +USER +STATE.*running.*waiting/s);
  for (const id of [first, second]) await site.geocrate('admin', 'cancel', String(id));
  await until('it has stopped', () => gdal.waiting().length === 0);
  assert.equal((await site.request('GET', `/exports/${second}/`)).body.state, 'cancelled');
  assert.deepEqual(await admin('queue'), []);
  await assert.rejects(site.geocrate('admin', 'cancel', String(first)), /does not wait and is not being made/);
  gdal.release();
});

test('what has ended can be asked for again, for the same user, as an export of its own', async () => {
  gdal.hold();
  const id = await create(HELD);
  await site.request('DELETE', `/exports/${id}/`);
  gdal.release();
  const again = await admin('retry', String(id));
  assert.equal(again.instead_of, id);
  const done = await finished(site, again.id);
  assert.deepEqual([done.state, done.crs, done.formats], ['complete', 'EPSG:2193', { vector: HELD }]);
  assert.deepEqual(await told(again.id), ['export test admin']);
  await assert.rejects(site.geocrate('admin', 'retry', String(again.id)), /is complete/);
  await assert.rejects(site.geocrate('admin', 'retry', '99999'), /There is no export 99999/);
});

test('a download is told once, by who asked for it and under which licence, however many requests it takes', async () => {
  const id = await create('text/csv');
  const { size_zipped: bytes } = await finished(site, id);
  const address = await downloadAddress(id);
  assert.deepEqual(await told(id), ['export test api', 'download test api']);
  for (const range of ['bytes=0-99', 'bytes=100-'])
    assert.equal((await (await fetch(address, { headers: { range } })).arrayBuffer()).byteLength > 0, true);
  await until('its begin is told', async () => (await told(id))[1] === 'download test api fetched');
  assert.equal((await told(id)).length, 2);
  const rows: Record<string, unknown>[] = await admin('audit', '--layer', '1', '--event', 'download');
  assert.deepEqual(
    rows.filter((row) => row.export_id === id).map((row) => [row.user, row.via, row.bytes, typeof row.fetched_at, row.datasets]),
    [['test', 'api', bytes, 'string', [{ id: 1, title: '=Parcels', licence: 'CC-BY-4.0', version: 1 }]]],
  );

  // Whoever else has the address is not known.
  await (await fetch(address)).arrayBuffer();
  await until('it is told', async () => (await told(id)).length === 3);
  assert.equal((await told(id))[2], 'download null address fetched');
  await fetch(address, { method: 'HEAD' });
  await site.request('HEAD', `/exports/${id}/download/`);
  assert.equal((await told(id)).length, 3);
});

test('direct links are told as such, and nothing when nothing was fetched', async () => {
  const token = await site.createToken('cron', ['links']);
  const url = `${site.api}/layers/1/export/?format=gpkg&key=${token}`;
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  const etag = answer.headers.get('etag') ?? '';
  await answer.arrayBuffer();
  const [{ export_id: id }] = await admin('audit', '--user', 'cron');
  await until('it is told', async () => (await told(id)).at(-1) === 'download cron link fetched');
  assert.equal((await fetch(url, { headers: { 'if-none-match': etag } })).status, 304);
  assert.deepEqual(await told(id), ['export cron link', 'download cron link fetched']);
});

test('the audit log as CSV holds no formulas', async () => {
  const { stdout } = await site.geocrate('admin', 'audit', '--csv', '--user', 'cron');
  const [head, ...lines] = stdout.split('\r\n');
  assert.equal(head, 'at,event,user,via,export,bytes,fetched_at,dataset,version,title,licence');
  assert.equal(lines.filter(Boolean).length, 2);
  assert.match(lines[0] ?? '', /,download,cron,link,.*,1,1,'=Parcels,CC-BY-4.0$/);
});

test('usage sums up exports and downloads, for users and for layers', async () => {
  const users = await admin('usage', '--per', 'year');
  const cron = users.find((row: { who: string }) => row.who === 'cron');
  assert.deepEqual([cron.exports, cron.completed, cron.downloads], [1, 1, 1]);
  assert.ok(cron.bytes > 0 && cron.bytes === cron.downloaded_bytes);
  assert.equal(users.find((row: { who: string | null }) => row.who === null).downloads, 1);
  const [layer, ...others] = await admin('usage', '--by', 'layer', '--per', 'year');
  assert.deepEqual(others, []);
  const sum = (name: string) => users.reduce((total: number, row: Record<string, number>) => total + (row[name] ?? 0), 0);
  for (const name of ['exports', 'completed', 'bytes', 'downloads', 'downloaded_bytes']) assert.equal(layer[name], sum(name), name);
});

test('a user who is shut out is refused until let in again', async () => {
  await site.geocrate('admin', 'users', 'disable', 'test');
  assert.equal((await site.request('GET', '/exports/')).status, 401);
  const { disabled_at: since } = (await admin('users')).find((user: { name: string }) => user.name === 'test');
  assert.ok(since);
  await site.geocrate('admin', 'users', 'enable', 'test');
  assert.equal((await site.request('GET', '/exports/')).status, 200);
  await assert.rejects(site.geocrate('admin', 'users', 'disable', 'nobody'), /There is no user "nobody"/);
});
