import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { districts, parcels, places, roads, squareExtent } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { type Answer, finished, startSite } from '../fixtures/site.ts';

const run = promisify(execFile);
const folder = temporaryFolder();
const site = await startSite({
  publish: [
    [parcels(folder), '--id', '1', '--title', 'Land Parcels', '--license', 'CC-BY-4.0'],
    [roads(folder), '--id', '2', '--title', 'Roads'],
    [places(folder), '--id', '3', '--title', 'Places'],
    [districts(folder), '--id', '4', '--title', 'Districts', '--crop-layer'],
  ],
  env: { GEOCRATE_NAME_PREFIX: 'kx', GEOCRATE_SITE_NAME: 'New Zealand' },
});
const item = (id: number, type = 'layers') => `${site.api}/${type}/${id}/`;
const shapefile = { crs: 'EPSG:2193', formats: { vector: 'application/x-zipped-shp' }, items: [{ item: item(1) }] };
const sixDecimals = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

test('an export is created, made and downloaded', async () => {
  const created = await site.request('POST', '/exports/', { ...shapefile, extent: squareExtent(0, 0, 0.35), name: 'fred the export' });
  assert.equal(created.status, 201);
  assert.equal(created.headers.get('location'), created.body.url);
  assert.equal(created.body.name, 'kx-fred-the-export');
  assert.equal(created.body.state, 'processing');
  assert.equal(created.body.download_url, null);
  assert.equal(created.body.created_via, 'api');
  assert.match(created.body.created_at, sixDecimals);
  assert.deepEqual(created.body.items, [{ item: item(1) }]);
  assert.deepEqual(created.body.extent, squareExtent(0, 0, 0.35));
  assert.deepEqual(created.body.delivery, { method: 'download' });

  const done = await finished(site, created.body.id);
  assert.equal(done.state, 'complete', JSON.stringify(done.error));
  assert.equal(done.progress, 1);
  assert.equal(done.download_url, `${done.url}download/`);
  for (const time of ['started_at', 'finished_at', 'expires_at']) assert.match(done[time], sixDecimals);

  const redirect = await site.request('GET', `/exports/${done.id}/download/`);
  assert.equal(redirect.status, 302);
  const address = redirect.headers.get('location') ?? '';
  // The second request has no header, and goes on where a first one stopped.
  const head = await fetch(address, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-type'), 'application/zip');
  assert.equal(head.headers.get('content-length'), String(done.size_zipped));
  assert.equal(head.headers.get('content-disposition'), 'attachment; filename="kx-fred-the-export.zip"');
  assert.equal(head.headers.get('accept-ranges'), 'bytes');
  const etag = head.headers.get('etag') ?? '';
  const whole = Buffer.from(await (await fetch(address)).arrayBuffer());
  const rest = await fetch(address, { headers: { range: 'bytes=100-', 'if-range': etag } });
  assert.equal(rest.status, 206);
  assert.equal(rest.headers.get('content-range'), `bytes 100-${whole.length - 1}/${whole.length}`);
  assert.deepEqual(Buffer.from(await rest.arrayBuffer()), whole.subarray(100));
  assert.equal((await fetch(address, { headers: { 'if-none-match': etag } })).status, 304);
  assert.equal((await fetch(address, { headers: { range: 'bytes=100-', 'if-range': '"another"' } })).status, 200);
  assert.equal((await fetch(address, { headers: { range: `bytes=${whole.length}-` } })).status, 416);

  // What is in it: the twelve-and-a-bit parcels within, in the CRS asked for.
  const path = join(folder, 'fred.zip');
  writeFileSync(path, whole);
  await run('unzip', ['-t', '-q', path]);
  const { stdout } = await run('ogrinfo', ['-ro', '-so', '-al', `/vsizip/${path}/land-parcels`]);
  assert.match(stdout, /Feature Count: 16\n/);
  assert.match(stdout, /ID\["EPSG",2193\]\]/);
  assert.match((await run('unzip', ['-p', path, 'land-parcels/land-parcels.cpg'])).stdout, /^UTF-8/);
});

