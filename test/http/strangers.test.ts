import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createToken, SCOPES } from '../../src/catalog/users.ts';
import { openDatabase } from '../../src/db/open.ts';
import { signIn } from '../fixtures/browser.ts';
import { parcels, places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { dataFolder, NO_TOKEN, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const folder = temporaryFolder();
const dataDir = await dataFolder();
const { db, close } = await openDatabase({ databaseUrl: null, dataDir });
const token = await createToken(db, 'owner', SCOPES);
// Whoever may do everything may not see what is another's all the same.
const stranger = { authorization: `key ${await createToken(db, 'stranger', SCOPES)}` };
await close();
const site = await startSite({
  dataDir,
  token,
  publish: [
    [parcels(folder), '--id', '1', '--title', 'Parcels', '--crop-layer', '--license', 'CC-BY-4.0'],
    [places(folder), '--id', '2', '--title', 'Places'],
  ],
});
const page = (path: string) => `${site.url}/site${path}`;

async function upload(filename: string, content: Buffer | string): Promise<string> {
  const headers = { authorization: `key ${token}`, 'content-type': 'application/octet-stream' };
  const response = await fetch(page(`/uploads/?filename=${filename}`), {
    method: 'POST',
    headers,
    body: new Uint8Array(Buffer.from(content)),
  });
  return JSON.parse(await response.text()).id;
}

/** What the owner has, whose words stand nowhere else. */
const order = {
  name: 'owners secret name',
  items: [{ item: `${site.api}/tables/2/` }],
  formats: { table: 'text/csv' },
  crs: 'EPSG:4326',
};
const made = (await site.request('POST', '/exports/', order, { prefer: 'wait=60', 'idempotency-key': 'owners-key' })).body;
assert.equal(made.state, 'complete', JSON.stringify(made));
const signed = new URL((await site.request('GET', made.download_url)).headers.get('location') ?? '');
const [, , key = '', filename = ''] = signed.pathname.split('/');
const kept = await upload('owners-secret.csv', 'a,b\n1,2\n');
const job = (
  await site.request('POST', page('/publish/'), { upload: await upload('owners.geojson', readFileSync(parcels(folder))), title: 'Public' })
).body;
await until('it is published', async () => (await site.request('GET', job.url)).body.state === 'published');

const MARKS = ['owners', 'secret', key, kept, job.id, token];

interface Operation {
  method: string;
  path: string;
  /** Whether it needs a token or a session. */
  closed: boolean;
}

const description: { paths: Record<string, Record<string, { security?: object[] }>> } = (await site.request('GET', '/openapi.json')).body;
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, { security }]): Operation[] =>
    method === 'parameters' ? [] : [{ method: method.toUpperCase(), path, closed: (security ?? []).length > 0 }],
  ),
);

