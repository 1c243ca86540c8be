import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { sha256 } from '../fixtures/s3.ts';
import { finished, startSite } from '../fixtures/site.ts';

const site = await startSite({ publish: [[places(temporaryFolder()), { id: 1, title: 'Places' }]] });
const archives = join(site.dataDir, 'archives');

async function make(name: string): Promise<{ id: number; path: string; sha256: string }> {
  const body = { name, formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/1/` }] };
  const { id, sha256 } = await finished(site, (await site.request('POST', '/exports/', body)).body.id);
  const key = readdirSync(archives).find((one) => one.startsWith(`${id}-`)) ?? '';
  return { id, path: join(archives, key), sha256 };
}

const download = async (id: number, headers: Record<string, string> = {}) =>
  fetch((await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '', { headers });

/** Changes one bit, as a disk does that goes bad. */
function spoil(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

const gc = (...args: string[]) =>
  site.geocrate('gc', ...args).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }) => ({ code, stdout }),
  );

test('an archive that is not what was made never comes to its end; a whole one does', async () => {
  const made = await make('whole');
  assert.equal(sha256(Buffer.from(await (await download(made.id)).arrayBuffer())), made.sha256);
  const part = await download(made.id, { range: 'bytes=-4' });
  assert.equal(part.status, 206);
  spoil(made.path);
  await assert.rejects(async () => {
    const answer = await download(made.id);
    // Where nothing was sent yet, the answer says it already.
    assert.ok(answer.ok);
    await answer.arrayBuffer();
  });
  rmSync(made.path);
  await site.request('POST', `/exports/${made.id}/discard/`);
});

test('gc --verify says which archives are not what was made, takes them away, and leaves the others', async () => {
  const [whole, spoilt, lost] = [await make('whole'), await make('spoilt'), await make('lost')];
  assert.match((await gc('--verify')).stdout, /^All 3 archives are what was made\.$/m);
  spoil(spoilt.path);
  rmSync(lost.path);
  const tried = await gc('--verify', '--dry-run');
  assert.equal(tried.code, 1);
  assert.match(tried.stdout, new RegExp(`^Of 3 archives, .*: ${spoilt.id}, ${lost.id}\\. `, 'm'));
  assert.equal((await site.request('GET', `/exports/${spoilt.id}/`)).body.state, 'complete');
  assert.equal((await gc('--verify')).code, 1);
  for (const { id } of [spoilt, lost]) assert.equal((await site.request('GET', `/exports/${id}/download/`)).status, 410);
  assert.equal((await gc('--verify')).code, 0);
  assert.equal((await download(whole.id)).status, 200);
  assert.deepEqual(readdirSync(archives), [whole.path.slice(archives.length + 1)]);
});
