import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Contract, SENTENCE } from './site.ts';

/** "Crop layers". */
export function cropLayers({ site }: Contract): void {
  test('crop layers have id, name, url, features, extent and source_layer', async () => {
    const list = await site.request('GET', '/exports/croplayers/');
    assert.equal(list.headers.get('x-resource-range'), '0-2/2');
    for (const layer of list.body) {
      assert.deepEqual(Object.keys(layer), ['id', 'name', 'url', 'features', 'extent', 'source_layer']);
      assert.equal(layer.url, `${site.api}/exports/croplayers/${layer.id}/`);
      assert.equal(layer.features, `${layer.url}cropfeatures/`);
      assert.equal(layer.extent.type, 'MultiPolygon');
      assert.deepEqual((await site.request('GET', layer.url)).body, layer);
    }
    const [layer] = list.body;
    const source = await site.request('GET', layer.source_layer);
    assert.equal(source.body.id, 1);
    assert.equal(source.body.version.url, layer.source_layer);
  });

  test('crop features have id, name and url, and each its geometry', async () => {
    const list = await site.request('GET', '/exports/croplayers/2/cropfeatures/');
    assert.deepEqual(
      list.body.map(({ name }: { name: string }) => name),
      ['East', 'West'],
    );
    for (const feature of list.body) {
      assert.deepEqual(Object.keys(feature), ['id', 'name', 'url']);
      const { body } = await site.request('GET', feature.url);
      assert.deepEqual(Object.keys(body), ['id', 'name', 'url', 'geometry']);
      assert.deepEqual({ ...feature, geometry: body.geometry }, body);
      assert.equal(body.geometry.type, 'MultiPolygon');
      const [west] = body.geometry.coordinates[0][0].map(([x]: number[]) => x).sort();
      assert.equal(west, feature.name === 'West' ? 170 : 170.5);
    }
  });

  test('q filters names of crop layers and crop features, in any case', async () => {
    const names = async (path: string) =>
      (await site.request('GET', `/exports/croplayers/${path}`)).body.map((one: { name: string }) => one.name);
    assert.deepEqual(await names('?q=PARCEL'), ['Land Parcels']);
    assert.deepEqual(await names('?q=none'), []);
    assert.deepEqual(await names('2/cropfeatures/?q=wes'), ['West']);
    assert.deepEqual(await names('1/cropfeatures/?q=lot 100 ō'), ['Lot 100 Ōtautahi']);
    assert.deepEqual(await names('1/cropfeatures/?q=%25'), []);
  });

  test('what is no crop layer or crop feature is 404', async () => {
    for (const path of [
      '3/',
      '3/cropfeatures/',
      '3/cropfeatures/1/',
      '1/cropfeatures/99999/',
      '2/cropfeatures/1/',
      'x/',
      '1/cropfeatures/x/',
    ]) {
      const answer = await site.request('GET', `/exports/croplayers/${path}`);
      assert.equal(answer.status, 404, path);
      assert.match(answer.body.detail, SENTENCE);
    }
  });
}
