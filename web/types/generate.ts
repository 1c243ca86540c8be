// Writes web/api/schema.d.ts: the types of what the server answers, made of its own OpenAPI description.
// usage: npm run api-types [-- URL OF A SERVER]   (without one, starts a server of its own)
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiTypes } from './types.ts';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'web/api/schema.d.ts');
const [given] = process.argv.slice(2);
if (given === undefined) await withServer((url) => write(url));
else await write(given.replace(/\/$/, ''));

async function write(url: string): Promise<void> {
  writeFileSync(target, await apiTypes(`${url}/services/api/v1/openapi.json`));
}

async function withServer(use: (url: string) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'geocrate-types-'));
  const env = { ...process.env, GEOCRATE_DATA_DIR: dataDir, GEOCRATE_PORT: '0', GEOCRATE_DEMO: '0' };
  const server = spawn(join(root, 'bin/geocrate'), ['serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise<void>((resolve, reject) => {
      server.stdout.on('data', (said: Buffer) => {
        if (String(said).includes('listens on')) resolve();
      });
      server.once('exit', () => reject(new Error('The server did not start.')));
    });
    await use(readFileSync(join(dataDir, 'server-url'), 'utf8').trim());
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill();
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
}
