import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { after, mock, test } from 'node:test';
import Fastify from 'fastify';
import { cutStalled, limitBodyTime } from '../../src/http/slow.ts';

const app = Fastify();
app.addHook('onRequest', limitBodyTime);
app.post('/', async () => 'done');
app.get('/large', async (_request, reply) => {
  cutStalled(reply.raw, 50);
  return Buffer.alloc(64 << 20);
});
await app.listen({ port: 0, host: '127.0.0.1' });
after(() => app.close());
const { port } = app.server.address() as AddressInfo;

/** Sends the head of a request and half of its body; gives what is answered until the connection ends. */
async function halfABody(whenSent: () => void): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const received = once(app.server, 'request');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n{"');
  await received;
  // The hook runs after the event.
  await new Promise(setImmediate);
  whenSent();
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

test('a body that takes longer than two minutes is answered 408, and its connection ends', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const answer = await halfABody(() => {
      mock.timers.tick(119_999);
      mock.timers.tick(1);
    });
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, /connection: close/i);
  } finally {
    mock.timers.reset();
  }
});

test('a body that is there in time is read, however long the answer takes after it', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    mock.timers.tick(300_000);
    assert.deepEqual([response.status, await response.text()], [200, 'done']);
  } finally {
    mock.timers.reset();
  }
});

test('an answer of which the client takes nothing is cut', async () => {
  const socket = connect(port, '127.0.0.1');
  const answering = once(app.server, 'request');
  socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
  const [, response] = await answering;
  await once(response, 'close');
  assert.equal(response.writableFinished, false);
  socket.destroy();
});
