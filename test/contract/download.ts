import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { finished } from '../fixtures/site.ts';
import { CORNER, type Contract, completeExport, failed, halfway, SENTENCE, shapefile } from './site.ts';

const run = promisify(execFile);

/** "Exports": `GET /exports/:id/download/`. */
export function download(contract: Contract): void {
  const { site, db, folder } = contract;
  const addressOf = async (id: number) => (await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '';

  test('an export is downloaded by its signed address without any header', async () => {
    const created = await site.request('POST', '/exports/', shapefile(contract, { extent: CORNER, name: 'fred the export' }));
    const done = await finished(site, created.body.id);
    assert.equal(done.state, 'complete', JSON.stringify(done.error));
    const redirect = await site.request('GET', `/exports/${done.id}/download/`);
    assert.equal(redirect.status, 302);
    assert.equal(redirect.headers.get('cache-control'), 'no-store');
    const address = redirect.headers.get('location') ?? '';
    assert.ok(address.startsWith(`${site.url}/`));
    const answer = await fetch(address);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/zip');
    assert.equal(answer.headers.get('content-length'), String(done.size_zipped));
    assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="kx-fred-the-export.zip"');
    assert.equal(answer.headers.get('accept-ranges'), 'bytes');
    assert.match(answer.headers.get('etag') ?? '', /^"[^"]+"$/);
    const whole = Buffer.from(await answer.arrayBuffer());
    assert.equal(createHash('sha256').update(whole).digest('hex'), done.sha256);

    // What is in it: the nine parcels within and the seven on the edge, in the CRS asked for.
    const path = join(folder, 'fred.zip');
    writeFileSync(path, whole);
    await run('unzip', ['-t', '-q', path]);
    const { stdout } = await run('ogrinfo', ['-ro', '-so', '-al', `/vsizip/${path}/land-parcels`]);
    assert.match(stdout, /Feature Count: 16\n/);
    assert.match(stdout, /ID\["EPSG",2193\]\]/);
    assert.match((await run('unzip', ['-p', path, 'land-parcels/land-parcels.cpg'])).stdout, /^UTF-8/);
  });

  test('a client that sends its token again is answered all the same', async () => {
    const done = await completeExport(contract);
    const headers = { authorization: `key ${site.token}` };
    const followed = await fetch(done.download_url, { headers, redirect: 'follow' });
    assert.equal(followed.status, 200);
    assert.equal((await followed.arrayBuffer()).byteLength, done.size_zipped);
  });

  test('Range, If-Range, HEAD, If-None-Match and If-Modified-Since work, so that a broken download resumes', async () => {
    const done = await completeExport(contract);
    const address = await addressOf(done.id);
    const get = (headers: Record<string, string>, method = 'GET') => fetch(address, { method, headers });
    const first = await get({});
    const [etag, modified] = [first.headers.get('etag') ?? '', first.headers.get('last-modified') ?? ''];
    const whole = Buffer.from(await first.arrayBuffer());
    const size = whole.length;

    const head = await get({}, 'HEAD');
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
    for (const name of ['content-type', 'content-length', 'content-disposition', 'etag', 'last-modified', 'accept-ranges'])
      assert.equal(head.headers.get(name), first.headers.get(name), name);

    for (const [range, from, to] of [
      ['bytes=100-', 100, size - 1],
      ['bytes=0-0', 0, 0],
      ['bytes=10-19', 10, 19],
      ['bytes=-20', size - 20, size - 1],
      [`bytes=-${size * 2}`, 0, size - 1],
      [`bytes=5-${size * 2}`, 5, size - 1],
    ] as const) {
      const part = await get({ range });
      assert.equal(part.status, 206, range);
      assert.equal(part.headers.get('content-range'), `bytes ${from}-${to}/${size}`, range);
      assert.equal(part.headers.get('content-length'), String(to - from + 1));
      assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(from, to + 1));
    }
    for (const range of [`bytes=${size}-`, `bytes=${'9'.repeat(40)}-`, 'bytes=-0']) {
      const beyond = await get({ range });
      assert.equal(beyond.status, 416, range);
      assert.equal(beyond.headers.get('content-range'), `bytes */${size}`);
      assert.match(((await beyond.json()) as { detail: string }).detail, SENTENCE);
    }
    // Several ranges, other units and nonsense may be ignored (RFC 9110 section 14.2).
    for (const range of ['bytes=0-1,5-6', 'lines=0-1', 'bytes=9-5', 'bytes=-', 'nonsense'])
      assert.equal((await get({ range })).status, 200, range);

    assert.equal((await get({ range: 'bytes=100-', 'if-range': etag })).status, 206);
    assert.equal((await get({ range: 'bytes=100-', 'if-range': modified })).status, 206);
    assert.equal((await get({ range: 'bytes=100-', 'if-range': '"another"' })).status, 200);
    assert.equal((await get({ range: 'bytes=100-', 'if-range': new Date(0).toUTCString() })).status, 200);

    for (const tag of [etag, `"another", ${etag}`, `W/${etag}`, '*']) {
      const fresh = await get({ 'if-none-match': tag });
      assert.equal(fresh.status, 304, tag);
      assert.equal(fresh.headers.get('etag'), etag);
    }
    assert.equal((await get({ 'if-none-match': '"another"' })).status, 200);
    assert.equal((await get({ 'if-modified-since': modified })).status, 304);
    assert.equal((await get({ 'if-modified-since': new Date(0).toUTCString() })).status, 200);
    assert.equal((await get({ 'if-modified-since': 'nonsense' })).status, 200);
    assert.equal((await get({ 'if-none-match': '"another"', 'if-modified-since': modified })).status, 200);
  });

  test('a download’s address cannot be altered, and nothing else is served by it', async () => {
    const { id } = await completeExport(contract);
    const address = await addressOf(id);
    assert.equal((await fetch(address)).status, 200);
    for (const altered of [
      address.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10)),
      address.replace('expires=', 'expires=9'),
      address.replace(/expires=\d+/, 'expires=1'),
      `${address}0`,
      address.replace(/\?.*/, ''),
      address.replace(/downloads\/[^/]+/, 'downloads/..%2f..%2fserver-url'),
      address.replace(/[^/]+\.zip\?/, 'other.zip?'),
    ]) {
      assert.notEqual(altered, address);
      const answer = await fetch(altered);
      assert.equal(answer.status, 403, altered);
      assert.match(((await answer.json()) as { detail: string }).detail, SENTENCE);
    }
  });

  test('other states: 404 while processing, 410 for gone, 409 for error and cancelled', async () => {
    const { id } = await completeExport(contract);
    const refused = async (status: number) => {
      const answer = await site.request('GET', `/exports/${id}/download/`);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('location'), null);
      assert.match(answer.body.detail, SENTENCE);
    };
    await failed(db, id);
    await refused(409);
    await halfway(db, id);
    await refused(404);
    await site.request('DELETE', `/exports/${id}/`);
    await refused(409);
    const gone = await completeExport(contract);
    await site.request('POST', `/exports/${gone.id}/discard/`);
    assert.equal((await site.request('GET', `/exports/${gone.id}/download/`)).status, 410);
  });
}
