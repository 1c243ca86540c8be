import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { boundsPolygon } from '../../src/geometry/bounds.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { exported, positions, type ReadFeature, readFeatures } from '../fixtures/readback.ts';
import { startSite } from '../fixtures/site.ts';

const run = promisify(execFile);
const folder = temporaryFolder();
const box = (west: number, south: number, east: number, north: number) => ({
  type: 'Polygon',
  coordinates: boundsPolygon([west, south, east, north]),
});
const boxes = (...parts: { coordinates: number[][][] }[]) => ({
  type: 'MultiPolygon',
  coordinates: parts.map(({ coordinates }) => coordinates),
});

function geojson(name: string, geometries: object[]): string {
  const path = join(folder, `${name}.geojson`);
  const features = geometries.map((geometry, n) => ({ type: 'Feature', properties: { id: n + 1 }, geometry }));
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }));
  return path;
}

async function projected(path: string, crs: string): Promise<string> {
  const made = path.replace('.geojson', `-${crs.slice(5)}.gpkg`);
  await run('ogr2ogr', ['-f', 'GPKG', '-lco', 'FID=key', '-t_srs', crs, made, path]);
  return made;
}

/** Longitudes of the points of each ring around a pole. */
const AROUND = Array.from({ length: 12 }, (_, n) => -180 + 30 * n);
const rings = (...latitudes: number[]) =>
  latitudes.flatMap((latitude) => AROUND.map((longitude) => ({ type: 'Point', coordinates: [longitude, latitude] })));
/** Cells of 30° all over the world, by west and south. */
const CELLS = Array.from({ length: 72 }, (_, n) => [-180 + 30 * Math.floor(n / 6), -90 + 30 * (n % 6)] as const);
const points = (...longitudes: number[]) => longitudes.map((longitude) => ({ type: 'Point', coordinates: [longitude, -18] }));

const arctic = rings(75, 81, 85, 90);
const antarctic = rings(-75, -81, -85, -90);
const cells = geojson(
  'cells',
  CELLS.map(([west, south]) => box(west, south, west + 30, south + 30)),
);
/** A feature of more bytes than are read at once. */
const coast = {
  type: 'Polygon',
  coordinates: [
    Array.from({ length: 150_001 }, (_, n) => {
      const angle = (2 * Math.PI * (n % 150_000)) / 150_000;
      return [180 + 0.5 * Math.cos(angle), -18 + 0.5 * Math.sin(angle)];
    }),
  ],
};
const pacific = geojson('pacific', points(178, 180, -180, -178, 0));
const published = [
  [1, geojson('poles', [...arctic, ...antarctic])],
  [2, await projected(geojson('arctic', arctic), 'EPSG:3413')],
  [3, await projected(geojson('antarctic', antarctic), 'EPSG:3031')],
  [4, cells],
  // The same cells in longitudes from 0 to 360.
  [
    5,
    geojson(
      'cells-360',
      CELLS.map(([west, south]) => box((west + 360) % 360, south, ((west + 360) % 360) + 30, south + 30)),
    ),
  ],
  [6, await projected(cells, 'EPSG:6933')],
  [7, pacific],
  [8, await projected(pacific, 'EPSG:3857')],
  [9, geojson('island', [box(175, -20, 185, -10)])],
  [10, await projected(geojson('coast', [{ type: 'Point', coordinates: [179, -17] }, coast]), 'EPSG:3460')],
] as const;
const site = await startSite({ publish: published.map(([id, path]) => [path, { id, title: `Layer ${id}` }]) });

/** Several layers of one export, each read back; and its warnings. */
async function crop(ids: readonly number[], crs: string, extent: object | null) {
  const { dir, done } = await exported(site, folder, {
    crs,
    formats: { vector: 'application/flatgeobuf' },
    items: ids.map((id) => ({ item: `${site.api}/layers/${id}/` })),
    ...(extent ? { extent } : {}),
  });
  const layers = await Promise.all(ids.map((id) => readFeatures(join(dir, `layer-${id}`, `layer-${id}.fgb`))));
  const warnings: string[] = done.warnings;
  return { layers, warnings, dir };
}

