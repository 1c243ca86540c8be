import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn } from '../fixtures/browser.ts';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { NO_TOKEN, startSite } from '../fixtures/site.ts';

const site = await startSite({
  publish: [[parcels(temporaryFolder()), { id: 1, title: 'Parcels' }]],
  env: { GEOCRATE_RATE_LIMIT: '20', GEOCRATE_MAX_ACTIVE: '2', GEOCRATE_WORKERS: '0' },
});

test('a site that has as many exports in the making as it takes on says when to try again', async () => {
  const body = { crs: 'EPSG:4326', formats: { vector: 'text/csv' }, items: [{ item: `${site.api}/layers/1/` }] };
  const create = () => site.request('POST', '/exports/', body);
  const [first, second, third] = [await create(), await create(), await create()];
  assert.deepEqual([first.status, second.status, third.status], [201, 201, 503]);
  assert.equal(third.headers.get('retry-after'), '60');
  assert.match(third.body.detail, /as many exports in the making/);
  await site.request('DELETE', `/exports/${first.body.id}/`);
  assert.equal((await create()).status, 201);
});

test('a look at a map costs no more than a request, the basemap and the page’s files nothing', async () => {
  const browser = await signIn(site);
  const statuses: number[] = [];
  for (let n = 0; n < 40; n++) {
    const { status } = await browser.request('GET', `${site.url}/site/preview/layers/1/versions/1/6/${n}/0.mvt`);
    statuses.push(status);
    statuses.push((await site.request('GET', `${site.url}/site/basemap/6/${n}/20.mvt`, undefined, { authorization: NO_TOKEN })).status);
    await fetch(`${site.url}/`, { headers: { accept: 'text/html' } });
  }
  assert.deepEqual(
    statuses.filter((status) => ![200, 204].includes(status)),
    [],
  );
});

test('sessions count with their token: more than allowed is 429 for both, with a time to wait', async () => {
  const browser = await signIn(site);
  let refused: Awaited<ReturnType<typeof browser.request>> | undefined;
  for (let n = 0; n < 30 && !refused; n++) {
    const answer = await browser.request('GET', '/layers/');
    if (answer.status === 429) refused = answer;
  }
  assert.ok(Number(refused?.headers.get('retry-after')) > 0);
  assert.equal((await site.request('GET', '/layers/')).status, 429);
});

test('who is not known is counted by address, also where a token is needed', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 22; n++) {
    const headers = { authorization: `key ${n}` };
    statuses.push((await site.request('GET', '/layers/', undefined, headers)).status);
  }
  assert.equal(statuses[0], 401);
  assert.equal(statuses.at(-1), 429);
});
