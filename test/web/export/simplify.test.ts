import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Position } from 'geojson';
import { boxPolygon, geometryOf, polygonsOf, vertexCount } from '../../../web/export/geometry.ts';
import { simplifyToFit } from '../../../web/export/simplify.ts';

function circle(x: number, y: number, radius: number, vertices: number): Position[] {
  const ring = Array.from({ length: vertices }, (_, n) => {
    const angle = (2 * Math.PI * n) / vertices;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
  return [...ring, ring[0] ?? []];
}

function area(ring: readonly Position[]): number {
  const twice = ring.slice(1).reduce((sum, [x = 0, y = 0], n) => sum + (ring[n]?.[0] ?? 0) * y - x * (ring[n]?.[1] ?? 0), 0);
  return Math.abs(twice / 2);
}

test('an area that fits stays as it is', () => {
  const box = boxPolygon([170, -44, 171, -43]);
  assert.equal(simplifyToFit(box, 4), box);
});

test('an area that does not fit has just as many vertices as may be, and nearly its size', () => {
  const round = geometryOf([[circle(172, -43, 1, 20_000)]]);
  const fitted = simplifyToFit(round, 1000);
  assert.equal(vertexCount(fitted), 1000);
  const [before = [], after = []] = [polygonsOf(round)[0]?.[0], polygonsOf(fitted)[0]?.[0]];
  assert.ok(Math.abs(area(after) / area(before) - 1) < 0.0001);
  assert.deepEqual(after[0], after.at(-1));
});

test('an area of a million vertices is simplified within a moment, and keeps its size', () => {
  const round = geometryOf([[circle(172, -43, 1, 1_000_000), circle(172, -43, 0.01, 12)]]);
  const before = process.cpuUsage();
  const fitted = simplifyToFit(round, 1000);
  const { user } = process.cpuUsage(before);
  assert.ok(user < 4_000_000, `${user} µs of CPU time`);
  assert.equal(vertexCount(fitted), 1000);
  const [outline = [], hole = []] = polygonsOf(fitted)[0] ?? [];
  assert.ok(Math.abs(area(outline) / Math.PI - 1) < 0.0001);
  assert.ok(hole.length >= 4);
});

test('every ring that is kept is a ring, and holes stay with their outlines', () => {
  const polygons = Array.from({ length: 50 }, (_, n) => [circle(n, 0, 0.4, 40), circle(n, 0, 0.2, 30)]);
  const fitted = simplifyToFit(geometryOf(polygons), 400);
  assert.ok(vertexCount(fitted) <= 400);
  assert.equal(polygonsOf(fitted).length, 50);
  for (const ring of polygonsOf(fitted).flat()) assert.ok(ring.length >= 4);
});

test('where three vertices a ring are too many, the smallest rings go', () => {
  const polygons = Array.from({ length: 100 }, (_, n) => [circle(n, 0, n === 42 ? 0.4 : 0.01, 8)]);
  const fitted = simplifyToFit(geometryOf(polygons), 30);
  assert.ok(vertexCount(fitted) <= 30);
  assert.ok(polygonsOf(fitted).some(([ring]) => Math.abs((ring?.[0]?.[0] ?? 0) - 42) < 0.5));
});
