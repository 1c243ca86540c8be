import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadGeos } from '../../src/geometry/geos.ts';
import { mended, united } from '../../src/geometry/mended.ts';

const geos = await loadGeos();

/** A box, counter-clockwise. */
const box = (west: number, south: number, east: number, north: number) => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];
const hole = (...sides: [number, number, number, number]) => box(...sides).reverse();
/** Goes around a box, to the corner of another one, around it and back. */
const bridged = (inner: number[][]) => [...box(0, 0, 4, 4), ...inner, [0, 0]];

for (const [what, polygons, area] of [
  ['a ring that crosses itself', [[box(0, 0, 2, 2).toSpliced(1, 2, [2, 2], [2, 0])]], 2],
  ['a hole that shares a piece of its outline', [[box(0, 0, 1, 1), hole(0.5, 0.2, 1, 0.8)]], 0.7],
  ['a hole that reaches over its outline', [[box(0, 0, 2, 2), hole(1, 1, 3, 3)]], 3],
  ['holes that overlap', [[box(0, 0, 4, 4), hole(1, 1, 2, 2), hole(1.5, 1.5, 3, 3)]], 13],
  ['holes that share an edge', [[box(0, 0, 4, 4), hole(1, 1, 2, 2), hole(2, 1, 3, 2)]], 14],
  ['a ring that goes around its hole as well, either way', [[bridged(hole(1, 1, 3, 3))]], 12],
  ['a ring that goes around its hole in the same direction', [[bridged(box(1, 1, 3, 3))]], 12],
  ['polygons that overlap', [[box(0, 0, 2, 2)], [box(1, 1, 3, 3)]], 7],
  ['polygons that share an edge', [[box(0, 0, 1, 1)], [box(1, 0, 2, 1)]], 2],
] as const)
  test(`mended: ${what}`, () => {
    const mutable = polygons.map((rings) => rings.map((ring) => [...ring]));
    using invalid = geos.fromPolygons(mutable);
    using valid = mended(geos, invalid);
    using all = geos.fromPolygons(united(geos, mutable));
    assert.deepEqual([invalid.isValid(), valid.isValid(), all.isValid()], [false, true, true]);
    for (const geometry of [valid, all]) assert.ok(Math.abs(geometry.area() - area) < 1e-9, `${geometry.area()}`);
  });
