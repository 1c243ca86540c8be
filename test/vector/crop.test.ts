import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parcels, roads, squareExtent } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { exported, farthest, type ReadFeature, readFeatures } from '../fixtures/readback.ts';
import { startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
/** The parcels in New Zealand's own projection, and a layer on both sides of the antimeridian. */
const projected = join(folder, 'projected.gpkg');
execFileSync('ogr2ogr', ['-f', 'GPKG', projected, parcels(folder), '-t_srs', 'EPSG:2193', '-lco', 'FID=key']);
const pacific = join(folder, 'pacific.geojson');
const points = [178, 179.5, -179.5, -178, 0].map((x, n) => ({
  type: 'Feature',
  properties: { id: n + 1 },
  geometry: { type: 'Point', coordinates: [x, -18] },
}));
writeFileSync(pacific, JSON.stringify({ type: 'FeatureCollection', features: points }));
const site = await startSite({
  publish: [
    [parcels(folder), { id: 1, title: 'Parcels' }],
    [roads(folder), { id: 2, title: 'Roads' }],
    [projected, { id: 3, title: 'Projected' }],
    [pacific, { id: 4, title: 'Pacific' }],
  ],
});

/** An area with slanting edges, so that whole features, cut ones and absent ones all occur. */
const AREA = {
  type: 'Polygon',
  coordinates: [
    [
      [170.05, -43.97],
      [170.83, -43.9],
      [170.6, -43.2],
      [170.31, -43.55],
      [170.05, -43.97],
    ],
  ],
};

async function gpkg(id: number, extent: object, crs: string): Promise<ReadFeature[]> {
  const { dir, done } = await exported(site, folder, {
    crs,
    formats: { vector: 'application/x-ogc-gpkg' },
    items: [{ item: `${site.api}/layers/${id}/` }],
    extent,
  });
  const name = done.name.replace(/-GPKG$/, '');
  return readFeatures(join(dir, name, `${name}.gpkg`));
}

async function reference(name: string, crs: string): Promise<ReadFeature[]> {
  const clip = join(folder, 'clip.geojson');
  writeFileSync(clip, JSON.stringify(AREA));
  const path = join(folder, `${name}-${crs.slice(5)}.gpkg`);
  execFileSync(
    'ogr2ogr',
    [
      '-f',
      'GPKG',
      '-overwrite',
      path,
      join(folder, `${name}.geojson`),
      '-clipsrc',
      clip,
      '-t_srs',
      crs,
      '-nlt',
      'GEOMETRY',
      '-nln',
      'clipped',
      '-lco',
      'FID=key',
    ],
    { stdio: 'ignore' },
  );
  // GDAL 3.6 keeps what only touches the area, as points and lines of polygons.
  return (await readFeatures(path)).filter(({ wkt }) => /POLYGON/.test(wkt) || name === 'roads');
}

function same(mine: readonly ReadFeature[], theirs: readonly ReadFeature[], tolerance: number): void {
  assert.deepEqual(mine.map(({ values }) => Number(values.id)).sort(), theirs.map(({ values }) => Number(values.id)).sort());
  for (const { values, wkt } of theirs) {
    const feature = mine.find((one) => one.values.id === values.id);
    assert.deepEqual(feature?.values, values);
    const away = farthest(feature?.wkt ?? '', wkt);
    assert.ok(away <= tolerance, `feature ${values.id} is ${away} away`);
  }
}

test('a crop is GDAL’s own, feature by feature, with and without another coordinate system', async () => {
  for (const [id, name] of [
    [1, 'parcels'],
    [2, 'roads'],
  ] as const) {
    same(await gpkg(id, AREA, 'EPSG:4326'), await reference(name, 'EPSG:4326'), 1e-9);
    same(await gpkg(id, AREA, 'EPSG:2193'), await reference(name, 'EPSG:2193'), 1e-3);
  }
});

test('the edges of an area are straight in longitude and latitude, not in the layer’s projection', async () => {
  const mine = await gpkg(3, squareExtent(0.05, 0.05, 0.9), 'EPSG:4326');
  assert.equal(mine.length, 100);
  for (const { wkt } of mine) {
    for (const [x, y] of wkt.matchAll(/(-?[\d.]+) (-?[\d.]+)/g).map(([, a, b]) => [Number(a), Number(b)] as const)) {
      assert.ok(x >= 170.05 - 1e-8 && x <= 170.95 + 1e-8 && y >= -43.95 - 1e-8 && y <= -43.05 + 1e-8, `${x} ${y}`);
    }
  }
});

test('an area across the antimeridian finds what lies on both sides, however it is written', async () => {
  const box = (west: number, east: number) => ({
    type: 'Polygon',
    coordinates: [
      [
        [west, -20],
        [east, -20],
        [east, -10],
        [west, -10],
        [west, -20],
      ],
    ],
  });
  const both = { type: 'MultiPolygon', coordinates: [box(177, 180).coordinates, box(-180, -177).coordinates] };
  for (const extent of [box(177, 183), box(-183, -177), both]) {
    const ids = (await gpkg(4, extent, 'EPSG:4326')).map(({ values }) => values.id).sort();
    assert.deepEqual(ids, ['1', '2', '3', '4']);
  }
  assert.deepEqual(
    (await gpkg(4, box(178.5, 180), 'EPSG:3832')).map(({ values }) => values.id),
    ['2'],
  );
});

test('a layer’s own extent is told past 180° where it crosses the antimeridian', async () => {
  const { body } = await site.request('GET', '/layers/4/');
  const longitudes = body.data.extent.coordinates[0].map(([x = 0]: number[]) => x);
  assert.ok(Math.max(...longitudes) >= 182 && Math.max(...longitudes) - Math.min(...longitudes) < 200, String(longitudes));
});

test('what a coordinate system cannot hold is left out, counted and said', async () => {
  const path = join(folder, 'poles.geojson');
  const features = [
    [0, 0],
    [10, 90],
  ].map((coordinates, n) => ({ type: 'Feature', properties: { id: n }, geometry: { type: 'Point', coordinates } }));
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }));
  await site.publish(path, { id: 5, title: 'Poles' });
  const { dir, done } = await exported(site, folder, {
    crs: 'EPSG:3857',
    formats: { vector: 'text/csv' },
    items: [{ item: `${site.api}/layers/5/` }],
  });
  assert.equal((await readFeatures(join(dir, 'poles', 'poles.csv'))).length, 1);
  assert.ok(
    done.warnings.some((one: string) => /1 feature lies where EPSG:3857 cannot hold a place/.test(one)),
    done.warnings.join('\n'),
  );
  assert.equal(JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')).items[0].dropped_count, 1);
});
