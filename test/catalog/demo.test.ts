import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Geometry, Position } from 'geojson';
import { loadDatasets } from '../../src/catalog/datasets.ts';
import { cutAtAntimeridian } from '../../src/catalog/demo/antimeridian.ts';
import { CONTINENTS, continentOf } from '../../src/catalog/demo/continents.ts';
import { writeDemo } from '../../src/catalog/demo/publish.ts';
import { DEMO_RASTERS } from '../../src/catalog/demo/rasters.ts';
import { DEMO } from '../../src/catalog/demo/sources.ts';
import { publishSources } from '../../src/catalog/publish.ts';
import { openDatabase } from '../../src/db/open.ts';
import { boundsPolygon } from '../../src/geometry/bounds.ts';
import { loadGeos } from '../../src/geometry/geos.ts';
import { layout } from '../../src/store/layout.ts';
import { isRaster } from '../../src/store/versionprofile.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { dataFolder } from '../fixtures/site.ts';

const geos = await loadGeos();

function polygons(geometry: Geometry | null): Position[][][] {
  return geometry?.type === 'Polygon' ? [geometry.coordinates] : geometry?.type === 'MultiPolygon' ? geometry.coordinates : [];
}

/** Whether a geometry has something within half a degree of a place. */
function isAt(geometry: Geometry, x: number, y: number): boolean {
  using area = geos.fromPolygons(polygons(geometry));
  using valid = area.makeValid();
  using near = geos.fromPolygons([boundsPolygon([x - 0.5, y - 0.5, x + 0.5, y + 0.5])]);
  return valid.intersects(near);
}

async function country(name: string): Promise<Geometry> {
  const found = DEMO[0]?.features().find(({ properties }) => properties?.name === name)?.geometry;
  assert.ok(found);
  return cutAtAntimeridian(found);
}

test('no polygon of the demo runs around the world but along a pole', async () => {
  for (const { title, features } of DEMO) {
    for (const { geometry } of features()) {
      for (const ring of polygons(geometry && (await cutAtAntimeridian(geometry))).flat()) {
        ring.forEach(([x = 0, y = 0], index) => {
          assert.ok(Math.abs(x) <= 180 && Math.abs(y) <= 90, title);
          const [before = x] = ring[index - 1] ?? [];
          assert.ok(Math.abs(x - before) <= 180 || Math.abs(y) === 90, `${title}: ${before} to ${x} at ${y}`);
        });
      }
    }
  }
});

test('countries on both sides of the antimeridian are there and nowhere between', async () => {
  const [fiji, russia] = [await country('Fiji'), await country('Russia')];
  assert.deepEqual(
    [isAt(fiji, 178, -18), isAt(fiji, -180, -16.5), isAt(fiji, 0, -17), isAt(fiji, -100, -16.5)],
    [true, true, false, false],
  );
  assert.deepEqual(
    [isAt(russia, 100, 60), isAt(russia, -174, 66.5), isAt(russia, 0, 67), isAt(russia, -100, 67)],
    [true, true, false, false],
  );
});

test('Antarctica holds the pole', async () => {
  const antarctica = await country('Antarctica');
  for (const longitude of [-179, -90, 0, 90, 179]) assert.ok(isAt(antarctica, longitude, -89), String(longitude));
  assert.equal(isAt(antarctica, 0, -55), false);
});

test('what does not cross the antimeridian stays as it is', async () => {
  const found = DEMO[0]?.features().find(({ properties }) => properties?.name === 'France')?.geometry;
  assert.ok(found);
  assert.equal(await cutAtAntimeridian(found), found);
});

test('every country of the demo is on a continent', () => {
  const countries = DEMO[0]?.features() ?? [];
  assert.deepEqual(
    countries.filter(({ properties }) => !continentOf(properties?.name)).map(({ properties }) => properties?.name),
    [],
  );
  assert.deepEqual(
    ['Chad', 'Peru', "Côte d'Ivoire", 'N. Cyprus'].map((name) => continentOf(name)?.code),
    ['AF', 'SA', 'AF', 'EU'],
  );
});

test('the demo has imagery, elevation, classes and tiles, each where it belongs on Earth', async () => {
  const dataDir = await dataFolder();
  const { db, close } = await openDatabase({ databaseUrl: null, dataDir });
  const sources = temporaryFolder();
  await writeDemo(sources);
  for (const { write, ...about } of DEMO_RASTERS) await publishSources(db, layout(dataDir), [await write(sources)], about);
  const datasets = await loadDatasets(db, [6, 7, 8, 9]);
  await close();
  assert.deepEqual(
    datasets.map(({ kind }) => kind),
    ['raster', 'grid', 'rat', 'raster'],
  );
  const at = (id: number, longitude: number, latitude: number): number[] => {
    const mosaic = join(layout(dataDir).versionDir(datasets[id - 6]?.version.content ?? ''), 'mosaic.vrt');
    return execFileSync('gdallocationinfo', ['-valonly', '-wgs84', mosaic, String(longitude), String(latitude)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
  };
  for (const { kind, license, description, version } of datasets) {
    assert.equal(typeof license?.type, 'string');
    assert.match(description, /npm package/);
    if (isRaster(version.profile)) assert.deepEqual([kind, version.profile.extent], [kind, [-180, -90, 180, 90]]);
  }
  // The Sahara is yellow and the Pacific blue, in the mosaic of the tiles too.
  for (const id of [6, 9]) {
    const [[red = 0, , blue = 0], [seaRed = 0, , seaBlue = 0]] = [at(id, 20, 22), at(id, -140, -10)];
    assert.ok(red > blue && seaBlue > seaRed, `${[red, blue, seaRed, seaBlue]}`);
  }
  const [everest = 0, tibet = 0, altiplano = 0] = [at(7, 86.925, 27.988)[0], at(7, 88, 33)[0], at(7, -68, -20)[0]];
  assert.ok(everest > 5500 && Math.abs(tibet - 5000) < 300 && Math.abs(altiplano - 3700) < 300, `${[everest, tibet, altiplano]}`);
  assert.deepEqual([at(7, -140, -10), at(7, -30, 40)], [[0], [0]]);
  const code = (longitude: number, latitude: number) => CONTINENTS.find(({ value }) => value === at(8, longitude, latitude)[0])?.code;
  assert.deepEqual(
    [code(20, 22), code(100, 60), code(-60, -10), code(134, -25), code(0, -85), code(-140, -10)],
    ['AF', 'AS', 'SA', 'OC', 'AN', undefined],
  );
  const [classes, tiled] = [datasets[2]?.version.profile, datasets[3]?.version.profile];
  assert.ok(classes && isRaster(classes) && tiled && isRaster(tiled));
  assert.deepEqual(classes.rat?.rows.map(([value, name]) => [value, name])[3], [4, 'Europe']);
  assert.deepEqual([tiled.tiled, tiled.tile_count, tiled.lossy, tiled.compression], [true, 8, true, 'JPEG']);
});
