import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { finished, startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const table = places(folder);
const site = await startSite({ publish: [[table, { id: 1, title: 'Places' }]], env: { GEOCRATE_CACHE: '1' } });
const other = { authorization: `key ${await site.createToken('other')}` };

async function make(body: object = {}, headers: Record<string, string> = {}) {
  const request = { formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/1/` }], ...body };
  const { id } = (await site.request('POST', '/exports/', request, headers)).body;
  for (;;) {
    const { body: done } = await site.request('GET', `/exports/${id}/`, undefined, headers);
    if (done.state !== 'processing') return done;
    await delay(20);
  }
}

const archives = () => readdirSync(join(site.dataDir, 'archives'));

async function download(id: number, headers: Record<string, string> = {}): Promise<number> {
  const address = (await site.request('GET', `/exports/${id}/download/`, undefined, headers)).headers.get('location');
  return address ? (await fetch(address)).status : 404;
}

test('exports of the same content have one archive, whoever’s they are, for as long as any of them is there', async () => {
  const first = await make();
  const second = await make({}, other);
  assert.equal(first.state, 'complete');
  assert.equal(second.sha256, first.sha256);
  assert.equal(second.size_zipped, first.size_zipped);
  assert.deepEqual(second.warnings, first.warnings);
  assert.equal(archives().length, 1);

  await site.request('POST', `/exports/${first.id}/discard/`);
  assert.equal((await site.request('GET', `/exports/${first.id}/`)).body.state, 'gone');
  assert.equal(await download(second.id, other), 200);
  await site.request('POST', `/exports/${second.id}/discard/`, undefined, other);
  assert.equal(archives().length, 0);
});

test('what differs in a byte is made anew, and so is a new version', async () => {
  const one = await make();
  const named = await make({ name: 'another name' });
  assert.notEqual(named.sha256, one.sha256);
  assert.equal(archives().length, 2);
  const changed = join(folder, 'changed.csv');
  writeFileSync(changed, 'name,visitors\nŌtautahi,12\n');
  await site.publish(changed, { id: 1, title: 'Places' });
  const newer = await make();
  assert.notEqual(newer.sha256, one.sha256);
  assert.equal(archives().length, 3);
});

test('an archive that is no longer there is not given out again', async () => {
  const before = await make();
  for (const name of archives()) rmSync(join(site.dataDir, 'archives', name));
  const again = await make();
  assert.equal(again.sha256, before.sha256);
  assert.equal(await download(again.id), 200);
});

test('without the cache the same bytes are made again', async () => {
  const plain = await startSite({ publish: [[table, { id: 1, title: 'Places' }]] });
  const body = { formats: { table: 'text/csv' }, items: [{ item: `${plain.api}/tables/1/` }] };
  const ids = [0, 0];
  for (const index of ids.keys()) ids[index] = (await plain.request('POST', '/exports/', body)).body.id;
  const done = await Promise.all(ids.map((id) => finished(plain, id)));
  assert.equal(done[0]?.sha256, done[1]?.sha256);
  assert.equal(readdirSync(join(plain.dataDir, 'archives')).length, 2);
});
