import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { finished, startSite, type TestSite } from '../fixtures/site.ts';

const folder = temporaryFolder();

/** Many small parcels, so that an export takes a while. */
function manyParcels(): string {
  const path = join(folder, 'many.geojsonl');
  const lines = Array.from({ length: 40_000 }, (_, n) => {
    const [x, y] = [170 + (n % 200) * 0.01, -44 + Math.floor(n / 200) * 0.01];
    const ring = Array.from({ length: 13 }, (_, k) => [x + 0.004 * Math.cos(k * (Math.PI / 6)), y + 0.004 * Math.sin(k * (Math.PI / 6))]);
    ring[12] = ring[0] ?? [];
    return JSON.stringify({
      type: 'Feature',
      properties: { id: n, name: `Lot ${n} Ōtautahi` },
      geometry: { type: 'Polygon', coordinates: [ring] },
    });
  });
  writeFileSync(path, lines.join('\n'));
  return path;
}

const long = (site: TestSite) => ({
  crs: 'EPSG:2193',
  // GDAL writes it, in a process of its own.
  formats: { vector: 'application/x-ogc-mapinfo_file' },
  items: [{ item: `${site.api}/layers/1/` }],
});

/** Checks that an export's archive is whole and the one that the export tells of. */
async function checkArchive(site: TestSite, id: number): Promise<void> {
  const done = await finished(site, id);
  assert.equal(done.state, 'complete', JSON.stringify(done.error));
  const address = (await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '';
  const bytes = Buffer.from(await (await fetch(address)).arrayBuffer());
  assert.equal(createHash('sha256').update(bytes).digest('hex'), done.sha256);
  const zip = join(folder, `${id}.zip`);
  writeFileSync(zip, bytes);
  execFileSync('unzip', ['-t', '-q', zip]);
}

function temporary(site: TestSite): string[] {
  const dir = join(site.dataDir, 'tmp', 'export');
  return existsSync(dir) ? readdirSync(dir) : [];
}

/** Waits until nothing temporary is left, which goes a moment after the state is final. */
async function emptied(site: TestSite): Promise<void> {
  for (let tries = 0; temporary(site).length > 0 && tries < 200; tries++) await delay(50);
  assert.deepEqual(temporary(site), []);
}

/** How many archives a site holds. */
function archives({ dataDir }: TestSite = site): number {
  const dir = join(dataDir, 'archives');
  return existsSync(dir) ? readdirSync(dir).length : 0;
}

/** Waits until an export has begun. */
async function begun(site: TestSite, id: number): Promise<void> {
  while ((await site.request('GET', `/exports/${id}/`)).body.started_at === null) await delay(20);
}

/** One site for all tests; the last one kills its server. */
const site = await startSite({
  publish: [
    [manyParcels(), { id: 1, title: 'Many' }],
    [places(folder), { id: 2, title: 'Places' }],
  ],
});

test('a cancelled export’s processes end and its files go', async () => {
  const before = archives();
  const { id } = (await site.request('POST', '/exports/', long(site))).body;
  await begun(site, id);
  const children = () =>
    execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => /^ogr2ogr/.test(line) && line.includes(site.dataDir));
  while (children().length === 0 && (await site.request('GET', `/exports/${id}/`)).body.state === 'processing') await delay(20);
  assert.equal((await site.request('DELETE', `/exports/${id}/`)).body.state, 'cancelled');
  await emptied(site);
  assert.deepEqual(children(), []);
  assert.equal(archives(), before);
  // The server goes on as before.
  const next = await site.request('POST', '/exports/', { formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/2/` }] });
  await checkArchive(site, next.body.id);

  // A program of GDAL's that is killed costs another attempt; one that is killed again and again is an error with a sentence.
  const { id: victim } = (await site.request('POST', '/exports/', long(site))).body;
  let ended = (await site.request('GET', `/exports/${victim}/`)).body;
  while (ended.state === 'processing') {
    // Nothing matches where it has just ended by itself, which would show in the state below.
    spawnSync('pkill', ['-9', '-f', `^ogr2ogr .*${site.dataDir}`]);
    await delay(20);
    ended = (await site.request('GET', `/exports/${victim}/`)).body;
  }
  assert.equal(ended.state, 'error');
  assert.equal(ended.error.code, 'write-failed');
  assert.match(ended.error.message, /^GDAL was ended from outside several times/);
  await emptied(site);
});

test('the same request a hundred times at once is a hundred exports, all right', async () => {
  const body = { formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/2/` }] };
  const answers = await Promise.all(Array.from({ length: 100 }, () => site.request('POST', '/exports/', body, { prefer: 'wait=60' })));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
  assert.equal(new Set(answers.map(({ body: { id } }) => id)).size, 100);
  for (const { body: waited } of answers) {
    const done = await finished(site, waited.id);
    assert.equal(done.state, 'complete', JSON.stringify(done.error));
    assert.equal(done.sha256, answers[0]?.body.sha256);
  }
  await checkArchive(site, answers[50]?.body.id);
});

