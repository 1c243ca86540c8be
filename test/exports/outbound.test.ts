import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { PrivateAddress, post } from '../../src/exports/outbound.ts';

const connected: Socket[] = [];
/** What is sent by path, byte by byte, after the request has come. */
const answers: Record<string, (socket: Socket) => void> = {
  '/ok': (socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'),
  '/elsewhere': (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n'),
  '/switch': (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
  '/silent': (socket) => socket.end(),
  '/no-http': (socket) => socket.end('220 mail.example.org ESMTP\r\n'),
  '/endless': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const timer = setInterval(() => socket.write(`8000\r\n${'x'.repeat(0x8000)}\r\n`), 5);
    socket.once('close', () => clearInterval(timer));
  },
};
const server = createServer((socket) => {
  connected.push(socket);
  socket.on('error', () => {});
  socket.once('data', (request) => answers[/^POST (\S+)/.exec(request.toString())?.[1] ?? '']?.(socket));
});
server.listen(0);
await once(server, 'listening');
after(() => {
  for (const socket of connected) socket.destroy();
  server.close();
});
const address = server.address();
assert.ok(typeof address === 'object' && address);
const { port } = address;

test('no form of an address that is this machine’s, or a private network’s, is connected to', async () => {
  for (const host of [
    ...[
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '0177.0.0.1',
      '2130706433',
      '0x7f000001',
      '127.0.0.1.',
      '0',
      '0.0.0.0',
      'localhost',

      'LOCALHOST',
    ],
    ...[
      '①②⑦.⓪.⓪.①',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.169.254',
      '100.100.100.200',
      '192.0.0.192',
      '168.63.129.16',
    ],
    ...['255.255.255.255', '224.0.0.1', '198.18.0.1'],
    ...[
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:a9fe:a9fe]',
      '[0:0:0:0:0:ffff:7f00:1]',
      '[::127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '[::ffff:0:7f00:1]',
    ],
    ...['[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]', '[fd00:ec2::254]', '[fe80::1]', '[fec0::1]', '[ff02::1]'],
  ])
    await assert.rejects(post(`http://${host}:${port}/ok`, {}, '{}', false), PrivateAddress, host);
  assert.equal(connected.length, 0);
  assert.equal(await post(`http://127.0.0.1:${port}/ok`, {}, '{}', true), 204);
  assert.equal(await post(`http://localhost:${port}/ok`, {}, '{}', true), 204);
});

test('addresses of the open internet are not taken for private ones', async () => {
  // Nothing answers there, or something does: it is not refused for what it is.
  for (const host of ['172.32.0.1', '11.0.0.1', '100.128.0.1', '[2606:4700::1111]'])
    await post(`http://${host}:9/`, {}, '', false).catch((error) => assert.ok(!(error instanceof PrivateAddress), host));
});

test('whatever is answered, there is an end, and redirects are not followed', async () => {
  const to = (path: string) => post(`http://127.0.0.1:${port}${path}`, {}, '{}', true);
  assert.equal(await to('/elsewhere'), 302);
  await assert.rejects(to('/switch'), /101/);
  await assert.rejects(to('/silent'));
  await assert.rejects(to('/no-http'), /Parse Error/);
});

test('of a body without end little is read', async () => {
  const before = connected.length;
  assert.equal(await post(`http://127.0.0.1:${port}/endless`, {}, '{}', true), 200);
  const socket = connected[before];
  assert.ok(socket);
  if (!socket.destroyed) await once(socket, 'close');
  assert.ok(socket.bytesWritten < 4 << 20, `${socket.bytesWritten}`);
});
