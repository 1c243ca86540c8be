import assert from 'node:assert/strict';
import { test } from 'node:test';
import { polygonsToWkb, wkbToPolygons } from '../../src/geometry/polygons.ts';

const square = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 0],
];

/** Little-endian WKB of a type, of 32-bit numbers and of positions. */
function wkb(type: number, count: number[], positions: number[][] = []): Buffer {
  const head = Buffer.alloc(5 + 4 * count.length);
  head.writeUInt8(1);
  head.writeUInt32LE(type, 1);
  count.forEach((value, index) => {
    head.writeUInt32LE(value, 5 + 4 * index);
  });
  return Buffer.concat([head, Buffer.from(Float64Array.from(positions.flat()).buffer)]);
}

test('of a collection the polygons are kept, whatever stands before, between and after them', () => {
  const line = wkb(2, [2], square.slice(0, 2));
  const point = wkb(1, [], [[5, 6]]);
  const polygon = wkb(3, [1, 4], square);
  const lines = Buffer.concat([wkb(5, [2]), line, line]);
  const high = wkb(
    1003,
    [1, 4],
    square.map((position) => [...position, 9]),
  );
  const nested = Buffer.concat([wkb(7, [2]), line, polygon]);
  const members = [line, polygon, point, lines, high, point, nested, line];
  assert.deepEqual(wkbToPolygons(Buffer.concat([wkb(7, [members.length]), ...members])), [[square], [square], [square]]);
});

test('polygons come back from WKB as they were', () => {
  const polygons = [[square, square.map(([x = 0, y = 0]) => [x / 4, y / 4])], [square]];
  assert.deepEqual(wkbToPolygons(polygonsToWkb(polygons)), polygons);
  assert.deepEqual(wkbToPolygons(polygonsToWkb([])), []);
});
