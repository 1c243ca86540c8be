import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { degrees } from '../../src/pdf/notes.ts';
import { simplify } from '../../src/pdf/simplify.ts';
import { multiples, roundStep } from '../../src/pdf/steps.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { maps } from '../fixtures/maps.ts';
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
  const contents = pdf.forms.map(([, form]) => pdf.content(form));
  assert.equal(contents.flatMap(pathsOf).length, 1, 'one of them is a path');
  const cells = contents.flatMap((content) => [...content.matchAll(/ re$/gm)]).length;
  assert.ok(cells > 0 && cells < 100, `${cells} rectangles`);
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
