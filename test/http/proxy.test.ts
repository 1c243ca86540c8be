import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { type IncomingHttpHeaders, request as toServer } from 'node:http';
import { request as toProxy } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { publishSources } from '../../src/catalog/publish.ts';
import { createToken, DEFAULT_SCOPES } from '../../src/catalog/users.ts';
import { openDatabase } from '../../src/db/open.ts';
import { layout } from '../../src/store/layout.ts';
import { districts, parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { tlsProxies } from '../fixtures/proxy.ts';
import { dataFolder, geocrate, startSite } from '../fixtures/site.ts';

const run = promisify(execFile);
const folder = temporaryFolder();
const { startProxy, cert, certFile } = tlsProxies(folder);

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

function ask(method: string, url: string, headers: Record<string, string> = {}, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) };
    const options = { method, headers: all, family: 4, ...(url.startsWith('https:') ? { ca: cert } : {}) };
    const send = url.startsWith('https:') ? toProxy : toServer;
    const sent = send(url, options, async (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: await text(response) });
    });
    sent.on('error', reject).end(body && JSON.stringify(body));
  });
}

const dataDir = await dataFolder();
const { db, close } = await openDatabase({ databaseUrl: null, dataDir });
await publishSources(db, layout(dataDir), [parcels(folder)], { id: 1, title: 'Land Parcels', license: 'CC-BY-4.0' });
await publishSources(db, layout(dataDir), [districts(folder)], { id: 2, title: 'Districts', cropLayer: true });
const token = await createToken(db, 'test', DEFAULT_SCOPES);
const link = await createToken(db, 'test', ['links']);
await close();

/** A site behind a proxy of its own. */
async function behind(name: string, path: string, isTold: boolean) {
  const proxy = await startProxy(path);
  const dir = join(folder, name);
  cpSync(dataDir, dir, { recursive: true });
  const env: Record<string, string> = isTold ? { GEOCRATE_PUBLIC_URL: proxy.base } : {};
  const { url } = await startSite({ dataDir: dir, token, env });
  proxy.leadTo(url);
  return { base: proxy.base.replace(/\/$/, ''), api: `${proxy.base}services/api/v1`, url };
}
const [told, prefixed, untold] = await Promise.all([behind('a', '/', true), behind('b', '/geo/data/', true), behind('c', '/', false)]);
const authorization = `key ${token}`;
const table = { crs: 'EPSG:2193', formats: { vector: 'text/csv' }, items: [{ item: '/services/api/v1/layers/1/' }] };

/** Every address of the site in an answer's headers and body, wherever it stands. */
function addresses({ headers, text: body }: Answer): string[] {
  const said = `${headers.location ?? ''} ${headers.link ?? ''} ${body}`;
  return said.match(/https?:\/\/[^\s"<>]*\/(?:services|downloads|docs)\/[^\s"<>]*/g) ?? [];
}

