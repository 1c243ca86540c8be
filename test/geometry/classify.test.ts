import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BoxClass, BoxClassifier } from '../../src/geometry/classify.ts';
import { loadGeos } from '../../src/geometry/geos.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import { toWkb } from '../../src/store/wkb.ts';

const geos = await loadGeos();
const SEED = 7;
/** Metres: what rounding may blur is far smaller. */
const CLEAR = 1e-5;
const ROUNDING = 1e-8;
const [EAST, NORTH] = [1_500_000, 5_500_000];

type Box = [number, number, number, number];

const coordinate = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.double({ min: -1, max: 21, noNaN: true }));
/** Around a middle, so that the rings of one polygon never cross. */
const star = fc
  .record({
    x: coordinate,
    y: coordinate,
    radii: fc.array(fc.double({ min: 0.5, max: 9, noNaN: true }), { minLength: 3, maxLength: 60 }),
    hole: fc.boolean(),
  })
  .map(({ x, y, radii, hole }) => {
    const ring = (scale: number) => {
      const open = radii.map((radius, i) => {
        const angle = (2 * Math.PI * i) / radii.length;
        return [EAST + x + scale * radius * Math.cos(angle), NORTH + y + scale * radius * Math.sin(angle)];
      });
      return [...open, [...(open[0] ?? [])]];
    };
    return hole ? [ring(1), ring(0.5)] : [ring(1)];
  });
const square = fc
  .tuple(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0, max: 19 }), fc.integer({ min: 1, max: 8 }))
  .map(([x, y, size]) => boxRing([EAST + x, NORTH + y, EAST + x + size, NORTH + y + size]));
const crops = fc.array(fc.oneof(star, square), { minLength: 1, maxLength: 4 }).map((polygons) => {
  using all = geos.fromPolygons(polygons);
  using union = all.union();
  return union.toPolygons();
});
const boxes = fc
  .tuple(coordinate, coordinate, coordinate, coordinate, fc.constantFrom(1, 0.1, 0.001, 0))
  .map(([x, y, width, height, scale]): Box => {
    return [EAST + x, NORTH + y, EAST + x + Math.abs(width) * scale, NORTH + y + Math.abs(height) * scale];
  });

function boxRing([west, south, east, north]: Box): number[][][] {
  return [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ],
  ];
}

const grown = ([west, south, east, north]: Box, by: number): Box => [west - by, south - by, east + by, north + by];

/** A star of so many vertices with a rough outline. */
function coast(vertices: number): MultiPolygon {
  let digits = 1;
  const random = () => {
    digits = (digits * 48_271) % 2_147_483_647;
    return digits / 2_147_483_647;
  };
  const ring = Array.from({ length: vertices }, (_, i) => {
    const angle = (2 * Math.PI * i) / vertices;
    const radius = 8 + 1.5 * Math.sin(5 * angle) + (random() - 0.5) * Math.min(1, 200 / vertices);
    return [EAST + 10 + radius * Math.cos(angle), NORTH + 10 + radius * Math.sin(angle)];
  });
  return [[[...ring, [...(ring[0] ?? [])]]]];
}

/** Where GEOS says that a box lies; `edge` also where only the box a hair larger meets an edge. */
function expected(crop: MultiPolygon, box: Box): { certain: BoxClass; clear: BoxClass } {
  using polygons = geos.fromPolygons(crop);
  const place = (by: number): BoxClass => {
    using around = geos.rectangle(...grown(box, by));
    return polygons.covers(around) ? 'inside' : polygons.intersects(around) ? 'edge' : 'outside';
  };
  // A box that touches an edge from inside is covered too, but no more when it grows.
  const clear = place(CLEAR);
  return { certain: place(ROUNDING) === clear ? clear : 'edge', clear };
}

test('a box is inside only where the polygons cover it, outside only where they do not touch it, and on the edge only where one is', () => {
  const seen = { inside: 0, outside: 0, edge: 0 };
  fc.assert(
    fc.property(crops, fc.array(boxes, { minLength: 20, maxLength: 40 }), (crop, all) => {
      const classifier = new BoxClassifier(crop);
      for (const box of all) {
        const { certain, clear } = expected(crop, box);
        const place = classifier.classify(...box);
        seen[place]++;
        // Between the two, only `edge` is wrong for none.
        if (certain === clear) assert.equal(place, clear, String(box));
        else assert.ok(place === 'edge' || place === certain, `${place} ${box}`);
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
  assert.ok(Math.min(...Object.values(seen)) > 150, JSON.stringify(seen));
});

test('a point is held where GEOS says that the polygons meet it, on an edge and at a corner too', () => {
  fc.assert(
    fc.property(crops, fc.array(fc.tuple(coordinate, coordinate), { maxLength: 40 }), (crop, places) => {
      const classifier = new BoxClassifier(crop);
      using polygons = geos.fromPolygons(crop);
      const corners = crop.flat(2).map(([x = 0, y = 0]): [number, number] => [x, y]);
      const middles = corners
        .slice(1)
        .map(([x, y], i): [number, number] => [(x + (corners[i]?.[0] ?? 0)) / 2, (y + (corners[i]?.[1] ?? 0)) / 2]);
      for (const [x, y] of [...places.map(([x, y]): [number, number] => [EAST + x, NORTH + y]), ...corners, ...middles]) {
        using point = geos.fromWkb(pointWkb(x, y));
        assert.equal(classifier.holds(x, y), polygons.intersects(point), `${x} ${y}`);
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
});

function pointWkb(x: number, y: number): Uint8Array {
  return toWkb({ type: 'Point', xy: Float64Array.of(x, y), z: null, m: null, ends: null, parts: [] });
}

test('a crop of 50,000 vertices has its own vertices on the edge, and places away from it inside and outside', () => {
  const crop = coast(50_000);
  const classifier = new BoxClassifier(crop);
  const ring = crop[0]?.[0] ?? [];
  for (let i = 0; i < 300; i++) {
    const [x = 0, y = 0] = ring[i * 160] ?? [];
    assert.ok(classifier.holds(x, y));
    assert.equal(classifier.classify(x, y, x, y), 'edge');
    assert.equal(classifier.classify(x - 0.001, y - 0.001, x + 0.001, y + 0.001), 'edge');
    const [towards, away] = [0.7, 1.3].map((scale) => [EAST + 10 + scale * (x - EAST - 10), NORTH + 10 + scale * (y - NORTH - 10)]);
    const [inX = 0, inY = 0] = towards ?? [];
    const [outX = 0, outY = 0] = away ?? [];
    assert.equal(classifier.classify(inX - 0.5, inY - 0.5, inX + 0.5, inY + 0.5), 'inside');
    assert.equal(classifier.classify(outX - 0.5, outY - 0.5, outX + 0.5, outY + 0.5), 'outside');
  }
  assert.equal(classifier.classify(-Infinity, -Infinity, Infinity, Infinity), 'edge');
  assert.equal(classifier.classify(Infinity, Infinity, -Infinity, -Infinity), 'outside');
});

test('without polygons all is outside', () => {
  const classifier = new BoxClassifier([]);
  assert.equal(classifier.classify(0, 0, 1, 1), 'outside');
  assert.equal(classifier.holds(0, 0), false);
});
