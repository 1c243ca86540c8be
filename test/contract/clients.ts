import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Answer } from '../fixtures/site.ts';
import { relations } from './lists.ts';
import { CORNER, type Contract, completeExport, csvTable, halfway, shapefile } from './site.ts';

/** How public clients of the same API speak on the wire, where that is not what the other tests do. */
export function clients(contract: Contract): void {
  const { site, db, item } = contract;

  /** As Python's `requests` sends it: `Content-Type` with every method but GET, and `Content-Length: 0` where there is no body. */
  const session = (method: string, url: string, json?: unknown) =>
    new Promise<Pick<Answer, 'status' | 'body'> & { location: string }>((resolve, reject) => {
      const body = json === undefined ? '' : JSON.stringify(json);
      const headers = {
        accept: 'application/json',
        'accept-encoding': 'gzip, deflate',
        connection: 'keep-alive',
        authorization: `key ${site.token}`,
        ...(method === 'GET' ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
      };
      const sent = request(url, { method, headers }, async (response) => {
        const answer = await text(response);
        const { location = '' } = response.headers;
        resolve({ status: response.statusCode ?? 0, body: answer === '' ? null : JSON.parse(answer), location });
      });
      sent.on('error', reject).end(body);
    });

  test('a client that sends Content-Type without a body is answered', async () => {
    const options = await session('OPTIONS', `${site.api}/exports/`);
    assert.equal(options.status, 200);
    const { children } = options.body.actions.POST.formats;
    const formats = Object.entries<{ choices: { value: string; display_name: string }[] }>(children).map(([kind, { choices }]) => [
      kind,
      Object.fromEntries(choices.map((choice) => [choice.value, choice.display_name])),
    ]);
    assert.equal(Object.fromEntries(formats).vector['application/x-zipped-shp'], 'Shapefile');
    const { id } = await completeExport(contract);
    await halfway(db, id);
    const cancelled = await session('DELETE', `${site.api}/exports/${id}/`);
    assert.equal(cancelled.status, 200);
    assert.equal(cancelled.body.state, 'cancelled');
    const gone = await completeExport(contract);
    assert.equal((await session('POST', `${site.api}/exports/${gone.id}/discard/`)).body.state, 'gone');
    assert.equal((await session('POST', `${site.api}/exports/`)).status, 400);
  });

  test('a client that follows Location after 201 finds the export', async () => {
    const created = await session('POST', `${site.api}/exports/`, shapefile(contract));
    assert.equal(created.status, 201);
    const followed = await session('GET', created.location);
    assert.equal(followed.body.id, created.body.id);
    assert.deepEqual(followed.body.items, [{ item: item(1) }]);
  });

  test('a client that sends items by path of v1.x, with a colour and a crop feature, is served', async () => {
    const base = `${site.url}/services/api/v1.x`;
    const [croplayer] = (await session('GET', `${base}/exports/croplayers/?q=districts`)).body;
    const [feature] = (await session('GET', croplayer.features)).body;
    const body = shapefile(contract, { items: [{ item: `${base}/layers/1/`, color: '#3399DD' }], extent: feature.url });
    const validation = (await session('POST', `${base}/exports/validate/`, body)).body;
    assert.deepEqual([validation.is_valid, validation.invalid_reasons, validation.items[0].invalid_reasons], [true, [], []]);
    const created = await session('POST', `${base}/exports/`, body);
    assert.equal(created.body.extent, feature.url);
    assert.ok(created.body.items[0].item.startsWith(base));
  });

  test('a client that counts by X-Resource-Range and pages by rel=page-next sees everything once', async () => {
    const first = await site.request('GET', '/exports/croplayers/1/cropfeatures/?sort=name', undefined, { expand: 'list' });
    const total = Number(/^\d+-\d+\/(\d+)$/.exec(first.headers.get('x-resource-range') ?? '')?.[1]);
    const seen = new Set<number>();
    for (let page: Answer | undefined = first; page; ) {
      for (const { id } of page.body) seen.add(id);
      const next: string | undefined = relations(page.headers)['page-next'];
      page = next === undefined ? undefined : await site.request('GET', next, undefined, { expand: 'list' });
    }
    assert.equal(seen.size, total);
  });

  test('a client that sends Content-Type with GET, and paths without their slash, polls and downloads', async () => {
    const headers = { authorization: `key ${site.token}`, 'content-type': 'application/json', 'user-agent': 'a client' };
    const base = `${site.url}/services/api/v1.x`;
    const created = await (await fetch(`${base}/exports/`, { method: 'POST', headers, body: JSON.stringify(csvTable(contract)) })).json();
    const { id } = created as { id: number };
    assert.equal('errors' in Object(created), false);
    const list = (await (await fetch(`${base}/exports`, { headers })).json()) as { id: number }[];
    assert.equal(list[0]?.id, id);
    for (;;) {
      const one = (await (await fetch(`${base}/exports/${id}`, { headers })).json()) as Answer['body'];
      if (one.state === 'processing') continue;
      assert.equal(one.state, 'complete');
      const archive = await fetch(one.download_url, { headers });
      assert.equal(archive.headers.get('content-length'), String(one.size_zipped));
      assert.equal((await archive.arrayBuffer()).byteLength, one.size_zipped);
      break;
    }
  });

  test('a client that reads errors by field is told sentences', async () => {
    const { body } = await session('POST', `${site.api}/exports/`, shapefile(contract, { crs: undefined, items: [], extent: CORNER }));
    assert.ok(Array.isArray(body.errors.items));
    assert.equal(body.errors.items.join(', ').includes('undefined'), false);
  });

  test('a client without a JSON parser, which splits the text at commas and quotes, finds each field once', async () => {
    const headers = { authorization: `key ${site.token}`, 'content-type': 'application/json' };
    const picked = (body: string, name: string) =>
      body.split(',').flatMap((record) => {
        const [, field, , value = ''] = record.split('"');
        return field === name ? [value] : [];
      });
    const body = JSON.stringify(shapefile(contract, { items: [{ item: item(1) }, { item: item(2) }], extent: CORNER }));
    const created = await (await fetch(`${site.api}/exports/`, { method: 'POST', headers, body })).text();
    const [url = '', ...others] = picked(created, 'url').filter((value) => /exports/.test(value));
    assert.deepEqual(others, []);
    assert.deepEqual(picked(created, 'state'), ['processing']);
    let state = 'processing';
    while (state === 'processing') [state = ''] = picked(await (await fetch(url, { headers })).text(), 'state');
    assert.equal(state, 'complete');
    assert.deepEqual(picked(await (await fetch(url, { headers })).text(), 'download_url'), [`${url}download/`]);
  });

  test('a client that makes a MultiPolygon of every extent, a layer’s own too, is served', async () => {
    const { data } = (await session('GET', item(1))).body;
    const extent = { type: 'MultiPolygon', coordinates: [data.extent.coordinates] };
    const validation = (await session('POST', `${site.api}/exports/validate/`, shapefile(contract, { extent }))).body;
    assert.deepEqual([validation.is_valid, validation.errors], [true, {}]);
  });

  test('a client that fills crop layers and features into classes finds every field with its type', async () => {
    const [layer] = (await session('GET', `${site.api}/exports/croplayers/`)).body;
    const types = (value: object) => Object.fromEntries(Object.entries(value).map(([name, one]) => [name, typeof one]));
    const known = { id: 'number', name: 'string', url: 'string', features: 'string', extent: 'object', source_layer: 'string' };
    assert.deepEqual(types(layer), known);
    const [{ url }] = (await session('GET', layer.features)).body;
    assert.deepEqual(types((await session('GET', url)).body), { id: 'number', name: 'string', url: 'string', geometry: 'object' });
  });
}
