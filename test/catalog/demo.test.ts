import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Geometry, Position } from 'geojson';
import { cutAtAntimeridian } from '../../src/catalog/demo/antimeridian.ts';
import { DEMO } from '../../src/catalog/demo/sources.ts';
import { boundsPolygon } from '../../src/geometry/bounds.ts';
import { loadGeos } from '../../src/geometry/geos.ts';

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
