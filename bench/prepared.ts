import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { parcels } from './parcels.ts';

const run = promisify(execFile);
const geocrate = join(import.meta.dirname, '../bin/geocrate');

/** A server of a benchmark's own, with layers published; it ends and is removed with the block that uses it. */
export interface BenchSite extends AsyncDisposable {
  api: string;
  token: string;
  /** Makes the same export again and again until it is stopped. */
  keepExporting(body: object): { stop(): Promise<void> };
}

/** @param prepare is called before the server starts, with the data directory. */
export async function benchSite(options: { parcels: number; prepare?: (dataDir: string) => Promise<void> }): Promise<BenchSite> {
  const folder = mkdtempSync(join(tmpdir(), 'geocrate-bench-'));
  const dataDir = join(folder, 'data');
  const env = { ...process.env, GEOCRATE_DEMO: '0', GEOCRATE_CACHE: '0', GEOCRATE_PORT: '0', GEOCRATE_DATA_DIR: dataDir };
  const source = join(folder, 'parcels.geojsonl');
  await pipeline(Readable.from(parcels(options.parcels)), createWriteStream(source));
  await run(geocrate, ['publish', source, '--id', '1', '--title', 'Parcels', '--crs', 'EPSG:2193'], { env });
  const token = (await run(geocrate, ['token', 'create', '--user', 'bench'], { env })).stdout.trim();
  await options.prepare?.(dataDir);
  const server = spawn(geocrate, ['serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(server.stdout, 'data');
  const api = `${/listens on (\S+)/.exec(String(said))?.[1]}/services/api/v1`;
  const headers = { authorization: `key ${token}`, 'content-type': 'application/json', prefer: 'wait=60' };
  return {
    api,
    token,
    keepExporting(body) {
      let stopped = false;
      const exporting = (async () => {
        while (!stopped) await (await fetch(`${api}/exports/`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
      })();
      return {
        async stop() {
          stopped = true;
          await exporting;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
