import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Contract, SIX_DECIMALS } from './site.ts';

/** "Layers, tables, catalogue". */
export function catalogue({ site }: Contract): void {
  const ids = async (path: string): Promise<number[]> => {
    const { status, body } = await site.request('GET', path);
    assert.equal(status, 200, path);
    return body.map(({ id }: { id: number }) => id);
  };

  test('layers, tables and all of them are listed', async () => {
    assert.deepEqual(await ids('/layers/'), [1, 2, 4]);
    assert.deepEqual(await ids('/tables/'), [3, 5]);
    assert.deepEqual(await ids('/data/'), [1, 2, 3, 4, 5]);
  });

  test('an entry has id, url, type, title and name, kind and its times', async () => {
    for (const entry of (await site.request('GET', '/data/')).body) {
      assert.deepEqual(Object.keys(entry), ['id', 'url', 'type', 'title', 'name', 'kind', 'first_published_at', 'published_at']);
      const table = entry.kind === 'table';
      assert.equal(entry.type, table ? 'table' : 'layer');
      assert.equal(entry.url, `${site.api}/${entry.type}s/${entry.id}/`);
      assert.equal(entry.name, entry.title);
      for (const name of ['first_published_at', 'published_at']) assert.match(entry[name], SIX_DECIMALS);
    }
  });

  test('the catalogue is filtered by id, q, kind, updated_at.after, license.type and data.geometry_type', async () => {
    const { body: layer } = await site.request('GET', '/layers/2/');
    assert.deepEqual(await ids('/data/?id=3'), [3]);
    assert.deepEqual(await ids('/data/?id=99'), []);
    assert.deepEqual(await ids('/data/?q=PARCELS'), [1]);
    assert.deepEqual(await ids('/data/?q=land 1890'), [1]);
    assert.deepEqual(await ids('/data/?q=100%25'), []);
    assert.deepEqual(await ids('/data/?kind=table'), [3, 5]);
    assert.deepEqual(await ids('/data/?kind=vector'), [1, 2, 4]);
    assert.deepEqual(await ids('/data/?kind=raster'), []);
    assert.deepEqual(await ids(`/data/?updated_at.after=${layer.published_at}`), [3, 4, 5]);
    assert.deepEqual(await ids('/data/?updated_at.after=2099-01-01'), []);
    assert.deepEqual(await ids('/data/?license.type=cc-by'), [1]);
    assert.deepEqual(await ids('/data/?license.type=odbl&kind=table'), [3]);
    assert.deepEqual(await ids('/data/?data.geometry_type=linestring'), [2]);
    assert.deepEqual(await ids('/layers/?kind=table'), []);
    for (const query of ['kind=moon', 'id=x', 'updated_at.after=soon'])
      assert.equal((await site.request('GET', `/data/?${query}`)).status, 400, query);
  });

  test('the catalogue is sorted', async () => {
    assert.deepEqual(await ids('/data/?sort=-id'), [5, 4, 3, 2, 1]);
    assert.deepEqual(await ids('/data/?sort=name'), [4, 1, 5, 3, 2]);
    assert.deepEqual(await ids('/data/?sort=-updated_at'), [5, 4, 3, 2, 1]);
    assert.deepEqual(await ids('/data/?sort=kind'), [3, 5, 1, 2, 4]);
  });

  test('a layer’s details say what is in it', async () => {
    const { body } = await site.request('GET', '/layers/1/');
    assert.equal(body.title, 'Land Parcels');
    assert.equal(body.name, 'Land Parcels');
    assert.equal(body.kind, 'vector');
    assert.equal(body.description, 'All <b>parcels</b>\n\nof 1890');
    assert.equal(body.description_html, '<p>All &#60;b&#62;parcels&#60;/b&#62;</p>\n<p>of 1890</p>');
    assert.deepEqual(body.tags, ['land']);
    assert.deepEqual(body.categories, []);
    assert.equal(body.license.type, 'cc-by');
    assert.ok(body.user_permissions.includes('download'));
    const { data } = body;
    assert.deepEqual(data.crs, { id: 'EPSG:4326', srid: 4326, name: 'WGS 84', kind: 'geographic' });
    assert.equal(data.feature_count, 100);
    assert.equal(data.geometry_type, 'polygon');
    assert.equal(typeof data.geometry_field, 'string');
    assert.equal(data.encoding, 'UTF-8');
    assert.equal(data.has_z, false);
    assert.equal(data.raster_resolution, null);
    assert.equal(data.empty_geometry_count, 0);
    assert.deepEqual(data.primary_key_fields, []);
    assert.equal(data.extent.type, 'Polygon');
    assert.deepEqual(
      data.fields.map((field: { name: string }) => field.name),
      ['id', 'name', 'area', 'surveyed'],
    );
    for (const field of data.fields) assert.equal(typeof field.type, 'string');
    assert.ok(data.export_formats.some((format: { mimetype: string }) => format.mimetype === 'application/x-zipped-shp'));
  });

  test('a table’s details have no geometry', async () => {
    const { data, kind } = (await site.request('GET', '/tables/3/')).body;
    assert.equal(kind, 'table');
    assert.equal(data.feature_count, 250);
    for (const name of ['crs', 'geometry_field', 'geometry_type', 'extent']) assert.equal(data[name], null, name);
  });

  test('versions are listed newest first, and each has the layer’s details', async () => {
    for (const path of ['/layers/1/', '/tables/3/']) {
      const { body } = await site.request('GET', path);
      const list = await site.request('GET', `${path}versions/`);
      assert.equal(list.headers.get('x-resource-range'), '0-1/1');
      const [version] = list.body;
      assert.equal(version.id, body.version.id);
      assert.equal(version.url, body.version.url);
      assert.equal(version.status, 'published');
      assert.match(version.published_at, SIX_DECIMALS);
      assert.deepEqual((await site.request('GET', body.version.url)).body, body);
    }
  });

  test('license.url names the licence with its text', async () => {
    const { license } = (await site.request('GET', '/layers/1/')).body;
    const { body } = await site.request('GET', license.url);
    assert.equal(body.id, license.id);
    assert.equal(body.title, license.title);
    assert.match(body.text, /Creative Commons/);
    assert.equal((await site.request('GET', '/layers/2/')).body.license, null);
  });
}