test('a download’s address cannot be altered or extended', async () => {
  const created = await site.request('POST', '/exports/', { formats: { table: 'text/csv' }, items: [{ item: item(3, 'tables') }] });
  const done = await finished(site, created.body.id);
  const address = (await site.request('GET', `/exports/${done.id}/download/`)).headers.get('location') ?? '';
  assert.equal((await fetch(address)).status, 200);
  for (const altered of [
    address.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10)),
    address.replace('expires=', 'expires=9'),
    `${address}0`,
  ]) {
    assert.notEqual(altered, address);
    assert.equal((await fetch(altered)).status, 403);
  }
});

test('names are made from the content where none is given', async () => {
  const one = await site.request('POST', '/exports/', shapefile);
  assert.equal(one.body.name, 'land-parcels-SHP');
  const several = await site.request('POST', '/exports/', {
    crs: 'EPSG:4326',
    formats: { vector: 'application/x-zipped-shp', table: 'text/csv' },
    items: [{ item: item(1) }, { item: item(2) }, { item: item(3, 'tables') }],
  });
  assert.equal(several.body.name, 'new-zealand-3layers-CSV-SHP');
  await finished(site, one.body.id);
  const done = await finished(site, several.body.id);
  assert.equal(done.state, 'complete', JSON.stringify(done.error));
});

test('the area may be a crop feature, by its address of either version or its path alone', async () => {
  const features = (await site.request('GET', '/exports/croplayers/1/cropfeatures/?q=west')).body;
  assert.equal(features.length, 1);
  const url: string = features[0].url;
  for (const extent of [url, url.replace('/v1/', '/v1.x/'), new URL(url).pathname, url.replace(/\/$/, '')]) {
    const created = await site.request('POST', '/exports/', { ...shapefile, extent });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    assert.equal(created.body.extent, url);
    assert.equal((await finished(site, created.body.id)).state, 'complete');
  }
});

test('an export that is being made is cancelled; one that is not cannot be', async () => {
  const created = await site.request('POST', '/exports/', shapefile);
  const cancelled = await site.request('DELETE', `/exports/${created.body.id}/`);
  assert.equal(cancelled.status, 200);
  assert.equal(cancelled.body.state, 'cancelled');
  assert.equal(cancelled.body.progress, null);
  const again = await site.request('DELETE', `/exports/${created.body.id}/`);
  assert.equal(again.status, 409);
  assert.deepEqual(again.body, { errors: ["Can't cancel"] });
  const download = await site.request('GET', `/exports/${created.body.id}/download/`);
  assert.equal(download.status, 409);
});

test('exports are listed newest first, page by page', async () => {
  const list = await site.request('GET', '/exports/?page_size=2');
  assert.equal(list.status, 200);
  assert.equal(list.body.length, 2);
  assert.ok(list.body[0].id > list.body[1].id);
  assert.deepEqual(Object.keys(list.body[0]), ['id', 'name', 'created_at', 'created_via', 'state', 'url', 'download_url']);
  assert.equal(list.headers.get('x-paginate-by'), '2');
  assert.match(list.headers.get('x-resource-range') ?? '', /^0-2\/\d+$/);
  const next = /<([^>]+)>; rel="page-next"/.exec(list.headers.get('link') ?? '')?.[1] ?? '';
  const second = await site.request('GET', next);
  assert.match(second.headers.get('x-resource-range') ?? '', /^2-4\/\d+$/);
  assert.match(second.headers.get('link') ?? '', /rel="page-previous"/);
  assert.match(second.headers.get('link') ?? '', /rel="page-last"/);
  assert.equal((await site.request('GET', '/exports/?page=9999')).status, 404);
  const cancelled = await site.request('GET', '/exports/?state=cancelled');
  assert.ok(cancelled.body.every((one: { state: string }) => one.state === 'cancelled'));
});

test('another user’s exports do not exist', async () => {
  const other = (await site.geocrate('token', 'create', '--user', 'someone else')).stdout.trim();
  const headers = { authorization: `Bearer ${other}` };
  const { body } = await site.request('GET', '/exports/');
  assert.deepEqual((await site.request('GET', '/exports/', undefined, headers)).body, []);
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['GET', 'download/'],
  ] as const) {
    assert.equal((await site.request(method, `/exports/${body[0].id}/${path}`, undefined, headers)).status, 404);
  }
});

