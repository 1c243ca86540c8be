import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { migrate } from '../../src/db/migrations.ts';
import { type Database, openDatabase } from '../../src/db/open.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startPostgres } from '../fixtures/postgres.ts';

const run = promisify(execFile);
const folder = temporaryFolder();
const postgresUrl = await startPostgres();

/** The same claims for every kind of database. */
function claims(name: string, open: () => Promise<Database>) {
  suite(name, () => {
    let database: Database;
    before(async () => {
      database = await open();
    });
    after(() => database.close());

    test('64-bit counts are numbers, times are dates, arrays and JSON are values', async () => {
      const { db } = database;
      const user = await db
        .insertInto('users')
        .values({ name: `types ${name}` })
        .returningAll()
        .executeTakeFirstOrThrow();
      assert.ok(user.created_at instanceof Date);
      await db
        .insertInto('tokens')
        .values({ user_id: user.id, token_hash: name, scopes: ['a', 'b'] })
        .execute();
      const token = await db.selectFrom('tokens').selectAll().where('token_hash', '=', name).executeTakeFirstOrThrow();
      assert.deepEqual(token.scopes, ['a', 'b']);
      const { total } = await db
        .selectFrom('users')
        .select((select) => select.fn.countAll<number>().as('total'))
        .where('id', '=', user.id)
        .executeTakeFirstOrThrow();
      assert.equal(total, 1);
    });

    test('what a newer version has added does no harm', async () => {
      const { db } = database;
      await sql`insert into kysely_migration (name, timestamp) values ('9999-newer', '2099-01-01T00:00:00.000Z')`.execute(db);
      await migrate(db);
      await sql`delete from kysely_migration where name = '9999-newer'`.execute(db);
    });

    test('a migration that fails is told, and changes nothing', async () => {
      const { db } = database;
      const names = () => sql`select name from kysely_migration order by name`.execute(db);
      const before = await names();
      await sql`delete from kysely_migration where name = '0001-first'`.execute(db);
      await assert.rejects(migrate(db), /0001-first|corrupted/);
      await sql`insert into kysely_migration (name, timestamp) values ('0001-first', '2026-01-01T00:00:00.000Z')`.execute(db);
      assert.deepEqual((await names()).rows, before.rows);
    });

    test('a transaction that throws leaves nothing', async () => {
      const { db } = database;
      await assert.rejects(
        db.transaction().execute(async (trx) => {
          await trx
            .insertInto('users')
            .values({ name: `lost ${name}` })
            .execute();
          throw new Error('no');
        }),
        /no/,
      );
      assert.equal(await db.selectFrom('users').selectAll().where('name', '=', `lost ${name}`).executeTakeFirst(), undefined);
    });

    test('queries beside an open transaction do not become part of it', async () => {
      const { db } = database;
      const inTransaction = db.transaction().execute(async (trx) => {
        await trx
          .insertInto('settings')
          .values({ name: `inside ${name}`, value: '' })
          .execute();
        throw new Error('rolled back');
      });
      const beside = db
        .insertInto('settings')
        .values({ name: `beside ${name}`, value: '' })
        .execute();
      await assert.rejects(inTransaction, /rolled back/);
      await beside;
      const names = await db.selectFrom('settings').select('name').where('name', 'like', `%${name}`).execute();
      assert.deepEqual(names, [{ name: `beside ${name}` }]);
    });

    test('a statement that fails spoils no later one', async () => {
      await assert.rejects(
        database.db
          .insertInto('datasets')
          .values({ id: -1 } as never)
          .execute(),
      );
      assert.ok(await database.db.selectFrom('users').selectAll().execute());
    });
  });
}

claims('the embedded database', () => openDatabase({ databaseUrl: null, dataDir: join(folder, 'one') }));

