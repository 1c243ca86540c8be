import assert from 'node:assert/strict';
import { test } from 'node:test';
import { squareExtent } from '../fixtures/data.ts';
import { CORNER, type Contract, countExports, csvTable, SENTENCE, shapefile } from './site.ts';

/** "Exports": `POST /exports/validate/` and the codes of `invalid_reasons`. */
export function validate(contract: Contract): void {
  const { site, item, db } = contract;
  const validated = async (body: unknown) => {
    const answer = await site.request('POST', '/exports/validate/', body);
    assert.equal(answer.status, 200);
    return answer.body;
  };

  test('validate answers 200 whenever the body is an object, and creates nothing', async () => {
    const before = await countExports(db);
    for (const body of [{}, { items: 1 }, { items: [1, null, 'a', []] }, shapefile(contract), { extent: [], options: [], formats: [] }])
      await validated(body);
    assert.equal(await countExports(db), before);
  });

  test('a valid request is answered with licences, prices and sizes', async () => {
    const body = await validated(shapefile(contract, { items: [{ item: item(1), color: '#003399' }, { item: item(2) }] }));
    assert.equal(body.is_valid, true);
    assert.deepEqual(body.invalid_reasons, []);
    assert.deepEqual(body.errors, {});
    const [first, second] = body.items;
    assert.deepEqual(Object.keys(first), ['item', 'color', 'license', 'price', 'is_valid', 'invalid_reasons', 'size_estimate_zipped']);
    assert.equal(first.item, item(1));
    assert.equal(first.color, '#003399');
    assert.equal(first.price, '0.00');
    assert.equal(first.license.type, 'cc-by');
    assert.equal(first.is_valid, true);
    assert.equal(second.license, null);
    assert.ok(first.size_estimate_zipped > 0);
    // The archive has a README, a manifest and a licence besides.
    assert.ok(body.size_estimate_zipped > first.size_estimate_zipped + second.size_estimate_zipped);
  });

  test('all that is wrong is reported at once, and create refuses the same with the same body', async () => {
    const request = {
      crs: 'EPSG:5703',
      formats: { vector: 'application/x-nothing', moon: 'x' },
      items: [{ item: item(1), color: 'red' }, { item: `${site.api}/layers/99/` }, { item: item(1) }, { item: item(3), tile_id: 'a' }],
      extent: { type: 'Polygon', coordinates: [] },
      options: { page_size: 'a5', colour: 1 },
      colour: 1,
    };
    const body = await validated(request);
    assert.equal(body.is_valid, false);
    const codes = ['crs-unsupported', 'extent-empty', 'format-not-available', 'no-format-for-kind', 'option-invalid', 'unknown-field'];
    assert.deepEqual([...body.invalid_reasons].sort(), codes);
    const reasons = body.items.map((one: { invalid_reasons: string[] }) => one.invalid_reasons);
    assert.deepEqual(
      reasons.map((of: string[]) => of.toSorted()),
      [
        ['color-invalid', 'format-not-available'],
        ['not-found'],
        ['duplicate-item', 'format-not-available'],
        ['no-format-for-kind', 'not-tiled'],
      ],
    );
    const paths = ['crs', 'extent', 'colour', 'options.page_size', 'options.colour', 'formats.vector', 'formats.table', 'formats.moon'];
    const itemPaths = ['items[0].color', 'items[1].item', 'items[2].item', 'items[3].tile_id'];
    assert.deepEqual(Object.keys(body.errors).sort(), [...paths, ...itemPaths].sort());
    for (const sentences of Object.values<string[]>(body.errors)) for (const sentence of sentences) assert.match(sentence, SENTENCE);
    const created = await site.request('POST', '/exports/', request);
    assert.equal(created.status, 400);
    assert.deepEqual(created.body, body);
  });

  const many = (count: number) => Array.from({ length: count }, () => ({ item: item(1) }));
  /** Requests that are wrong in one way: its code, and the path that the sentence is under. Codes of items are told by that path. */
  const wrong: [code: string, path: string, body: object][] = [
    ['outside-extent', 'items[0].item', shapefile(contract, { extent: squareExtent(5, 5, 1) })],
    ['outside-extent', 'items[0].item', shapefile(contract, { extent: squareExtent(-1, 0, 1) })],
    ['not-found', 'items[0].item', shapefile(contract, { items: [{ item: `${site.api}/layers/99/` }] })],
    ['not-found', 'items[0].item', shapefile(contract, { items: [{ item: `${item(1)}versions/999/` }] })],
    ['not-found', 'items[0].item', shapefile(contract, { items: [{}] })],
    ['not-found', 'extent', shapefile(contract, { extent: `${site.api}/exports/croplayers/1/cropfeatures/99999/` })],
    [
      'not-found',
      'extent',
      shapefile(contract, { extent: 'https://elsewhere.example.org/services/api/v1/exports/croplayers/1/cropfeatures/1/' }),
    ],
    ['not-found', 'extent', shapefile(contract, { extent: 'Wellington' })],
    ['no-format-for-kind', 'formats.vector', shapefile(contract, { formats: {} })],
    ['no-format-for-kind', 'formats.vector', shapefile(contract, { formats: undefined })],
    ['no-format-for-kind', 'formats.vector', shapefile(contract, { formats: { table: 'text/csv' } })],
    ['format-not-available', 'formats.vector', shapefile(contract, { formats: { vector: 'image/vnd.dwg' } })],
    ['format-not-available', 'formats.vector', shapefile(contract, { formats: { vector: 1 } })],
    ['format-not-for-kind', 'formats.table', csvTable(contract, { formats: { table: 'image/vnd.dxf' } })],
    ['crs-required', 'crs', shapefile(contract, { crs: undefined })],
    ['crs-required', 'crs', shapefile(contract, { crs: '' })],
    ['crs-unknown', 'crs', shapefile(contract, { crs: 'EPSG:1' })],
    ['crs-unknown', 'crs', shapefile(contract, { crs: '2193' })],
    ['crs-unknown', 'crs', shapefile(contract, { crs: 2193 })],
    ['crs-unsupported', 'crs', shapefile(contract, { crs: 'EPSG:5703' })],
    ['crs-unsupported', 'crs', shapefile(contract, { crs: 'EPSG:4978' })],
    ['extent-invalid', 'extent', shapefile(contract, { extent: { type: 'Point', coordinates: [170, -44] } })],
    ['extent-invalid', 'extent', shapefile(contract, { extent: { ...CORNER, type: 'Feature' } })],
    ['extent-invalid', 'extent', shapefile(contract, { extent: [170, -44, 171, -43] })],
    ['extent-invalid', 'extent', shapefile(contract, { extent: '{"type":"Polygon"' })],
    ['extent-invalid', 'extent', shapefile(contract, { extent: squareExtent(0, 130, 10) })],
    ['extent-too-complex', 'extent', shapefile(contract, { extent: circle(1001) })],
    ['extent-empty', 'extent', shapefile(contract, { extent: { type: 'MultiPolygon', coordinates: [] } })],
    ['extent-empty', 'extent', shapefile(contract, { extent: squareExtent(0, 0, 0) })],
    ['not-tiled', 'items[0].tile_id', shapefile(contract, { items: [{ item: item(1), tile_id: 'a' }] })],
    ['color-invalid', 'items[0].color', shapefile(contract, { items: [{ item: item(1), color: '#39D' }] })],
    ['color-invalid', 'items[0].color', shapefile(contract, { items: [{ item: item(1), color: 'red' }] })],
    ['color-invalid', 'items[0].color', csvTable(contract, { items: [{ item: item(3), color: '#3399DD' }] })],
    ['option-invalid', 'options', shapefile(contract, { options: 'a4' })],
    ['option-invalid', 'options.pdf_raster_dpi', shapefile(contract, { options: { pdf_raster_dpi: 71 } })],
    ['option-invalid', 'name', shapefile(contract, { name: 'x'.repeat(201) })],
    ['option-invalid', 'delivery', shapefile(contract, { delivery: { method: 'post' } })],
    ['option-invalid', 'notify', shapefile(contract, { notify: { url: 'ftp://example.org/' } })],
    ['option-invalid', 'notify', shapefile(contract, { notify: 'https://example.org/' })],
    ['no-items', 'items', shapefile(contract, { items: [] })],
    ['no-items', 'items', shapefile(contract, { items: { item: item(1) } })],
    ['too-many-items', 'items', shapefile(contract, { items: many(101) })],
    ['duplicate-item', 'items[1].item', shapefile(contract, { items: many(2) })],
    ['unknown-field', 'color', shapefile(contract, { color: '#3399DD' })],
    ['unknown-field', 'items[0].colour', shapefile(contract, { items: [{ item: item(1), colour: '#3399DD' }] })],
    ['unknown-field', 'options.dpi', shapefile(contract, { options: { dpi: 72 } })],
    ['unknown-field', 'formats.moon', shapefile(contract, { formats: { vector: 'text/csv', moon: 'text/csv' } })],
  ];
  for (const [code, path, body] of wrong) {
    test(`${code} is said under ${path} of ${JSON.stringify(body).replaceAll(site.url, '').slice(0, 160)}`, async () => {
      const answer = await validated(body);
      assert.equal(answer.is_valid, false);
      assert.ok(Object.hasOwn(answer.errors, path), JSON.stringify(answer.errors));
      for (const sentence of answer.errors[path]) assert.match(sentence, SENTENCE);
      const index = /^items\[(\d+)\]/.exec(path)?.[1];
      const reasons = index === undefined ? answer.invalid_reasons : answer.items[index].invalid_reasons;
      assert.ok(reasons.includes(code), JSON.stringify(answer));
      if (index !== undefined) assert.equal(answer.items[index].is_valid, false);
    });
  }

  test('what is no item is answered as an item that is not found', async () => {
    const { items, errors } = await validated(shapefile(contract, { items: [1, null, 'a', [], { item: item(1) }] }));
    assert.deepEqual(
      items.map((one: { is_valid: boolean }) => one.is_valid),
      [false, false, false, false, true],
    );
    assert.equal(Object.keys(errors).length, 4);
  });
}

/** A ring of so many vertices, the closing point not counted, around the parcels. */
export function circle(vertices: number) {
  const ring = Array.from({ length: vertices }, (_, n) => {
    const angle = (n / vertices) * 2 * Math.PI;
    return [170.5 + 2 * Math.cos(angle), -43.5 + 2 * Math.sin(angle)];
  });
  return { type: 'Polygon', coordinates: [[...ring, ring[0]]] };
}
