import assert from 'node:assert/strict';
import { test } from 'node:test';
import { squareExtent } from '../fixtures/data.ts';
import { CORNER, type Contract, csvTable, SENTENCE, shapefile } from './site.ts';

const KML = 'application/vnd.google-earth.kml+xml';

/** "Request semantics": `crs`, checked against the EPSG dataset and PROJ. */
export function crs(contract: Contract): void {
  const { site, item } = contract;
  const validated = async (code: unknown, changes: object = {}) =>
    (await site.request('POST', '/exports/validate/', shapefile(contract, { crs: code, ...changes }))).body;
  const refused = async (code: unknown, reason: string, sentence: RegExp) => {
    const body = await validated(code);
    assert.equal(body.is_valid, false, String(code));
    assert.deepEqual(body.invalid_reasons, [reason], String(code));
    assert.deepEqual(Object.keys(body.errors), ['crs'], String(code));
    assert.match(body.errors.crs[0], sentence);
    assert.match(body.errors.crs[0], SENTENCE);
  };

  test('a code that the EPSG dataset does not have is unknown', async () => {
    // 6326 is a datum, 1188 a transformation: codes of EPSG that are no CRS.
    for (const code of ['EPSG:1', 'EPSG:999999', 'EPSG:6326', 'EPSG:1188'])
      await refused(code, 'crs-unknown', new RegExp(`no coordinate reference system ${code}\\.$`));
  });

  test('what is not EPSG and a number is unknown, with the form that is asked for', async () => {
    for (const code of [
      '2193',
      2193,
      'EPSG:',
      'EPSG:0',
      'EPSG:02193',
      'EPSG: 2193',
      'EPSG:2193 ',
      'EPSG:-1',
      'EPSG:1e3',
      'EPSG:9999999999',
      'EPSG:2193+7839',
      'ESRI:54009',
      'urn:ogc:def:crs:EPSG::2193',
      'OGC:CRS84',
      '+proj=longlat',
      ['EPSG:2193'],
      { id: 'EPSG:2193' },
      true,
    ])
      await refused(code, 'crs-unknown', /such as "EPSG:2193"\.$/);
  });

  test('vertical and geocentric ones are refused by name and kind', async () => {
    for (const [code, name, kind] of [
      ['EPSG:5703', 'NAVD88 height', 'vertical'],
      ['EPSG:7839', 'NZVD2016 height', 'vertical'],
      ['EPSG:4978', 'WGS 84', 'geocentric'],
      ['EPSG:4328', 'WGS 84 \\(geocentric\\)', 'geocentric'],
    ] as const)
      await refused(
        code,
        'crs-unsupported',
        new RegExp(`^${code} \\(${name}\\) is ${kind}; maps need a projected, geographic or compound one`),
      );
  });

  test('one that PROJ has no way to is refused', async () => {
    // Tunisia Mining Grid, a polar stereographic variant and a conic that PROJ does not know, and UTM without a zone.
    for (const code of ['EPSG:22300', 'EPSG:2985', 'EPSG:22700', 'EPSG:32600'])
      await refused(code, 'crs-unsupported', new RegExp(`^PROJ knows no way to ${code} \\(.+\\)`));
  });

  test('a deprecated one is accepted, with a warning that names what takes its place', async () => {
    for (const [code, sentence] of [
      [
        'EPSG:3785',
        /^EPSG:3785 \(Popular Visualisation CRS \/ Mercator\) is deprecated\. The EPSG dataset names EPSG:3857 \(WGS 84 \/ Pseudo-Mercator\) in its place\.$/,
      ],
      ['EPSG:3315', /is deprecated\. The EPSG dataset names EPSG:\d+ \([^)]+\)(?: or EPSG:\d+ \([^)]+\))+ in its place\.$/],
      ['EPSG:4001', /is deprecated\. It names no other in its place\.$/],
    ] as const) {
      const { is_valid: isValid, warnings, errors } = await validated(code);
      assert.equal(isValid, true, JSON.stringify(errors));
      const said = warnings.filter((one: string) => / is deprecated\. /.test(one));
      assert.equal(said.length, 1, code);
      assert.match(said[0], sentence);
    }
    assert.deepEqual((await validated('EPSG:2193', { extent: CORNER })).warnings, []);
  });

  test('a warning says where the area asked for lies outside or beyond the one that the CRS is meant for, and not inside', async () => {
    const warnings = async (code: string, extent?: object) => (await validated(code, extent ? { extent } : {})).warnings;
    const [outside] = await warnings('EPSG:27700', CORNER);
    assert.match(
      outside,
      /^Land Parcels: what is asked for lies outside the area that EPSG:27700 \(OSGB36 \/ British National Grid\) is meant for: /,
    );
    assert.match(outside, SENTENCE);
    // A circuit's area begins east of the corner, another ends within it, a third holds it but not all of the parcels.
    assert.match((await warnings('EPSG:2121', CORNER))[0], /lies outside .* EPSG:2121 \(NZGD2000 \/ Hokitika 2000\)/);
    assert.match((await warnings('EPSG:2127', CORNER))[0], /reaches beyond .* EPSG:2127 \(NZGD2000 \/ Lindis Peak 2000\)/);
    assert.match((await warnings('EPSG:2126'))[0], /reaches beyond .* EPSG:2126 \(NZGD2000 \/ Timaru 2000\)/);
    for (const code of ['EPSG:2126', 'EPSG:2193', 'EPSG:4326', 'EPSG:3857', 'EPSG:32759', 'EPSG:9518'])
      assert.deepEqual(await warnings(code, CORNER), [], code);
    assert.deepEqual(await warnings('EPSG:2193'), []);
  });

  test('the area is that of what is asked for: a crop may bring it inside, on whatever turn and in however many polygons', async () => {
    const shifted = (by: number) => ({
      type: 'Polygon',
      coordinates: CORNER.coordinates.map((ring) => ring.map(([x = 0, y = 0]) => [x + by, y])),
    });
    const apart = (by: number) => ({
      type: 'MultiPolygon',
      coordinates: [shifted(by).coordinates, squareExtent(0.5, 0.1, 0.2).coordinates],
    });
    for (const extent of [shifted(-360), shifted(360), apart(0), apart(-360)]) {
      assert.deepEqual((await validated('EPSG:2126', { extent })).warnings, []);
      assert.match((await validated('EPSG:27700', { extent })).warnings[0], /lies outside the area/);
    }
    const half = { type: 'MultiPolygon', coordinates: [CORNER.coordinates, squareExtent(0.5, 0.7, 0.2).coordinates] };
    assert.match((await validated('EPSG:2126', { extent: half })).warnings[0], /reaches beyond the area/);
  });

  test('crs plays no part for tables and for formats with one of their own, but is checked all the same', async () => {
    const table = (await site.request('POST', '/exports/validate/', csvTable(contract, { crs: 'EPSG:27700' }))).body;
    assert.deepEqual([table.is_valid, table.warnings], [true, []]);
    const kml = { formats: { vector: KML }, items: [{ item: item(1) }] };
    const body = (await site.request('POST', '/exports/validate/', { ...kml, crs: 'EPSG:27700' })).body;
    assert.deepEqual(body.warnings, ['KML is always written in EPSG:4326; EPSG:27700 was ignored for it.']);
    const wrong = (await site.request('POST', '/exports/validate/', { ...kml, crs: 'EPSG:1' })).body;
    assert.deepEqual(wrong.invalid_reasons, ['crs-unknown']);
  });

  test('the warnings of validate are in the export too', async () => {
    const created = await site.request('POST', '/exports/', shapefile(contract, { crs: 'EPSG:3785', extent: CORNER }));
    assert.equal(created.status, 201);
    assert.ok(created.body.warnings.some((one: string) => /EPSG:3785 .* is deprecated/.test(one)));
    await site.request('DELETE', `/exports/${created.body.id}/`);
  });
}