test('an export whose version is no longer in the store ends with a sentence, without a path of the server', async () => {
  const store = join(site.dataDir, 'store');
  renameSync(store, join(site.dataDir, 'elsewhere'));
  mkdirSync(store);
  const { id } = (await site.request('POST', '/exports/', long(site))).body;
  const done = await finished(site, id);
  assert.equal(done.state, 'error');
  assert.equal(done.error.code, 'version-missing');
  assert.match(done.error.message, /^[A-Z].*\.$/);
  assert.ok(!JSON.stringify(done).includes(site.dataDir));
  assert.equal((await site.request('GET', `/exports/${id}/download/`)).status, 409);
  rmdirSync(store);
  renameSync(join(site.dataDir, 'elsewhere'), store);
});

test('an archive whose time has come is removed, and its export is gone', async () => {
  const site = await startSite({ publish: [[places(folder), { id: 2, title: 'Places' }]], env: { GEOCRATE_EXPORT_TTL: '1s' } });
  const { body } = await site.request('POST', '/exports/', { formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/2/` }] });
  const done = await finished(site, body.id);
  const address = (await site.request('GET', `/exports/${body.id}/download/`)).headers.get('location') ?? '';
  assert.ok(Date.parse(done.expires_at) - Date.parse(done.finished_at) < 2000);
  await delay(1100);
  // The server looks for these too, and may have been first.
  await site.geocrate('gc');
  const gone = (await site.request('GET', `/exports/${body.id}/`)).body;
  assert.equal(gone.state, 'gone');
  assert.equal(gone.download_url, null);
  assert.equal((await site.request('GET', `/exports/${body.id}/download/`)).status, 410);
  assert.equal((await fetch(address)).status, 410);
  assert.equal(archives(site), 0);
});

test('exports that were accepted are made though the server is killed in the middle, and nothing is left over', async () => {
  const first = site;
  const already = archives();
  const ids: number[] = [];
  for (let n = 0; n < 3; n++) ids.push((await first.request('POST', '/exports/', long(first))).body.id);
  const small = { formats: { table: 'text/csv' }, items: [{ item: `${first.api}/tables/2/` }] };
  for (let n = 0; n < 5; n++) ids.push((await first.request('POST', '/exports/', small)).body.id);
  await begun(first, ids[0] ?? 0);
  const before = (await first.request('GET', `/exports/${ids[0]}/`)).body;
  await first.stop('SIGKILL');

  const second = await startSite({ dataDir: first.dataDir });
  const after = (await second.request('GET', `/exports/${ids[0]}/`)).body;
  assert.ok(after.progress >= before.progress, `${after.progress} after ${before.progress}`);
  for (const id of ids) await checkArchive(second, id);
  await emptied(second);
  assert.equal(archives(second), already + ids.length);
  // Asked to stop, the server puts back what it is making, and makes it after the next start.
  const { id } = (await second.request('POST', '/exports/', long(second))).body;
  await begun(second, id);
  await second.stop('SIGTERM');
  assert.deepEqual(temporary(second), []);
  const third = await startSite({ dataDir: first.dataDir });
  await checkArchive(third, id);
});
