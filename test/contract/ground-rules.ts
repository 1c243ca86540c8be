import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { type Answer, NO_TOKEN } from '../fixtures/site.ts';
import { type Contract, completeExport, SENTENCE } from './site.ts';

/** "Ground rules", but for authentication and lists. */
export function groundRules(contract: Contract): void {
  const { site, item } = contract;
  const v1x = `${site.url}/services/api/v1.x`;

  test('both base paths serve the same resources', async () => {
    for (const path of [
      '/data/',
      '/layers/1/',
      '/tables/3/',
      '/exports/croplayers/',
      '/exports/croplayers/1/cropfeatures/1/',
      '/licenses/1/',
    ]) {
      const [one, other] = [await site.request('GET', path), await site.request('GET', `${v1x}${path}`)];
      assert.equal(one.status, 200, path);
      assert.deepEqual(JSON.parse(JSON.stringify(other.body).replaceAll('/api/v1.x/', '/api/v1/')), one.body, path);
    }
  });

  test('URLs in a response use the version that the request used', async () => {
    const { id } = await completeExport(contract);
    for (const [base, version] of [
      [site.api, 'v1'],
      [v1x, 'v1.x'],
    ] as const) {
      const { body } = await site.request('GET', `${base}/exports/${id}/`);
      for (const url of [body.url, body.download_url, body.events_url, body.items[0].item])
        assert.ok(url.startsWith(`${site.url}/services/api/${version}/`), url);
      const list = await site.request('GET', `${base}/data/?page_size=1`);
      assert.ok(list.body[0].url.startsWith(`${base}/layers/`));
      assert.ok(list.headers.get('link')?.startsWith(`<${base}/data/?`));
      const created = await site.request('POST', `${base}/exports/`, { formats: { table: 'text/csv' }, items: [{ item: item(3) }] });
      assert.ok(created.headers.get('location')?.startsWith(`${base}/exports/`));
    }
  });

  test('an item’s URL may be of either version, absolute or path-only, with or without its last slash', async () => {
    for (const url of [
      item(1),
      `${v1x}/layers/1/`,
      `${site.api}/layers/1`,
      '/services/api/v1/layers/1/',
      '/services/api/v1.x/layers/1',
      item(1).replace('http://', 'https://'),
    ]) {
      const { body } = await site.request('POST', '/exports/validate/', {
        crs: 'EPSG:2193',
        formats: { vector: 'text/csv' },
        items: [{ item: url }],
      });
      assert.equal(body.is_valid, true, url);
      assert.equal(body.items[0].item, url);
    }
  });

  test('an item’s URL of another host, another resource or no resource at all is not found', async () => {
    for (const url of [
      'https://elsewhere.example.org/services/api/v1/layers/1/',
      '//elsewhere.example.org/services/api/v1/layers/1/',
      `${site.url}:1/services/api/v1/layers/1/`.replace(/:\d+:1/, ':1'),
      `${site.api}/tables/1/`,
      `${site.api}/layers/99/`,
      `${site.api}/exports/1/`,
      `${site.url}/layers/1/`,
      'layers/1',
      '1',
      '',
      `ftp://${new URL(site.url).host}/services/api/v1/layers/1/`,
      item(1).replace('http://', 'http://user:secret@'),
      1,
      null,
      [item(1)],
    ]) {
      const { body } = await site.request('POST', '/exports/validate/', {
        crs: 'EPSG:2193',
        formats: { vector: 'text/csv' },
        items: [{ item: url }],
      });
      assert.deepEqual(body.items[0].invalid_reasons, ['not-found'], String(url));
      assert.match(body.errors['items[0].item'][0], SENTENCE);
    }
  });

  test('a URL may begin as the request’s own Host does', async () => {
    const body = {
      crs: 'EPSG:2193',
      formats: { vector: 'text/csv' },
      items: [{ item: 'http://geo.example.org/services/api/v1/layers/1/' }],
    };
    const answer = await overHttp(site.url, 'POST', '/services/api/v1/exports/validate/', site.token, JSON.stringify(body), {
      host: 'GEO.example.org:80',
    });
    assert.equal(answer.body.is_valid, true);
    const listed = await overHttp(site.url, 'GET', '/services/api/v1/layers/1/', site.token, undefined, { host: 'geo.example.org:8081' });
    assert.equal(listed.body.url, 'http://geo.example.org:8081/services/api/v1/layers/1/');
  });

  test('what a proxy on this machine says of scheme and host is in the URLs', async () => {
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'data.example.org' };
    const { body } = await site.request('GET', '/layers/1/', undefined, forwarded);
    assert.equal(body.url, 'https://data.example.org/services/api/v1/layers/1/');
    for (const hostile of [
      { 'x-forwarded-proto': 'javascript' },
      { 'x-forwarded-host': 'a b' },
      { 'x-forwarded-host': 'me@evil.example.org' },
    ])
      assert.equal((await site.request('GET', '/layers/1/', undefined, hostile)).status, 400);
  });

  test('a path without its last slash is answered in place, for every resource and method', async () => {
    const { id } = await completeExport(contract);
    const [{ body: layer }, { body: table }] = [await site.request('GET', '/layers/1/'), await site.request('GET', '/tables/3/')];
    const reads = [
      '/exports/',
      `/exports/${id}/`,
      `/exports/${id}/download/`,
      '/exports/croplayers/',
      '/exports/croplayers/1/',
      '/exports/croplayers/1/cropfeatures/',
      '/exports/croplayers/1/cropfeatures/1/',
      '/data/',
      '/layers/',
      '/layers/1/',
      '/layers/1/versions/',
      `/layers/1/versions/${layer.version.id}/`,
      '/tables/',
      '/tables/3/',
      '/tables/3/versions/',
      `/tables/3/versions/${table.version.id}/`,
      '/licenses/1/',
      '/openapi.json/',
    ];
    for (const path of reads) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH']) {
        const body = method === 'PUT' || method === 'PATCH' ? {} : undefined;
        const [slash, none] = [await site.request(method, path, body), await site.request(method, path.replace(/\/$/, ''), body)];
        assert.equal(none.status, slash.status, `${method} ${path}`);
        assert.ok(none.status !== 404 && none.status !== 301 && none.status !== 308, `${method} ${path}: ${none.status}`);
        if (!path.endsWith('/download/')) assert.deepEqual(none.body, slash.body, `${method} ${path}`);
      }
    }
    assert.equal((await site.request('POST', '/exports/validate', {})).status, 200);
    assert.equal((await site.request('POST', '/exports', {})).status, 400);
    const created = await site.request('POST', '/exports', { formats: { table: 'text/csv' }, items: [{ item: item(3) }] });
    assert.equal(created.status, 201);
    assert.equal((await site.request('POST', `/exports/${id}/discard`)).body.state, 'gone');
    assert.equal((await site.request('DELETE', `/exports/${id}`)).status, 409);
    assert.equal((await site.request('GET', '/layers/1/export?format=nothing')).status, 400);
  });

  test('answers are JSON in UTF-8, and bodies may be', async () => {
    const { headers } = await site.request('GET', '/layers/1/');
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
    const named = JSON.stringify({ name: 'Ōtautahi', formats: { table: 'text/csv' }, items: [{ item: item(3) }] });
    for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON']) {
      const answer = await site.request('POST', '/exports/validate/', named, { 'content-type': type });
      assert.equal(answer.body.is_valid, true, type);
    }
  });

  test('Accept: application/json, */* and none at all are answered; others are refused with 406', async () => {
    for (const accept of ['application/json', '*/*', 'application/*', 'text/html, application/json;q=0.5', 'text/html, */*;q=0.1'])
      assert.equal((await site.request('GET', '/layers/', undefined, { accept })).status, 200, accept);
    assert.equal((await overHttp(site.url, 'GET', '/services/api/v1/layers/', site.token)).status, 200);
    for (const accept of ['text/csv', 'text/html, image/*', 'application/json;q=0']) {
      const refused = await site.request('GET', '/layers/', undefined, { accept });
      assert.equal(refused.status, 406, accept);
      assert.match(refused.body.detail, SENTENCE);
    }
  });

  test('a body that is not JSON is answered 400', async () => {
    const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    for (const body of [
      '{"a":',
      '[]',
      'null',
      '"text"',
      '1',
      '',
      '{"a":1}}',
      "{'a':1}",
      `{"extent":${'['.repeat(400_000)}`,
      `{"extent":${deep(100_000)}}`,
      `{"items":[{"item":${deep(100_000)}}]}`,
    ]) {
      for (const path of ['/exports/', '/exports/validate/']) {
        const answer = await site.request('POST', path, body);
        assert.equal(answer.status, 400, body.slice(0, 30));
        assert.match(answer.body.detail, SENTENCE);
      }
    }
    const notUtf8 = Buffer.from('{"name":"\xff"}', 'latin1');
    const answer = await overHttp(site.url, 'POST', '/services/api/v1/exports/validate/', site.token, notUtf8);
    assert.equal(answer.status, 400);
    assert.match(answer.body.detail, /UTF-8/);
  });

  test('another content type is answered 415', async () => {
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=a',
      'application/xml',
      'nonsense',
    ]) {
      const answer = await site.request('POST', '/exports/', '{}', { 'content-type': type });
      assert.equal(answer.status, 415, type);
      assert.match(answer.body.detail, SENTENCE);
    }
  });

  test('a body that is too large is answered 413', async () => {
    const answer = await site.request('POST', '/exports/', `{"name":"${'x'.repeat(1 << 20)}"}`);
    assert.equal(answer.status, 413);
    assert.match(answer.body.detail, SENTENCE);
  });

  test('an unknown address is answered 404', async () => {
    for (const path of [
      '/nothing/',
      '/layers/99/',
      '/layers/abc/',
      '/layers/99999999999999999999/',
      '/layers/-1/',
      '/layers/0x1/',
      '/layers/1e0/',
      '/layers/3/',
      '/tables/1/',
      '/layers/1/versions/999/',
      '/exports/999999/',
      '/exports/x/',
      '/licenses/999/',
      `${site.url}/services/api/v2/layers/`,
      `${site.url}/elsewhere`,
    ]) {
      const answer = await site.request('GET', path);
      assert.equal(answer.status, 404, path);
      assert.match(answer.body.detail, SENTENCE);
    }
  });

  test('a method that an address does not have is answered 405 with Allow', async () => {
    for (const [path, allow] of [
      ['/exports/', 'GET, HEAD, POST, OPTIONS'],
      ['/exports/1/', 'GET, HEAD, DELETE, OPTIONS'],
      ['/exports/validate/', 'POST, OPTIONS'],
      ['/exports/1/discard/', 'POST, OPTIONS'],
      ['/exports/1/download/', 'GET, HEAD, OPTIONS'],
      ['/exports/1/events/', 'GET, HEAD, OPTIONS'],
      ['/layers/1/', 'GET, HEAD, OPTIONS'],
      ['/layers/1/export/', 'GET, HEAD, OPTIONS'],
      ['/data/', 'GET, HEAD, OPTIONS'],
      ['/openapi.json', 'GET, HEAD, OPTIONS'],
    ] as const) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((name) => !allow.split(', ').includes(name))) {
        const answer = await site.request(method, path, method === 'GET' ? undefined : '{}');
        assert.equal(answer.status, 405, `${method} ${path}`);
        assert.equal(answer.headers.get('allow'), allow, `${method} ${path}`);
        assert.match(answer.body.detail, SENTENCE);
      }
      const options = await site.request('OPTIONS', path);
      assert.equal(options.headers.get('allow'), allow, path);
    }
    const trace = await overHttp(site.url, 'TRACE', '/services/api/v1/layers/', site.token);
    assert.equal(trace.status, 405);
  });

  test('every response carries an X-Request-Id of its own', async () => {
    const ids = new Set<string | null>();
    const paths = ['/layers/', '/nothing/', `${site.url}/%ff`, '/openapi.json'];
    for (const path of paths) ids.add((await site.request('GET', path)).headers.get('x-request-id'));
    ids.add((await site.request('GET', '/layers/', undefined, { authorization: NO_TOKEN })).headers.get('x-request-id'));
    ids.add((await site.request('POST', '/exports/', '{')).headers.get('x-request-id'));
    ids.add((await site.request('PUT', '/exports/', {})).headers.get('x-request-id'));
    ids.add(/x-request-id: (\S+)/i.exec(await raw(site.url, 'not http at all\r\n\r\n'))?.[1] ?? null);
    ids.add(/x-request-id: (\S+)/i.exec(await raw(site.url, `GET / HTTP/1.1\r\nhost: a\r\na: ${'x'.repeat(40_000)}\r\n\r\n`))?.[1] ?? null);
    assert.equal(ids.size, paths.length + 5);
    for (const id of ids) assert.match(id ?? 'none', /^[0-9a-f-]{36}$/);
  });

  test('errors are one sentence, also where the request is broken', async () => {
    for (const path of [`${site.url}/%ff`, `${site.url}/%zz`, '/layers/%E0%A4%A/', '/layers/1%00/', `/layers/${'1'.repeat(600)}/`]) {
      const answer = await site.request('GET', path);
      assert.ok(answer.status === 400 || answer.status === 404 || answer.status === 414, `${path}: ${answer.status}`);
      assert.match(answer.body.detail, SENTENCE);
    }
    for (const [request, status] of [
      ['not http at all\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nhost: a\r\na: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
      ['GET /services/api/v1/layers/ HTTP/1.1\r\nhost: a/b\r\nconnection: close\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nhost: a\r\nexpect: more\r\nconnection: close\r\n\r\n', 417],
      ['GET /services/api/v1/layers/ HTTP/1.1\r\nhost: a@b\r\nconnection: close\r\n\r\n', 400],
    ] as const) {
      const answer = await raw(site.url, request);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      const { detail } = JSON.parse(answer.split('\r\n\r\n')[1] ?? '');
      assert.match(detail, SENTENCE);
      assert.match(answer, /^x-request-id: [0-9a-f-]{36}\r$/im);
    }
  });

  test('a page of another origin may ask, and read what it is told', async () => {
    for (const path of ['/exports/', '/exports/1/', '/exports/validate/', '/layers/1/export/', '/data/', '/openapi.json']) {
      const preflight = await site.request('OPTIONS', path, undefined, {
        authorization: NO_TOKEN,
        origin: 'https://maps.example.org',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type, idempotency-key, prefer',
      });
      assert.ok(preflight.status === 200 || preflight.status === 204, path);
      assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
      assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /GET.*POST.*DELETE/);
      for (const name of ['Authorization', 'Content-Type', 'Idempotency-Key', 'Prefer', 'Range', 'If-None-Match'])
        assert.ok(preflight.headers.get('access-control-allow-headers')?.split(', ').includes(name), name);
    }
    for (const path of ['/layers/', '/nothing/']) {
      const { headers } = await site.request('GET', path, undefined, { origin: 'https://maps.example.org' });
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.equal(headers.get('access-control-allow-credentials'), null);
      for (const name of ['Link', 'Location', 'X-Paginate-By', 'X-Resource-Range', 'X-Request-Id', 'ETag', 'Retry-After'])
        assert.ok(headers.get('access-control-expose-headers')?.split(', ').includes(name), name);
    }
  });
}

/** A request as `fetch` cannot send it: any Host, any method, no Accept. */
function overHttp(
  url: string,
  method: string,
  path: string,
  token: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Pick<Answer, 'status' | 'body'>> {
  return new Promise((resolve, reject) => {
    const all = { authorization: `key ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers };
    send(url, { method, path, headers: all }, async (response) => {
      const answer = await text(response);
      resolve({ status: response.statusCode ?? 0, body: answer === '' ? null : JSON.parse(answer) });
    })
      .on('error', reject)
      .end(body);
  });
}

/** Sends bytes and gives all that comes back. */
function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  return text(socket);
}
