import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoxClassifier } from '../../src/geometry/classify.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { areClear, areRingsApart, ClearEdges } from '../../src/vector/clearance.ts';

const polygon = (...rings: number[][][]): Geometry => {
  let end = 0;
  const ends = Uint32Array.from(rings, (ring) => (end += ring.length));
  return { type: 'Polygon', xy: Float64Array.from(rings.flat(2)), z: null, m: null, ends, parts: [] };
};
const square = (x: number, y: number, side: number) => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
];

test('a segment is clear of those before and behind it, and of all that are away', () => {
  const one = polygon(square(0, 0, 10), square(2, 2, 2).reverse());
  for (const position of [0, 1, 2, 3, 5, 6, 7, 8]) assert.ok(areClear([{ polygon: one, position }], [one, polygon(square(11, 0, 4))], 15));
});

test('a segment that another ring or polygon touches is not clear', () => {
  const touched = polygon(square(0, 0, 10), [
    [5, 0],
    [6, 2],
    [4, 2],
    [5, 0],
  ]);
  assert.equal(areClear([{ polygon: touched, position: 0 }], [touched], 10), false);
  assert.ok(areClear([{ polygon: touched, position: 1 }], [touched], 10));
  const one = polygon(square(0, 0, 10));
  assert.equal(areClear([{ polygon: one, position: 1 }], [one, polygon(square(10, 10, 4))], 14), false);
  assert.ok(areClear([{ polygon: one, position: 0 }], [one, polygon(square(10, 10, 4))], 14));
});

test('segments that share an end and nearly lie on each other are not clear', () => {
  const spike = (width: number) =>
    polygon([
      [0, 0],
      [1000, 0],
      [0, width],
      [0, 0],
    ]);
  const [thin, wide] = [spike(1000 * 2 ** -48), spike(1e-6)];
  for (const position of [0, 1]) assert.equal(areClear([{ polygon: thin, position }], [thin], 1000), false);
  for (const position of [0, 1, 2]) assert.ok(areClear([{ polygon: wide, position }], [wide], 1000));
});

test('of many segments each is compared with those around it', () => {
  const teeth = Array.from({ length: 200 }, (_, k) => [k, k % 2]);
  const comb = polygon([...teeth, [200, 10], [0, 10], [0, 0]]);
  const all = Array.from({ length: 199 }, (_, position) => ({ polygon: comb, position }));
  assert.ok(areClear(all, [comb], 200));
  const touching = polygon([...teeth, [100, 1], [0, 10], [0, 0]]);
  assert.equal(
    areClear(
      all.map(({ position }) => ({ polygon: touching, position })),
      [touching],
      200,
    ),
    false,
  );
});

test('edges of a crop that touch others are not clear, nor are any for places far beyond it', () => {
  const corner = [
    [4, 4],
    [6, 4],
    [6, 6],
    [4, 6],
    [4, 4],
  ];
  const crop = new BoxClassifier(
    [[square(0, 0, 4)], [corner]].map((rings) => rings.map((ring) => ring.map(([x = 0, y = 0]): [number, number] => [x, y]))),
  );
  const clear = new ClearEdges(crop);
  assert.deepEqual(
    Array.from({ length: 8 }, (_, edge) => clear.has(edge, 6)),
    [true, false, false, true, false, true, true, false],
  );
  assert.equal(clear.has(0, 1000), false);
});

test('rings are apart where their boxes are, and where the outer one is in no box of a hole', () => {
  const hole = (x: number, y: number, side: number) => square(x, y, side).reverse();
  const spans = (one: Geometry) => Array.from(one.ends ?? [], (to, ring): [number, number] => [one.ends?.[ring - 1] ?? 0, to]);
  const areApart = (...rings: number[][][]) => {
    const one = polygon(...rings);
    return areRingsApart(one, spans(one), 20);
  };
  const outer = square(0, 0, 20);
  assert.ok(areApart(outer));
  assert.ok(areApart(outer, hole(2, 2, 2), hole(5, 2, 2), hole(2, 5, 2)));
  // Side by side, and one in the other's box.
  assert.equal(areApart(outer, hole(2, 2, 2), hole(4, 4, 2)), false);
  assert.equal(areApart(outer, hole(2, 2, 8), hole(4, 4, 2)), false);
  const notched = [...outer.slice(0, 2), [20, 8], [3, 3], [20, 12], ...outer.slice(2)];
  assert.ok(areApart(notched, hole(1, 5, 1)));
  assert.equal(areApart(notched, hole(2, 2, 2)), false);
  assert.equal(areApart(notched, hole(2, 1, 3)), false);
  // Of very many in a column it is not told.
  const column = (holes: number) => Array.from({ length: holes }, (_, n) => hole(2, 1 + n / 1000, 0.0005));
  assert.ok(areApart(outer, ...column(1000)));
  assert.equal(areApart(outer, ...column(3000)), false);
});
