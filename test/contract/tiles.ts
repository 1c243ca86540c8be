import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { raster } from '../fixtures/rasters.ts';
import { type Contract, SENTENCE } from './site.ts';

/** Rasters in the catalogue, and the tiles of those that have some. */
export function tiles({ site, folder }: Contract): void {
  const [GRID, TILED, FIJI] = [60, 61, 62];
  const ids = async (query: string): Promise<string[]> => {
    const { status, body } = await site.request('GET', `/layers/${TILED}/tiles/${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.map(({ id }: { id: string }) => id);
  };

  before(async () => {
    const grid = raster(folder, 'elevation.tif', { type: 'Float32', place: [1_600_000, 5_400_000, 8, 8] });
    await site.publish(grid, { id: GRID, title: 'Elevation' });
    // 30 tiles of a degree in six columns, and two on both sides of the antimeridian.
    const dir = join(folder, 'tiles');
    mkdirSync(dir);
    for (let n = 0; n < 30; n++) {
      const [column, row] = [n % 6, Math.floor(n / 6)];
      const place: [number, number, number, number] = [168 + column, -40 - row, 0.1, 0.1];
      raster(dir, `T${n + 1}.tif`, { type: 'Byte', bands: 3, size: [10, 10], crs: 'EPSG:4326', place });
    }
    await site.publish(dir, { id: TILED, title: 'Pictures' });
    const fiji = [179, -180].map((west, n) =>
      raster(folder, `fiji${n}.tif`, { type: 'Byte', bands: 3, size: [10, 10], crs: 'EPSG:4326', place: [west, -17, 0.1, 0.1] }),
    );
    await site.publish(fiji, { id: FIJI, title: 'Fiji' });
  });

  test('a layer of pixels says its bands and how large a pixel is', async () => {
    const { body } = await site.request('GET', `/layers/${GRID}/`);
    assert.equal(body.kind, 'grid');
    assert.equal(body.type, 'layer');
    const { data } = body;
    assert.equal(data.raster_resolution, 8);
    assert.deepEqual(data.fields, [{ name: 'band_1', type: 'float32' }]);
    assert.deepEqual(data.crs, { id: 'EPSG:2193', srid: 2193, name: 'NZGD2000 / New Zealand Transverse Mercator 2000', kind: 'projected' });
    for (const name of ['geometry_field', 'geometry_type', 'feature_count', 'encoding']) assert.equal(data[name], null, name);
    assert.deepEqual([data.primary_key_fields, data.has_z, data.empty_geometry_count], [[], false, 0]);
    assert.equal(data.extent.type, 'Polygon');
    assert.ok(!('tiles' in body));
    const list = await site.request('GET', '/layers/?kind=grid');
    assert.deepEqual(
      list.body.map(({ id }: { id: number }) => id),
      [GRID],
    );
    assert.deepEqual((await site.request('GET', body.version.url)).body, body);
  });

  test('a tiled layer leads to its tiles: id, name and outline', async () => {
    const { body } = await site.request('GET', `/layers/${TILED}/`);
    assert.equal(body.kind, 'raster');
    assert.equal(body.tiles, `${site.api}/layers/${TILED}/tiles/`);
    const list = await site.request('GET', body.tiles);
    assert.equal(list.status, 200);
    assert.equal(list.body.length, 20);
    assert.equal(list.headers.get('x-paginate-by'), '20');
    assert.equal(list.headers.get('x-resource-range'), '0-20/30');
    assert.match(list.headers.get('link') ?? '', /rel="page-next"/);
    const [first] = list.body;
    const ring = [
      [168, -41],
      [169, -41],
      [169, -40],
      [168, -40],
      [168, -41],
    ];
    assert.deepEqual(first, { id: 'T1', name: 'T1', geometry: { type: 'Polygon', coordinates: [ring] } });
    const version = `/layers/${TILED}/versions/${body.version.id}/tiles/`;
    assert.deepEqual((await site.request('GET', version)).body, list.body);
  });

  test('tiles are paged and sorted, numbers in their ids by value', async () => {
    assert.deepEqual(
      await ids('?page_size=100'),
      [...Array(30)].map((_, n) => `T${n + 1}`),
    );
    assert.deepEqual(await ids('?sort=-id&page_size=3'), ['T30', 'T29', 'T28']);
    assert.deepEqual(await ids('?sort=name&page_size=2&page=15'), ['T29', 'T30']);
    assert.deepEqual(await ids('?q=t1&page_size=3'), ['T1', 'T10', 'T11']);
    assert.equal((await site.request('GET', `/layers/${TILED}/tiles/?page=99`)).status, 404);
    assert.equal((await site.request('GET', `/layers/${TILED}/tiles/?sort=size`)).status, 400);
  });

  test('tiles are found by a box in degrees, on either side of the antimeridian', async () => {
    assert.deepEqual(await ids('?bbox=168.2,-40.8,169.5,-40.2'), ['T1', 'T2']);
    assert.deepEqual(await ids('?bbox=0,0,1,1'), []);
    assert.deepEqual(await ids('?bbox=173.5,-41.5,-170,-40.5'), ['T6', 'T12']);
    const fiji = async (bbox: string) =>
      (await site.request('GET', `/layers/${FIJI}/tiles/?bbox=${bbox}`)).body.map(({ id }: { id: string }) => id);
    assert.deepEqual(await fiji('179.5,-18,-179.5,-17'), ['fiji0', 'fiji1']);
    assert.deepEqual(await fiji('179.5,-18,180.5,-17'), ['fiji0', 'fiji1']);
    assert.deepEqual(await fiji('-179.5,-18,-179,-17'), ['fiji1']);
    assert.deepEqual(await fiji('-180,-90,180,90'), ['fiji0', 'fiji1']);
    const { extent } = (await site.request('GET', `/layers/${FIJI}/`)).body.data;
    assert.deepEqual(extent.coordinates[0][1], [181, -18]);
    for (const bbox of ['1,2,3', 'a,b,c,d', '0,2,1,1']) {
      const { status, body } = await site.request('GET', `/layers/${TILED}/tiles/?bbox=${bbox}`);
      assert.equal(status, 400, bbox);
      assert.match(body.detail, SENTENCE);
    }
  });

  test('what has no tiles says so', async () => {
    for (const id of [GRID, 1, 99, 3]) {
      const { status, body } = await site.request('GET', `/layers/${id}/tiles/`);
      assert.equal(status, 404);
      assert.match(body.detail, SENTENCE);
    }
    assert.equal((await site.request('GET', `/layers/${TILED}/versions/1/tiles/`)).status, 404);
    assert.equal((await site.request('POST', `/layers/${TILED}/tiles/`)).status, 405);
  });
}
