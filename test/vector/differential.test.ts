import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../fixtures/folder.ts';
import { type Case, cases, NO_VALUES, type Shape, type Values } from './arbitraries.ts';
import { Differential, PLACES } from './differential.ts';

const SEED = 20260102;
/** A run takes some seconds of a core; `npm run fuzz` goes on for longer, with other seeds. */
const RUNS = 1;
const differential = new Differential(temporaryFolder());

for (const place of Object.keys(PLACES)) {
  test(`random layers in ${place}, cropped and reprojected at random, are in every format what GDAL makes of them`, async () => {
    await fc.assert(
      fc.asyncProperty(cases([place]), async (one) => {
        const problems = await differential.problems(one);
        assert.deepEqual(problems.slice(0, 10), []);
      }),
      // Smaller cases would take long to find, and what differs is said with its geometry and area.
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
  });
}

test('so much was compared that the tests above mean something', () => {
  assert.ok(differential.compared > 500, `${differential.compared}`);
});

const square = (x: number, y: number, size: number) =>
  [
    [x, y],
    [x + size, y],
    [x + size, y + size],
    [x, y + size],
    [x, y],
  ] as const;
const polygon = (x: number, y: number, size: number): Shape => ({ type: 'Polygon', rings: [square(x, y, size)] });
const all: Case['exports'][number] = { area: null, degrees: false, target: 0 };
const part: Case['exports'][number] = { area: { polygons: [[square(2, 2, 6)]] }, degrees: false, target: 0 };

/** What random cases found once. Numbers of CRSs are those of PLACES. */
const FOUND: [claim: string, place: string, given: Partial<Case>, shapes: readonly (Shape | null)[], values?: Partial<Values>][] = [
  [
    'a datum shift that leans on heights is made with each position’s own, and a cut there loses no measures',
    'Britain',
    { hasZ: true, hasM: true, exports: [{ ...part, target: 2 }] },
    [
      polygon(0, 0, 4),
      {
        type: 'LineString',
        positions: [
          [1, 1],
          [9, 9],
        ],
      },
    ],
  ],
  [
    'what crosses the antimeridian keeps its measures',
    'Fiji',
    { hasM: true, exports: [all, { ...all, target: 2 }] },
    [
      polygon(0, 0, 12),
      {
        type: 'LineString',
        positions: [
          [1, 1],
          [11, 9],
        ],
      },
      {
        type: 'MultiPoint',
        positions: [
          [6, 1],
          [7, 1],
        ],
      },
    ],
  ],
  [
    'so does what comes from a projection',
    'Fiji',
    { crs: 1, hasM: true, exports: [{ ...part, target: 0 }] },
    [
      polygon(3, 3, 4),
      {
        type: 'LineString',
        positions: [
          [1, 1],
          [11, 9],
        ],
      },
    ],
  ],
  [
    'an area without features is no error where GDAL transforms',
    'Britain',
    { hasZ: true, exports: [{ ...part, target: 2 }] },
    [polygon(9, 9, 1)],
  ],
  [
    'what has no place is in no area, though all around it is',
    'New Zealand',
    { exports: [{ ...all, area: { polygons: [[square(-1, -1, 20)]] } }] },
    [polygon(1, 1, 2), null, { type: 'MultiLineString', lines: [] }],
  ],
  [
    'GDAL reads a MultiLineString of one line',
    'New Zealand',
    { exports: [all] },
    [
      {
        type: 'MultiLineString',
        lines: [
          [
            [1, 1],
            [2, 3],
          ],
        ],
      },
    ],
  ],
  [
    'GDAL reads geometries without points, and collections that have some',
    'New Zealand',
    {
      crs: 1,
      hasZ: true,
      hasM: true,
      exports: [
        { ...all, target: 1 },
        { ...all, target: 0 },
      ],
    },
    [
      { type: 'Point', positions: [] },
      { type: 'Polygon', rings: [] },
      { type: 'GeometryCollection', members: [{ type: 'Point', positions: [] }, { type: 'LineString', positions: [] }, polygon(1, 1, 2)] },
    ],
  ],
  [
    'polygons of a collection that lie over each other keep their holes in a Shapefile',
    'New Zealand',
    { exports: [all] },
    [
      {
        type: 'GeometryCollection',
        members: [
          { type: 'Polygon', rings: [square(0, 0, 9), [...square(1, 1, 3)].reverse()] },
          { type: 'Polygon', rings: [square(1, 0, 9), [...square(3, 5, 3)].reverse()] },
        ],
      },
    ],
  ],
  [
    'real numbers past 2^63 are real in GeoJSON',
    'New Zealand',
    { crs: 1, exports: [{ ...all, target: 1 }] },
    [polygon(1, 1, 2)],
    { ratio: -963332697037245300000, single: 2 ** 70 },
  ],
];

for (const [claim, place, given, shapes, values] of FOUND) {
  test(claim, async () => {
    const features = shapes.map((shape, n) => ({ shape, values: { ...NO_VALUES, ...values }, fid: n + 1 }));
    const one: Case = { place, crs: 0, unit: 1, hasZ: false, hasM: false, wrapped: false, table: false, exports: [], features, ...given };
    assert.deepEqual(await differential.problems(one), []);
  });
}