const ids = (features: readonly ReadFeature[]) => features.map(({ values }) => Number(values.id)).sort((a, b) => a - b);
/** [west, south, east, north] of all positions, to a thousandth. */
function bounds(features: readonly ReadFeature[]) {
  const all = features.flatMap(({ wkt }) => positions(wkt));
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].map((value) => Math.round(value * 1000) / 1000);
}

test('an area across the antimeridian is the same however it is written, for layers in either range of longitudes and in projections', async () => {
  for (const extent of [box(165, -25, 195, -5), box(-195, -25, -165, -5), boxes(box(165, -25, 180, -5), box(-180, -25, -165, -5))]) {
    const { layers } = await crop([5, 6, 7, 8], 'EPSG:4326', extent);
    for (const layer of layers.slice(0, 2)) {
      assert.deepEqual(ids(layer), [3, 69]);
      assert.deepEqual(bounds(layer), [-180, -25, 180, -5]);
      // Nothing runs around the world between the two sides.
      for (const { wkt } of layer) assert.ok(positions(wkt).every(([x]) => Math.abs(x) >= 165 - 1e-9));
    }
    for (const layer of layers.slice(2)) assert.deepEqual(ids(layer), [1, 2, 3, 4]);
  }
});

test('longitudes from 0 to 360 and from -180 to 180 mean the same places, in layers and in areas', async () => {
  for (const [extent, expected, west, east] of [
    [box(200, 5, 220, 25), [4, 10], -160, -140],
    [box(-160, 5, -140, 25), [4, 10], -160, -140],
    [box(340, 5, 375, 25), [34, 40], -20, 15],
    [box(-20, 5, 15, 25), [34, 40], -20, 15],
    [box(0, 5, 360, 25), Array.from({ length: 12 }, (_, n) => 4 + 6 * n), -180, 180],
  ] as const) {
    const { layers } = await crop([4, 5], 'EPSG:4326', extent);
    for (const layer of layers) {
      assert.deepEqual(ids(layer), expected);
      assert.deepEqual(bounds(layer), [west, 5, east, 25]);
    }
  }
});

test('an area around a pole keeps all that lies around it, from layers in degrees and in polar projections', async () => {
  const within80 = Array.from({ length: 36 }, (_, n) => 13 + n);
  for (const [crs, asked, extent, radius] of [
    ['EPSG:3413', [1, 2], box(-180, 80, 180, 90), 976_874.447],
    ['EPSG:3995', [1, 2], box(0, 80, 360, 90), 979_806.327],
    ['EPSG:3031', [1, 3], box(-180, -90, 180, -80), 979_806.327],
    ['EPSG:4326', [1, 2], boxes(box(-180, 80, 0, 90), box(0, 80, 180, 90)), null],
  ] as const) {
    const { layers, warnings } = await crop(asked, crs, extent);
    for (const [index, layer] of layers.entries()) {
      const before = asked[index] === 1 && crs === 'EPSG:3031' ? arctic.length : 0;
      assert.deepEqual(
        ids(layer),
        within80.map((id) => id + before),
        crs,
      );
      const farthest = Math.max(...layer.flatMap(({ wkt }) => positions(wkt)).map(([x, y]) => Math.hypot(x, y)));
      if (radius !== null) assert.ok(Math.abs(farthest - radius) < 0.01, `${crs}: ${farthest}`);
    }
    assert.deepEqual(warnings, []);
  }
});

test('a ring around a pole that leaves the pole out has a hole there', async () => {
  const { layers } = await crop([1, 2], 'EPSG:3413', box(-180, 80, 180, 84));
  for (const layer of layers)
    assert.deepEqual(
      ids(layer),
      Array.from({ length: 12 }, (_, n) => 13 + n),
    );
});

