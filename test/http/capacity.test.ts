import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { temporaryFolder } from '../fixtures/folder.ts';
import { finished, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const CONNECTIONS = 12;
// More than the system keeps for a client that does not read.
const large = join(temporaryFolder(), 'large.csv');
writeFileSync(large, `code,text\n${Array.from({ length: 25_000 }, (_, n) => `${n},${randomBytes(300).toString('base64')}`).join('\n')}\n`);
const site = await startSite({
  publish: [[large, { id: 1 }]],
  env: { GEOCRATE_WORKERS: '1', GEOCRATE_MAX_DOWNLOADS: '1', GEOCRATE_MAX_STREAMS: '1', GEOCRATE_MAX_CONNECTIONS: String(CONNECTIONS) },
});
const { hostname, port } = new URL(site.url);
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
});

/** A client that asks for something, reads the beginning of the answer, and no more. */
async function slowly(path: string): Promise<{ head: string; socket: Socket }> {
  const socket = connect(Number(port), hostname);
  sockets.add(socket);
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: key ${site.token}\r\n\r\n`);
  const [head] = await once(socket, 'data');
  socket.pause();
  return { head: String(head), socket };
}

const REFUSED = /^HTTP\/1\.1 503 .*retry-after: 10\r\n.*"detail":"This server has as many ([^"]*) as it takes on\./is;
const create = async (): Promise<number> =>
  (await site.request('POST', '/exports/', { formats: { table: 'text/csv' }, items: [{ item: '/services/api/v1/tables/1/' }] })).body.id;

test('past so many downloads another is refused, and taken once one has ended', async () => {
  const { id } = await finished(site, await create());
  const location = (await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '';
  const { pathname, search } = new URL(location);
  const first = await slowly(pathname + search);
  assert.match(first.head, /^HTTP\/1\.1 200 /);
  assert.equal(REFUSED.exec((await slowly(pathname + search)).head)?.[1], 'downloads');
  assert.equal((await fetch(location, { method: 'HEAD' })).status, 200);
  first.socket.destroy();
  await until('another is taken', async () => (await slowly(pathname + search)).head.startsWith('HTTP/1.1 200 '));
});

test('past so many streams of events another is refused, by either version of the API', async () => {
  // The last of them waits for long enough.
  let id = 0;
  for (let n = 0; n < 8; n++) id = await create();
  const [one, two] = [await slowly(`/services/api/v1/exports/${id}/events/`), await slowly(`/services/api/v1.x/exports/${id}/events/`)];
  assert.match(one.head, /^HTTP\/1\.1 200 /);
  assert.equal(REFUSED.exec(two.head)?.[1], 'streams of events');
});

test('clients that go before they are answered take no place with them', async () => {
  const { id } = await finished(site, await create());
  const { pathname, search } = new URL((await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '');
  for (const socket of sockets) socket.destroy();
  for (const path of [pathname + search, `/services/api/v1/exports/${await create()}/events/`]) {
    for (let n = 0; n < 20; n++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      await once(socket, 'connect');
      const request = `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: key ${site.token}\r\n\r\n`;
      await new Promise((sent) => socket.write(request, sent));
      socket.resetAndDestroy();
    }
    await until('another is taken', async () => {
      const { head, socket } = await slowly(path);
      socket.destroy();
      return head.startsWith('HTTP/1.1 200 ');
    });
  }
});

test('past so many connections another is refused and ended; those that were there go on', async () => {
  const early = await slowly('/healthz');
  const idle = Array.from({ length: CONNECTIONS }, () => connect(Number(port), hostname).on('error', () => {}));
  for (const socket of idle) sockets.add(socket);
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
  const late = await slowly('/healthz');
  assert.equal(REFUSED.exec(late.head)?.[1], 'connections');
  assert.match(late.head, /connection: close/i);
  early.socket.write(`GET /healthz HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  early.socket.resume();
  assert.match(String((await once(early.socket, 'data'))[0]), /^HTTP\/1\.1 200 /);
  for (const socket of sockets) socket.destroy();
  await until('one is taken again', async () => (await slowly('/healthz')).head.startsWith('HTTP/1.1 200 '));
});
