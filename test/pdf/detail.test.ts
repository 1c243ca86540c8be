import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { simplify } from '../../src/geometry/simplify.ts';
import { degrees } from '../../src/pdf/notes.ts';
import { multiples, roundStep } from '../../src/pdf/steps.ts';
import { COVERED, TINT_BYTES, TINT_SIDE, TINTS, Tint, tintSize } from '../../src/pdf/tint.ts';
import { ByteBuffer } from '../../src/store/bytes.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { boxArea, maps } from '../fixtures/maps.ts';
import { pathsOf, readPdf } from '../fixtures/pdf.ts';

const folder = temporaryFolder();
const { publish, make } = await maps(folder);

function distance([x, y]: readonly [number, number], [ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): number {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
  return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay));
}

test('a simplified line is never further from any of its positions than the tolerance, and ends where it did', () => {
  const coordinate = fc.double({ min: 0, max: 20, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 2, maxLength: 60 }), (places) => {
      const into = new Float64Array(2 * places.length + 4);
      const kept = simplify(Float64Array.from(places.flat()), 0, places.length, 1, into);
      const line = Array.from({ length: kept }, (_, i): [number, number] => [into[2 * i] ?? 0, into[2 * i + 1] ?? 0]);
      assert.deepEqual([line[0], line.at(-1)], [places[0], places.at(-1)]);
      for (const place of places) {
        const nearest = Math.min(...line.slice(1).map((end, i) => distance(place, line[i] ?? end, end)));
        assert.ok(nearest <= 1 + 1e-9, `${place} is ${nearest} away`);
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});

test('features that are too small to be seen are drawn together, counted, and said', async () => {
  const side = 60;
  const square = (x: number, y: number, size: number) => [
    [
      [x, y],
      [x + size, y],
      [x + size, y + size],
      [x, y + size],
      [x, y],
    ],
  ];
  const features = Array.from({ length: side * side }, (_, n) => ({
    type: 'Feature',
    properties: {},
    // One of them is as large as a country; the others have a metre each.
    geometry: {
      type: 'Polygon',
      coordinates: n === 0 ? square(170, -44, 1) : square(171.5 + (n % side) * 1e-4, -43 + Math.floor(n / side) * 1e-4, 1e-5),
    },
  }));
  const file = join(folder, 'dots.geojson');
  writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', features }));
  const { path, layers } = await make([await publish(file, { title: 'Dots' })]);
  assert.match(layers[0]?.warnings.join(' ') ?? '', /^3599 of 3600 features are smaller than 0\.035 mm on the page/);
  const pdf = readPdf(path);
  const drawn = pdf.forms.map(([, form]) => pdf.content(form)).flatMap(pathsOf);
  assert.equal(drawn.length, 1, 'one of them is a path');
  // The others are an image that is as large as where they lie: 0.006 of the country's degree, in hundredths of points, and half a point around it.
  const [tint, ...more] = Object.values(pdf.images).map((image) => pdf.get(image));
  assert.deepEqual(more, []);
  const xs = drawn.flat().map(([x]) => x);
  const squares = ((Math.max(...xs) - Math.min(...xs)) * 0.006) / 100 / TINT_SIDE;
  assert.ok(Math.abs(tint.dict['/Width'] - squares) <= 3, `${tint.dict['/Width']} for ${squares} squares`);
  const alpha = Buffer.from(pdf.get(tint.dict['/SMask']).data, 'base64');
  assert.ok(alpha.every((value) => value > 0) && alpha.some((value) => value > 100), 'all of it is seen');
});

test('a lone building on the map of a country is seen', async () => {
  const square = (x: number, y: number, size: number) => boxArea(x, y, x + size, y + size)[0];
  const file = join(folder, 'lone.geojson');
  writeFileSync(file, JSON.stringify({ type: 'MultiPolygon', coordinates: [square(170, -44, 1), square(171.5, -43.5, 1e-5)] }));
  const { path } = await make([await publish(file, { title: 'A lone building' })]);
  const pdf = readPdf(path);
  const [tint] = Object.values(pdf.images).map((image) => pdf.get(image));
  const alpha = Buffer.from(pdf.get(tint.dict['/SMask']).data, 'base64');
  // In squares that are all of its colour.
  const covered = alpha.reduce((sum, value) => sum + value, 0) / Math.max(...alpha);
  assert.ok(covered * TINT_SIDE ** 2 > 0.99, `${covered * TINT_SIDE ** 2} square points`);
});

test('polygons are painted several at a time, none of which meets another', async () => {
  const side = 30;
  // Each overlaps its neighbours, as if they were buffers.
  const features = Array.from({ length: side * side }, (_, n) => {
    const [x, y] = [170 + (n % side) * 1e-3, -44 + Math.floor(n / side) * 1e-3];
    return {
      type: 'Feature',
      properties: {},
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [x, y],
            [x + 1.2e-3, y],
            [x + 1.2e-3, y + 1.2e-3],
            [x, y],
          ],
        ],
      },
    };
  });
  const file = join(folder, 'buffers.geojson');
  writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', features }));
  const { path } = await make([await publish(file, { title: 'Buffers' })]);
  const pdf = readPdf(path);
  const [content = ''] = pdf.forms.map(([, form]) => pdf.content(form)).filter((one) => one.includes('B*'));
  const operators = content.split('B*\n').slice(0, -1);
  const painted = operators.map((one) => pathsOf(one.slice(one.indexOf('RG') + 1)));
  assert.equal(painted.flat().length, side * side);
  assert.ok(operators.length < (side * side) / 8, `${operators.length} operators`);
  for (const together of painted) {
    const boxes = together.map((places) => {
      const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
      return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
    });
    boxes.forEach(([left, bottom, right, top], i) => {
      const meeting = boxes.slice(i + 1).some(([l, b, r, t]) => l <= right && r >= left && b <= top && t >= bottom);
      assert.ok(!meeting, `${left}, ${bottom} meets another`);
    });
  }
});

