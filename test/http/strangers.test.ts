import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SCOPES } from '../../src/catalog/users.ts';
import { signIn } from '../fixtures/browser.ts';
import { parcels, places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { NO_TOKEN, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const folder = temporaryFolder();
const site = await startSite({
  user: 'owner',
  scopes: SCOPES,
  publish: [
    [parcels(folder), { id: 1, title: 'Parcels', cropLayer: true, license: 'CC-BY-4.0' }],
    [places(folder), { id: 2, title: 'Places' }],
  ],
});
const { token } = site;
// Whoever may do everything may not see what is another's all the same.
const stranger = { authorization: `key ${await site.createToken('stranger', SCOPES)}` };
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
  for (const { method, path, closed } of operations) {
    const own = OWN.find(([pattern]) => pattern.test(path));
    assert.ok(own || SHARED.test(path) || !path.includes('{'), `Say in this test whose ${path} is.`);
    for (const base of ['/services/api/v1', '/services/api/v1.x']) {
      const to = (ids: Record<string, string>) => ({ method, path: filled(path, ids).replace('/services/api/v1', base) });
      const said = `${method} ${to(own?.[1] ?? SHARED_IDS).path}`;
      const answer = await ask(to(own?.[1] ?? SHARED_IDS), stranger);
      // Its own address is in an answer now and then.
      const text = `${answer.headers}${answer.body}`.replaceAll(to(SHARED_IDS).path, '');
      // Nor does a cache between, whatever it makes of `Authorization`.
      if (closed) assert.match(answer.headers, /"cache-control","(?:private|no-store)/, said);
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

test('what stands in data, titles and names becomes no formula of a workbook, no header and no path', async () => {
  const formulas = join(folder, 'formulas.csv');
  writeFileSync(formulas, 'id,"=HYPERLINK(""http://a.example"",""a"")",text\n1,=1+1,@SUM(1)\n2,+1,-cmd\n');
  await site.publish(formulas, { id: 30, kind: 'table', title: '=1+1\r\nX: y/../../etc' });
  for (const [format, file] of [
    ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
    ['text/csv', 'csv'],
  ] as const) {
    const request = { items: [{ item: `${site.api}/tables/30/` }], formats: { table: format }, name: '../a\r\nSet-Cookie: b=c' };
    const { body } = await site.request('POST', '/exports/', request, { ...stranger, prefer: 'wait=60' });
    assert.equal(body.state, 'complete', JSON.stringify(body));
    const archive = await fetch(body.download_url, { headers: stranger });
    assert.equal(archive.headers.get('content-disposition'), 'attachment; filename="a-set-cookie-b-c.zip"');
    assert.equal(archive.headers.get('set-cookie'), null);
    const zip = join(folder, `${file}.zip`);
    writeFileSync(zip, Buffer.from(await archive.arrayBuffer()));
    const names = execFileSync('unzip', ['-Z1', zip], { encoding: 'utf8' }).split('\n');
    assert.ok(
      names.every((name) => /^[\w.-]*(?:\/[\w.-]+)?$/.test(name) && !name.includes('..')),
      names.join(),
    );
    const inside = names.find((name) => name.endsWith(`.${file}`)) ?? '';
    const content = execFileSync('unzip', ['-p', zip, inside]);
    if (file === 'csv') {
      // Data are handed out as they are: what a program makes of them when it is told to take them as formulas is said in docs/security.md.
      assert.match(content.toString(), /^1,=1\+1,@SUM\(1\)$/m);
      continue;
    }
    const workbook = join(folder, inside.replace('/', '-'));
    writeFileSync(workbook, content);
    const sheet = execFileSync('unzip', ['-p', workbook, 'xl/worksheets/sheet1.xml'], { encoding: 'utf8' });
    assert.ok(!/<f[ >]/.test(sheet), sheet);
    assert.match(execFileSync('unzip', ['-p', workbook, 'xl/sharedStrings.xml'], { encoding: 'utf8' }), />=1\+1</);
  }
});

test('the owner is answered at the same addresses', async () => {
  const theirs = { authorization: `key ${token}` };
  for (const path of [`/services/api/v1/exports/${made.id}/`, `/site/publish/${job.id}/`, `/services/api/v1/exports/${made.id}/events/`])
    assert.equal((await ask({ method: 'GET', path }, theirs)).status, 200, path);
});

test('nothing but what is said to be open answers without a token or with one that is none', async () => {
  const open = operations.filter(({ closed }) => !closed).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(
    open.filter((one) => !/\/(?:downloads|session|sign-in|basemap|crs|openapi\.json|healthz|readyz)|^OPTIONS /.test(one)),
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
  const list = (await site.request('GET', '/exports/', undefined, stranger)).body.map(({ id }: { id: number }) => id);
  assert.ok(list.includes(body.id) && !list.includes(made.id), list.join());
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
