import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { incompressible, places } from '../fixtures/data.ts';
import { fill, onSmallDisk } from '../fixtures/disk.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { raster } from '../fixtures/rasters.ts';
import { dataFolder, finished, geocrate, startSite, type TestSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const run = promisify(execFile);
const folder = temporaryFolder();

const csv = (id: number) => ({ formats: { table: 'text/csv' }, items: [{ item: `/services/api/v1/tables/${id}/` }] });

async function state(site: TestSite, id: number): Promise<string> {
  const created = await site.request('POST', '/exports/', csv(id));
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const done = await finished(site, created.body.id);
  if (done.state === 'complete') return 'complete';
  assert.match(done.error.message, /^The (server|disk of this server) .*\.$/);
  return done.error.code;
}

function left(...path: string[]): string[] {
  const dir = join(...path);
  return existsSync(dir) ? readdirSync(dir) : [];
}

/** What is temporary goes a moment after the state is final. */
const emptied = (dir: string) => until(`${dir} is empty`, () => left(dir).length === 0);

test('a full disk ends an export or a publish with a sentence and leaves nothing; the server lives on', (t) =>
  onSmallDisk(t, 128, async (dataDir) => {
    cpSync(await dataFolder(), dataDir, { recursive: true });
    const site = await startSite({ dataDir, publish: [[incompressible(folder, 'many', 20_000), { id: 1 }]] });
    const store = left(dataDir, 'store');
    const source = incompressible(folder, 'more', 40_000);

    // Room for the database's own rows, not for an export of the table.
    const empty = fill(dataDir, 200_000);
    assert.equal(await state(site, 1), 'disk-full');
    await emptied(join(dataDir, 'tmp', 'export'));
    assert.deepEqual(left(dataDir, 'archives'), []);
    await assert.rejects(site.geocrate('publish', source, '--id', '3'), (error: Error & { code: number; stderr: string }) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, /^geocrate: The disk is full, so nothing was published\. .*\.$/m);
      return true;
    });
    assert.deepEqual(left(dataDir, 'tmp', 'publish'), []);
    assert.deepEqual(left(dataDir, 'store'), store);
    empty();
    assert.equal(await state(site, 1), 'complete');
    await site.geocrate('publish', source, '--id', '3');
    assert.equal(await state(site, 3), 'complete');
    await site.stop();
  }));

test('an archive that its storage has no room for is an error and leaves no piece there', (t) =>
  onSmallDisk(t, 1, async (archives) => {
    const dataDir = await dataFolder();
    const site = await startSite({ dataDir, publish: [[places(folder), { id: 2 }]], env: { GEOCRATE_STORAGE: `file:${archives}` } });
    const empty = fill(archives);
    assert.equal(await state(site, 2), 'disk-full');
    assert.deepEqual(left(archives), ['filler']);
    await emptied(join(dataDir, 'tmp', 'export'));
    empty();
    assert.equal(await state(site, 2), 'complete');
    const [archive = ''] = left(archives);
    execFileSync('unzip', ['-t', '-q', join(archives, archive)]);
    await site.stop();
  }));

test('a raster that the disk has no room for is not published, and what was stored of it goes', async (t) => {
  // Values that no compression makes small: 36 MB.
  const pixel = (x: number, y: number) => Math.imul((x * 73_856_093) ^ (y * 19_349_663), 2_654_435_761) >>> 24;
  const source = raster(folder, 'noise.tif', { type: 'Byte', size: [6000, 6000], pixel });
  await onSmallDisk(t, 80, async (dir) => {
    const dataDir = join(dir, 'data');
    cpSync(await dataFolder(), dataDir, { recursive: true });
    const empty = fill(dir, 20 << 20);
    const publish = () => run(geocrate, ['publish', source, '--id', '1'], { env: { ...process.env, GEOCRATE_DATA_DIR: dataDir } });
    await assert.rejects(publish(), /The disk is full, so nothing was published/);
    assert.deepEqual(readdirSync(join(dataDir, 'tmp', 'publish')), []);
    assert.deepEqual(existsSync(join(dataDir, 'store')) ? readdirSync(join(dataDir, 'store')) : [], []);
    empty();
  });
});
