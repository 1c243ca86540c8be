import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { searchText } from '../../src/catalog/searchtext.ts';
import { createToken, findCaller } from '../../src/catalog/users.ts';
import { migrate } from '../../src/db/migrations.ts';
import { type Database, openDatabase } from '../../src/db/open.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { dataFolder } from '../fixtures/site.ts';

const dataDir = await dataFolder();
const embedded = await openDatabase({ databaseUrl: null, dataDir });
after(() => embedded.close());
const server = await openDatabase({ databaseUrl: await startPostgres(), dataDir });
after(() => server.close());

/** Empties the database and brings it to what a version had that ended with this migration. */
async function as({ db }: Database, last: string): Promise<void> {
  await sql`drop schema public cascade`.execute(db);
  await sql`create schema public`.execute(db);
  await migrate(db, last);
}

const GEOMETRY = '{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}';

/** Writes what that version would have written: a row of everything. */
async function fill({ db }: Database, last: string): Promise<void> {
  await createToken(db, 'anna', ['layers:read']);
  const knowsWhere = last >= '0006';
  const run = (text: string) => sql.raw(text).execute(db);
  await run(`insert into datasets (id, kind, slug, title, description, tags, search, first_published_at, published_at)
    values (1, 'vector', 'ways', 'Ōtaki Ways', '', '{}', '${knowsWhere ? searchText('Ōtaki Ways', '', []) : 'ōtaki ways'}', now(), now())`);
  await run(`insert into versions (dataset_id, content, profile, published_at) values (1, 'c', '{"extent_wgs84": [1, 2, 3, 4]}', now())`);
  await run(`update datasets set version_id = 1 ${knowsWhere ? ", extent = '{1,2,3,4}'" : ''}`);
  await run(`insert into crop_layers (dataset_id, version_id, name, extent) values (1, 1, 'areas', '${GEOMETRY}')`);
  await run(`insert into crop_features (crop_layer_id, key, name, geometry, current) values (1, 'k', 'area', '${GEOMETRY}', true)`);
  for (const state of ['complete', 'processing']) {
    await run(`insert into exports (user_id, name, created_via, state, request, request_hash, data_modified_at, size_estimate, job_id, stages, warnings)
      values (1, '${state}', 'api', '${state}', '{"items": []}', 'h', now(), 5, gen_random_uuid(), '[]', '[]')`);
  }
  await run(`insert into idempotency_keys (user_id, key_hash, body_hash, export_id) values (1, 'k', 'b', 1)`);
}

/** What this version makes of it, without times and random values. */
async function found({ db }: Database): Promise<unknown> {
  const dataset = await db.selectFrom('datasets').select(['title', 'search', 'extent', 'version_id']).executeTakeFirstOrThrow();
  const feature = await db.selectFrom('crop_features').select(['key', 'geometry', 'current']).executeTakeFirstOrThrow();
  const exports = await db
    .selectFrom('exports')
    .select(['id', 'state', 'request', 'attempts', 'turn', 'claim', 'worker'])
    .orderBy('id')
    .execute();
  const users = await db.selectFrom('users').select(['name', 'export_count', 'disabled_at']).execute();
  const keys = await db.selectFrom('idempotency_keys').select(['key_hash', 'export_id']).execute();
  return { dataset, feature, exports, users, keys };
}

for (const [name, database] of [
  ['embedded', embedded],
  ['server', server],
] as const) {
  suite(`the database (${name})`, () => {
    test('of every earlier version is brought to this one with all that it holds', async () => {
      const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(database.db);
      const last = rows.at(-1)?.name ?? '';
      await as(database, last);
      await fill(database, last);
      const expected = await found(database);
      for (const { name: version } of rows.slice(0, -1)) {
        await as(database, version);
        await fill(database, version);
        await migrate(database.db);
        assert.deepEqual(await found(database), expected, version);
        assert.equal((await findCaller(database.db, await createToken(database.db, 'anna', ['layers:read'])))?.userName, 'anna');
      }
    });
  });
}

test('a migration that has to wait for others lets those go first who come after it', async () => {
  const { db } = server;
  await as(server, '0006-whereabouts');
  let migrating: Promise<void> | undefined;
  // As pg_dump does, for as long as it takes.
  await db.transaction().execute(async (trx) => {
    await sql`lock table exports in access share mode`.execute(trx);
    migrating = migrate(db);
    const waits = async () =>
      (await sql`select from pg_locks where relation = 'exports'::regclass and not granted`.execute(trx)).rows.length > 0;
    for (let tries = 0; !(await waits()); tries++) {
      assert.ok(tries < 1000, 'It never waits.');
      await delay(10);
    }
    // Would wait for ever if it had to wait for what waits for this transaction.
    assert.deepEqual(await db.selectFrom('exports').selectAll().execute(), []);
  });
  await migrating;
  await sql`select claim, worker from exports`.execute(db);
});
