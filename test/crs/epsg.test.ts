import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { crsResource, lookupCrs, parseCrsCode, projDatabase } from '../../src/crs/epsg.ts';
import { isReachable } from '../../src/crs/reach.ts';
import { runGdal } from '../../src/gdal/process.ts';

test('a code is EPSG and a number without a zero before it, in any case of letters', () => {
  assert.equal(parseCrsCode('epsg:2193'), 'EPSG:2193');
  for (const value of ['EPSG:02193', 'EPSG:0', ' EPSG:2193', 'EPSG:2193\n', 'EPSG:1234567890', 2193, null, ['EPSG:2193']])
    assert.equal(typeof parseCrsCode(value), 'object', String(value));
});

test('a CRS is known by its name, kind, area of use and whether it can carry a map', () => {
  const { area, ...rest } = lookupCrs('EPSG:2193') ?? assert.fail();
  assert.deepEqual(rest, {
    id: 'EPSG:2193',
    srid: 2193,
    name: 'NZGD2000 / New Zealand Transverse Mercator 2000',
    kind: 'projected',
    supported: true,
    method: 9807,
    deprecated: false,
    successors: [],
  });
  assert.ok(area && area.west > 160 && area.east < 180 && /New Zealand/.test(area.name));
  for (const [id, kind, supported] of [
    ['EPSG:4326', 'geographic 2D', true],
    ['EPSG:4979', 'geographic 3D', true],
    ['EPSG:9518', 'compound', true],
    ['EPSG:4978', 'geocentric', false],
    ['EPSG:5703', 'vertical', false],
  ] as const) {
    const crs = lookupCrs(id);
    assert.deepEqual([crs?.kind, crs?.supported], [kind, supported], id);
  }
  assert.equal(lookupCrs('EPSG:1'), undefined);
  assert.equal(lookupCrs('ESRI:54009'), undefined);
});

test('an area across the antimeridian goes on past 180°', () => {
  const area = lookupCrs('EPSG:3460')?.area;
  assert.ok(area && area.west > 170 && area.east > 180 && area.east < 190, JSON.stringify(area));
});

test('a deprecated CRS names its successors', () => {
  const { deprecated, successors } = lookupCrs('EPSG:3785') ?? assert.fail();
  assert.deepEqual([deprecated, successors], [true, ['EPSG:3857']]);
});

test('the API tells a CRS by the EPSG dataset’s words, or by those of its definition', () => {
  const named = { id: 'EPSG:4979', name: 'anything', wkt: '' };
  assert.deepEqual(crsResource(named), { id: 'EPSG:4979', srid: 4979, name: 'WGS 84', kind: 'geographic' });
  const own = { id: null, name: 'Site grid', wkt: 'ENGCRS["Site grid"]' };
  assert.deepEqual(crsResource(own), { id: null, srid: null, name: 'Site grid', kind: 'engineering' });
});

test('whether PROJ has a way to a CRS is what gdaltransform says, for each method of projection', async () => {
  const database = new DatabaseSync(projDatabase() ?? assert.fail(), { readOnly: true });
  const methods = database.prepare(
    `SELECT min(p.code) AS code FROM projected_crs p JOIN conversion c ON c.auth_name = p.conversion_auth_name AND c.code = p.conversion_code
     WHERE p.auth_name = 'EPSG' AND c.method_auth_name = 'EPSG' GROUP BY c.method_code`,
  );
  const ids = methods.all().map(({ code }) => `EPSG:${code}`);
  assert.ok(ids.length > 30);
  for (const id of [...ids, 'EPSG:4326', 'EPSG:4269']) {
    const crs = lookupCrs(id) ?? assert.fail();
    const { west, east, south, north } = crs.area ?? assert.fail();
    const place = `${(west + east) / 2} ${(south + north) / 2}\n`;
    const way = runGdal('gdaltransform', ['-output_xy', '-s_srs', 'EPSG:4326', '-t_srs', id], { stdin: place });
    const goes = await way.then(
      ({ stdout }) => /^-?\d/.test(stdout),
      () => false,
    );
    assert.equal(await isReachable(crs), goes, id);
  }
});
