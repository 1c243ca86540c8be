import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { incompressible, parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { finished, NO_TOKEN, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const folder = temporaryFolder();
const gdal = heldGdal(folder);
after(() => gdal.release());
const site = await startSite({
  publish: [
    [parcels(folder), { id: 1, title: 'Parcels' }],
    // More than the system keeps for a client that does not read.
    [incompressible(folder, 'many', 600_000), { id: 2 }],
  ],
  env: { PATH: gdal.PATH, GEOCRATE_WORKERS: '1', GEOCRATE_MONITOR: '0', GEOCRATE_CACHE: '1', GEOCRATE_LOG: 'info' },
});
const [, monitor = ''] = await site.printed(/Monitored at (\S+)/);

/** The values of the metrics by their name with labels, as they are written. */
async function metrics(): Promise<Map<string, number>> {
  const lines = (await (await fetch(`${monitor}/metrics`)).text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at).replace(/^geocrate_/, ''), Number(line.slice(at + 1))];
    }),
  );
}

const create = async (format: string) =>
  (
    await site.request('POST', '/exports/', {
      crs: 'EPSG:2193',
      formats: { vector: format },
      items: [{ item: `${site.api}/layers/1/` }],
    })
  ).body.id;

test('the main port tells its metrics to tokens with the scope admin alone', async () => {
  const url = `${site.url}/metrics`;
  assert.equal((await site.request('GET', url, undefined, { authorization: NO_TOKEN })).status, 401);
  assert.equal((await site.request('GET', url)).status, 403);
  const token = await site.createToken('prometheus', ['admin']);
  const answer = await site.request('GET', url, undefined, { authorization: `Bearer ${token}` });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
});

test('what waits and runs is told by class, with the age of the oldest', async () => {
  gdal.hold();
  const [first, second] = [await create('application/x-ogc-mapinfo_file'), await create('application/x-ogc-mapinfo_file+mif')];
  await until('one runs', () => gdal.waiting().length === 1);
  await until('the other has waited', async () => ((await metrics()).get('queue_oldest_seconds{class="short"}') ?? 0) > 0);
  const now = await metrics();
  assert.equal(now.get('queue_exports{class="short",state="running"}'), 1);
  assert.equal(now.get('queue_exports{class="short",state="waiting"}'), 1);
  assert.equal(now.get('queue_exports{class="long",state="waiting"}'), 0);
  await site.request('DELETE', `/exports/${second}/`);
  gdal.release();
  assert.equal((await finished(site, first)).state, 'complete');
  const ended = async (state: string) => (await metrics()).get(`exports_ended_total{state="${state}",code=""}`);
  await until('both are counted', async () => (await ended('complete')) === 1 && (await ended('cancelled')) === 1);
});

test('an export is counted with its stages, its bytes and what the cache gave', async () => {
  const before = await metrics();
  const made = await finished(site, await create('text/csv'));
  await finished(site, await create('text/csv'));
  const since = async (name: string) => ((await metrics()).get(name) ?? 0) - (before.get(name) ?? 0);
  await until('both are counted', async () => (await since('exports_ended_total{state="complete",code=""}')) === 2);
  for (const stage of ['fetch', 'write', 'archive', 'store'])
    assert.ok((await since(`export_stage_seconds_count{stage="${stage}"}`)) > 0, stage);
  assert.equal(await since('archive_bytes_total'), made.size_zipped);
  assert.equal(await since('archive_cache_total{result="hit"}'), 1);
  assert.equal(await since('archive_cache_total{result="miss"}'), 1);

  const address = (await site.request('GET', `/exports/${made.id}/download/`)).headers.get('location') ?? '';
  await (await fetch(address)).arrayBuffer();
  await until('the download is counted', async () => (await since('download_bytes_total')) >= made.size_zipped);
  assert.equal((await metrics()).get('downloads'), 0);
});

test('a stream of events counts as long as it is open', async () => {
  gdal.hold();
  const id = await create('application/x-ogc-mapinfo_file+mif');
  const controller = new AbortController();
  await fetch(`${site.api}/exports/${id}/events/`, { headers: { authorization: `key ${site.token}` }, signal: controller.signal });
  assert.equal((await metrics()).get('event_streams'), 1);
  controller.abort();
  await until('it is closed', async () => (await metrics()).get('event_streams') === 0);
  gdal.release();
  await finished(site, id);
});

