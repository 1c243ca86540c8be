import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { errorHandler } from '../../src/http/errors.ts';
import { pageRoutes } from '../../src/http/page.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { dataFolder, NO_TOKEN, startSite } from '../fixtures/site.ts';

const INDEX = '<html><head><link href="/icon.svg"><script src="./assets/main-AbCd1234.js"></script></head></html>';
const SCRIPT = `console.log(${JSON.stringify('x'.repeat(4000))});`;

/** A folder as a build leaves it. */
function built(): string {
  const folder = join(temporaryFolder(), 'dist');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  for (const [name, text] of [
    ['index.html', INDEX],
    ['icon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['assets/main-AbCd1234.js', SCRIPT],
  ] as const) {
    writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text));
  }
  writeFileSync(join(folder, '.built'), 'secret');
  return folder;
}

async function serve(folder: string, publicUrl: string | null = null): Promise<string> {
  const app = Fastify({ exposeHeadRoutes: true });
  app.setErrorHandler(errorHandler);
  pageRoutes(app, { config: { publicUrl } }, folder);
  after(() => app.close());
  return app.listen({ port: 0, host: '127.0.0.1' });
}

const folder = built();
const url = await serve(folder);
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
/** Without what fetch would undo. */
const get = (path: string, headers: Record<string, string> = {}, base = url) =>
  fetch(base + path, { headers: { 'accept-encoding': 'identity', ...headers } });

test('every address that a browser shows answers the document, which is never kept without asking', async () => {
  for (const path of ['/', '/layers/3', '/exports', '/exports/7/', '/new?layers=1,2', '/publish', '/a/b/c.d']) {
    const answer = await get(path, HTML);
    assert.equal(answer.status, 200, path);
    assert.equal(await answer.text(), INDEX);
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(answer.headers.get('cache-control'), 'no-cache');
  }
});

test('the document runs no script and no style that stands in it, and no page has it in a frame', async () => {
  const { headers } = await get('/', HTML);
  const policy = new Map((headers.get('content-security-policy') ?? '').split('; ').map((rule) => [rule.split(' ')[0], rule]));
  for (const [name, rule] of [
    ['default-src', "default-src 'self'"],
    ['script-src', "script-src 'self'"],
    ['style-src', "style-src 'self'"],
    ['connect-src', "connect-src 'self'"],
    ['worker-src', "worker-src 'self'"],
    ['object-src', "object-src 'none'"],
    ['base-uri', "base-uri 'none'"],
    ['form-action', "form-action 'self'"],
    ['frame-ancestors', "frame-ancestors 'none'"],
    ['img-src', "img-src 'self' blob: data:"],
  ])
    assert.equal(policy.get(name), rule);
  assert.equal(/unsafe|\*|https?:/.test(headers.get('content-security-policy') ?? ''), false);
  assert.equal(headers.get('referrer-policy'), 'same-origin');
  assert.ok(headers.get('permissions-policy'));
});

test('files with a hash in their names are kept for good, others are asked for again and found to be the same', async () => {
  const script = await get('/assets/main-AbCd1234.js');
  assert.equal(await script.text(), SCRIPT);
  assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  const icon = await get('/icon.svg');
  assert.equal(icon.headers.get('cache-control'), 'no-cache');
  const again = await get('/icon.svg', { 'if-none-match': icon.headers.get('etag') ?? '' });
  assert.deepEqual([again.status, await again.text()], [304, '']);
});

test('files come as small as the browser takes them', async () => {
  for (const [accept, encoding, size] of [
    ['gzip, deflate, br, zstd', 'br', brotliCompressSync(SCRIPT).length],
    ['gzip', 'gzip', gzipSync(SCRIPT).length],
    ['br;q=0, gzip;q=0.5', 'gzip', gzipSync(SCRIPT).length],
    ['identity', null, SCRIPT.length],
  ] as const) {
    const answer = await get('/assets/main-AbCd1234.js', { 'accept-encoding': accept });
    assert.equal(answer.headers.get('content-encoding'), encoding, accept);
    assert.equal(answer.headers.get('content-length'), String(size));
    assert.match(answer.headers.get('vary') ?? '', /Accept-Encoding/);
    assert.equal(await answer.text(), SCRIPT);
  }
  assert.equal(gunzipSync(gzipSync(SCRIPT)).toString(), brotliDecompressSync(brotliCompressSync(SCRIPT)).toString());
});

test('what is no address of the page is not found, whatever it is asked as', async () => {
  for (const path of ['/services/api/v1/nothing/', '/services/', '/site/nothing', '/docs/nothing', '/downloads/x', '/downloads'])
    assert.equal((await get(path, HTML)).status, 404, path);
  for (const path of ['/assets/main-00000000.js', '/favicon.ico', '/layers/3']) {
    const answer = await get(path, { accept: 'image/avif,*/*' });
    assert.equal(answer.status, 404, path);
    assert.match((await answer.text()) ?? '', /detail/);
  }
});

test('nothing beside the build’s files is to be had', async () => {
  const port = Number(new URL(url).port);
  const { connect } = await import('node:net');
  for (const path of [
    '/../../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/.built',
    '/assets/',
    '/index.html.br',
  ]) {
    const text = await new Promise<string>((resolve) => {
      let said = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
      socket.on('data', (data) => (said += data)).on('close', () => resolve(said));
    });
    assert.match(text, /^HTTP\/1\.1 40[04] /, path);
    assert.equal(/dependencies|secret/.test(text), false, path);
  }
});

test('a build that comes while the server runs is shown at once; without one, `/` says how to build it', async () => {
  const own = built();
  const base = await serve(own);
  assert.equal(await (await get('/', HTML, base)).text(), INDEX);
  writeFileSync(join(own, 'index.html'), '<html>new</html>');
  utimesSync(join(own, 'index.html'), new Date(), new Date(Date.now() + 5000));
  assert.equal(await (await get('/', HTML, base)).text(), '<html>new</html>');
  rmSync(own, { recursive: true });
  const missing = await get('/', HTML, base);
  assert.deepEqual([missing.status, missing.headers.get('content-type')], [503, 'text/plain; charset=utf-8']);
  assert.match(await missing.text(), /npm start/);
});

test('below a path of its host, the document names its files there', async () => {
  const base = await serve(folder, 'https://data.example.org/geo/data');
  const text = await (await get('/layers/3', HTML, base)).text();
  assert.ok(text.includes('href="/geo/data/icon.svg"') && text.includes('src="/geo/data/assets/main-AbCd1234.js"'), text);
  assert.ok(text.includes('<meta name="base-path" content="/geo/data/" />'));
});

test('on a site, the page takes nothing from the API, and other pages read nothing of it', async () => {
  const site = await startSite({ dataDir: await dataFolder() });
  const nothing = await site.request('GET', '/nothing/', undefined, { authorization: NO_TOKEN });
  assert.equal(nothing.status, 404);
  const refused = await site.request('DELETE', `${site.url}/layers/3`, undefined, { authorization: NO_TOKEN });
  assert.equal(refused.status, 404);
  const page = await fetch(`${site.url}/`, { headers: HTML });
  assert.ok([200, 503].includes(page.status));
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(page.headers.get('access-control-allow-origin'), null);
  const api = await fetch(`${site.api}/openapi.json`);
  assert.deepEqual([api.headers.get('access-control-allow-origin'), api.headers.get('x-content-type-options')], ['*', 'nosniff']);
  await site.stop();
});
