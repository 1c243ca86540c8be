import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort, TestPostgres } from '../../test/fixtures/postgres.ts';
import type { Random } from '../../test/fixtures/random.ts';
import { openS3 } from '../../test/fixtures/s3.ts';
import { cpuSeconds } from './cpu.ts';
import { type Asked, load, prepare, type SizeClass } from './load.ts';

const geocrate = join(import.meta.dirname, '../../bin/geocrate');
/** Exports that a worker makes at once. */
export const PLACES = 2;
/** Requests to create an export that are sent at once. */
const SENDERS = 10;
const IDLE_SECONDS = 10;

/** An export that was made; seconds. */
export interface Made {
  user: number;
  size: SizeClass;
  /** From its acceptance until a worker began, and from then until its archive was in the store. */
  waited: number;
  served: number;
  /** Since the first was accepted. */
  finished: number;
  bytes: number;
}

/** What a number of workers did with a load. Seconds; those of CPU are of all cores together. */
export interface Measured {
  workers: number;
  made: readonly Made[];
  /** From the first acceptance to the last archive. */
  took: number;
  cpu: { server: number; workers: number; database: number };
  /** In which statements ran, by the database's own count. */
  database: number;
  /** In which the store was busy with requests, and how many they were. */
  storage: number;
  requests: number;
  /** CPU of the database for a worker that has nothing to do, in a second. */
  idle: number;
}

/** Has so many workers, a server, a PostgreSQL and an object store on this machine make all exports of a load, as soon as they are asked for. */
export async function measure(folder: string, workers: number, exports: number, users: number, random: Random): Promise<Measured> {
  chmodSync(folder, 0o755); // PostgreSQL may run as a user of its own
  const postgres = await TestPostgres.start(made(folder, 'database'));
  const bucket = await openS3(made(folder, 'store'));
  const env = { ...bucket.env, DATABASE_URL: postgres.url };
  const tokens = await prepare(folder, env, users);
  const client = new pg.Client(postgres.url);
  await client.connect();
  const port = await freePort();
  const start = (kind: 'serve' | 'worker', name: string, more: Record<string, string>) =>
    spawn(geocrate, [kind], {
      env: { ...process.env, ...env, GEOCRATE_DEMO: '0', GEOCRATE_CACHE: '0', GEOCRATE_DATA_DIR: join(folder, name), ...more },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const server = start('serve', 'server', { GEOCRATE_PORT: String(port), GEOCRATE_WORKERS: '0' });
  const others = Array.from({ length: workers }, (_, n) => start('worker', `worker-${n}`, { GEOCRATE_WORKERS: String(PLACES) }));
  try {
    for (const { stdout } of [server, ...others]) await once(stdout, 'data');
    const api = `http://127.0.0.1:${port}/services/api/v1`;
    const ofDatabase = () => cpuSeconds(postgres.pid);
    const before = ofDatabase();
    await delay(IDLE_SECONDS * 1000);
    const idle = (ofDatabase() - before) / IDLE_SECONDS / (workers + 1);
    // Threads and code that are warm, as in a worker that has run for a while.
    await ask(load(users, users, random), api, tokens);
    await ended(client);
    const used = () => ({
      server: cpuSeconds(server.pid ?? 0),
      workers: others.reduce((total, { pid }) => total + cpuSeconds(pid ?? 0), 0),
      database: ofDatabase(),
    });
    const first = { cpu: used(), active: await activeSeconds(client), storage: bucket.busy, requests: bucket.requests.length };
    const ids = await ask(load(exports, users, random), api, tokens);
    await ended(client);
    const last = { cpu: used(), active: await activeSeconds(client), storage: bucket.busy, requests: bucket.requests.length };
    const all = await results(client, ids);
    return {
      workers,
      made: all,
      took: Math.max(...all.map(({ finished }) => finished)),
      cpu: {
        server: last.cpu.server - first.cpu.server,
        workers: last.cpu.workers - first.cpu.workers,
        database: last.cpu.database - first.cpu.database,
      },
      database: last.active - first.active,
      storage: (last.storage - first.storage) / 1000,
      requests: last.requests - first.requests,
      idle,
    };
  } finally {
    for (const one of [server, ...others]) {
      one.kill('SIGTERM');
      if (one.exitCode === null) await once(one, 'exit');
    }
    await client.end();
    await bucket.close();
    await postgres.stop();
  }
}

/** Asks for all of a load, some at once; gives what each of the exports was asked as. */
async function ask(asked: readonly Asked[], api: string, tokens: readonly string[]): Promise<Map<number, Asked>> {
  const ids = new Map<number, Asked>();
  let next = 0;
  const send = async () => {
    for (let one = asked[next++]; one; one = asked[next++]) {
      const headers = { authorization: `key ${tokens[one.user]}`, 'content-type': 'application/json' };
      const response = await fetch(`${api}/exports/`, { method: 'POST', headers, body: JSON.stringify(one.body(api)) });
      const answer: ReturnType<JSON['parse']> = await response.json();
      if (response.status !== 201) throw new Error(JSON.stringify(answer));
      ids.set(answer.id, one);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
  return ids;
}

async function ended(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query(`select count(*)::int as count from exports where state = 'processing'`);
    if (rows[0].count === 0) return;
    await delay(500);
  }
}

/** Since the server counts; its sessions tell it once a second. */
async function activeSeconds(client: pg.Client): Promise<number> {
  await delay(1500);
  const { rows } = await client.query(`select active_time / 1000 as seconds from pg_stat_database where datname = 'geocrate'`);
  return Number(rows[0].seconds);
}

async function results(client: pg.Client, ids: ReadonlyMap<number, Asked>): Promise<Made[]> {
  const { rows } = await client.query({
    text: `select id, state, size_zipped::float8, extract(epoch from created_at)::float8, extract(epoch from started_at)::float8,
             extract(epoch from finished_at)::float8 from exports where id = any($1)`,
    values: [[...ids.keys()]],
    rowMode: 'array',
  });
  const begun = Math.min(...rows.map(([, , , created]) => created));
  return rows.map(([id, state, bytes, created, started, finished]) => {
    const asked = ids.get(id);
    if (state !== 'complete' || !asked) throw new Error(`Export ${id} is ${state}.`);
    const { user, size } = asked;
    return { user, size, bytes, waited: started - created, served: finished - started, finished: finished - begun };
  });
}

function made(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path);
  return path;
}