test('requests are counted by the patterns of their routes: neither paths nor names become labels', async () => {
  await site.request('GET', '/exports/987654/');
  await fetch(`${site.url}/nothing/of/the-kind`);
  const names = [...(await metrics()).keys()];
  assert.ok(names.includes('http_request_seconds_count{method="GET",route="/services/api/v1/exports/:id/",status="404"}'));
  for (const name of names) assert.doesNotMatch(name, /987654|the-kind|test|prometheus|Parcels/);
});

test('requests are written down as lines of JSON, by their id and export, without what was in their queries', async () => {
  const secret = 'a'.repeat(40);
  const answer = await site.request('GET', `/layers/1/export/?key=${secret}`, undefined, { authorization: NO_TOKEN });
  const id = answer.headers.get('x-request-id');
  const [line] = await site.printed(new RegExp(`{.*"request_id":"${id}".*}`));
  const { level, method, path, status, msg } = JSON.parse(line);
  assert.deepEqual(
    { level, method, path, status, msg },
    { level: 'info', method: 'GET', path: '/services/api/v1/layers/1/export/', status: 401, msg: 'request' },
  );
  await assert.rejects(Promise.race([site.printed(new RegExp(secret)), Promise.reject(new Error('not printed'))]), /not printed/);
  await site.request('GET', '/exports/1/');
  const [about] = await site.printed(/{.*"path":"\/services\/api\/v1\/exports\/1\/","status":200.*}/);
  assert.equal(JSON.parse(about).export_id, 1);
});

/** Sends a request and reads the beginning of the answer; `more` sends others at once on the same connection, `cut` closes that. */
function send(path: string): { answered: Promise<unknown>; sent: Promise<unknown>; more(...paths: string[]): void; cut(): void } {
  const { hostname, port } = new URL(site.url);
  const socket = connect(Number(port), hostname);
  const request = (to: string) => `GET ${to} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: key ${site.token}\r\n\r\n`;
  const sent = new Promise((resolve) => socket.write(request(path), resolve));
  const more = (...paths: string[]) => void socket.write(paths.map(request).join(''));
  return { answered: once(socket, 'data').then(() => socket.pause()), sent, more, cut: () => void socket.destroy() };
}

test('a download that its client cuts is told as one that is done, and says so', async () => {
  const body = { formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/2/` }] };
  const { id } = await finished(site, (await site.request('POST', '/exports/', body)).body.id);
  const { pathname, search } = new URL((await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '');
  const name = 'http_request_seconds_count{method="GET",route="/downloads/:key/:filename",status="200"}';
  const before = (await metrics()).get(name) ?? 0;
  const { answered, cut } = send(pathname + search);
  await answered;
  cut();
  await until('it is counted', async () => (await metrics()).get(name) === before + 1);
  const [line] = await site.printed(new RegExp(`{.*"path":"${pathname}".*}`));
  assert.deepEqual([JSON.parse(line).status, JSON.parse(line).cut], [200, true]);
  assert.equal((await metrics()).get('downloads'), 0);

  // One that is asked for behind a stream of events, on a connection that has had an answer.
  const begun = async () => (await metrics()).get('downloads_total') ?? 0;
  const earlier = await begun();
  const behind = send('/healthz');
  await behind.answered;
  behind.more(`/services/api/v1/exports/${id}/events/`, pathname + search);
  // Not that it still goes on: the system may take all of it for a client that does not read.
  await until('it is under way', async () => (await begun()) > earlier);
  // The stream may begin after it.
  await delay(200);
  behind.cut();
  await until('none is left', async () => (await metrics()).get('downloads') === 0);
});

test('a client that goes before it is answered is told of with a status of its own', async () => {
  gdal.hold();
  const { sent, cut } = send('/services/api/v1/layers/1/export/?format=mif&crs=EPSG:4326&wait=60');
  await sent;
  await until('it waits', () => gdal.waiting().length === 1);
  cut();
  const [line] = await site.printed(/{.*"status":499.*}/);
  const { path, cut: isCut } = JSON.parse(line);
  assert.deepEqual([path, isCut], ['/services/api/v1/layers/1/export/', true]);
});
