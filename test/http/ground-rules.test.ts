import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parcels, places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { type Answer, startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const site = await startSite({
  publish: [
    [
      parcels(folder),
      '--id',
      '1',
      '--title',
      'Land Parcels',
      '--license',
      'CC-BY-4.0',
      '--description',
      'All <b>parcels</b>',
      '--tag',
      'land',
      '--crop-layer',
    ],
    [places(folder), '--id', '3', '--title', 'Places'],
  ],
});

test('both base paths serve the same, each with its own URLs', async () => {
  const v1 = (await site.request('GET', '/layers/1/')).body;
  const v1x = (await site.request('GET', `${site.url}/services/api/v1.x/layers/1/`)).body;
  assert.equal(v1.url, `${site.url}/services/api/v1/layers/1/`);
  assert.equal(v1x.url, `${site.url}/services/api/v1.x/layers/1/`);
  assert.deepEqual({ ...v1, url: 0, license: 0, version: 0 }, { ...v1x, url: 0, license: 0, version: 0 });
});

test('a path without its last slash is answered in place', async () => {
  assert.equal((await site.request('GET', '/layers')).status, 200);
  assert.equal((await site.request('GET', '/layers/1')).body.id, 1);
  assert.equal((await site.request('POST', '/exports/validate', {})).status, 200);
});

test('no token, an unknown one, and one without the scope', async () => {
  const none = await fetch(`${site.api}/exports/`);
  assert.equal(none.status, 401);
  assert.equal(none.headers.get('www-authenticate'), 'key');
  assert.match(((await none.json()) as Answer['body']).detail, /token/);
  assert.equal((await site.request('GET', '/exports/', undefined, { authorization: 'key 0123456789' })).status, 401);
  assert.equal((await site.request('GET', '/exports/', undefined, { authorization: 'Basic dGVzdA==' })).status, 401);
  const narrow = (await site.geocrate('token', 'create', '--user', 'narrow', '--scope', 'layers:read')).stdout.trim();
  const headers = { authorization: `key ${narrow}` };
  assert.equal((await site.request('GET', '/layers/', undefined, headers)).status, 200);
  assert.equal((await site.request('GET', '/exports/', undefined, headers)).status, 403);
  assert.equal((await site.request('POST', '/exports/', {}, headers)).status, 403);
});

test('what is not JSON, not an object, too large, or of another type has an answer that says so', async () => {
  const post = (body: string, headers: Record<string, string> = {}) => site.request('POST', '/exports/', body, headers);
  assert.equal((await post('{"a":')).status, 400);
  assert.equal((await post('[]')).status, 400);
  assert.equal((await post('null')).status, 400);
  assert.equal((await post('')).status, 400);
  assert.equal((await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status, 415);
  assert.equal((await post('{}', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await post(`{"name":"${'x'.repeat(1 << 20)}"}`)).status, 413);
  assert.equal((await post(`{"extent":${'['.repeat(400_000)}`)).status, 400);
  const deep = await post(`{"extent":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  assert.equal(deep.status, 400);
  for (const answer of [await post('{"a":'), await post('[]')]) assert.match(answer.body.detail, /^\S.*\.$/);
});

test('an unknown address is 404, a wrong method 405 with Allow, another Accept 406, each with a request id', async () => {
  const unknown = await site.request('GET', '/nothing/');
  assert.equal(unknown.status, 404);
  assert.match(unknown.body.detail, /^\S.*\.$/);
  assert.match(unknown.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
  const method = await site.request('PUT', '/exports/', {});
  assert.equal(method.status, 405);
  assert.equal(method.headers.get('allow'), 'GET, HEAD, POST, OPTIONS');
  assert.equal((await site.request('GET', '/layers/', undefined, { accept: 'text/csv' })).status, 406);
  for (const path of [
    '/layers/99/',
    '/layers/abc/',
    '/layers/99999999999999999999/',
    '/layers/3/',
    '/tables/1/',
    '/exports/1/',
    '/exports/x/',
  ]) {
    assert.equal((await site.request('GET', path)).status, 404, path);
  }
});

test('lists page by page_size and say where they are', async () => {
  const list = await site.request('GET', '/data/?page_size=1');
  assert.equal(list.headers.get('x-paginate-by'), '1');
  assert.equal(list.headers.get('x-resource-range'), '0-1/2');
  assert.match(
    list.headers.get('link') ?? '',
    new RegExp(`<${site.api.replaceAll('.', '\\.')}/data/\\?page_size=1&page=2>; rel="page-next"`),
  );
  for (const query of ['page=0', 'page=a', 'page_size=0', 'page_size=101']) {
    assert.equal((await site.request('GET', `/data/?${query}`)).status, 400, query);
  }
  assert.equal((await site.request('GET', '/data/?page=2')).status, 404);
});

test('the catalogue holds layers and tables, and is searched', async () => {
  const all = (await site.request('GET', '/data/')).body;
  assert.deepEqual(
    all.map((one: { type: string }) => one.type),
    ['layer', 'table'],
  );
  assert.deepEqual(
    (await site.request('GET', '/data/?q=PARCELS')).body.map((one: { id: number }) => one.id),
    [1],
  );
  assert.deepEqual(
    (await site.request('GET', '/data/?kind=table')).body.map((one: { id: number }) => one.id),
    [3],
  );
  assert.deepEqual((await site.request('GET', '/data/?q=100%25')).body, []);
});

test('a layer’s details say what is in it', async () => {
  const { body } = await site.request('GET', '/layers/1/');
  assert.equal(body.title, 'Land Parcels');
  assert.equal(body.name, 'Land Parcels');
  assert.equal(body.kind, 'vector');
  assert.equal(body.description_html.includes('<b>'), false);
  assert.deepEqual(body.tags, ['land']);
  assert.equal(body.license.type, 'cc-by');
  const { data } = body;
  assert.equal(data.crs.id, 'EPSG:4326');
  assert.equal(data.crs.srid, 4326);
  assert.equal(data.feature_count, 100);
  assert.equal(data.geometry_type, 'polygon');
  assert.equal(data.extent.type, 'Polygon');
  assert.deepEqual(
    data.fields.map((field: { name: string }) => field.name),
    ['id', 'name', 'area', 'surveyed'],
  );
  assert.ok(data.export_formats.some((format: { mimetype: string }) => format.mimetype === 'application/x-zipped-shp'));
  const license = await site.request('GET', body.license.url);
  assert.match(license.body.text, /Creative Commons/);
  const version = await site.request('GET', body.version.url);
  assert.equal(version.body.version.id, body.version.id);
  assert.equal((await site.request('GET', '/layers/1/versions/')).body.length, 1);
});

test('crop layers lead to crop features and their geometry', async () => {
  const [layer] = (await site.request('GET', '/exports/croplayers/')).body;
  assert.deepEqual(Object.keys(layer), ['id', 'name', 'url', 'features', 'extent', 'source_layer']);
  assert.equal(layer.extent.type, 'MultiPolygon');
  assert.equal((await site.request('GET', layer.url)).body.id, layer.id);
  assert.equal((await site.request('GET', layer.source_layer)).body.id, 1);
  const features = await site.request('GET', layer.features);
  assert.equal(features.headers.get('x-resource-range'), '0-20/100');
  assert.deepEqual(Object.keys(features.body[0]), ['id', 'name', 'url']);
  const feature = (await site.request('GET', features.body[0].url)).body;
  assert.equal(feature.geometry.type, 'MultiPolygon');
  assert.equal((await site.request('GET', `${layer.features}99999/`)).status, 404);
});
