import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadGeos } from '../../src/geometry/geos.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { isEmpty } from '../../src/store/shape.ts';
import { Wrapper } from '../../src/vector/wrap.ts';

const geos = await loadGeos();

/** A box between two longitudes. */
function box(west: number, east: number): Geometry {
  const xy = Float64Array.from([west, 0, east, 0, east, 1, west, 1, west, 0]);
  return { type: 'Polygon', xy, z: null, m: null, ends: Uint32Array.from([5]), parts: [] };
}

test('what crosses the antimeridian becomes two parts, what goes around some times one a turn', () => {
  using wrapper = new Wrapper(geos);
  assert.equal(wrapper.wrap(box(170, 190)).parts.length, 2);
  assert.equal(wrapper.wrap(box(-180, 900)).parts.length, 3);
  assert.equal(wrapper.failed, 0);
});

test('longitudes that go around for ever end at once, and are counted', () => {
  using wrapper = new Wrapper(geos);
  for (const [west, east] of [
    [-4.7e305, 171],
    [0, 1e9],
    [-1e18, 1e18],
    [Number.NEGATIVE_INFINITY, 0],
  ] as const)
    assert.ok(isEmpty(wrapper.wrap(box(west, east))));
  assert.equal(wrapper.failed, 4);
});

test('what is large is split without GEOS too, what is not valid along the antimeridian', () => {
  using wrapper = new Wrapper(geos, 0);
  using exact = new Wrapper(geos);
  assert.deepEqual(wrapper.wrap(box(170, 190)), exact.wrap(box(170, 190)));
  // A bow tie with its knot east of 180°, and a box that only touches the line.
  const tie = { ...box(170, 190), xy: Float64Array.from([170, 0, 190, 1, 190, 0, 170, 1, 170, 0]) };
  const { type, parts } = wrapper.wrap({ ...tie, type: 'MultiPolygon', xy: new Float64Array(), ends: null, parts: [tie, box(175, 180)] });
  assert.equal(type, 'MultiPolygon');
  assert.deepEqual(
    parts.map(({ xy, ends }) => [[...xy], [...(ends ?? [])]]),
    [
      [[170, 0, 180, 0.5, 180, 0.5, 170, 1, 170, 0], [5]],
      [[...box(175, 180).xy], [5]],
      [[-180, 0.5, -170, 1, -170, 0, -180, 0.5, -180, 0.5], [5]],
    ],
  );
  assert.equal(wrapper.failed, 0);
});
