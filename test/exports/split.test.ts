import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/open.ts';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { freePort, startPostgres } from '../fixtures/postgres.ts';
import { raster } from '../fixtures/rasters.ts';
import { sha256, startS3 } from '../fixtures/s3.ts';
import { finished, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';
import { startWorker } from '../fixtures/worker.ts';

// One server, and two workers that share nothing but a PostgreSQL server and a bucket.
const bucket = await startS3();
const shared = { DATABASE_URL: await startPostgres(), ...bucket.env };
const folder = temporaryFolder();

/** Four tiles in a row. */
function tilesFolder(): string {
  const dir = join(folder, 'tiles');
  mkdirSync(dir);
  for (let n = 0; n < 4; n++) raster(dir, `${n}.tif`, { place: [1_600_000 + n * 640, 5_400_000, 10, 10], pixel: (x, y) => x * y + n });
  return dir;
}

const source = parcels(folder);
const site = await startSite({
  env: { ...shared, GEOCRATE_WORKERS: '0' },
  publish: [
    [source, { id: 1, title: 'Parcels 1' }],
    [source, { id: 3, title: 'Parcels 3' }],
    [tilesFolder(), { id: 2, title: 'Tiles', kind: 'grid', tiled: true }],
  ],
});
const { db, close } = await openDatabase({ databaseUrl: shared.DATABASE_URL, dataDir: folder });
after(close);

/** A worker on a machine of its own, whose GDAL can be held. */
async function machine() {
  const gate = heldGdal(temporaryFolder(), ['ogr2ogr', 'gdal_translate']);
  const dataDir = temporaryFolder();
  const port = String(await freePort());
  const env = { ...shared, PATH: gate.PATH, GEOCRATE_CACHE: '0', GEOCRATE_WORKERS: '1', GEOCRATE_DATA_DIR: dataDir };
  const start = () => startWorker({ ...env, GEOCRATE_MONITOR: port });
  const found = { gate, start, worker: await start(), left: () => readdirSync(join(dataDir, 'tmp', 'export')) };
  return Object.assign(found, {
    /** Units that it made for the other. */
    async helped(): Promise<number> {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^geocrate_units_total\{outcome="complete"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    },
  });
}

type Machine = Awaited<ReturnType<typeof machine>>;
const machines = [await machine(), await machine()] as const;

const features = {
  formats: { vector: 'application/x-ogc-mapinfo_file' },
  items: [1, 3].map((id) => ({ item: `${site.api}/layers/${id}/` })),
};
const tiles = { formats: { grid: 'image/tiff;subtype=geotiff' }, crs: 'EPSG:4326', items: [{ item: `${site.api}/layers/2/` }] };

/** Creates an export. @param seconds what it is taken for to take; by its size where it is not told. */
async function create(body: object, seconds?: number): Promise<number> {
  for (const { worker } of machines) worker.kill('SIGSTOP');
  const { id } = (await site.request('POST', '/exports/', { crs: 'EPSG:2193', ...body })).body;
  if (seconds) await db.updateTable('exports').set({ seconds_estimate: seconds }).where('id', '=', id).execute();
  for (const { worker } of machines) worker.kill('SIGCONT');
  return id;
}

/** Creates one that is split, and waits until both machines are at work on it. Gives the machine that has it, and the other. */
async function begin(body: object): Promise<{ id: number; owner: Machine; other: Machine }> {
  for (const { gate } of machines) gate.hold();
  const id = await create(body, 1000);
  await until('both are at work', () => machines.every(({ gate }) => gate.waiting().length === 1));
  const { worker } = await db.selectFrom('exports').select('worker').where('id', '=', id).executeTakeFirstOrThrow();
  const [one, two] = machines;
  return worker?.endsWith(`/${one.worker.pid}`) ? { id, owner: one, other: two } : { id, owner: two, other: one };
}

function release(): void {
  for (const { gate } of machines) gate.release();
}

async function complete(id: number): Promise<string> {
  const done = await finished(site, id);
  assert.equal(done.state, 'complete', JSON.stringify(done.error));
  const [key = ''] = bucket.keys().filter((one) => one.startsWith(`site/archives/${id}-`));
  assert.equal(sha256(bucket.content(key)), done.sha256);
  return done.sha256;
}

const parts = () => bucket.keys().filter((key) => key.startsWith('site/parts/'));
async function nothingLeft(): Promise<void> {
  const units = async () => (await sql`select id from pgboss.job where name = 'unit'`.execute(db)).rows.length;
  await until('no unit is left', async () => (await units()) === 0);
  await until('no part is left', () => parts().length === 0);
  await until('no temporary file is left', () => machines.every(({ left }) => left().length === 0));
}

afterEach(release);

const cases = { items: features, tiles };
/** What one worker makes of each. */
const alone = { items: await complete(await create(features)), tiles: await complete(await create(tiles)) };
// They are short.
for (const { helped } of machines) assert.equal(await helped(), 0);

for (const what of ['items', 'tiles'] as const) {
  test(`${what} of an export are made by two workers, and its archive is what one makes`, async () => {
    const { id, other } = await begin(cases[what]);
    const before = await other.helped();
    release();
    assert.equal(await complete(id), alone[what]);
    assert.ok((await other.helped()) > before);
    await nothingLeft();
  });
}

test('an export that is cancelled stops all who make it, and leaves nothing', async () => {
  const { id } = await begin(features);
  await site.request('DELETE', `/exports/${id}/`);
  await until('all have stopped', () => machines.every(({ gate }) => gate.waiting().length === 0));
  await nothingLeft();
});

test('what another cannot make is made by the one that has the export', async () => {
  const { id, other } = await begin(features);
  for (const group of other.gate.waiting()) process.kill(-group, 'SIGKILL');
  release();
  assert.equal(await complete(id), alone.items);
  await nothingLeft();
});

test('a worker that is killed while it makes something for another keeps no export from being made', async () => {
  const { id, other } = await begin(tiles);
  other.worker.kill('SIGKILL');
  await other.worker.ended;
  release();
  assert.equal(await complete(id), alone.tiles);
  other.worker = await other.start();
  await nothingLeft();
});

test('an export whose worker is killed is made by the one that had made something for it', async () => {
  const { id, owner } = await begin(features);
  owner.worker.kill('SIGKILL');
  await owner.worker.ended;
  release();
  assert.equal(await complete(id), alone.items);
  owner.worker = await owner.start();
  await nothingLeft();
});
