import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCOPES, type Scope } from '../../src/catalog/users.ts';
import { NO_TOKEN } from '../fixtures/site.ts';
import { type Contract, completeExport, SENTENCE, shapefile } from './site.ts';

/** "Ground rules": authentication, scopes and users. */
export function authentication(contract: Contract): void {
  const { site, other, token } = contract;

  test('Authorization may be `key TOKEN` or `Bearer TOKEN`, in any case', async () => {
    for (const scheme of ['key', 'Key', 'KEY', 'Bearer', 'bearer']) {
      const authorization = `${scheme} ${site.token}`;
      assert.equal((await site.request('GET', '/exports/', undefined, { authorization })).status, 200, scheme);
    }
  });

  test('a missing or unknown token is answered 401 with WWW-Authenticate: key', async () => {
    for (const authorization of [
      NO_TOKEN,
      'key 0123456789',
      `key ${site.token}0`,
      `key ${site.token.toUpperCase()}`,
      `Basic ${btoa(`test:${site.token}`)}`,
      site.token,
      'key',
      `key ${'x'.repeat(5000)}`,
    ]) {
      const answer = await site.request('GET', '/exports/', undefined, { authorization });
      assert.equal(answer.status, 401, authorization);
      assert.equal(answer.headers.get('www-authenticate'), 'key');
      assert.match(answer.body.detail, SENTENCE);
      assert.match(answer.body.detail, /token/);
    }
  });

  test('each endpoint needs its scope, and no other', async () => {
    const { id } = await completeExport(contract);
    const endpoints: [method: string, path: string, scopes: Scope[], body?: object][] = [
      ['GET', '/exports/', ['exports:read']],
      ['GET', `/exports/${id}/`, ['exports:read']],
      ['GET', `/exports/${id}/download/`, ['exports:read']],
      ['GET', `/exports/${id}/events/`, ['exports:read']],
      ['GET', '/exports/croplayers/', ['exports:read']],
      ['GET', '/exports/croplayers/1/', ['exports:read']],
      ['GET', '/exports/croplayers/1/cropfeatures/', ['exports:read']],
      ['GET', '/exports/croplayers/1/cropfeatures/1/', ['exports:read']],
      ['POST', '/exports/', ['exports:write'], {}],
      ['POST', '/exports/validate/', ['exports:write'], {}],
      ['POST', `/exports/${id}/discard/`, ['exports:write']],
      ['DELETE', `/exports/${id}/`, ['exports:write']],
      ['GET', '/layers/', ['layers:read']],
      ['GET', '/layers/1/', ['layers:read']],
      ['GET', '/layers/1/versions/', ['layers:read']],
      ['GET', '/layers/1/versions/1/', ['layers:read']],
      ['GET', '/tables/', ['layers:read']],
      ['GET', '/tables/3/', ['layers:read']],
      ['GET', '/licenses/1/', ['layers:read']],
      ['GET', '/data/', ['catalog']],
      ['GET', '/layers/1/export/?format=nothing', ['links', 'exports:write']],
      ['GET', '/tables/3/export/?format=nothing', ['links', 'exports:write']],
    ];
    for (const scope of SCOPES) {
      const authorization = await token(scope);
      for (const [method, path, scopes, body] of endpoints) {
        const accept = path.endsWith('/events/') ? 'text/event-stream' : 'application/json';
        const answer = await site.request(method, path, body, { authorization, accept });
        if (scopes.includes(scope)) assert.ok(![401, 403].includes(answer.status), `${scope}: ${method} ${path}`);
        else {
          assert.equal(answer.status, 403, `${scope}: ${method} ${path}`);
          assert.match(answer.body.detail, SENTENCE);
          assert.ok(answer.body.detail.includes(scopes[0]), answer.body.detail);
        }
      }
    }
  });

  test('what describes the API needs no token', async () => {
    for (const [method, path] of [
      ['OPTIONS', '/exports/'],
      ['OPTIONS', '/layers/'],
      ['GET', '/openapi.json'],
    ] as const)
      assert.ok((await site.request(method, path, undefined, { authorization: NO_TOKEN })).status < 300, `${method} ${path}`);
  });

  test('another user’s export is 404, never 403, and stays as it was', async () => {
    const { id } = await completeExport(contract);
    for (const [method, path] of [
      ['GET', ''],
      ['HEAD', ''],
      ['DELETE', ''],
      ['POST', 'discard/'],
      ['GET', 'download/'],
      ['GET', 'events/'],
    ] as const) {
      const accept = path === 'events/' ? 'text/event-stream' : 'application/json';
      const theirs = await site.request(method, `/exports/${id}/${path}`, undefined, { ...other, accept });
      assert.equal(theirs.status, 404, `${method} ${path}`);
      const none = await site.request(method, `/exports/999999/${path}`, undefined, { ...other, accept });
      assert.deepEqual(theirs.body, none.body);
    }
    assert.equal((await site.request('GET', `/exports/${id}/`)).body.state, 'complete');
    for (const query of ['', '?q=places', `?state=complete`, '?page_size=100&sort=id']) {
      const list = await site.request('GET', `/exports/${query}`, undefined, other);
      assert.deepEqual(list.body, [], query);
      assert.equal(list.headers.get('x-resource-range'), '0-0/0');
    }
  });

  test('tokens of one user see the same exports', async () => {
    const { stdout } = await site.geocrate('token', 'create', '--user', 'test');
    const { body } = await site.request('GET', '/exports/', undefined, { authorization: `key ${stdout.trim()}` });
    assert.deepEqual(body, (await site.request('GET', '/exports/')).body);
  });

  test('a token that was taken back is unknown', async () => {
    const authorization = await token('exports:write');
    const post = () => site.request('POST', '/exports/validate/', shapefile(contract), { authorization });
    assert.equal((await post()).status, 200);
    await site.geocrate('token', 'revoke', authorization.replace('key ', ''));
    assert.equal((await post()).status, 401);
  });
}