test('an area up to the poles and the antimeridian takes all of a layer; what Web Mercator cannot hold is left out, counted and said', async () => {
  const held = CELLS.flatMap(([, south], n) => (south > -90 && south < 60 ? [n + 1] : []));
  for (const extent of [null, box(0, -90, 360, 90)]) {
    const { layers, warnings, dir } = await crop([4, 5], 'EPSG:3857', extent);
    for (const layer of layers) {
      assert.deepEqual(ids(layer), held);
      assert.deepEqual(bounds(layer), [-20037508.343, -8399737.89, 20037508.343, 8399737.89]);
      // None is stretched across the map.
      for (const { wkt } of layer) {
        const xs = positions(wkt).map(([x]) => x);
        assert.ok(Math.max(...xs) - Math.min(...xs) < 3_339_585);
      }
    }
    const said = warnings.filter((one) => /24 features lie where EPSG:3857 cannot hold a place, and were left out/.test(one));
    assert.equal(said.length, 2, warnings.join('\n'));
    const { items } = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
    assert.deepEqual(
      items.map((item: { dropped_count: number }) => item.dropped_count),
      [24, 24],
    );
  }
  const { layers, warnings } = await crop([4], 'EPSG:3857', box(-180, -85, 180, 85));
  assert.equal(layers[0]?.length, 72);
  assert.deepEqual(warnings, []);
});

/** The files of versions that the server has open. */
function openVersions(): string[] {
  return readdirSync(`/proc/${site.process.pid}/fd`).flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/${site.process.pid}/fd/${fd}`);
      return path.endsWith('features.fgb') ? [path] : [];
    } catch {
      return [];
    }
  });
}

test('no version’s file stays open once its export is done', { skip: process.platform !== 'linux' }, async () => {
  await crop([4, 5], 'EPSG:3857', null);
  // Threads close theirs after the export.
  for (let tries = 0; openVersions().length > 0 && tries < 50; tries++) await delay(100);
  assert.deepEqual(openVersions(), []);
});

test('a projection that is not cut at the antimeridian shows what crosses it in one piece', async () => {
  const { layers } = await crop([9], 'EPSG:3832', null);
  assert.deepEqual(bounds(layers[0] ?? []), [2782987.27, -2258423.649, 3896182.178, -1111475.103]);
  assert.match(layers[0]?.[0]?.wkt ?? '', /^(MULTI)?POLYGON \(+[^()]*\)+$/);
});

const RADIUS = 6_378_137;
const fromMercator = (x: number, y: number) =>
  [x / RADIUS, Math.atan(Math.sinh(y / RADIUS))].map((angle) => (angle * 180) / Math.PI) as [number, number];
for (const [crs, degrees] of [
  ['EPSG:4326', (x: number, y: number) => [x, y] as [number, number]],
  ['EPSG:3857', fromMercator],
] as const)
  test(`a feature of some megabytes across the antimeridian comes to ${crs} as all others do`, async () => {
    const [layer = []] = (await crop([10], crs, null)).layers;
    assert.deepEqual(ids(layer), [1, 2]);
    const placesOf = (id: number) =>
      positions(layer.find(({ values }) => Number(values.id) === id)?.wkt ?? '').map(([x, y]) => degrees(x, y));
    assert.deepEqual(
      placesOf(1).map((place) => place.map((value) => Math.round(value * 1e6) / 1e6)),
      [[179, -17]],
    );
    const places = placesOf(2);
    assert.ok(places.length > 150_000, `${places.length} positions`);
    const isOnCoast = ([x, y]: readonly [number, number]) => Math.abs(Math.hypot(x < 0 ? x + 180 : x - 180, y + 18) - 0.5) < 1e-6;
    assert.ok(places.every((place) => Math.abs(place[0]) > 180 - 1e-6 || isOnCoast(place)));
  });