test('what is tinted is as dense as it is: squares are covered as polygons cover them, holes left out', () => {
  const frame = { x: 3, y: 5, width: 10, height: 8 };
  const [columns, rows] = tintSize(frame);
  const part = fc.double({ min: 0.05, max: 1, noNaN: true });
  const star = fc.record({
    x: fc.double({ min: 1, max: 9, noNaN: true }),
    y: fc.double({ min: 1, max: 7, noNaN: true }),
    radii: fc.array(part, { minLength: 3, maxLength: 12 }),
    turns: fc.boolean(),
  });
  const ringOf = ({ x, y, radii, turns }: { x: number; y: number; radii: number[]; turns: boolean }, scale: number): [number, number][] => {
    const ring = radii.map((radius, n): [number, number] => {
      const angle = (2 * Math.PI * n) / radii.length;
      return [frame.x + x + radius * scale * Math.cos(angle), frame.y + y + radius * scale * Math.sin(angle)];
    });
    if (turns) ring.reverse();
    return [...ring, ring[0] ?? [0, 0]];
  };
  const isIn = (ring: readonly [number, number][], px: number, py: number) =>
    ring.slice(1).reduce((inside, [x2, y2], n) => {
      const [x1, y1] = ring[n] ?? [0, 0];
      return y1 > py !== y2 > py && px < x1 + ((py - y1) / (y2 - y1)) * (x2 - x1) ? !inside : inside;
    }, false);
  fc.assert(
    fc.property(fc.array(star, { minLength: 1, maxLength: 3 }), (stars) => {
      const tint = new Tint(frame);
      const rings = stars.flatMap((one) => [
        { ring: ringOf(one, 1), isHole: false },
        { ring: ringOf({ ...one, turns: !one.turns }, 0.5), isHole: true },
      ]);
      for (const { ring, isHole } of rings) tint.ring(Float64Array.from(ring.flat().map((value) => value * 100)), ring.length, isHole);
      const out = new ByteBuffer();
      tint.write(out);
      const made = new Float64Array(columns * rows);
      for (let at = 0; at < out.length; at += TINT_BYTES)
        made[out.view.getUint32(at, true) / TINTS.length] = out.view.getUint32(at + 4, true) / COVERED;
      // By places in each square, 12 by 12.
      for (let cell = 0; cell < made.length; cell++) {
        const [left, bottom] = [frame.x + (cell % columns) * TINT_SIDE, frame.y + Math.floor(cell / columns) * TINT_SIDE];
        let inside = 0;
        for (let n = 0; n < 144; n++) {
          const [px, py] = [left + (((n % 12) + 0.5) / 12) * TINT_SIDE, bottom + ((Math.floor(n / 12) + 0.5) / 12) * TINT_SIDE];
          for (const { ring, isHole } of rings) if (isIn(ring, px, py)) inside += isHole ? -1 : 1;
        }
        assert.ok(Math.abs((made[cell] ?? 0) - inside / 144) < 0.12, `${made[cell]} for ${inside / 144}`);
      }
    }),
    { seed: 11, numRuns: 40 },
  );
});

test('a layer of more than a page can show is drawn less finely, and its file stays small', async () => {
  const features = Array.from({ length: 4000 }, (_, n) => ({
    type: 'Feature',
    properties: {},
    geometry: {
      type: 'LineString',
      // 400 positions each, in a wave that no printer would show less of.
      coordinates: Array.from({ length: 400 }, (_, i) => [170 + i * 0.0025, -44 + (n % 200) * 0.005 + 0.002 * Math.sin(i * 2 + n)]),
    },
  }));
  const file = join(folder, 'waves.geojson');
  writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', features }));
  const { path, layers } = await make([await publish(file, { title: 'Waves' })]);
  assert.match(layers[0]?.warnings.join(' ') ?? '', /more on this page than can be shown at once, so outlines were drawn to 0\.\d+ mm/);
  const pdf = readPdf(path);
  const positions = pdf.forms.flatMap(([, form]) => pathsOf(pdf.content(form))).reduce((sum, { length }) => sum + length, 0);
  assert.ok(positions > 0 && positions <= 900_000, `${positions} positions`);
});

test('round steps and angles are told as people write them', () => {
  assert.deepEqual([0.3, 1, 1.5, 70, 4000, 0.02].map(roundStep), [0.5, 1, 2, 100, 5000, 0.02]);
  assert.deepEqual(multiples(0.2, -0.3, 0.45), [-0.2, 0, 0.2, 0.4]);
  assert.equal(degrees(-45.5, 'N', 'S', 0.5), '45°30′S');
  assert.equal(degrees(185, 'E', 'W', 5), '175°W');
  assert.equal(degrees(180, 'E', 'W', 5), '180°');
  assert.equal(degrees(12 + 1 / 240, 'N', 'S', 15 / 3600), '12°00′15″N');
  assert.equal(degrees(59.9999999, 'N', 'S'), '60°00′N');
});
