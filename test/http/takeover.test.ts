import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const site = await startSite({
  publish: [[parcels(temporaryFolder()), { id: 1 }]],
  env: { GEOCRATE_WORKERS: '0', GEOCRATE_MONITOR: '0' },
});
const [, monitor = ''] = await site.printed(/Monitored at (\S+)/);
const { hostname, port } = new URL(site.url);
const items = [{ item: `${site.api}/layers/1/` }];
const { id } = (await site.request('POST', '/exports/', { crs: 'EPSG:2193', formats: { vector: 'text/csv' }, items })).body;
const request = `GET /services/api/v1/exports/${id}/events/ HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: key ${site.token}\r\n\r\n`;

/** Follows the export; `said` has what came until now. */
async function follow(): Promise<{ socket: Socket; said: () => string }> {
  const socket = connect(Number(port), hostname);
  after(() => socket.destroy());
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  socket.write(request);
  while (!text.includes('event: progress')) await once(socket, 'data');
  return { socket, said: () => text };
}

test('a stream of events comes on a connection that ends with it, whatever else is sent there', async () => {
  const { socket, said } = await follow();
  const [head = '', body = ''] = said().split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(head, /^connection: close$/im);
  assert.match(head, /^x-request-id: \S+$/im);
  assert.doesNotMatch(head, /transfer-encoding|content-length/i);
  assert.match(body, /^retry: 2000\n\nevent: progress\ndata: \{.*\}\n\n$/);
  // A request behind it has no answer.
  socket.write(request.repeat(3));
  const ended = once(socket, 'end');
  await site.request('DELETE', `/exports/${id}/`);
  await ended;
  assert.match(said(), /\nevent: state\ndata: .*"cancelled".*\n\n$/);
  assert.equal(said().match(/HTTP\/1\.1/g)?.length, 1);
});

test('streams that were asked for on one connection all end with it, also where one of the requests is not whole', async () => {
  const again = (await site.request('POST', '/exports/', { crs: 'EPSG:2193', formats: { vector: 'text/csv' }, items })).body.id;
  const streams = async () => /^geocrate_event_streams (\d+)$/m.exec(await (await fetch(`${monitor}/metrics`)).text())?.[1];
  const one = request.replace(`/${id}/`, `/${again}/`);
  const socket = connect(Number(port), hostname);
  socket.write(one + one + one.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'));
  await until('all are open', async () => (await streams()) === '3');
  socket.destroy();
  await until('none is left', async () => (await streams()) === '0');
});

test('a server that stops ends its streams, and is not kept by clients that stay', async () => {
  const again = (await site.request('POST', '/exports/', { crs: 'EPSG:2193', formats: { vector: 'text/csv' }, items })).body.id;
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  after(() => socket.destroy());
  socket.write(request.replace(`/${id}/`, `/${again}/`));
  await once(socket, 'data');
  const ended = once(socket, 'end');
  await site.stop();
  await ended;
  assert.equal(site.process.exitCode, 0);
});
