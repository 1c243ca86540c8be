import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { freePort, TestPostgres } from '../test/fixtures/postgres.ts';
import { Random } from '../test/fixtures/random.ts';
import { raster } from '../test/fixtures/rasters.ts';
import { openS3 } from '../test/fixtures/s3.ts';
import { cpuSeconds } from './scale/cpu.ts';

const geocrate = join(import.meta.dirname, '../bin/geocrate');
/** Pixels of a tile's side; it has three bands. */
const SIDE = 2000;
/** GDAL writes it, tile by tile. */
const FORMAT = 'image/jp2;compression=lossless';
const CRS = 'EPSG:3857';

/**
 * A mosaic in another format and coordinate system, made by one worker on one core, and by two on a core each.
 * @param args `--tiles 12`, `--runs 3`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = { tiles: { type: 'string', default: '12' }, runs: { type: 'string', default: '3' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const folder = await mkdtemp(join(tmpdir(), 'geocrate-bench-'));
  chmodSync(folder, 0o755); // PostgreSQL may run as a user of its own
  for (const name of ['database', 'store', 'tiles']) mkdirSync(join(folder, name));
  const postgres = await TestPostgres.start(join(folder, 'database'));
  const bucket = await openS3(join(folder, 'store'));
  const shared = { ...process.env, ...bucket.env, DATABASE_URL: postgres.url, GEOCRATE_DEMO: '0', GEOCRATE_CACHE: '0' };
  const port = String(await freePort());
  const serving = { ...shared, GEOCRATE_DATA_DIR: join(folder, 'server'), GEOCRATE_PORT: port, GEOCRATE_WORKERS: '0' };
  const processes: ChildProcess[] = [];
  const start = async (command: string, args: readonly string[], env: NodeJS.ProcessEnv) => {
    const one = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    processes.push(one);
    await once(one.stdout, 'data');
    return one;
  };
  const worker = (core: number) =>
    start('taskset', ['-c', String(core), geocrate, 'worker'], { ...shared, GEOCRATE_DATA_DIR: join(folder, `worker-${core}`) });
  try {
    tiles(join(folder, 'tiles'), Number(values.tiles));
    const command = (...words: string[]) => promisify(execFile)(geocrate, words, { env: serving });
    await command('publish', join(folder, 'tiles'), '--id', '1', '--title', 'Tiles', '--kind', 'raster', '--tiled');
    const { stdout: token } = await command('token', 'create', '--user', 'bench');
    const authorization = `key ${token.trim()}`;
    await start(geocrate, ['serve'], serving);
    const api = `http://127.0.0.1:${port}/services/api/v1`;
    const workers = [await worker(0)];
    for (const count of [1, 2]) {
      if (workers.length < count) workers.push(await worker(1));
      // The first warms threads, code and the cache.
      for (let n = 0; n <= Number(values.runs); n++) {
        const before = workers.map(({ pid }) => cpuSeconds(pid ?? 0));
        const { took, sha256 } = await make(api, authorization);
        const cpu = workers.map(({ pid }, index) => (cpuSeconds(pid ?? 0) - (before[index] ?? 0)).toFixed(1));
        const what = `${count} worker${count > 1 ? 's' : ''}${n === 0 ? ', cold' : ''}`;
        process.stdout.write(`${what}: ${took.toFixed(1)} s, of the processor ${cpu.join(' and ')} s; ${sha256.slice(0, 8)}\n`);
      }
    }
  } finally {
    for (const one of processes.reverse()) {
      one.kill('SIGTERM');
      if (one.exitCode === null) await once(one, 'exit');
    }
    await bucket.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tiles in a row, of waves and some noise. */
function tiles(folder: string, count: number): void {
  const random = new Random(1);
  const pixel = (x: number, y: number, band: number) => 128 + 60 * Math.sin(x / 97 + band) + 50 * Math.cos(y / 131) + random.between(0, 16);
  for (let n = 0; n < count; n++)
    raster(folder, `${n}.tif`, { type: 'Byte', size: [SIDE, SIDE], bands: 3, place: [1_600_000 + n * SIDE, 5_400_000, 1, 1], pixel });
}

/** Makes one export; gives the seconds from the request to `complete`. */
async function make(api: string, authorization: string): Promise<{ took: number; sha256: string }> {
  const began = performance.now();
  const body = JSON.stringify({ crs: CRS, formats: { raster: FORMAT }, items: [{ item: `${api}/layers/1/` }] });
  const ask = async (path: string, init: RequestInit = {}): Promise<ReturnType<JSON['parse']>> =>
    (await fetch(`${api}${path}`, { ...init, headers: { authorization, 'content-type': 'application/json' } })).json();
  let now = await ask('/exports/', { method: 'POST', body });
  for (; now.state === 'processing'; now = await ask(`/exports/${now.id}/`)) await delay(200);
  if (now.state !== 'complete') throw new Error(JSON.stringify(now));
  return { took: (performance.now() - began) / 1000, sha256: now.sha256 };
}
