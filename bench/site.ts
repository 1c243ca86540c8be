import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const geocrate = join(import.meta.dirname, '../bin/geocrate');

const ASK_AGAIN_MS = 50;

/** A server of a benchmark's own, with the demo data. */
export class BenchSite {
  readonly api: string;
  /** Of the server. */
  readonly pid: number;
  readonly #token: string;
  readonly #stop: () => Promise<void>;

  private constructor(api: string, pid: number, token: string, stop: () => Promise<void>) {
    this.api = api;
    this.pid = pid;
    this.#token = token;
    this.#stop = stop;
  }

  /** @param publish arguments of `geocrate publish`, one command each. */
  static async start(dataDir: string, publish: readonly string[][]): Promise<BenchSite> {
    const env = { ...process.env, GEOCRATE_PORT: '0', GEOCRATE_DATA_DIR: dataDir };
    for (const args of publish) await run(geocrate, ['publish', ...args], { env });
    const server = spawn(geocrate, ['serve'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    const stop = async () => {
      server.kill('SIGTERM');
      if (server.exitCode === null) await once(server, 'exit');
      await rm(dataDir, { recursive: true, force: true });
    };
    for await (const line of createInterface({ input: server.stdout })) {
      const url = /listens on (\S+)/.exec(line)?.[1];
      if (!url) continue;
      const token = (await run(geocrate, ['token', 'create', '--user', 'bench'], { env })).stdout.trim();
      return new BenchSite(`${url}/services/api/v1`, server.pid ?? 0, token, stop);
    }
    throw new Error('The server did not start.');
  }

  async request(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<ReturnType<JSON['parse']>> {
    const response = await fetch(`${this.api}${path}`, {
      method,
      headers: { authorization: `key ${this.#token}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return response.json();
  }

  /** Makes an export and is told when it has ended: asking how far it is many times a second takes a tenth of two cores. */
  async finish(body: object): Promise<{ size: number; seconds: number }> {
    const started = performance.now();
    let now = await this.request('POST', '/exports/', body, { prefer: 'wait=60' });
    if (!now.id) throw new Error(JSON.stringify(now));
    for (; now.state === 'processing'; now = await this.request('GET', `/exports/${now.id}/`)) await setTimeout(ASK_AGAIN_MS);
    if (now.state !== 'complete') throw new Error(JSON.stringify(now.error));
    return { size: now.size_zipped, seconds: (performance.now() - started) / 1000 };
  }

  /** Makes an export and waits for it; `etas` are what it said was left, and what was, in seconds. */
  async export(body: object): Promise<{ id: number; size: number; seconds: number; etas: { said: number; left: number }[] }> {
    const started = performance.now();
    const created = await this.request('POST', '/exports/', body);
    if (!created.id) throw new Error(JSON.stringify(created));
    const said: { at: number; eta: number }[] = [];
    for (;;) {
      const now = await this.request('GET', `/exports/${created.id}/`);
      const at = (performance.now() - started) / 1000;
      if (now.state === 'complete')
        return {
          id: created.id,
          size: now.size_zipped,
          seconds: at,
          etas: said.map(({ at: then, eta }) => ({ said: eta, left: at - then })),
        };
      if (now.state !== 'processing') throw new Error(JSON.stringify(now.error));
      if (now.eta_seconds !== null) said.push({ at, eta: now.eta_seconds });
      await setTimeout(ASK_AGAIN_MS);
    }
  }

  /** Makes an export and downloads its archive. */
  async download(body: object, path: string): Promise<void> {
    const { id } = await this.export(body);
    const response = await fetch(`${this.api}/exports/${id}/download/`, { headers: { authorization: `key ${this.#token}` } });
    if (!response.ok || !response.body) throw new Error(`The archive could not be downloaded: ${response.status}.`);
    await pipeline(response.body, createWriteStream(path));
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}
