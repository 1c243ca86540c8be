import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { sha256, startS3 } from '../fixtures/s3.ts';
import { finished, startSite, type TestSite } from '../fixtures/site.ts';
import { SystemPostgres } from '../fixtures/systempostgres.ts';
import { until } from '../fixtures/until.ts';
import { startWorker } from '../fixtures/worker.ts';

// A site over PostgreSQL and a bucket is backed up, lost and brought back by the very commands of docs/operate.md.
const root = join(import.meta.dirname, '../..');
const folder = temporaryFolder();
const postgres = await SystemPostgres.start();
const bucket = await startS3();
bucket.makeBucket('geodata-backup');
const shared = { ...bucket.env, DATABASE_URL: `postgresql://geocrate:secret@127.0.0.1:${postgres.port}/geocrate` };

/** Where `aws` is. */
const programs = join(folder, 'bin');
mkdirSync(programs);
const sync = fileURLToPath(import.meta.resolve('../fixtures/awssync.ts'));
writeFileSync(join(programs, 'aws'), `#!/bin/sh\nexec '${process.execPath}' '${sync}' "$@"\n`, { mode: 0o755 });

/** The blocks of commands in a part of docs/operate.md, with this test's addresses in place of the examples'. */
function commands(from: string, to: string): string[] {
  const page = readFileSync(join(root, 'docs/operate.md'), 'utf8');
  const [, part = ''] = page.split(from);
  const [own = ''] = part.split(to);
  return [...own.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) =>
    block
      .replaceAll(/-h db2?\.example\.org/g, `-h 127.0.0.1 -p ${postgres.port}`)
      .replaceAll(/db2?\.example\.org/g, `127.0.0.1:${postgres.port}`)
      .replaceAll('s3://geodata/exports', 's3://geocrate/site'),
  );
}

/** Runs a block of commands as somebody types it, up to the first that fails. */
async function run(block: string | undefined, env: Record<string, string> = {}): Promise<string> {
  assert.ok(block);
  const PATH = [join(root, 'bin'), programs, postgres.env.PATH].join(delimiter);
  const how = { cwd: folder, env: { ...process.env, ...shared, ...env, ...postgres.env, PATH } };
  return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', block], how)).stdout;
}

const [makeDatabase] = commands('PostgreSQL 13 or newer', 'The database has to be');
const [backUp, restore] = commands('**With PostgreSQL and a bucket**', '**With PostgreSQL and files**');

await run(makeDatabase);
const gate = heldGdal(temporaryFolder());
const site = await startSite({
  env: { ...shared, GEOCRATE_WORKERS: '0' },
  dataDir: join(folder, 'server'),
  publish: [[parcels(folder), { id: 1, license: 'CC-BY-4.0' }]],
});
const worker = await startWorker({
  ...shared,
  PATH: gate.PATH,
  GEOCRATE_WORKERS: '1',
  GEOCRATE_CACHE: '0',
  GEOCRATE_DATA_DIR: join(folder, 'worker'),
});
const anna = await site.createToken('anna');

async function ask(of: TestSite, format: string, token = site.token): Promise<number> {
  const body = { crs: 'EPSG:2193', formats: { vector: format }, items: [{ item: `${of.api}/layers/1/` }] };
  const answer = await of.request('POST', '/exports/', body, { authorization: `key ${token}` });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body.id;
}

/** The SHA-256 of an export's archive, as whoever downloads it finds it. */
async function downloaded(of: TestSite, id: number): Promise<string> {
  const address = (await of.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '';
  return sha256(new Uint8Array(await (await fetch(address)).arrayBuffer()));
}

test('a site over PostgreSQL and a bucket comes back from a backup that was made while it worked, as docs/operate.md says', async () => {
  const made = [];
  for (const id of [await ask(site, 'text/csv'), await ask(site, 'application/x-ogc-gpkg')]) made.push(await finished(site, id));
  // GDAL writes it, and waits: one is in the making while the database is copied, and others have not begun.
  gate.hold();
  const running = await ask(site, 'application/x-ogc-mapinfo_file');
  await until('an export is in the making', () => gate.waiting().length === 1);
  const waiting = await ask(site, 'application/geo+json');
  const annas = await ask(site, 'application/geo+json', anna);
  await run(backUp);
  // What is made and asked for later is not in it.
  gate.release();
  assert.equal((await finished(site, running)).state, 'complete');
  const later = await ask(site, 'text/csv');
  assert.equal((await finished(site, later)).state, 'complete');

  worker.kill('SIGKILL');
  await Promise.all([site.stop('SIGKILL'), worker.ended]);
  await postgres.lose();
  bucket.lose();
  await postgres.make();

  const said = await run(restore, { GEOCRATE_DATA_DIR: join(folder, 'new') });
  assert.match(said, /^ok +Database: the PostgreSQL server of DATABASE_URL, 1 layers and tables, 3 exports waiting/m);
  assert.match(said, /^Would remove 0 expired archives, 0 archives and 0 versions/m);
  const restored = await startSite({ env: { ...shared, GEOCRATE_WORKERS: '0' }, dataDir: join(folder, 'new'), token: site.token });
  for (const { id, sha256: hash } of made) {
    const { state, sha256: kept } = (await restored.request('GET', `/exports/${id}/`)).body;
    assert.deepEqual([state, kept, await downloaded(restored, id)], ['complete', hash, hash]);
  }
  assert.equal((await restored.request('GET', `/exports/${later}/`)).status, 404);
  await startWorker({ ...shared, GEOCRATE_DATA_DIR: join(folder, 'new-worker') });
  for (const id of [running, waiting, await ask(restored, 'application/flatgeobuf')]) {
    const done = await finished(restored, id);
    assert.equal(done.state, 'complete', JSON.stringify(done.error));
    assert.equal(await downloaded(restored, id), done.sha256);
  }
  const theirs = { authorization: `key ${anna}` };
  await until(
    'her export is made too',
    async () => (await restored.request('GET', `/exports/${annas}/`, undefined, theirs)).body.state === 'complete',
  );
  assert.equal((await restored.request('GET', '/exports/', undefined, theirs)).body.length, 1);
  assert.match((await restored.request('GET', '/layers/1/')).body.license.title, /Attribution 4\.0/);
});
