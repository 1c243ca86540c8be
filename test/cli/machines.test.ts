import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { raster } from '../fixtures/rasters.ts';
import { sha256, startS3 } from '../fixtures/s3.ts';
import { finished, startSite, type TestSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';
import { startWorker } from '../fixtures/worker.ts';

// Machines that share nothing but a PostgreSQL server and a bucket: each has a data directory of its own.
const bucket = await startS3();
const shared = { DATABASE_URL: await startPostgres(), ...bucket.env };
const folder = temporaryFolder();

/** Three tiles in a row. */
function tilesFolder(): string {
  const dir = join(folder, 'tiles');
  mkdirSync(dir);
  for (const [n, name] of ['a', 'b', 'c'].entries()) raster(dir, `${name}.tif`, { place: [1_600_000 + n * 640, 5_400_000, 10, 10] });
  return dir;
}

const publisher = await startSite({
  env: { ...shared, GEOCRATE_WORKERS: '0' },
  publish: [
    [parcels(folder), { id: 1, title: 'Parcels' }],
    [tilesFolder(), { id: 2, title: 'Tiles', kind: 'grid' }],
  ],
});
const server = await startSite({ env: { ...shared, GEOCRATE_WORKERS: '0' }, token: publisher.token });

/** A machine of a worker, whose GDAL can be held. */
function machine(name: string) {
  const gate = heldGdal(temporaryFolder());
  const dataDir = join(folder, name);
  const temporary = join(dataDir, 'tmp', 'export');
  return {
    gate,
    dataDir,
    start: () => startWorker({ ...shared, PATH: gate.PATH, GEOCRATE_CACHE: '0', GEOCRATE_WORKERS: '1', GEOCRATE_DATA_DIR: dataDir }),
    left: () => (existsSync(temporary) ? readdirSync(temporary) : []),
  };
}

async function create(site: TestSite = server): Promise<number> {
  // GDAL writes it.
  const formats = { vector: 'application/x-ogc-mapinfo_file' };
  return (await site.request('POST', '/exports/', { crs: 'EPSG:2193', formats, items: [{ item: `${site.api}/layers/1/` }] })).body.id;
}

/** Checks that an export's archive is whole and the one that the export tells of, from any server, and the only one that it has. */
async function checkArchive(id: number): Promise<void> {
  const done = await finished(server, id);
  assert.equal(done.state, 'complete', JSON.stringify(done.error));
  for (const site of [server, publisher]) {
    const address = (await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '';
    assert.ok(address.startsWith(bucket.endpoint), address);
    const answer = await fetch(address);
    assert.equal(answer.headers.get('content-disposition'), `attachment; filename="${done.name}.zip"`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.length, done.size_zipped);
    assert.equal(sha256(bytes), done.sha256);
    writeFileSync(join(folder, 'archive.zip'), bytes);
    execFileSync('unzip', ['-t', '-q', join(folder, 'archive.zip')]);
  }
  assert.equal(bucket.keys().filter((key) => key.startsWith(`site/archives/${id}-`)).length, 1);
}

const [one, two] = [machine('one'), machine('two')];
const first = await one.start();
let second: Awaited<ReturnType<typeof startWorker>>;

test('a worker that has nothing but the database and the bucket makes what is asked for at any server', async () => {
  const ids = [await create(server), await create(publisher)];
  for (const id of ids) await checkArchive(id);
  assert.ok(existsSync(join(one.dataDir, 'cache')));
  const head = (await server.request('HEAD', `/exports/${ids[0]}/download/`)).headers.get('location') ?? '';
  assert.equal((await fetch(head, { method: 'HEAD' })).status, 200);
});

test('an export of one tile fetches that tile and no other', async () => {
  const formats = { grid: 'image/tiff;subtype=geotiff' };
  const items = [{ item: `${server.api}/layers/2/`, tile_id: 'b' }];
  bucket.requests.length = 0;
  await checkArchive((await server.request('POST', '/exports/', { crs: 'EPSG:2193', formats, items })).body.id);
  const tiles = bucket.requests.filter((request) => request.startsWith('GET') && request.includes('.tif'));
  assert.deepEqual(
    tiles.map((request) => request.replace(/^.*\/|\?.*$/g, '')),
    ['b.tif'],
  );
});

test('a command line that follows a download checks the archive from the bucket', async () => {
  const out = join(folder, 'fetched.zip');
  await server.geocrate('export', '--layer', '1', '--format', 'csv', '--crs', 'EPSG:4326', '-o', out);
  execFileSync('unzip', ['-t', '-q', out]);
});

test('a worker that is killed in the middle of an export is replaced by another within 30 seconds', async (t) => {
  one.gate.hold();
  t.after(one.gate.release);
  const id = await create();
  await until('the first is at work', () => one.gate.waiting().length === 1);
  assert.equal(one.left().length, 2);
  second = await two.start();
  first.kill('SIGKILL');
  await first.ended;
  const killed = Date.now();
  await until('the second is at work', () => two.left().length > 0);
  const seconds = (Date.now() - killed) / 1000;
  t.diagnostic(`begun anew ${seconds.toFixed(1)} s after the kill`);
  await checkArchive(id);
  assert.ok(seconds < 30, `${seconds} s`);
});

test('a worker that was given up for dead and comes back changes nothing, and what it left behind is gone', async () => {
  two.gate.hold();
  const id = await create();
  await until('the second is at work', () => two.gate.waiting().length === 1);
  const again = await one.start();
  // What it had when it was killed went when it started.
  assert.deepEqual(one.left(), []);
  second.kill('SIGSTOP');
  await checkArchive(id);
  const [archive] = bucket.keys().filter((key) => key.startsWith(`site/archives/${id}-`));
  second.kill('SIGCONT');
  two.gate.release();
  await until('the second has let go', () => two.left().length === 0);
  await checkArchive(id);
  assert.deepEqual(
    bucket.keys().filter((key) => key.startsWith(`site/archives/${id}-`)),
    [archive],
  );
  again.kill('SIGTERM');
  assert.deepEqual(await again.ended, [0, null]);
  // It takes exports as before.
  await checkArchive(await create());
});

test('an archive that is discarded goes from the bucket', async () => {
  const id = await create();
  await checkArchive(id);
  assert.equal((await publisher.request('POST', `/exports/${id}/discard/`)).body.state, 'gone');
  assert.deepEqual(
    bucket.keys().filter((key) => key.startsWith(`site/archives/${id}-`)),
    [],
  );
  assert.equal((await server.request('GET', `/exports/${id}/download/`)).status, 410);
});
