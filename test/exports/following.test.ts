import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import pino from 'pino';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/open.ts';
import { Loader } from '../../src/exports/load.ts';
import type { Made } from '../../src/exports/make.ts';
import { Maker } from '../../src/exports/maker.ts';
import { Runner } from '../../src/exports/run.ts';
import { openStores } from '../../src/storage/open.ts';
import { layout } from '../../src/store/layout.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { raster } from '../fixtures/rasters.ts';
import { sha256, startS3 } from '../fixtures/s3.ts';
import { startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const folder = temporaryFolder();
const bucket = await startS3();
const shared = { DATABASE_URL: await startPostgres(), ...bucket.env };
// Nothing that deflate makes smaller, so that its archive has four parts.
const noise = () => raster(folder, 'noise.tif', { type: 'Byte', size: [4700, 4700], pixel: () => Math.random() * 256 });
const site = await startSite({ env: { ...shared, GEOCRATE_WORKERS: '0' }, publish: [[noise(), { id: 1, kind: 'grid' }]] });

Object.assign(process.env, bucket.env);
const dataDir = temporaryFolder();
const { db, close } = await openDatabase({ databaseUrl: shared.DATABASE_URL, dataDir });
after(close);
const places = layout(dataDir);
const stores = await openStores(readConfig({ ...shared }).storage, null, places);
after(() => stores.close());

/** Makes archives as ever. Whoever asked is told that one is whole only after what a test waits for. */
class HeldMaker extends Maker {
  before: () => Promise<unknown> = async () => {};

  override async make(...args: Parameters<Maker['make']>): Promise<Made> {
    const made = super.make(...args);
    made.catch(() => {});
    await this.before();
    return made;
  }
}

const maker = new HeldMaker();
after(() => maker.close());
const runner = new Runner(
  db,
  { storage: stores.storage, loader: new Loader(db, stores.versions, { siteName: 'Test', publicUrl: null }), sharing: null },
  maker,
  {
    siteName: 'Test',
    publicUrl: null,
    exportTtl: 60_000,
    reuseArchives: false,
    software: 'test',
    alone: false,
    tempDir: places.exportingDir,
  },
  pino({ level: 'silent' }),
);

/** All but the last, which is not whole. */
const threeParts = () => until('three parts are in the bucket', () => parts().length === 3);
const parts = () => bucket.requests.flatMap((request) => /archives.*partNumber=(\d+)/.exec(request)?.[1] ?? []);
const archives = () => bucket.keys().filter((key) => key.startsWith('site/archives/'));

async function create(): Promise<number> {
  const formats = { grid: 'image/tiff;subtype=geotiff' };
  bucket.requests.length = 0;
  return (await site.request('POST', '/exports/', { crs: 'EPSG:2193', formats, items: [{ item: `${site.api}/layers/1/` }] })).body.id;
}

afterEach(() => {
  assert.deepEqual(bucket.uploads(), []);
});

test('the parts of an archive are in the bucket before it is whole, and then nothing is lacking', async () => {
  const id = await create();
  maker.before = async () => {
    await threeParts();
    assert.equal(bucket.uploads().length, 1);
    assert.deepEqual(archives(), []);
  };
  await runner.run({ exportId: id }, new AbortController().signal);
  const { body } = await site.request('GET', `/exports/${id}/`);
  assert.equal(body.state, 'complete', JSON.stringify(body.error));
  const [archive = ''] = archives();
  assert.equal(sha256(bucket.content(archive)), body.sha256);
  assert.deepEqual(parts().toSorted(), ['1', '2', '3', '4']);
});

test('an export that is cancelled, or taken away, while its parts go leaves none of them', async () => {
  const before = archives();
  const id = await create();
  maker.before = async () => {
    await threeParts();
    await site.request('DELETE', `/exports/${id}/`);
    runner.cancelled(id);
  };
  await runner.run({ exportId: id }, new AbortController().signal);
  assert.equal((await site.request('GET', `/exports/${id}/`)).body.state, 'cancelled');
  assert.deepEqual(bucket.uploads(), []);

  const lost = new AbortController();
  const next = await create();
  maker.before = async () => {
    await threeParts();
    lost.abort(new Error('taken away'));
  };
  await assert.rejects(runner.run({ exportId: next }, lost.signal), /taken away/);
  assert.equal((await site.request('GET', `/exports/${next}/`)).body.state, 'processing');
  assert.deepEqual(archives(), before);
});

test('an export that cannot be made leaves none of its parts', async () => {
  const before = archives();
  const id = await create();
  maker.before = async () => {
    await threeParts();
    throw new Error('as the test wants it');
  };
  await runner.run({ exportId: id }, new AbortController().signal);
  assert.equal((await site.request('GET', `/exports/${id}/`)).body.state, 'error');
  assert.deepEqual(archives(), before);
});
