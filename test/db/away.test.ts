import assert from 'node:assert/strict';
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