/** What is somebody's own: the paths that name it, and its id. All others show what everybody with the scope sees. */
const OWN: readonly [RegExp, Record<string, string>, Record<string, string>][] = [
  [/\/exports\/\{id\}\//, { id: String(made.id) }, { id: '999999' }],
  [/\/site\/uploads\/\{upload\}\//, { upload: kept }, { upload: '0'.repeat(32) }],
  [/\/site\/publish\/\{job\}\//, { job: job.id }, { job: '0'.repeat(16) }],
];
/** Paths with ids of what is everybody's, and of addresses that are their own key. A new path must be put here, or above. */
const SHARED = /\/(?:layers|tables|licenses|croplayers|preview|basemap|data)\/\{|\/downloads\/\{key\}/;
const SHARED_IDS = { id: '1', version: '1', feature: '1', z: '0', x: '0', y: '0', key, filename };

const filled = (path: string, ids: Record<string, string>) => path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '1');

/** An answer as text with its headers, however long its body would go on. */
async function ask({ method, path }: Pick<Operation, 'method' | 'path'>, headers: Record<string, string>) {
  const body = ['POST', 'PATCH', 'PUT'].includes(method) ? { body: '{}' } : {};
  const type: Record<string, string> = body.body ? { 'content-type': 'application/json' } : {};
  // No direct link makes an export here.
  const query = /\/export\//.test(path) ? '?format=nothing' : '';
  const response = await fetch(`${site.url}${path}${query}`, { method, redirect: 'manual', headers: { ...type, ...headers }, ...body });
  const shown = [...response.headers].filter(([name]) => !['x-request-id', 'date'].includes(name));
  return { status: response.status, body: await response.text(), headers: JSON.stringify(shown) };
}

test('no operation shows or changes what is another user’s, whatever id it is asked with', async () => {
  for (const { method, path } of operations) {
    const own = OWN.find(([pattern]) => pattern.test(path));
    assert.ok(own || SHARED.test(path) || !path.includes('{'), `Say in this test whose ${path} is.`);
    for (const base of ['/services/api/v1', '/services/api/v1.x']) {
      const to = (ids: Record<string, string>) => ({ method, path: filled(path, ids).replace('/services/api/v1', base) });
      const said = `${method} ${to(own?.[1] ?? SHARED_IDS).path}`;
      const answer = await ask(to(own?.[1] ?? SHARED_IDS), stranger);
      // Its own address is in an answer now and then.
      const text = `${answer.headers}${answer.body}`.replaceAll(to(SHARED_IDS).path, '');
      for (const mark of MARKS) assert.ok(!text.toLowerCase().includes(mark), `${said} tells “${mark}”: ${text}`);
      if (!own) continue;
      assert.equal(answer.status, 404, `${said}: ${answer.body}`);
      assert.deepEqual(answer, await ask(to(own[2]), stranger), said);
    }
  }
  assert.equal((await site.request('GET', made.url)).body.state, 'complete');
  assert.equal((await site.request('GET', job.url)).body.state, 'published');
  assert.equal((await site.request('DELETE', page(`/uploads/${kept}/`))).status, 204);
});

test('the owner is answered at the same addresses', async () => {
  const theirs = { authorization: `key ${token}` };
  for (const path of [`/services/api/v1/exports/${made.id}/`, `/site/publish/${job.id}/`, `/services/api/v1/exports/${made.id}/events/`])
    assert.equal((await ask({ method: 'GET', path }, theirs)).status, 200, path);
});

test('nothing but what is said to be open answers without a token or with one that is none', async () => {
  const open = operations.filter(({ closed }) => !closed).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(
    open.filter((one) => !/\/(?:downloads|session|sign-in|basemap|crs|openapi\.json)|^OPTIONS /.test(one)),
    [],
  );
  for (const { method, path } of operations.filter(({ closed }) => closed)) {
    const to = { method, path: filled(path, { ...SHARED_IDS, upload: kept, job: job.id }) };
    for (const authorization of [NO_TOKEN, 'key', 'key x', `key ${token.slice(0, -1)}`, `Basic ${btoa(`owner:${token}`)}`, token]) {
      const answer = await ask(to, authorization === NO_TOKEN ? {} : { authorization });
      assert.equal(answer.status, 401, `${method} ${to.path} with ${authorization}`);
    }
  }
});

test('a key that makes a request safe to repeat, and the content of an archive, are each user’s own', async () => {
  const { body, status } = await site.request('POST', '/exports/', order, {
    ...stranger,
    prefer: 'wait=60',
    'idempotency-key': 'owners-key',
  });
  assert.equal(status, 201);
  assert.notEqual(body.id, made.id);
  assert.deepEqual(
    (await site.request('GET', '/exports/', undefined, stranger)).body.map(({ id }: { id: number }) => id),
    [body.id],
  );
});

test('what a token began is closed to its user’s sessions once it is taken back, and no session is another’s', async () => {
  const browser = await signIn(site);
  const theirs = await signIn(site, stranger.authorization.slice(4));
  assert.equal((await theirs.request('GET', made.url)).status, 404);
  assert.equal((await theirs.request('DELETE', made.url, undefined, { 'x-csrf-token': browser.csrf })).status, 403);
  await theirs.request('DELETE', page('/session/'));
  assert.equal((await browser.request('GET', made.url)).status, 200);
  await site.geocrate('token', 'revoke', token);
  assert.equal((await browser.request('GET', made.url)).status, 401);
});

test('a signed address is for one archive and one time: no part of it can be another', async () => {
  const get = async (change: (url: URL) => void) => {
    const url = new URL(signed);
    change(url);
    return (await fetch(url)).status;
  };
  assert.equal(await get(() => {}), 200);
  const later = (url: URL) => url.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 86_400));
  const changes: ((url: URL) => void)[] = [
    later,
    (url) => url.searchParams.append('expires', '99999999999'),
    (url) => {
      url.search = url.search.replace('expires=', 'expires=99999999999&expires=');
    },
    (url) => url.searchParams.set('expires', `${url.searchParams.get('expires')}0`),
    (url) => url.searchParams.set('expires', 'NaN'),
    (url) => url.searchParams.set('signature', (url.searchParams.get('signature') ?? '').toUpperCase()),
    (url) => url.searchParams.set('signature', ''),
    (url) => url.searchParams.delete('signature'),
    (url) => url.searchParams.set('sha256', '0'.repeat(64)),
    (url) => url.searchParams.set('modified', '0'),
    (url) => {
      url.pathname = url.pathname.replace(key, `${key}x`);
    },
    (url) => {
      url.pathname = url.pathname.replace(filename, 'other.zip');
    },
    (url) => {
      url.pathname = `/downloads/${encodeURIComponent('../demo-token')}/${filename}`;
    },
  ];
  for (const [index, change] of changes.entries()) {
    const status = await get(change);
    // A second value after the signed one is not read.
    if (index === 1) assert.equal(status, 200);
    else assert.ok([400, 403, 404].includes(status), `${index}: ${status}`);
  }
});
