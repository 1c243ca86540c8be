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