test('validate reports everything at once, and create refuses the same with the same body', async () => {
  const request = {
    crs: 'EPSG:5703',
    formats: { vector: 'application/x-nothing', moon: 'x' },
    items: [{ item: item(1), color: 'red' }, { item: item(99) }, { item: item(1) }, { item: item(3, 'tables'), tile_id: 'a' }],
    extent: { type: 'Polygon', coordinates: [] },
    options: { page_size: 'a5', colour: 1 },
    colour: 1,
  };
  const validated = await site.request('POST', '/exports/validate/', request);
  assert.equal(validated.status, 200);
  const { body } = validated;
  assert.equal(body.is_valid, false);
  const codes = ['crs-unsupported', 'extent-empty', 'format-not-available', 'no-format-for-kind', 'option-invalid', 'unknown-field'];
  assert.deepEqual([...body.invalid_reasons].sort(), codes);
  const reasons = body.items.map((one: { invalid_reasons: string[] }) => one.invalid_reasons);
  assert.ok(reasons[0].includes('color-invalid'));
  assert.deepEqual(reasons[1], ['not-found']);
  assert.ok(reasons[2].includes('duplicate-item'));
  assert.ok(reasons[3].includes('not-tiled'));
  for (const path of [
    'crs',
    'extent',
    'colour',
    'options.page_size',
    'options.colour',
    'formats.vector',
    'formats.table',
    'formats.moon',
    'items[0].color',
    'items[1].item',
    'items[3].tile_id',
  ]) {
    assert.match(body.errors[path]?.[0] ?? `nothing for ${path}`, /^\S.*\.$/);
  }
  const created = await site.request('POST', '/exports/', request);
  assert.equal(created.status, 400);
  assert.deepEqual(created.body, body);
});

test('a valid request is answered with licences, prices and sizes', async () => {
  const { body } = await site.request('POST', '/exports/validate/', { ...shapefile, items: [{ item: item(1), color: '#003399' }] });
  assert.equal(body.is_valid, true);
  assert.deepEqual(body.errors, {});
  const [first] = body.items;
  assert.equal(first.item, item(1));
  assert.equal(first.color, '#003399');
  assert.equal(first.price, '0.00');
  assert.equal(first.license.type, 'cc-by');
  assert.equal(first.is_valid, true);
  assert.ok(first.size_estimate_zipped > 0);
  // The archive has a README, a manifest and a licence besides.
  assert.ok(body.size_estimate_zipped > first.size_estimate_zipped);
});

test('an item with nothing inside the extent says so', async () => {
  const { body } = await site.request('POST', '/exports/validate/', { ...shapefile, extent: squareExtent(5, 5, 1) });
  assert.deepEqual(body.items[0].invalid_reasons, ['outside-extent']);
  // Touching is not being inside.
  const touching = await site.request('POST', '/exports/validate/', { ...shapefile, extent: squareExtent(-1, 0, 1) });
  assert.deepEqual(touching.body.items[0].invalid_reasons, ['outside-extent']);
});

test('crs may be left out for KML and for tables alone', async () => {
  const valid = async (body: object) => (await site.request('POST', '/exports/validate/', body)).body;
  assert.equal((await valid({ formats: { vector: 'application/vnd.google-earth.kml+xml' }, items: [{ item: item(1) }] })).is_valid, true);
  assert.equal((await valid({ formats: { table: 'text/csv' }, items: [{ item: item(3, 'tables') }] })).is_valid, true);
  assert.deepEqual((await valid({ formats: { vector: 'text/csv' }, items: [{ item: item(1) }] })).invalid_reasons, ['crs-required']);
});

test('OPTIONS needs no token and lists the formats of each kind', async () => {
  const response = await fetch(`${site.api}/exports/`, { method: 'OPTIONS' });
  assert.equal(response.status, 200);
  const { actions } = (await response.json()) as Answer['body'];
  const values = actions.POST.formats.children.vector.choices.map((choice: { value: string }) => choice.value);
  assert.ok(values.includes('application/x-zipped-shp'));
  assert.ok(values.includes('applicaton/x-ogc-filegdb'));
  assert.equal(actions.POST.options.children.pdf_raster_dpi.maximum, 600);
});
