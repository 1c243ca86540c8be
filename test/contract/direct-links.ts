import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { finished, NO_TOKEN } from '../fixtures/site.ts';
import { type Contract, countExports, halfway, SENTENCE } from './site.ts';

const run = promisify(execFile);

/** "Direct links". */
export function directLinks(contract: Contract): void {
  const { site, db, folder, token } = contract;
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') => site.request(method, path, undefined, headers);
  /** The user's newest export. */
  const newest = async () => (await site.request('GET', '/exports/?page_size=1')).body[0];
  const archive = async (path: string) => {
    const answer = await get(path);
    assert.equal(answer.status, 302, JSON.stringify(answer.body));
    return {
      address: answer.headers.get('location') ?? '',
      etag: answer.headers.get('etag') ?? '',
      modified: answer.headers.get('last-modified') ?? '',
    };
  };

  test('a link finds or creates the export that it describes: 302 with ETag and Last-Modified of the data', async () => {
    const path = '/tables/3/export/?format=csv&wait=60';
    const first = await archive(path);
    assert.match(first.etag, /^"[0-9a-f]{64}"$/);
    const { body: table } = await get('/tables/3/');
    assert.equal(first.modified, new Date(`${table.published_at.slice(0, 19)}Z`).toUTCString());
    const count = await countExports(db);
    assert.equal((await archive(path)).etag, first.etag);
    assert.equal(await countExports(db), count);
    const fetched = await fetch(first.address);
    assert.equal(fetched.status, 200);
    assert.equal(fetched.headers.get('etag'), first.etag);
    assert.equal(fetched.headers.get('last-modified'), first.modified);
    assert.equal(fetched.headers.get('content-type'), 'application/zip');
  });

  test('format is a mimetype or its short name, crs the layer’s own unless told', async () => {
    for (const [query, format, crs] of [
      ['format=gpkg', 'application/x-ogc-gpkg', 'EPSG:4326'],
      ['format=GPKG&crs=EPSG:2193', 'application/x-ogc-gpkg', 'EPSG:2193'],
      ['format=application/x-ogc-gpkg', 'application/x-ogc-gpkg', 'EPSG:4326'],
      ['format=shp', 'application/x-zipped-shp', 'EPSG:4326'],
      ['format=gdb', 'applicaton/x-ogc-filegdb', 'EPSG:4326'],
      ['format=csv', 'text/csv', 'EPSG:4326'],
      ['format=geojson', 'application/geo+json', 'EPSG:4326'],
      ['format=fgb', 'application/flatgeobuf', 'EPSG:4326'],
      ['format=parquet', 'application/vnd.apache.parquet', 'EPSG:4326'],
    ] as const) {
      const { status, body } = await get(`/layers/4/export/?${query}&wait=0`);
      assert.equal(status, 202, query);
      assert.deepEqual(body.formats, { vector: format });
      assert.equal(body.crs, crs);
      await site.request('DELETE', `/exports/${body.id}/`);
    }
  });

  test('bbox, cropfeature, color and every option are taken', async () => {
    const [{ url }] = (await get('/exports/croplayers/2/cropfeatures/?q=west')).body;
    const { body } = await get(
      `/layers/1/export/?format=kml&color=%23003399&cropfeature=${encodeURIComponent(url)}&page_size=a3&include_legend=true&pdf_raster_dpi=300&wait=0`,
    );
    assert.equal(body.extent, url);
    assert.equal(body.items[0].color, '#003399');
    assert.deepEqual(body.options, { page_size: 'a3', include_legend: true, pdf_raster_dpi: 300 });
    await site.request('DELETE', `/exports/${body.id}/`);
    for (const [bbox, west, east] of [
      ['170,-44,170.35,-43.65', 170, 170.35],
      [' 170 , -44 , 170.35 , -43.65', 170, 170.35],
      ['170.5,-44,-170,-43', 170.5, 190],
    ] as const) {
      const answer = await get(`/layers/1/export/?format=geojson&wait=0&bbox=${encodeURIComponent(bbox)}`);
      assert.equal(answer.status, 202, bbox);
      const xs = answer.body.extent.coordinates[0].map(([x]: number[]) => x);
      assert.deepEqual([Math.min(...xs), Math.max(...xs)], [west, east]);
      await site.request('DELETE', `/exports/${answer.body.id}/`);
    }
  });

  test('what is not valid is the 400 of validate', async () => {
    for (const [query, path] of [
      ['', 'formats.vector'],
      ['format=nothing', 'formats.vector'],
      ['format=shp&crs=EPSG:1', 'crs'],
      ['format=shp&cropfeature=nowhere', 'extent'],
      ['format=shp&bbox=0,0,0,0', 'extent'],
      ['format=shp&bbox=10,10,20,20', 'items[0].item'],
      ['format=shp&color=red', 'items[0].color'],
      ['format=shp&tile_id=a', 'items[0].tile_id'],
      ['format=shp&page_size=a5', 'options.page_size'],
      ['format=shp&include_scale=yes', 'options.include_scale'],
      ['format=shp&colour=red', 'colour'],
    ]) {
      const { status, body } = await get(`/layers/1/export/?${query}`);
      assert.equal(status, 400, query);
      assert.equal(body.is_valid, false);
      assert.match(body.errors[path ?? '']?.[0] ?? `nothing for ${path}`, SENTENCE);
    }
    for (const query of [
      'bbox=1,2,3',
      'bbox=a,b,c,d',
      'bbox=1,2,3,4,5',
      'bbox=1,9,2,8',
      'wait=61',
      'wait=-1',
      'wait=soon',
      'wait=Infinity',
      `wait=${'9'.repeat(400)}`,
    ]) {
      const { status, body } = await get(`/layers/1/export/?format=shp&${query}`);
      assert.equal(status, 400, query);
      assert.match(body.detail, SENTENCE);
      if (query.startsWith('bbox')) assert.match(body.detail, /^bbox .*west,south,east,north/);
    }
    assert.deepEqual((await get('/layers/99/export/?format=shp')).body.items[0].invalid_reasons, ['not-found']);
    assert.deepEqual((await get('/layers/3/export/?format=csv')).body.items[0].invalid_reasons, ['not-found']);
  });

  test('not ready in time: 202 with Retry-After, Location and the export, and never an archive', async () => {
    const path = '/tables/3/export/?format=xlsx';
    const answer = await get(`${path}&wait=0`);
    assert.equal(answer.status, 202);
    assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    assert.equal(answer.headers.get('location'), answer.body.url);
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    await finished(site, answer.body.id);
    await halfway(db, answer.body.id);
    const again = await get(`${path}&wait=1`);
    assert.equal(again.status, 202);
    assert.equal(again.body.id, answer.body.id);
    await site.request('DELETE', `/exports/${answer.body.id}/`);
    // A cancelled one is no archive: the next makes another.
    const next = await get(`${path}&wait=60`);
    assert.equal(next.status, 302);
    assert.notEqual((await newest()).id, answer.body.id);
  });

  test('If-None-Match and If-Modified-Since are 304 where nothing changed, also when the archive is gone', async () => {
    const path = '/layers/4/export/?format=geojson&wait=60';
    const { etag, modified } = await archive(path);
    const { id } = await newest();
    const later = new Date(Date.parse(modified) + 86_400_000).toUTCString();
    const earlier = new Date(Date.parse(modified) - 1000).toUTCString();
    const fresh = async () => {
      for (const headers of [
        { 'if-none-match': etag },
        { 'if-none-match': `W/${etag}` },
        { 'if-none-match': `"another", ${etag}` },
        { 'if-modified-since': modified },
        { 'if-modified-since': later },
      ]) {
        const answer = await get(path, headers);
        assert.equal(answer.status, 304, JSON.stringify(headers));
        assert.equal(answer.headers.get('last-modified'), modified);
        assert.equal(answer.headers.get('location'), null);
      }
    };
    await fresh();
    for (const headers of [
      { 'if-none-match': '"another"' },
      { 'if-modified-since': earlier },
      { 'if-none-match': '"another"', 'if-modified-since': later },
      { 'if-modified-since': 'nonsense' },
    ])
      assert.equal((await get(path, headers)).status, 302, JSON.stringify(headers));
    const count = await countExports(db);
    await site.request('POST', `/exports/${id}/discard/`);
    await fresh();
    assert.equal(await countExports(db), count);
    // Who has nothing gets it made again, byte for byte.
    const again = await archive(path);
    assert.equal(again.etag, etag);
    assert.equal(await countExports(db), count + 1);
  });

  test('twenty at once make one export', async () => {
    const count = await countExports(db);
    const answers = await Promise.all(Array.from({ length: 20 }, () => get('/tables/3/export/?format=csv&include_scale=true&wait=60')));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([302]));
    assert.equal(await countExports(db), count + 1);
  });

  test('HEAD answers as GET does, without a body', async () => {
    const path = '/tables/3/export/?format=csv&wait=60';
    const { etag, modified } = await archive(path);
    const head = await get(path, {}, 'HEAD');
    assert.equal(head.status, 302);
    assert.equal(head.headers.get('etag'), etag);
    assert.equal(head.headers.get('last-modified'), modified);
    assert.ok(head.headers.get('location'));
    assert.equal((await get(path, { 'if-none-match': etag }, 'HEAD')).status, 304);
  });

  test('an archive that cannot be made is an error that says so', async () => {
    const versions = join(site.dataDir, 'store');
    renameSync(versions, `${versions}-away`);
    try {
      const { status, body } = await get('/tables/3/export/?format=parquet&wait=60');
      assert.equal(status, 409);
      assert.match(body.detail, /^The archive could not be made\. \S.*\.$/);
    } finally {
      renameSync(`${versions}-away`, versions);
    }
    assert.equal((await get('/tables/3/export/?format=parquet&wait=60')).status, 302);
  });

  test('the token may come as ?key=, here alone, and then needs the scope links and nothing more', async () => {
    const none = { authorization: NO_TOKEN };
    const [link, write] = [await token('links'), await token('exports:write', 'exports:read', 'layers:read', 'catalog')];
    const key = (authorization: string) => authorization.replace('key ', 'key=');
    const answer = await get(`/tables/3/export/?format=csv&wait=60&${key(link)}`, none);
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get('location')?.includes(link.replace('key ', '')), false);
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    assert.match(answer.headers.get('cache-control') ?? '', /private/);
    assert.equal((await get(`/tables/3/export/?format=csv&${key(write)}`, none)).status, 403);
    assert.equal((await get('/tables/3/export/?format=csv&wait=60', { authorization: write })).status, 302);
    assert.equal((await get('/tables/3/export/?format=csv&wait=60', { authorization: link })).status, 302);
    assert.equal((await get('/tables/3/export/?format=csv&key=0123', none)).status, 401);
    assert.equal((await get('/tables/3/export/?format=csv', none)).status, 401);
    for (const path of ['/exports/', '/layers/', '/layers/1/', '/data/', '/exports/croplayers/'])
      assert.equal((await get(`${path}?key=${site.token}`, none)).status, 401, path);
  });

  test('real curl: -fLO -z keeps a copy fresh, and fetches nothing when nothing changed', async () => {
    const dir = join(folder, 'curl');
    mkdirSync(dir);
    const key = (await token('links')).replace('key ', '');
    const url = `${site.api}/layers/2/export/roads.zip?format=shp&key=${key}`;
    const curl = async () => (await run('curl', ['-fsSLO', '-z', 'roads.zip', '-w', '%{http_code}', url], { cwd: dir })).stdout;
    const path = join(dir, 'roads.zip');
    assert.equal(await curl(), '200');
    const first = readFileSync(path);
    await run('unzip', ['-tq', path]);
    const { mtimeMs } = statSync(path);
    assert.equal(await curl(), '304');
    assert.equal(statSync(path).mtimeMs, mtimeMs);
    assert.deepEqual(readFileSync(path), first);
    await assert.rejects(run('curl', ['-fsSL', url.replace('format=shp', 'format=nothing')], { cwd: dir }), /error: 400/);
  });

  test('real curl: by ETag, on from where it stopped, and by the archive’s own name', async () => {
    const dir = join(folder, 'curl-more');
    mkdirSync(dir);
    const key = (await token('links')).replace('key ', '');
    const url = `${site.api}/layers/1/export/parcels.zip?format=fgb&wait=60&key=${key}`;
    const curl = async (...args: string[]) => (await run('curl', ['-fsSL', '-w', '%{http_code}', ...args], { cwd: dir })).stdout;
    const byTag = ['--etag-save', 'tag', '--etag-compare', 'tag', '-o', 'parcels.zip', url];
    assert.equal(await curl(...byTag), '200');
    assert.equal(await curl(...byTag), '304');
    const whole = readFileSync(join(dir, 'parcels.zip'));
    truncateSync(join(dir, 'parcels.zip'), 1000);
    assert.equal(await curl('-O', '-C', '-', url), '206');
    assert.deepEqual(readFileSync(join(dir, 'parcels.zip')), whole);
    await assert.rejects(curl('-O', '-C', '-', url), /error: 416/);
    assert.equal(await curl('-OJ', url.replace('parcels.zip', '')), '200');
    assert.deepEqual(readFileSync(join(dir, 'land-parcels-FGB.zip')), whole);
  });

  test('real curl: the line for a crontab keeps what it has until the new archive is whole', async () => {
    const dir = join(folder, 'crontab');
    mkdirSync(dir);
    const key = (await token('links')).replace('key ', '');
    const line = (wait: number) => {
      const url = `${site.api}/layers/4/export/?format=csv&include_legend=true&wait=${wait}&key=${key}`;
      return `curl -fsSL -z parcels.zip -o new.zip "${url}" && unzip -tqq new.zip 2>/dev/null && mv new.zip parcels.zip`;
    };
    const path = join(dir, 'parcels.zip');
    writeFileSync(path, 'old');
    utimesSync(path, 0, 0);
    // Not ready: what comes is no archive.
    await assert.rejects(run('sh', ['-c', line(0)], { cwd: dir }));
    assert.equal(readFileSync(path, 'utf8'), 'old');
    await run('sh', ['-c', line(60)], { cwd: dir });
    await run('unzip', ['-tq', path]);
    const { mtimeMs } = statSync(path);
    await assert.rejects(run('sh', ['-c', line(60)], { cwd: dir }));
    assert.equal(statSync(path).mtimeMs, mtimeMs);
  });

  test('real GDAL: /vsizip/{/vsicurl/…} reads the layer', async () => {
    const key = (await token('links')).replace('key ', '');
    const source = `/vsizip/{/vsicurl/${site.api}/layers/1/export/parcels.zip?format=gpkg&wait=60&key=${key}}/land-parcels/land-parcels.gpkg`;
    const { stdout } = await run('ogrinfo', ['-ro', '-so', '-al', source]);
    assert.match(stdout, /Feature Count: 100\n/);
    const folderOf = (format: string) => `/vsizip/{/vsicurl/${site.api}/layers/1/export/?format=${format}&wait=60&key=${key}}/land-parcels`;
    for (const format of ['shp', 'fgb', 'csv', 'tab'])
      assert.match((await run('ogrinfo', ['-ro', '-so', '-al', folderOf(format)])).stdout, /Feature Count: 100\n/, format);
  });

  test('a new version is a new archive by the same link', async () => {
    const path = '/layers/2/export/?format=geojson&wait=60';
    const before = await archive(path);
    const collection = JSON.parse(readFileSync(join(folder, 'roads.geojson'), 'utf8'));
    writeFileSync(join(folder, 'roads2.geojson'), JSON.stringify({ ...collection, features: collection.features.slice(0, 5) }));
    await site.publish(join(folder, 'roads2.geojson'), { id: 2, title: 'Roads' });
    assert.equal((await get(path, { 'if-none-match': before.etag })).status, 302);
    assert.equal((await get(path, { 'if-modified-since': before.modified })).status, 302);
    const after = await archive(path);
    assert.notEqual(after.etag, before.etag);
    assert.ok(Date.parse(after.modified) > Date.parse(before.modified));
    assert.equal((await get(path, { 'if-none-match': after.etag })).status, 304);
    const versions = (await get('/layers/2/versions/')).body;
    assert.deepEqual(
      versions.map(({ status }: { status: string }) => status),
      ['published', 'superseded'],
    );
    assert.equal((await get(versions[1].url)).body.data.feature_count, 20);
    assert.equal((await get('/layers/2/')).body.data.feature_count, 5);
  });
}