suite('a second process on the embedded database', () => {
  const dataDir = join(folder, 'two');
  let holder: Database;
  before(async () => {
    holder = await openDatabase({ databaseUrl: null, dataDir });
  });
  after(() => holder.close());

  claims('works through the first', () => openDatabase({ databaseUrl: null, dataDir }));

  test('is refused the place of the server', async () => {
    await assert.rejects(openDatabase({ databaseUrl: null, dataDir }, { owner: true }), /Another geocrate server already runs/);
  });

  test('may only be the owner’s: the socket and its folder are closed to others', () => {
    assert.equal(statSync(join(dataDir, 'db.sock')).mode & 0o077, 0);
    assert.equal(statSync(dataDir).mode & 0o077, 0);
  });

  test('sees what the first has written, and the first what it writes', async () => {
    const script = `
      import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, '../../src/db/open.ts'))};
      const { db, close } = await openDatabase({ databaseUrl: null, dataDir: ${JSON.stringify(dataDir)} });
      const seen = await db.selectFrom('settings').selectAll().execute();
      await db.insertInto('settings').values({ name: 'from the child', value: seen.map((s) => s.name).join() }).execute();
      await close();`;
    await holder.db.insertInto('settings').values({ name: 'from the parent', value: '' }).execute();
    await run(process.execPath, ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', script]);
    const row = await holder.db.selectFrom('settings').selectAll().where('name', '=', 'from the child').executeTakeFirstOrThrow();
    assert.match(row.value, /from the parent/);
  });

  test('nothing of what was answered is kept', async () => {
    const ask = async (times: number) => {
      for (let time = 0; time < times; time++) await sql`select repeat('x', 1000000) as answer`.execute(holder.db);
    };
    await ask(50);
    const { rss } = process.memoryUsage();
    await ask(400);
    const more = process.memoryUsage().rss - rss;
    assert.ok(more < 200e6, `${more} bytes`);
  });

  test('that dies in a transaction holds nobody up', async () => {
    const script = `
      import { borrowSessions } from ${JSON.stringify(join(import.meta.dirname, '../../src/db/socket.ts'))};
      const session = await borrowSessions(${JSON.stringify(dataDir)}).acquire();
      await session.query('begin');
      await session.query("insert into settings values ('half', '')");
      process.kill(process.pid, 'SIGKILL');`;
    await assert.rejects(run(process.execPath, ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', script]));
    assert.equal(await holder.db.selectFrom('settings').selectAll().where('name', '=', 'half').executeTakeFirst(), undefined);
  });
});

test('a process that was killed leaves its data and no lock', async () => {
  const dataDir = join(folder, 'killed');
  const script = `
    import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, '../../src/db/open.ts'))};
    const { db } = await openDatabase({ databaseUrl: null, dataDir: ${JSON.stringify(dataDir)} });
    await db.insertInto('settings').values({ name: 'kept', value: '' }).execute();
    process.kill(process.pid, 'SIGKILL');`;
  await assert.rejects(run(process.execPath, ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', script]));
  const database = await openDatabase({ databaseUrl: null, dataDir }, { owner: true });
  try {
    assert.ok(await database.db.selectFrom('settings').selectAll().where('name', '=', 'kept').executeTakeFirst());
  } finally {
    await database.close();
  }
});

test('a new database opens where V8 has one thread of its own, and code that is compiled', async () => {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  for (const name of ['first', 'second']) {
    const script = `
      import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, '../../src/db/open.ts'))};
      await (await openDatabase({ databaseUrl: null, dataDir: ${JSON.stringify(join(folder, name))} })).close();`;
    const flags = ['--v8-pool-size=1', '--max-semi-space-size=4', '--disable-warning=ExperimentalWarning'];
    await run(process.execPath, [...flags, '--input-type=module', '-e', script], { env, timeout: 30_000, killSignal: 'SIGKILL' });
  }
});

test('a process whose database ends by a fault says so and ends, so that it is started again', async () => {
  const script = `
    import { Worker } from 'node:worker_threads';
    const { postMessage } = Worker.prototype;
    let thread;
    Worker.prototype.postMessage = function (message) { thread = this; return postMessage.call(this, message); };
    const { openDatabase } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/db/open.ts'))});
    await openDatabase({ databaseUrl: null, dataDir: ${JSON.stringify(join(folder, 'faulty'))} });
    setInterval(() => {}, 1000);
    await thread.terminate();`;
  const ended = run(process.execPath, ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', script], { timeout: 60_000 });
  await assert.rejects(ended, ({ code, stderr }) => {
    assert.match(stderr, /The embedded database has ended by a fault. Start Geocrate again/);
    assert.equal(code, 1);
    return true;
  });
});

claims('a PostgreSQL server', () => openDatabase({ databaseUrl: postgresUrl, dataDir: folder }));
