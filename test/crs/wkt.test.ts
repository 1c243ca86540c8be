import assert from 'node:assert/strict';
import { test } from 'node:test';
import { horizontalCrs, wktKind } from '../../src/crs/wkt.ts';
import { runGdal } from '../../src/gdal/process.ts';

const FORMS = ['wkt2_2019', 'wkt2_2015', 'wkt1', 'wkt_esri'] as const;

/** A CRS's definition in a form of WKT, as PROJ writes it. */
async function wkt(crs: string, form: (typeof FORMS)[number]): Promise<string> {
  return (await runGdal('gdalsrsinfo', ['-o', form, '--single-line', crs])).stdout.trim();
}

const FOOT = 12 / 39.37;

test('each form of WKT says the kind, the units and the central meridian of a CRS', async () => {
  for (const [crs, geographic, centralMeridian, metresPerUnit] of [
    ['EPSG:2193', false, 173, 1],
    ['EPSG:3857', false, 0, 1],
    ['EPSG:3413', false, -45, 1],
    ['EPSG:3832', false, 150, 1],
    ['EPSG:2225', false, -122, FOOT],
    ['EPSG:4326', true, 0, 1],
  ] as const) {
    for (const form of FORMS) {
      const read = horizontalCrs(await wkt(crs, form));
      assert.equal(read.geographic, geographic, `${crs} ${form}`);
      assert.ok(Math.abs(read.centralMeridian - centralMeridian) < 1e-9, `${crs} ${form}: ${read.centralMeridian}`);
      assert.ok(Math.abs(read.metresPerUnit - metresPerUnit) < 1e-9, `${crs} ${form}: ${read.metresPerUnit}`);
      assert.equal(read.turn, 360);
    }
  }
});

test('grads and the meridian of Paris are told', async () => {
  const { geographic, turn, primeMeridian } = horizontalCrs(await wkt('EPSG:4807', 'wkt2_2019'));
  assert.deepEqual([geographic, turn], [true, 400]);
  assert.ok(Math.abs(primeMeridian - 2.33722917) < 1e-7, String(primeMeridian));
  const lambert = horizontalCrs(await wkt('EPSG:27572', 'wkt2_2019'));
  assert.ok(Math.abs(lambert.centralMeridian - 2.33722917) < 1e-7, String(lambert.centralMeridian));
});

test('a compound CRS’s horizontal part is read, whatever its name holds', async () => {
  const compound = await wkt('EPSG:9518', 'wkt2_2019');
  assert.equal(wktKind(compound), 'compound');
  const { wkt: part, geographic } = horizontalCrs(compound);
  assert.ok(geographic && part.startsWith('GEOGCRS["WGS 84"') && part.endsWith(']'));
  const named = compound.replace(/^COMPOUNDCRS\["[^"]*"/, 'COMPOUNDCRS["a ""b"" [c], d"');
  assert.equal(horizontalCrs(named).wkt, part);
});

test('the kind of a CRS is its first keyword', async () => {
  for (const [crs, kind] of [
    ['EPSG:2193', 'projected'],
    ['EPSG:4326', 'geographic'],
    ['EPSG:4979', 'geographic'],
    ['EPSG:4978', 'geocentric'],
    ['EPSG:5703', 'vertical'],
    ['EPSG:7415', 'compound'],
  ] as const)
    for (const form of ['wkt2_2019', 'wkt2_2015'] as const) assert.equal(wktKind(await wkt(crs, form)), kind, `${crs} ${form}`);
  assert.equal(wktKind('LOCAL_CS["Site"]'), 'engineering');
  assert.equal(wktKind('BOUNDCRS[SOURCECRS[PROJCRS["x"]]]'), 'projected');
  assert.equal(wktKind(''), 'unknown');
});
