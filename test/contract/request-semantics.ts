import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { squareExtent } from '../fixtures/data.ts';
import { exported, readFeatures } from '../fixtures/readback.ts';
import { CORNER, type Contract, csvTable, SENTENCE, shapefile } from './site.ts';
import { circle } from './validate.ts';

const run = promisify(execFile);
const KML = 'application/vnd.google-earth.kml+xml';

/** "Request semantics". */
export function requestSemantics(contract: Contract): void {
  const { site, item, folder } = contract;
  const validated = async (body: unknown) => (await site.request('POST', '/exports/validate/', body)).body;
  const created = async (body: object) => {
    const answer = await site.request('POST', '/exports/', body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    await site.request('DELETE', `/exports/${answer.body.id}/`);
    return answer.body;
  };

  test('crs is any projected, geographic 2D or 3D, or compound CRS of EPSG', async () => {
    for (const crs of ['EPSG:2193', 'EPSG:4326', 'EPSG:4167', 'EPSG:4959', 'EPSG:3857', 'epsg:2193', 'EPSG:7839', 'EPSG:9518'])
      assert.deepEqual((await validated(shapefile(contract, { crs }))).errors, crs === 'EPSG:7839' ? { crs: [notMaps(crs)] } : {}, crs);
    function notMaps(crs: string) {
      return `${crs} (NZVD2016 height) is vertical; maps need a projected, geographic or compound one.`;
    }
  });

  test('crs may be left out for KML and where only tables are asked for', async () => {
    assert.equal((await validated({ formats: { vector: KML }, items: [{ item: item(1) }] })).is_valid, true);
    assert.equal((await validated(csvTable(contract))).is_valid, true);
    const mixed = { formats: { vector: KML, table: 'text/csv' }, items: [{ item: item(1) }, { item: item(3) }] };
    assert.equal((await validated(mixed)).is_valid, true);
    const csv = { ...mixed, formats: { vector: 'text/csv', table: 'text/csv' } };
    assert.deepEqual((await validated(csv)).invalid_reasons, ['crs-required']);
    assert.equal((await created(csvTable(contract))).crs, null);
  });

  test('KML is always EPSG:4326, whatever crs says', async () => {
    const { dir, done } = await exported(site, folder, { crs: 'EPSG:2193', formats: { vector: KML }, items: [{ item: item(4) }] });
    assert.ok(done.warnings.some((warning: string) => /KML.*EPSG:4326/.test(warning)));
    const { stdout } = await run('ogrinfo', ['-ro', '-so', '-al', join(dir, 'districts', 'districts.kml')]);
    assert.match(stdout, /Extent: \(170\.0+, -44\.0+\) - \(171\.0+, -43\.0+\)/);
  });

  test('a format for a kind that no item has is ignored with a warning', async () => {
    const formats = { vector: 'application/x-zipped-shp', table: 'text/csv', raster: 'image/jpeg' };
    const body = await validated(shapefile(contract, { formats }));
    assert.equal(body.is_valid, true);
    assert.equal(body.warnings.length, 2);
    for (const warning of body.warnings) assert.match(warning, SENTENCE);
    assert.deepEqual((await created(shapefile(contract, { formats }))).formats, formats);
  });

  test('color is #RRGGBB and is answered back', async () => {
    for (const color of ['#003399', '#abcdef', '#ABCDEF'])
      assert.deepEqual((await created(shapefile(contract, { items: [{ item: item(1), color }] }))).items, [{ item: item(1), color }]);
  });

  test('extent may be an object, or the same as a JSON string', async () => {
    for (const extent of [CORNER, JSON.stringify(CORNER), ` ${JSON.stringify(CORNER)}`])
      assert.deepEqual((await created(shapefile(contract, { extent }))).extent, CORNER);
    const multi = { type: 'MultiPolygon', coordinates: [CORNER.coordinates, squareExtent(0.5, 0.5, 0.2).coordinates] };
    assert.deepEqual((await created(shapefile(contract, { extent: multi }))).extent, multi);
  });

  test('a crs member of an extent is ignored, and so are heights', async () => {
    const crs = { type: 'name', properties: { name: 'EPSG:2193' } };
    assert.deepEqual((await created(shapefile(contract, { extent: { ...CORNER, crs } }))).extent, CORNER);
    const high = { ...CORNER, coordinates: CORNER.coordinates.map((ring) => ring.map((position) => [...position, 12])) };
    assert.deepEqual((await created(shapefile(contract, { extent: high }))).extent, CORNER);
  });

  test('an extent has at most 1,000 vertices over all rings, closing points not counted', async () => {
    assert.equal((await validated(shapefile(contract, { extent: circle(1000) }))).is_valid, true);
    const [outer = []] = circle(996).coordinates;
    const hole = squareExtent(0.2, 0.2, 0.1).coordinates[0];
    const polygon = (rings: unknown[]) => shapefile(contract, { extent: { type: 'Polygon', coordinates: rings } });
    assert.equal((await validated(polygon([outer, hole]))).is_valid, true);
    const { errors, invalid_reasons: reasons } = await validated(polygon([circle(997).coordinates[0], hole]));
    assert.deepEqual(reasons, ['extent-too-complex']);
    assert.match(errors.extent[0], /1001 vertices; at most 1000/);
  });

  test('the extent may be a crop feature, by its address of either version or its path alone', async () => {
    const [{ url }] = (await site.request('GET', '/exports/croplayers/2/cropfeatures/?q=west')).body;
    for (const extent of [url, url.replace('/v1/', '/v1.x/'), new URL(url).pathname, url.replace(/\/$/, '')])
      assert.equal((await created(shapefile(contract, { extent }))).extent, url);
    const { id } = await created(shapefile(contract, { extent: url }));
    const { body } = await site.request('GET', `${site.url}/services/api/v1.x/exports/${id}/`);
    assert.equal(body.extent, url.replace('/v1/', '/v1.x/'));
  });

  test('longitudes past ±180 and polygons across the antimeridian work', async () => {
    const shifted = (by: number) => {
      const coordinates = CORNER.coordinates.map((ring) => ring.map(([x = 0, y = 0]) => [x + by, y]));
      return shapefile(contract, { extent: { type: 'Polygon', coordinates } });
    };
    const inside = (await validated(shapefile(contract, { extent: CORNER }))).items[0].size_estimate_zipped;
    for (const by of [-360, 360]) {
      const body = await validated(shifted(by));
      assert.equal(body.is_valid, true, String(by));
      assert.equal(body.items[0].size_estimate_zipped, inside);
    }
    const box = (west: number, east: number) => {
      const ring = [
        [west, -44],
        [east, -44],
        [east, -43],
        [west, -43],
        [west, -44],
      ];
      return shapefile(contract, { extent: { type: 'Polygon', coordinates: [ring] } });
    };
    for (const [west, east] of [
      [170.5, 190],
      [-189.5, -170],
      [530, 535],
    ] as const)
      assert.equal((await validated(box(west, east))).is_valid, true, `${west}..${east}`);
    assert.deepEqual((await validated(box(172, 190))).items[0].invalid_reasons, ['outside-extent']);
    const { dir } = await exported(site, folder, { ...shifted(-360), crs: 'EPSG:4326', formats: { vector: 'application/geo+json' } });
    assert.equal((await readFeatures(join(dir, 'land-parcels', 'land-parcels.geojson'))).length, 16);
  });

  test('layers are clipped to the extent, not merely selected, and tables are never cropped', async () => {
    const { dir } = await exported(site, folder, {
      crs: 'EPSG:4326',
      formats: { vector: 'application/geo+json', table: 'text/csv' },
      items: [{ item: item(1) }, { item: item(3) }],
      extent: CORNER,
    });
    const { stdout } = await run('ogrinfo', ['-ro', '-so', '-al', join(dir, 'land-parcels', 'land-parcels.geojson')]);
    assert.match(stdout, /Extent: \(170\.0+, -44\.0+\) - \(170\.350000, -43\.650000\)/);
    assert.equal((await readFeatures(join(dir, 'places', 'places.csv'))).length, 250);
  });

  test('an item with nothing inside the extent is outside-extent; touching is not being inside', async () => {
    for (const extent of [squareExtent(5, 5, 1), squareExtent(-1, 0, 1)])
      assert.deepEqual((await validated(shapefile(contract, { extent }))).items[0].invalid_reasons, ['outside-extent']);
    const withTable = { ...shapefile(contract), formats: { vector: 'text/csv', table: 'text/csv' } };
    const { items } = await validated({ ...withTable, items: [{ item: item(1) }, { item: item(3) }], extent: squareExtent(5, 5, 1) });
    assert.deepEqual(
      items.map((one: { is_valid: boolean }) => one.is_valid),
      [false, true],
    );
  });

  test('a name becomes a slug with the site’s prefix', async () => {
    for (const [name, slug] of [
      ['fred the export', 'kx-fred-the-export'],
      ['Ōtautahi & Łódź', 'kx-otautahi-lodz'],
      ['../../etc/passwd', 'kx-etc-passwd'],
      ['a"; filename="b', 'kx-a-filename-b'],
      ['東京', 'kx-export'],
      ['con', 'kx-export-con'],
    ])
      assert.equal((await created(csvTable(contract, { name }))).name, slug);
  });

  test('names are made from the content where none is given', async () => {
    for (const name of [undefined, null, '', '  ']) assert.equal((await created(shapefile(contract, { name }))).name, 'land-parcels-SHP');
    const several = {
      crs: 'EPSG:4326',
      formats: { vector: 'application/x-zipped-shp', table: 'text/csv' },
      items: [{ item: item(1) }, { item: item(2) }, { item: item(3) }],
    };
    assert.equal((await created(several)).name, 'new-zealand-3layers-CSV-SHP');
    const two = { ...several, items: [{ item: item(1) }, { item: item(2) }] };
    assert.equal((await created(two)).name, 'new-zealand-2layers-SHP');
  });

  test('options are answered back as they were sent', async () => {
    for (const options of [
      {},
      { page_size: 'a3', page_orientation: 'portrait', include_scale: true, include_scale_grid: false },
      { raster_resolution_multiplier: 16, pdf_raster_dpi: 600, include_lat_lon_grid: true, include_legend: true },
      { include_legend: false, page_size: 'letter' },
    ]) {
      const body = await created(shapefile(contract, { options }));
      assert.deepEqual(body.options, options);
      assert.deepEqual((await site.request('GET', `/exports/${body.id}/`)).body.options, options);
    }
    assert.deepEqual((await created(shapefile(contract, { options: null }))).options, {});
  });

  test('an option outside its choices or range is refused with what it may be', async () => {
    for (const [name, value, sentence] of [
      ['page_size', 'a5', /a4, a3, letter/],
      ['page_size', 'A4', /a4, a3, letter/],
      ['page_size', null, /a4, a3, letter/],
      ['page_orientation', 'upside down', /landscape, portrait/],
      ['include_scale', 'true', /true or false/],
      ['include_scale', 1, /true or false/],
      ['pdf_raster_dpi', 71, /72 to 600/],
      ['pdf_raster_dpi', 601, /72 to 600/],
      ['pdf_raster_dpi', 72.5, /72 to 600/],
      ['pdf_raster_dpi', '72', /72 to 600/],
      ['raster_resolution_multiplier', 0, /1 to 16/],
      ['raster_resolution_multiplier', 17, /1 to 16/],
      ['raster_resolution_multiplier', 1.5, /1 to 16/],
    ] as const) {
      const body = await validated(shapefile(contract, { options: { [name]: value } }));
      assert.deepEqual(body.invalid_reasons, ['option-invalid'], `${name} ${value}`);
      assert.match(body.errors[`options.${name}`][0], sentence);
    }
  });

  test('one version of a layer may be asked for, and is answered back', async () => {
    const { body } = await site.request('GET', '/layers/1/');
    const items = [{ item: body.version.url }];
    assert.deepEqual((await created(shapefile(contract, { items }))).items, items);
  });
}
