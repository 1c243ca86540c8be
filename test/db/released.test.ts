import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { findCaller } from '../../src/catalog/users.ts';
import { migrate } from '../../src/db/migrations.ts';
import { type Database, openDatabase } from '../../src/db/open.ts';
import { ExportQueue } from '../../src/queue/queue.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { dataFolder, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

/** The databases of sites as released versions left them, by version: docs/contribute.md says how they are made. */
const FOLDER = join(import.meta.dirname, 'released');
const VERSIONS = readdirSync(FOLDER)
  .map((name) => name.replace(/\.sql$/, ''))
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
/** Of the user anna, in all of them. */
const TOKEN = '19fee691a2c22ebdf2773e2329e675261a9b14be';

const dataDir = await dataFolder();
const embedded = await openDatabase({ databaseUrl: null, dataDir });
after(() => embedded.close());
const databaseUrl = await startPostgres();
const server = await openDatabase({ databaseUrl, dataDir });
after(() => server.close());

/** All at once, whatever they are. */
async function execute({ source }: Database, statements: string): Promise<void> {
  const session = await source.acquire();
  await session.execute(statements).finally(() => session.release());
}

const dumpOf = (version: string) => readFileSync(join(FOLDER, `${version}.sql`), 'utf8');

const EMPTY = 'drop schema if exists pgboss cascade; drop schema public cascade;';

/** Gives a database what a released version's site had in it. Its times are moved to today, so that nothing in it is too old for this version. */
async function load(database: Database, version: string): Promise<void> {
  // What it is loaded with holds for the session, which others use after it.
  await execute(database, `${EMPTY} create schema public; ${dumpOf(version)}; reset all;`);
  await execute(
    database,
    `update pgboss.job set start_after = start_after + (now() - created_on), keep_until = keep_until + (now() - created_on), created_on = now();
     update exports set expires_at = now() + interval '7 days' where state = 'complete'; update sessions set expires_at = now() + interval '7 days'`,
  );
}

/** Makes this version's tables anew. */
async function fresh(database: Database): Promise<void> {
  await execute(database, `${EMPTY} create schema public;`);
  await migrate(database.db);
}

/** The columns of all tables of `public`, as `table.column`, with their types. */
async function columnsOf({ db }: Database): Promise<Map<string, string>> {
  const { rows } = await sql<{ name: string; type: string }>`
    select table_name || '.' || column_name as name, udt_name as type from information_schema.columns where table_schema = 'public'`.execute(
    db,
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}

/** Every column, constraint and index of `public`, as lines of text. */
async function tablesOf({ db }: Database): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select format('%s.%s %s %s %s %s', table_name, column_name, udt_name, is_nullable, column_default, is_identity) as line
      from information_schema.columns where table_schema = 'public'
    union all select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
      where connamespace = 'public'::regnamespace and contype <> 'n'
    union all select indexdef from pg_indexes where schemaname = 'public'`.execute(db);
  return rows.map(({ line }) => line).sort();
}

/** All rows of `public`, by table. */
async function rowsOf(database: Database): Promise<Map<string, Record<string, unknown>[]>> {
  const tables = new Set([...(await columnsOf(database)).keys()].map((name) => name.split('.')[0] ?? ''));
  const found = new Map<string, Record<string, unknown>[]>();
  for (const table of tables) {
    if (table.startsWith('kysely_')) continue;
    const { rows } = await sql<{ row: Record<string, unknown> }>`select to_jsonb(one) as row from ${sql.table(table)} one`.execute(
      database.db,
    );
    found.set(
      table,
      rows.map(({ row }) => row),
    );
  }
  return found;
}

/** Takes what waits in the queue. */
async function handedOut({ source }: Database, count: number): Promise<number[]> {
  const queue = await ExportQueue.open(source, (error) => assert.fail(error));
  const taken: number[] = [];
  queue.work(10, async ({ exportId }) => void taken.push(exportId));
  await until('all that waits is handed out', () => taken.length >= count);
  await queue.close();
  return taken.sort();
}

for (const version of VERSIONS) {
  for (const [name, database] of [
    ['embedded', embedded],
    ['server', server],
  ] as const) {
    test(`the database of ${version} (${name}) becomes this version’s, with all that it holds, and its queue goes on`, async () => {
      await fresh(database);
      const expected = await tablesOf(database);
      await load(database, version);
      const before = await rowsOf(database);
      await migrate(database.db);
      assert.deepEqual(await tablesOf(database), expected);
      const now = await rowsOf(database);
      for (const [table, rows] of before) {
        const columns = Object.keys(rows[0] ?? {});
        const kept = now.get(table)?.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
        assert.deepEqual(kept, rows, table);
      }
      assert.equal((await findCaller(database.db, TOKEN))?.userName, 'anna');
      // A job of what was cancelled is for whoever takes it to see.
      assert.deepEqual(await handedOut(database, 3), [3, 4, 5]);
    });
  }

  test(`a server of this version says of the database of ${version} what its API promises`, async () => {
    await load(server, version);
    const site = await startSite({ env: { DATABASE_URL: databaseUrl, GEOCRATE_WORKERS: '0' }, token: TOKEN });
    for (const path of ['/data/', '/layers/1/', '/layers/3/', '/tables/2/', '/exports/croplayers/1/cropfeatures/', '/exports/1/'])
      assert.equal((await site.request('GET', path)).status, 200, path);
    const { body } = await site.request('GET', '/exports/?sort=id');
    assert.deepEqual(
      body.map(({ state }: { state: string }) => state),
      ['complete', 'gone', 'cancelled', 'processing', 'processing'],
    );
  });
}

test('processes of the version that was released last go on working with this version’s tables', async () => {
  const version = VERSIONS.at(-1) ?? '';
  await load(server, version);
  const read = await columnsOf(server);
  await fresh(server);
  const there = await columnsOf(server);
  // What it reads.
  for (const [column, type] of read) assert.equal(there.get(column), type, `${column}, which ${version} reads, is gone or another`);
  // What it writes: its own statements. Rows come before those that they refer to.
  const written = dumpOf(version).match(/^INSERT INTO public\.(?!kysely_)[\s\S]*?;$/gm) ?? [];
  assert.ok(written.length > 20);
  await execute(server, `begin; set local session_replication_role = replica; ${written.join('\n')} commit`);
});