for (const [name, { base, api, url }] of Object.entries({ told, prefixed, untold })) {
  test(`${name}: every address in every answer begins as the proxy's does`, async () => {
    const layer = await ask('GET', `${api}/layers/1/`, { authorization });
    const created = await ask('POST', `${api}/exports/`, { authorization, prefer: 'wait=60' }, table);
    assert.equal(created.status, 201, created.text);
    const { id, state } = JSON.parse(created.text);
    assert.equal(state, 'complete');
    const direct = await ask('GET', `${api}/layers/1/export/?format=csv&crs=EPSG:2193&key=${link}`);
    const answers = [
      layer,
      created,
      direct,
      await ask('GET', `${api}/layers/1/export/?format=gpkg&wait=0`, { authorization }),
      await ask('GET', `${api}/layers/1/versions/`, { authorization }),
      await ask('GET', `${api}/data/?page_size=1&page=1&q=a`, { authorization }),
      await ask('GET', `${api}/data/?page_size=1&page=2`, { authorization }),
      await ask('GET', `${api}/exports/?page_size=1`, { authorization }),
      await ask('GET', `${api}/exports/${id}/`, { authorization }),
      await ask('GET', `${api}/exports/${id}/download/`, { authorization }),
      await ask('GET', `${api}/exports/${id}/events/`, { authorization, accept: 'text/event-stream' }),
      await ask('POST', `${api}/exports/validate/`, { authorization }, table),
      await ask('POST', `${api}/exports/validate/`, { authorization }, { ...table, extent: 'x', items: [{ item: 'x' }] }),
      await ask('GET', `${api}/exports/croplayers/`, { authorization }),
    ];
    for (const answer of answers) {
      const found = addresses(answer);
      assert.ok(found.length > 0, `${answer.status} ${answer.text}`);
      for (const address of found) assert.ok(address.startsWith(`${base}/`), address);
      assert.equal(`${JSON.stringify(answer.headers)} ${answer.text}`.includes(new URL(url).host), false, answer.text);
    }
    assert.equal(direct.status, 302);
    const { servers } = JSON.parse((await ask('GET', `${api}/openapi.json`)).text);
    assert.equal(URL.parse(servers[0].url, `${base}/`)?.href.replace(/\/$/, ''), base);
    // What was answered can be sent back, and followed.
    const { url: item } = JSON.parse(layer.text);
    assert.equal(
      JSON.parse((await ask('POST', `${api}/exports/validate/`, { authorization }, { ...table, items: [{ item }] })).text).is_valid,
      true,
    );
    const [next = ''] = /https:[^>]*/.exec(String(answers[5]?.headers.link)) ?? [];
    assert.equal((await ask('GET', next, { authorization })).status, 200, next);
  });
}

test('the description for people works under a path', async () => {
  for (const { base } of [told, prefixed]) {
    const page = await ask('GET', `${base}/docs/`);
    assert.equal(page.status, 200);
    const [script = ''] = /[^"]*swagger-initializer\.js/.exec(page.text) ?? [];
    const initializer = await ask('GET', new URL(script, `${base}/docs/`).href);
    assert.equal(initializer.status, 200, script);
    assert.equal(JSON.parse((await ask('GET', `${base}/docs/json`)).text).servers[0].url, base);
  }
});

test('a range, If-Range, If-None-Match and HEAD go through', async () => {
  const { headers } = await ask('GET', `${prefixed.api}/layers/1/export/?format=shp&key=${link}`);
  const address = headers.location ?? '';
  const head = await ask('HEAD', address);
  assert.deepEqual([head.status, head.text, head.headers['accept-ranges']], [200, '', 'bytes']);
  const size = Number(head.headers['content-length']);
  const etag = head.headers.etag ?? '';
  for (const [sent, status, length] of [
    [{ range: 'bytes=0-9' }, 206, 10],
    [{ range: `bytes=${size - 5}-`, 'if-range': etag }, 206, 5],
    [{ range: 'bytes=0-9', 'if-range': '"another"' }, 200, size],
    [{ range: `bytes=${size}-` }, 416, null],
    [{ 'if-none-match': etag }, 304, null],
  ] as const) {
    const answer = await ask('GET', address, { ...sent });
    assert.equal(answer.status, status, JSON.stringify(sent));
    if (length !== null) assert.equal(answer.headers['content-length'], String(length));
  }
});

test('curl -fLO, -z and -C -, GDAL and geocrate export work through it', async () => {
  const dir = join(folder, 'curl');
  mkdirSync(dir);
  const url = `${prefixed.api}/layers/1/export/parcels.zip?format=gpkg&key=${link}`;
  const curl = async (...args: string[]) =>
    (await run('curl', ['-fsSLO', '--cacert', certFile, '-w', '%{http_code}', ...args, url], { cwd: dir })).stdout;
  assert.equal(await curl(), '200');
  const zip = join(dir, 'parcels.zip');
  const whole = readFileSync(zip);
  assert.equal(await curl('-z', 'parcels.zip'), '304');
  truncateSync(zip, Math.floor(whole.length / 2));
  assert.equal(await curl('-C', '-'), '206');
  assert.deepEqual(readFileSync(zip), whole);
  const source = `/vsizip/{/vsicurl/${url}}/land-parcels/land-parcels.gpkg`;
  const { stdout } = await run('ogrinfo', ['-ro', '-so', '-al', source], {
    env: { ...process.env, CURL_CA_BUNDLE: certFile, SSL_CERT_FILE: certFile },
  });
  assert.match(stdout, /Feature Count: 100\n/);
  const out = join(dir, 'out.zip');
  await run(
    geocrate,
    ['export', '--server', prefixed.base, '--token', token, '--layer', '1', '--format', 'gpkg', '--crs', 'EPSG:4326', '-o', out],
    {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: certFile },
    },
  );
  await run('unzip', ['-tq', out]);
});

