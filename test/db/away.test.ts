import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { isAway } from '../../src/db/away.ts';
import { openServer } from '../../src/db/server.ts';
import { startPostgres } from '../fixtures/postgres.ts';

const url = await startPostgres();
const source = openServer(url);
after(() => source.close());

/** What a statement fails with. */
async function errorOf(running: Promise<unknown>): Promise<unknown> {
  return running.then(
    () => assert.fail('it went well'),
    (error: unknown) => error,
  );
}

test('a session that was ended, and every statement on it afterwards, say that the database is away', async () => {
  const [ended, other] = [await source.acquire(), await source.acquire()];
  await ended.query('select 1');
  const [{ pid } = {}] = (await ended.query('select pg_backend_pid() as pid')).rows;
  const sleeping = errorOf(ended.query('select pg_sleep(60)'));
  await other.query('select pg_terminate_backend($1)', [pid]);
  assert.ok(isAway(await sleeping));
  assert.ok(isAway(await errorOf(ended.query('select 1'))));
  await ended.release();
  await other.release();
  // The next session is another.
  const next = await source.acquire();
  assert.deepEqual((await next.query('select 1 as one')).rows, [{ one: 1 }]);
  await next.release();
});

test('a server that is not there is away, a statement that is wrong is not', async () => {
  const nobody = openServer('postgresql://geocrate:secret@127.0.0.1:9/geocrate');
  assert.ok(isAway(await errorOf(nobody.acquire())));
  const session = await source.acquire();
  assert.ok(!isAway(await errorOf(session.query('select nothing'))));
  await session.release();
});

/** A message of PostgreSQL's protocol (its chapter 54.7). */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

test('a connection that breaks in the moment in which it is handed out ends no process', async (t) => {
  const fatal = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'));
  const ready = [message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))];
  // All of it arrives at once, as it does where a network was held up.
  const server = createServer((socket) => void socket.once('data', () => socket.end(Buffer.concat([...ready, fatal]))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  const dying = openServer(`postgresql://geocrate:secret@127.0.0.1:${address.port}/geocrate`);
  const session = await dying.acquire();
  assert.ok(isAway(await errorOf(session.query('select 1'))));
  await session.release();
  await dying.close();
});
