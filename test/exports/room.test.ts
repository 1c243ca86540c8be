import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openDatabase } from '../../src/db/open.ts';
import { endWaiting } from '../../src/exports/room.ts';
import { incompressible } from '../fixtures/data.ts';
import { fill, onSmallDisk } from '../fixtures/disk.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { freePort, startPostgres } from '../fixtures/postgres.ts';
import { startS3 } from '../fixtures/s3.ts';
import { finished, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';
import { startWorker } from '../fixtures/worker.ts';

const folder = temporaryFolder();
const shared = { DATABASE_URL: await startPostgres(), ...(await startS3()).env, GEOCRATE_CACHE: '0' };
const site = await startSite({
  env: { ...shared, GEOCRATE_WORKERS: '0' },
  publish: [[incompressible(folder, 'many', 40_000), { id: 1 }]],
});
const { db, close } = await openDatabase({ databaseUrl: shared.DATABASE_URL, dataDir: folder });
after(close);

const create = async (): Promise<number> =>
  (await site.request('POST', '/exports/', { formats: { table: 'text/csv' }, items: [{ item: '/services/api/v1/tables/1/' }] })).body.id;

const waiting = (id: number) => db.selectFrom('exports').select(['state', 'attempts']).where('id', '=', id).executeTakeFirstOrThrow();

test('an export that one worker has no disk space for is made by another; one that nobody has it for ends with a sentence', (t) =>
  onSmallDisk(t, 128, async (dataDir) => {
    // More than a worker needs to take exports, less than this one takes.
    let empty = fill(dataDir, 3 << 20);
    const port = await freePort();
    const full = await startWorker({ ...shared, GEOCRATE_DATA_DIR: dataDir, GEOCRATE_WORKERS: '1', GEOCRATE_MONITOR: String(port) });
    const monitor = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    const lacks = async () => /^geocrate_lacks_room 1$/m.test(await monitor('/metrics'));

    const first = await create();
    await until('the worker has put it back', async () => (await waiting(first)).attempts === 1 && (await lacks()));
    assert.equal((await waiting(first)).state, 'processing');
    assert.match(
      await monitor('/readyz'),
      /"ready":true,.*"exports":"The disk is full, so exports are left to others until there is room\."/,
    );
    const other = await startWorker({ ...shared, GEOCRATE_DATA_DIR: temporaryFolder(), GEOCRATE_WORKERS: '1' });
    assert.equal((await finished(site, first)).state, 'complete');
    other.kill('SIGTERM');
    await other.ended;

    // Nearly full: it takes no export at all.
    empty();
    empty = fill(dataDir, 1 << 20);
    await until('it takes none', lacks);
    const second = await create();
    assert.equal(await endWaiting(db, 3600), 0);
    assert.equal((await waiting(second)).attempts, 0);
    assert.equal(await endWaiting(db, 0), 1);
    const { state, error } = await finished(site, second);
    assert.equal(state, 'error');
    assert.deepEqual(error, {
      code: 'disk-full',
      message: 'The server has no disk space left for this export. Create it again later; if it stays, tell the site.',
      item: null,
    });

    empty();
    assert.equal((await finished(site, await create())).state, 'complete');
    assert.equal(await lacks(), false);
    full.kill('SIGTERM');
    await full.ended;
  }));
