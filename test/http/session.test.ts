import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishSources } from '../../src/catalog/publish.ts';
import { createToken, DEFAULT_SCOPES } from '../../src/catalog/users.ts';
import { openDatabase } from '../../src/db/open.ts';
import { layout } from '../../src/store/layout.ts';
import { cookieOf, signIn } from '../fixtures/browser.ts';
import { places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { dataFolder, finished, NO_TOKEN, startSite } from '../fixtures/site.ts';

const dataDir = await dataFolder();
const { db, close } = await openDatabase({ databaseUrl: null, dataDir });
await publishSources(db, layout(dataDir), [places(temporaryFolder())], { id: 3, title: 'Places' });
const token = await createToken(db, 'test', DEFAULT_SCOPES);
const otherToken = await createToken(db, 'somebody else', ['exports:read', 'exports:write']);
// As if it were published: the link is printed where the demo token is.
await db.insertInto('settings').values({ name: 'demo', value: 'published' }).execute();
await close();
const site = await startSite({ dataDir, token, env: { GEOCRATE_DEMO: '1' } });
const session = `${site.url}/site/session/`;
const table = { formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/3/` }] };
const browser = await signIn(site);

test('nobody is signed in without a cookie, and the page still learns what the site is', async () => {
  const { status, body, headers } = await site.request('GET', session, undefined, { authorization: NO_TOKEN });
  assert.equal(status, 200);
  assert.deepEqual([body.user, body.scopes, body.csrf_token, body.site_name], [null, [], null, 'Geocrate']);
  assert.deepEqual([body.limits.vertices, body.limits.items], [1000, 100]);
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.equal(headers.get('access-control-allow-origin'), null);
});

test('signing in sets a cookie that no script reads and no other site’s page sends', async () => {
  const answer = await site.request('POST', session, { token: ` ${token}\n` }, { authorization: NO_TOKEN });
  assert.equal(answer.status, 201);
  assert.deepEqual([answer.body.user, answer.body.scopes], ['test', DEFAULT_SCOPES]);
  const [pair, ...attributes] = (answer.headers.get('set-cookie') ?? '').split('; ');
  assert.match(pair ?? '', /^geocrate-[0-9a-f]{8}=[0-9a-f]{64}$/);
  assert.deepEqual(attributes.sort(), ['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Lax']);
  const { body } = await site.request('GET', session, undefined, { authorization: NO_TOKEN, cookie: cookieOf(answer) });
  assert.deepEqual([body.user, body.csrf_token], ['test', answer.body.csrf_token]);
});

test('reached by https, the cookie is for that alone', async () => {
  const headers = { authorization: NO_TOKEN, 'x-forwarded-proto': 'https' };
  const answer = await site.request('POST', session, { token }, headers);
  assert.match(answer.headers.get('set-cookie') ?? '', /^__Host-geocrate-.*; Secure$/);
  const cookie = cookieOf(answer);
  assert.equal((await site.request('GET', '/exports/', undefined, { ...headers, cookie })).status, 200);
  // What a neighbouring host could have set does not count there.
  const planted = cookie.replace('__Host-', '');
  assert.equal((await site.request('GET', '/exports/', undefined, { ...headers, cookie: planted })).status, 401);
});

test('a token that is none is refused, and signs nobody in', async () => {
  for (const sent of ['x'.repeat(40), '', 'x'.repeat(500)]) {
    const answer = await site.request('POST', session, { token: sent }, { authorization: NO_TOKEN });
    assert.deepEqual([answer.status, answer.headers.get('set-cookie')], [401, null]);
  }
  for (const body of [{}, { token: 5 }, { token: [token] }])
    assert.equal((await site.request('POST', session, body, { authorization: NO_TOKEN })).status, 400);
  const form = await site.request('POST', session, `token=${token}`, { 'content-type': 'application/x-www-form-urlencoded' });
  assert.equal(form.status, 415);
});

test('the key that signs in is the database’s only as a hash', async () => {
  const database = await openDatabase({ databaseUrl: null, dataDir });
  const rows = await database.db.selectFrom('sessions').selectAll().execute();
  await database.close();
  const key = browser.cookie.split('=')[1] ?? '';
  assert.ok(rows.length > 0);
  assert.equal(JSON.stringify(rows).includes(key), false);
});

test('no session is taken over from a cookie that came: a known key is worth nothing after signing in', async () => {
  const first = await signIn(site);
  const again = await site.request('POST', session, { token }, { authorization: NO_TOKEN, cookie: first.cookie });
  assert.notEqual(cookieOf(again), first.cookie);
  assert.equal((await first.request('GET', '/exports/')).status, 401);
  const fixed = `${first.cookie.split('=')[0]}=${'a'.repeat(64)}`;
  const planted = await site.request('POST', session, { token }, { authorization: NO_TOKEN, cookie: fixed });
  assert.notEqual(cookieOf(planted), fixed);
  assert.equal((await site.request('GET', '/exports/', undefined, { authorization: NO_TOKEN, cookie: fixed })).status, 401);
});

test('the whole API takes the cookie, and exports are said to come from the page', async () => {
  for (const path of ['/exports/', '/data/', '/tables/', '/tables/3/', '/exports/croplayers/'])
    assert.equal((await browser.request('GET', path)).status, 200, path);
  const created = await browser.request('POST', '/exports/', table);
  assert.equal(created.status, 201);
  assert.equal(created.body.created_via, 'web');
  assert.equal((await finished(site, created.body.id)).created_via, 'web');
  const byToken = await site.request('POST', '/exports/', table);
  assert.equal(byToken.body.created_via, 'api');
  await finished(site, byToken.body.id);
  assert.equal((await browser.request('GET', `/exports/${byToken.body.id}/download/`)).status, 302);
});

test('events of an export are followed with the cookie', async () => {
  const { body } = await browser.request('POST', '/exports/', table);
  const response = await fetch(body.events_url, { headers: { cookie: browser.cookie, accept: 'text/event-stream' } });
  assert.equal(response.status, 200);
  assert.match(await response.text(), /event: state\ndata: .*"state":"complete"/);
});

test('a session keeps to its token’s scopes and to its user’s exports', async () => {
  const other = await signIn(site, otherToken);
  const { body } = await browser.request('POST', '/exports/', table);
  assert.equal((await other.request('GET', `/exports/${body.id}/`)).status, 404);
  assert.equal((await other.request('DELETE', `/exports/${body.id}/`)).status, 404);
  assert.deepEqual((await other.request('GET', '/exports/')).body, []);
  assert.equal((await other.request('GET', '/data/')).status, 403);
});

test('a token in the header counts before the cookie', async () => {
  const { status, body } = await browser.request('GET', '/exports/', undefined, { authorization: `key ${otherToken}` });
  assert.deepEqual([status, body], [200, []]);
  assert.equal((await browser.request('GET', '/exports/', undefined, { authorization: 'key nothing' })).status, 401);
});

test('what changes something needs the page’s own token besides the cookie', async () => {
  const other = await signIn(site);
  for (const sent of [NO_TOKEN, 'x', other.csrf, `${browser.csrf}0`, browser.cookie.split('=')[1] ?? '']) {
    for (const [method, path] of [
      ['POST', '/exports/'],
      ['POST', '/exports/validate/'],
      ['DELETE', '/exports/1/'],
    ] as const) {
      const answer = await browser.request(method, path, method === 'POST' ? table : undefined, { 'x-csrf-token': sent });
      assert.equal(answer.status, 403, `${method} ${path} ${sent}`);
      assert.match(answer.body.detail, /X-CSRF-Token/);
    }
  }
});

test('nothing is changed from pages of other sites, other ports or sandboxed frames, whatever they know', async () => {
  const port = new URL(site.url);
  port.port = String(Number(port.port) + 1);
  for (const from of [
    { origin: 'https://evil.example.org' },
    { origin: 'null' },
    { origin: port.origin },
    { origin: site.url.replace('http:', 'https:') },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: site.url },
  ]) {
    const answers = [
      await browser.request('POST', '/exports/', table, from),
      await browser.request('DELETE', session, undefined, from),
      await browser.request('POST', session, { token }, from),
      await site.request('POST', session, { token }, { authorization: NO_TOKEN, ...from }),
    ];
    for (const { status } of answers) assert.equal(status, 403, JSON.stringify(from));
    assert.equal(answers[3]?.headers.get('set-cookie'), null);
  }
  const own = { origin: site.url, 'sec-fetch-site': 'same-origin' };
  assert.equal((await browser.request('POST', '/exports/validate/', table, own)).status, 200);
});

test('a direct link that another site’s page leads to makes nothing by the cookie', async () => {
  const link = `${site.api}/tables/3/export/?format=csv&wait=60`;
  for (const from of [{}, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }])
    assert.equal((await browser.request('GET', link, undefined, from)).status, 403);
  for (const from of ['same-origin', 'none'])
    assert.equal((await browser.request('GET', link, undefined, { 'sec-fetch-site': from })).status, 302);
});

test('signing out ends the session and has the browser forget it', async () => {
  const one = await signIn(site);
  const answer = await one.request('DELETE', session);
  assert.equal(answer.status, 204);
  assert.match(answer.headers.get('set-cookie') ?? '', /^geocrate-[0-9a-f]{8}=; Path=\/; Max-Age=0;/);
  const after = await one.request('GET', '/exports/');
  assert.deepEqual([after.status, after.body.detail], [401, 'You are not signed in any more. Sign in again.']);
  assert.equal((await one.request('GET', session)).body.user, null);
});

test('a session ends when its token is taken back, and when its time has come', async () => {
  const token = await site.createToken('test');
  const [revoked, expired] = [await signIn(site, token), await signIn(site)];
  await site.geocrate('token', 'revoke', token);
  assert.equal((await revoked.request('GET', '/exports/')).status, 401);
  const database = await openDatabase({ databaseUrl: null, dataDir });
  const newest = await database.db.selectFrom('sessions').select('id').orderBy('id', 'desc').executeTakeFirstOrThrow();
  await database.db.updateTable('sessions').set({ expires_at: new Date() }).where('id', '=', newest.id).execute();
  await database.close();
  assert.equal((await expired.request('GET', '/exports/')).status, 401);
  assert.equal((await browser.request('GET', '/exports/')).status, 200);
});

test('the link that the server prints signs a browser in, as the demo user with all scopes', async () => {
  const [, link = ''] = await site.printed(/Sign in: +(\S+)\n/);
  assert.ok(link.startsWith(`${site.url}/site/sign-in?key=`), link);
  const answer = await site.request('GET', link, undefined, { authorization: NO_TOKEN });
  assert.deepEqual([answer.status, answer.headers.get('location')], [303, '../']);
  assert.deepEqual([answer.headers.get('referrer-policy'), answer.headers.get('cache-control')], ['no-referrer', 'no-store']);
  const cookie = cookieOf(answer);
  const { body } = await site.request('GET', session, undefined, { authorization: NO_TOKEN, cookie });
  assert.equal(body.user, 'demo');
  assert.ok(body.scopes.includes('admin'));
  const head = await site.request('HEAD', link, undefined, { authorization: NO_TOKEN });
  assert.deepEqual([head.status, head.headers.get('set-cookie')], [303, null]);
  for (const wrong of ['', '?key=', `?key=${'0'.repeat(40)}`, `?key=${token}`]) {
    const refused = await site.request('GET', `${site.url}/site/sign-in${wrong}`, undefined, { authorization: NO_TOKEN });
    assert.deepEqual([refused.status, refused.headers.get('set-cookie')], [403, null]);
  }
});

test('a site that others reach prints a link without the scope admin, and without demo data none; sessions outlive a restart', async () => {
  const [, link = ''] = await site.printed(/Sign in: +(\S+)\n/);
  const cookie = cookieOf(await site.request('GET', link, undefined, { authorization: NO_TOKEN }));
  await site.stop();
  const open = await startSite({ dataDir, token, env: { GEOCRATE_DEMO: '1', GEOCRATE_HOST: '0.0.0.0' } });
  const [, again = ''] = await open.printed(/Sign in: +(\S+)\n/);
  assert.notEqual(new URL(again).search, new URL(link).search);
  await open.request('GET', again, undefined, { authorization: NO_TOKEN });
  const { body } = await open.request('GET', `${open.url}/site/session/`, undefined, { authorization: NO_TOKEN, cookie });
  assert.deepEqual([body.user, body.scopes], ['demo', DEFAULT_SCOPES]);
  await open.stop();
  const bare = await startSite({ dataDir, token });
  assert.equal((await bare.request('GET', `${bare.url}/site/sign-in?key=`, undefined, { authorization: NO_TOKEN })).status, 403);
  await bare.stop();
});
