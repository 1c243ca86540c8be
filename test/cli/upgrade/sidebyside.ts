import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { parcels, roads } from '../../fixtures/data.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { heldGdal } from '../../fixtures/gdal.ts';
import { startPostgres } from '../../fixtures/postgres.ts';
import { sha256, startS3 } from '../../fixtures/s3.ts';
import { finished, startSite, type TestSite } from '../../fixtures/site.ts';
import { until } from '../../fixtures/until.ts';
import { startWorker } from '../../fixtures/worker.ts';
import type { Version } from './versions.ts';

/** GDAL writes it. */
const MAPINFO = 'application/x-ogc-mapinfo_file';

/** Runs two versions on one database and one bucket, as they are while the newer follows the older: a server and a worker of each. Gives the names of the newer’s migrations. */
export async function sideBySide(t: TestContext, older: Version, newer: Version): Promise<unknown[]> {
  const bucket = await startS3();
  const databaseUrl = await startPostgres();
  const shared = { DATABASE_URL: databaseUrl, ...bucket.env, GEOCRATE_CACHE: '1' };
  const folder = temporaryFolder();

  const serve = (version: Version, options: { token?: string } = {}) =>
    startSite({ program: version.program, env: { ...shared, ...version.env, GEOCRATE_WORKERS: '0' }, ...options });

  /** A worker that makes one export at once, whose GDAL can be held. */
  function machine(version: Version) {
    const gate = heldGdal(temporaryFolder());
    const env = { ...shared, ...version.env, PATH: gate.PATH, GEOCRATE_WORKERS: '1', GEOCRATE_DATA_DIR: join(temporaryFolder(), 'data') };
    return { gate, start: () => startWorker(env, version.program) };
  }

  async function create(site: TestSite, format: string, ...layers: number[]): Promise<number> {
    const items = layers.map((layer) => ({ item: `${site.api}/layers/${layer}/` }));
    const { status, body } = await site.request('POST', '/exports/', { crs: 'EPSG:2193', formats: { vector: format }, items });
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
  }

  const site = await serve(older);
  await site.geocrate('publish', parcels(folder), '--id', '1', '--title', 'Parcels');
  const [one, two] = [machine(older), machine(newer)];
  const worker = await one.start();
  let newWorker: Awaited<ReturnType<typeof startWorker>>;
  let migrated: unknown[] = [];
  const made: number[] = [];

  const database = new pg.Client({ connectionString: databaseUrl });
  database.on('error', () => {});
  await database.connect();
  t.after(() => database.end());
  const rows = async (text: string) => (await database.query<Record<string, unknown>>(text)).rows;
  const migrations = async () => (await rows('select name from kysely_migration order by name')).map(({ name }) => name);

  /** Waits until an export is complete, and checks which process made it. */
  async function completeBy(id: number, pid: number | undefined): Promise<void> {
    const done = await finished(site, id);
    assert.equal(done.state, 'complete', JSON.stringify(done.error));
    const [row] = await rows(`select worker from exports where id = ${id}`);
    assert.equal(String(row?.worker).split('/')[1], String(pid));
    made.push(id);
  }

  await t.test(
    'a worker of the newer version brings the database along while the older one makes an export, and makes what that one’s server accepted',
    async () => {
      const before = await migrations();
      await completeBy(await create(site, 'text/csv', 1), worker.pid);
      one.gate.hold();
      const going = await create(site, MAPINFO, 1);
      await until('the older makes it', () => one.gate.waiting().length === 1);
      const waiting = await create(site, MAPINFO, 1);
      newWorker = await two.start();
      migrated = await migrations();
      assert.deepEqual(migrated.slice(0, before.length), before);
      await completeBy(waiting, newWorker.pid);
      one.gate.release();
      await completeBy(going, worker.pid);
    },
  );

  const next = await serve(newer, { token: site.token });
  await next.geocrate('publish', roads(folder), '--id', '2', '--title', 'Roads');

  await t.test('a worker of the older version makes what the newer one published and accepted, and hears of its cancels', async () => {
    newWorker.kill('SIGTERM');
    await newWorker.ended;
    await completeBy(await create(next, 'application/x-ogc-gpkg', 1, 2), worker.pid);
    one.gate.hold();
    const cancelled = await create(next, MAPINFO, 2);
    await until('the older makes it', () => one.gate.waiting().length === 1);
    assert.equal((await next.request('DELETE', `/exports/${cancelled}/`)).status, 200);
    await until('the older has stopped', () => one.gate.waiting().length === 0);
  });

  await t.test('the older version’s last worker puts back what it makes, and the newer one makes it', async () => {
    const handed = await create(next, MAPINFO, 1, 2);
    await until('the older makes it', () => one.gate.waiting().length === 1);
    newWorker = await two.start();
    worker.kill('SIGTERM');
    assert.deepEqual(await worker.ended, [0, null]);
    one.gate.release();
    await completeBy(handed, newWorker.pid);
  });

  await t.test('servers of both say the same of every layer and export, and hand out the same archives', async () => {
    for (const id of made) {
      const [old, now] = [await contentOf(site, id), await contentOf(next, id)];
      assert.deepEqual(now, old);
      assert.equal(now.archive, now.sha256, 'The archive is not the one that the export tells of.');
    }
    for (const path of ['/layers/1/', '/layers/2/', '/layers/', '/exports/']) {
      const [old, now] = [said(site, (await site.request('GET', path)).body), said(next, (await next.request('GET', path)).body)];
      // The newer one may say more.
      assert.deepEqual(common(now, old), old, path);
    }
    const body = { crs: 'EPSG:4326', formats: { vector: 'text/csv' }, items: [{ item: '/services/api/v1/layers/2/' }] };
    const key = { 'idempotency-key': 'across versions' };
    const ids = [await site.request('POST', '/exports/', body, key), await next.request('POST', '/exports/', body, key)].map(
      ({ body }) => body.id,
    );
    assert.equal(ids[0], ids[1]);
    await completeBy(ids[0], newWorker.pid);
  });

  await t.test('neither takes for garbage what the other needs', async () => {
    bucket.age(3 * 86_400_000);
    for (const server of [site, next])
      assert.match((await server.geocrate('gc')).stdout, / 0 archives and 0 versions that nothing refers to/);
  });

  await t.test('the older version starts on the newer one’s database and leaves it as it is', async () => {
    await site.stop();
    const started = await serve(older, { token: site.token });
    for (const id of made) assert.deepEqual(await contentOf(started, id), await contentOf(next, id));
    assert.deepEqual(await migrations(), migrated);
  });
  return migrated;
}

/** What a server says of an export, and the SHA-256 of the archive that it leads to. */
async function contentOf(site: TestSite, id: number) {
  const { state, name, warnings, size_zipped, sha256: sum } = (await site.request('GET', `/exports/${id}/`)).body;
  const address = (await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '';
  const bytes = Buffer.from(await (await fetch(address)).arrayBuffer());
  const path = join(temporaryFolder(), 'archive.zip');
  writeFileSync(path, bytes);
  execFileSync('unzip', ['-t', '-q', path]);
  return { state, name, warnings, size_zipped, sha256: sum, archive: sha256(bytes) };
}

/** An answer without the host that it was asked of. */
function said(site: TestSite, body: unknown): unknown {
  return JSON.parse(JSON.stringify(body).replaceAll(site.url, ''));
}

/** Of an answer what another one has as well. */
function common(of: unknown, other: unknown): unknown {
  if (Array.isArray(of) && Array.isArray(other)) return of.map((one, n) => common(one, other[n]));
  if (!of || !other || typeof of !== 'object' || typeof other !== 'object') return of;
  const entries = Object.entries(of).filter(([key]) => key in other);
  return Object.fromEntries(entries.map(([key, value]) => [key, common(value, Reflect.get(other, key))]));
}
