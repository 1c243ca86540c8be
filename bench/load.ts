import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parcels } from './parcels.ts';

const execute = promisify(execFile);
const geocrate = join(import.meta.dirname, '../bin/geocrate');

const DOWNLOADS = 1000;
const STREAMS = 5000;
const PARCELS = 40_000;
/** Clients that come at once, so that none waits until it is refused by the system. */
const BATCH = 100;
const SETTLE_MS = 5000;

/**
 * How much memory the server's process has with 1,000 slow downloads and 5,000 open streams of events; the limit aimed for is 300 MiB.
 * The database is that of DATABASE_URL; unless that is set, one in the same process, which is measured with it.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'geocrate-bench-'));
  const env = { ...process.env, GEOCRATE_DEMO: '0', GEOCRATE_PORT: '0', GEOCRATE_MONITOR: '0', GEOCRATE_DATA_DIR: join(folder, 'data') };
  let server: ChildProcess | undefined;
  try {
    const source = join(folder, 'parcels.geojsonl');
    await pipeline(Readable.from(parcels(PARCELS)), createWriteStream(source));
    await execute(geocrate, ['publish', source, '--id', '1', '--title', 'Parcels', '--crs', 'EPSG:2193'], { env });
    const token = (await execute(geocrate, ['token', 'create', '--user', 'bench'], { env })).stdout.trim();
    const headers = { authorization: `key ${token}`, 'content-type': 'application/json' };
    const ask = async (api: string, format: string, wait: number): Promise<ReturnType<JSON['parse']>> => {
      const body = JSON.stringify({ crs: 'EPSG:2193', formats: { vector: format }, items: [{ item: `${api}/layers/1/` }] });
      return (await fetch(`${api}/exports/`, { method: 'POST', headers: { ...headers, prefer: `wait=${wait}` }, body })).json();
    };
    server = started(env);
    const made = await ask((await addressesOf(server)).api, 'application/geo+json', 60);
    await stopped(server);
    // From now on it makes nothing: what is asked for waits, and is followed.
    server = started({ ...env, GEOCRATE_WORKERS: '0' });
    const { api, monitor } = await addressesOf(server);
    const waiting = await ask(api, 'text/csv', 0);
    const say = async (what: string) => {
      await delay(SETTLE_MS);
      const metrics = await (await fetch(`${monitor}/metrics`)).text();
      const parts = ['nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'].map((name) => measured(metrics, name));
      console.log(`| ${[what, Math.round(memory(server?.pid ?? 0)), ...parts].join(' | ')} |`);
    };
    console.log(
      `An archive of ${(made.size_zipped / 1e6).toFixed(1)} MB, ${process.env.DATABASE_URL ? 'PostgreSQL' : 'the embedded database'}`,
    );
    console.log('| the server has | MiB of memory | of that JavaScript objects | buffers |\n|---|---|---|---|');
    await say('nothing to do');
    const streams = await clients(api, STREAMS, `/services/api/v1/exports/${waiting.id}/events/`, token);
    await say(`${STREAMS} streams of events`);
    const download = await fetch(`${api}/exports/${made.id}/download/`, { headers, redirect: 'manual' });
    const { pathname, search } = new URL(download.headers.get('location') ?? '');
    const downloads = await clients(api, DOWNLOADS, pathname + search, token);
    await say(`these and ${DOWNLOADS} slow downloads`);
    const asked = performance.now();
    const { status } = await fetch(`${api}/exports/`, { headers });
    console.log(`\nA list of exports meanwhile: ${status} after ${Math.round(performance.now() - asked)} ms.`);
    for (const client of [...streams, ...downloads]) client.destroy();
  } finally {
    server?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function started(env: Record<string, string | undefined>): ChildProcess {
  return spawn(geocrate, ['serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function addressesOf(server: ChildProcess): Promise<{ api: string; monitor: string }> {
  let said = '';
  for await (const text of server.stdout ?? []) {
    said += text;
    const url = /listens on (\S+)/.exec(said)?.[1];
    if (url) return { api: `${url}/services/api/v1`, monitor: /Monitored at (\S+)/.exec(said)?.[1] ?? '' };
  }
  throw new Error('The server did not start.');
}

async function stopped(server: ChildProcess): Promise<void> {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
}

/** Clients that ask for something and read no more than the beginning of the answer. */
async function clients(api: string, count: number, path: string, token: string): Promise<Socket[]> {
  const { hostname, port } = new URL(api);
  const open = async () => {
    const socket = connect(Number(port), hostname);
    socket.on('error', (error) => console.log(`A client was cut: ${error.message}`));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: key ${token}\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    socket.pause();
    if (!String(answer).startsWith('HTTP/1.1 200')) throw new Error(String(answer).slice(0, 300));
    return socket;
  };
  const sockets: Socket[] = [];
  while (sockets.length < count) sockets.push(...(await Promise.all(Array.from({ length: BATCH }, open))));
  return sockets;
}

/** A number of bytes that a process tells of itself, in MiB. */
function measured(metrics: string, name: string): number {
  return Math.round(Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]) / 2 ** 20);
}

/** Resident, in MiB. Linux only. */
function memory(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