test('with GEOCRATE_PUBLIC_URL no header of a request changes an address', async () => {
  for (const hostile of [{ 'x-forwarded-host': 'evil.example.org' }, { host: 'evil.example.org' }, { 'x-forwarded-proto': 'http' }]) {
    const answer = await ask('GET', `${told.url}/services/api/v1/layers/1/`, { authorization, ...hostile });
    for (const address of addresses(answer)) assert.ok(address.startsWith(`${told.base}/`), address);
  }
});

test('without it a hostile Host or X-Forwarded-Host is told to whoever sent it, and to nobody else', async () => {
  const api = `${untold.url}/services/api/v1`;
  for (const [index, hostile] of [{ 'x-forwarded-host': 'evil.example.org' }, { host: 'evil.example.org' }].entries()) {
    const request = { ...table, extent: districtOf(index) };
    const poisoned = await ask('POST', `${api}/exports/`, { authorization, prefer: 'wait=60', ...hostile }, request);
    assert.equal(new URL(JSON.parse(poisoned.text).url).hostname, 'evil.example.org');
    const { id } = JSON.parse(poisoned.text);
    // The same request of somebody else shares the archive; the same export asked for without the header is the same export.
    const again = await ask('POST', `${untold.api}/exports/`, { authorization, prefer: 'wait=60' }, request);
    const seen = await ask('GET', `${untold.api}/exports/${id}/`, { authorization });
    const list = await ask('GET', `${untold.api}/exports/`, { authorization });
    const download = await ask('GET', `${untold.api}/exports/${id}/download/`, { authorization });
    for (const answer of [again, seen, list, download]) {
      assert.ok(addresses(answer).length > 0);
      assert.equal(`${JSON.stringify(answer.headers)} ${answer.text}`.includes('evil'), false, answer.text);
    }
    const zip = join(folder, `poisoned-${index}.zip`);
    await run('curl', ['-fsSL', '--cacert', certFile, '-o', zip, download.headers.location ?? '']);
    const { stdout } = await run('unzip', ['-p', zip]);
    assert.ok(stdout.includes('Land Parcels') && !stdout.includes('evil'));
  }
});

test('a request that a proxy could take for another one is refused: two hosts, two lengths, or a length and pieces', async () => {
  const { host, hostname, port } = new URL(told.url);
  const head = `POST /services/api/v1/exports/validate/ HTTP/1.1\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\n`;
  const own = `Host: ${host}\r\n`;
  for (const [sent, status] of [
    [`${head}${own}Connection: close\r\nContent-Length: 2\r\n\r\n{}`, 200],
    [`${head}${own}Host: evil.example.org\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`, 400],
    [`${head}${own}Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}`, 400],
    [`${head}${own}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400],
    [`${head}${own}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`, 400],
    [`${head}${own}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`, 400],
    [`${head}${own}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`, 400],
  ] as const) {
    const socket = connect(Number(port), hostname);
    socket.write(sent);
    const answer = await text(socket);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), sent);
    assert.equal(answer.match(/^HTTP\/1/gm)?.length, 1, sent);
  }
});

/** A crop of its own for each case, so that no archive is there already. */
function districtOf(index: number) {
  const [west, south] = [170 + 0.1 * index, -44];
  return {
    type: 'Polygon',
    coordinates: [
      [
        [west, south],
        [west + 0.3, south],
        [west + 0.3, south + 0.3],
        [west, south + 0.3],
        [west, south],
      ],
    ],
  };
}
