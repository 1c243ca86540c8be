import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadGeos } from '../../src/geometry/geos.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import { Painter } from '../../src/pdf/painter.ts';
import { paintLayout } from '../../src/pdf/paintlayout.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { FlatGeometry } from '../../src/store/flat.ts';
import { FlatGeobufFile } from '../../src/store/reader.ts';
import { toWkb } from '../../src/store/wkb.ts';
import { FlatGeobufWriter } from '../../src/store/writer.ts';
import { LARGE, LargeGeometry } from '../../src/vector/large.ts';
import { lightened } from '../../src/vector/light.ts';
import { cropTo, pickerOf } from '../../src/vector/picker.ts';
import { temporaryFolder } from '../fixtures/folder.ts';

// Large features are picked piece by piece, and have to be what they are as a whole. The made-up ones are 100 units wide and high.
const folder = temporaryFolder();
const geos = await loadGeos();
const TOLERANCE = 0.01;
const CROP: MultiPolygon = [[star(80)]];

const TWO: MultiPolygon = [5, 51].map((west) => [
  [
    [west, 5],
    [west + 44, 5],
    [west + 44, 95],
    [west, 95],
    [west, 5],
  ],
]);

/** A star of so many corners around the middle. */
function star(corners: number): number[][] {
  return ring(50, 50, corners, (n) => (n % 2 === 0 ? 40 : 25));
}

function ring(x: number, y: number, corners: number, radius: (n: number) => number): number[][] {
  const open = Array.from({ length: corners }, (_, n) => {
    const angle = (2 * Math.PI * n) / corners;
    return [x + radius(n) * Math.cos(angle), y + radius(n) * Math.sin(angle)];
  });
  return [...open, open[0] ?? []];
}

function geometry(type: Geometry['type'], lines: readonly number[][][], parts: Geometry[] = []): Geometry {
  let end = 0;
  const ends = Uint32Array.from(lines, ({ length }) => (end += length));
  return { type, xy: Float64Array.from(lines.flat(2)), z: null, m: null, ends: type === 'MultiPoint' ? null : ends, parts };
}

/** Rings in rows and columns. */
function grid(side: number, corners: number, radius: number): number[][][] {
  const apart = 100 / side;
  return Array.from({ length: side ** 2 }, (_, n) =>
    ring(((n % side) + 0.5) * apart, (Math.floor(n / side) + 0.5) * apart, corners, () => radius),
  );
}

const SHAPES: Record<string, Geometry> = {
  'many polygons with holes': geometry(
    'MultiPolygon',
    [],
    grid(50, 60, 1).map((outer, n) => geometry('Polygon', n % 3 === 0 ? [outer, hole(outer)] : [outer])),
  ),
  'a polygon of many holes': geometry('Polygon', [ring(50, 50, 400, () => 75), ...grid(50, 40, 0.9)]),
  'many lines': geometry('MultiLineString', grid(50, 60, 3)),
  'many points': geometry('MultiPoint', [grid(50, 60, 3).flat()]),
  'a collection of all of them, one in another': geometry(
    'GeometryCollection',
    [],
    [
      ...grid(30, 40, 4).map((outer, n) => geometry('Polygon', n % 3 === 0 ? [outer, hole(outer)] : [outer])),
      geometry(
        'GeometryCollection',
        [],
        [
          geometry('MultiLineString', grid(20, 60, 3)),
          geometry(
            'MultiPolygon',
            [],
            [geometry('Polygon', [ring(30, 30, 40, () => 20)]), geometry('Polygon', [ring(80, 80, 40, () => 15)])],
          ),
          ...grid(20, 1, 1).map((places) => ({ ...geometry('Point', [places.slice(0, 1)]), ends: null })),
        ],
      ),
      geometry('LineString', [ring(50, 50, 9000, (n) => 30 + (n % 2))]),
      geometry('MultiPoint', [grid(20, 10, 3).flat()]),
    ],
  ),
};

/** A ring inside another, half as wide. */
function hole(outer: readonly number[][]): number[][] {
  const [[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = []] = [outer[0], outer[outer.length >> 1]];
  const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return outer.map(([px = 0, py = 0]) => [x + (px - x) / 2, y + (py - y) / 2]);
}

let files = 0;

/** A layer of the feature between two small ones, and all of it as one batch, which lies on a crop's edge or inside. */
async function layer(large: Geometry, edge: boolean) {
  const path = join(folder, `${files++}.fgb`);
  const small = geometry('Point', [[[50, 50]]]);
  const header = { name: 'layer', geometryType: null, hasZ: false, hasM: false, columns: [], featureCount: 3, crs: null };
  const writer = await FlatGeobufWriter.create(path, header);
  for (const one of [{ ...small, ends: null }, large, { ...small, ends: null }]) await writer.write(one, []);
  await writer.close();
  const file = await FlatGeobufFile.open(path);
  const bytes = file.tree.featureBytes;
  assert.ok(bytes > LARGE, `${bytes} bytes`);
  return { path, file, batch: { runs: Float64Array.of(0, bytes, Number(edge)), bytes } };
}

/** What is picked of the feature, as lines or rings: x and y of each position; and whether it came in pieces. */
async function picked(large: Geometry, crop: MultiPolygon | null, tolerance?: number) {
  const { path, file, batch } = await layer(large, crop !== null);
  using picker = await pickerOf(file, { path, crop: crop && cropTo(crop), model: null, limit: Number.POSITIVE_INFINITY, tolerance });
  const lines: Float64Array[] = [];
  let [pieces, small] = [0, 0];
  const take = (flat: FlatGeometry) => {
    for (let line = 0, from = 0; line < Math.max(1, flat.endCount); line++) {
      const to = flat.endCount > 0 ? (flat.ends[line] ?? 0) : flat.count;
      lines.push(flat.xy.slice(2 * from, 2 * to));
      from = to;
    }
  };
  const takeAll = (shape: Geometry) => {
    const flat = new FlatGeometry();
    if (shape.type === 'GeometryCollection') shape.parts.forEach(takeAll);
    else {
      flat.set(shape);
      take(flat);
    }
  };
  picker.pick(batch, (shape) => {
    assert.ok(shape);
    if (shape instanceof LargeGeometry)
      for (const piece of shape.pieces()) {
        pieces++;
        take(piece);
      }
    else if (!(shape instanceof FlatGeometry)) takeAll(shape);
    else if (shape.type === 'Point') small++;
    else take(shape);
  });
  await file.close();
  assert.equal(small, 2);
  return { lines, pieces };
}

/** Lines and rings wherever they begin, and whichever way they go. */
function textsOf(lines: readonly Float64Array[]): string {
  const places = (xy: Float64Array) => Array.from({ length: xy.length / 2 }, (_, i) => `${xy[2 * i]} ${xy[2 * i + 1]}`);
  return lines
    .map((line) => [...new Set(places(line))].sort().join())
    .sort()
    .join('\n');
}

for (const [name, large] of Object.entries(SHAPES)) {
  for (const [where, crop] of [
    ['whole', null],
    ['cut by an area', CROP],
  ] as const)
    test(`${name}, ${where}, are the same in pieces`, async () => {
      const [whole, pieces] = [await picked(large, crop), await picked(large, crop, TOLERANCE)];
      assert.equal(whole.pieces, 0);
      assert.ok(pieces.pieces > 1, `${pieces.pieces} pieces`);
      // Points have no lines, and come in as many as there are pieces.
      const lines = large.type === 'MultiPoint' ? [Float64Array.from(pieces.lines.flatMap((line) => [...line]))] : pieces.lines;
      assert.ok(textsOf(lines) === textsOf(whole.lines), `${lines.length} lines and ${whole.lines.length}`);
    });

  if (large.type === 'MultiPoint') continue;
  test(`${name} are painted as if they were there as a whole`, async () => {
    // On a map that begins anew after 100 units, some of the polygons' edges are on its seam.
    for (const period of [null, 100, 200]) {
      const streams = await Promise.all([painted(large, period), painted(large, period, TOLERANCE)]);
      assert.ok(streams[1]?.join() === streams[0]?.join(), `a period of ${period}`);
      assert.ok((streams[0] ?? []).some(({ length }) => length > 10_000));
    }
  });
}

for (const [name, large] of Object.entries(SHAPES))
  for (const [where, crop] of [
    ['whole', null],
    ['cut by an area', CROP],
    ['cut by two areas', TWO],
  ] as const)
    test(`${name}, ${where}, are nearly the same in one light geometry`, async () => {
      const [whole, light] = [await measured(large, crop), await measured(large, crop, 2 * TOLERANCE)];
      assert.ok(light.isValid);
      assert.equal(light.points, whole.points);
      assert.ok(light.positions < whole.positions || whole.length === 0, `${light.positions} of ${whole.positions} positions`);
      assert.ok(Math.abs(light.area - whole.area) <= whole.length * TOLERANCE, `an area of ${light.area} and ${whole.area}`);
      assert.ok(Math.abs(light.length - whole.length) <= whole.length * 0.02, `${light.length} and ${whole.length} long`);
    });

/** What is picked of the feature, in one geometry: light where there is a tolerance. */
async function measured(large: Geometry, crop: MultiPolygon | null, tolerance?: number) {
  const { path, file, batch } = await layer(large, crop !== null);
  using picker = await pickerOf(file, { path, crop: crop && cropTo(crop), model: null, limit: Number.POSITIVE_INFINITY, tolerance });
  const made: Geometry[] = [];
  picker.pick(batch, (shape) => {
    if (shape instanceof LargeGeometry) made.push(lightened(shape, tolerance ?? 0));
    else if (shape && shape.type !== 'Point') made.push(shape instanceof FlatGeometry ? shape.toGeometry() : shape);
  });
  await file.close();
  const [only] = made;
  assert.ok(only && made.length === 1);
  using whole = geos.fromWkb(toWkb(only));
  return { ...sizeOf(only), area: whole.area(), isValid: whole.isValid() };
}

function sizeOf({ type, xy, ends, parts }: Geometry): { points: number; positions: number; length: number } {
  const positions = xy.length / 2;
  const size = { points: type.endsWith('Point') ? positions : 0, positions, length: 0 };
  const starts = new Set(type.endsWith('Point') ? Array.from({ length: positions }, (_, n) => n) : (ends ?? []));
  for (let i = 1; i < positions; i++)
    if (!starts.has(i)) size.length += Math.hypot((xy[2 * i] ?? 0) - (xy[2 * i - 2] ?? 0), (xy[2 * i + 1] ?? 0) - (xy[2 * i - 1] ?? 0));
  for (const part of parts.map(sizeOf)) {
    size.points += part.points;
    size.positions += part.positions;
    size.length += part.length;
  }
  return size;
}

test('holes that come in pieces stay those of an island, not of the land around its lake', async () => {
  const land = geometry('Polygon', [ring(50, 50, 40, () => 300), ring(50, 50, 40, () => 200)]);
  const island = geometry('Polygon', [ring(50, 50, 400, () => 75), ...grid(50, 40, 0.9)]);
  const { isValid } = await measured(geometry('MultiPolygon', [], [land, island]), null, 2 * TOLERANCE);
  assert.ok(isValid);
});

test('a light geometry loses as many positions as it takes', async () => {
  const rows = 90;
  const large = geometry(
    'MultiPolygon',
    [],
    [geometry('Polygon', [ring(50, 50, 4, () => 150), ...grid(rows, 100, 0.5)]), geometry('Polygon', [ring(300, 300, 50, () => 1e-9)])],
  );
  const { positions, isValid } = await measured(large, null, 1e-9);
  assert.ok(isValid);
  assert.ok(positions < 2 ** 17 && positions > 2 ** 15, `${positions} positions`);
});

async function painted(large: Geometry, period: number | null, tolerance?: number): Promise<string[]> {
  const { path, file, batch } = await layer(large, false);
  using picker = await pickerOf(file, { path, crop: null, model: null, limit: Number.POSITIVE_INFINITY, tolerance });
  const view = { frame: { x: 50, y: 50, width: 1000, height: 1000 }, bounds: [0, 0, 100, 100] as const, scale: 10, period };
  const paint = { view, color: '#4477aa', outline: '#335577', most: 900_000 };
  const painter = new Painter(paint);
  picker.pick(batch, (shape) => painter.measure(shape));
  painter.begin(paintLayout(paint, [painter.measured()]).batches?.[0]?.start ?? []);
  picker.pick(batch, (shape) => painter.write(shape));
  await file.close();
  // Lines may be drawn by more operators than one.
  return painter.end().map((stream) => Buffer.from(stream.take()).toString('latin1').replaceAll('\nS\n', '\n'));
}

test('a ring of very many positions is moved by no more than the tolerance, and cut as GEOS cuts it', async () => {
  const long = geometry('Polygon', [ring(50, 50, 300_000, (n) => 35 + 5 * Math.sin(n / 200))]);
  const source = toWkb(long);
  using all = geos.fromWkb(source);
  const { lines, pieces } = await picked(long, null, TOLERANCE);
  assert.equal(pieces, 1);
  assert.equal(lines.length, 1);
  const [only = new Float64Array()] = lines;
  assert.ok(only.length / 2 < 100_000, `${only.length / 2} positions`);
  using fewer = geos.fromRings({ xy: only, ends: [only.length / 2] });
  const length = 2 * Math.PI * 40 * 10;
  assert.ok(Math.abs(fewer.area() - all.area()) < length * TOLERANCE);
  const cut = await picked(long, CROP, TOLERANCE);
  using crop = geos.fromPolygons(CROP);
  using expected = all.intersection(crop);
  const areas = cut.lines.map((xy) => {
    using one = geos.fromRings({ xy, ends: [xy.length / 2] });
    return one.area();
  });
  const sum = areas.reduce((total, area) => total + area, 0);
  assert.ok(Math.abs(sum - expected.area()) < length * TOLERANCE, `${sum} and ${expected.area()}`);
});

test('a feature of very many bytes is cut as it is, and is whole where all of it lies inside', async () => {
  const huge = geometry('Polygon', [ring(50, 50, 1_100_000, (n) => 35 + 5 * Math.sin(n / 20_000))]);
  const around = [ring(50, 50, 5, () => 1000)];
  const box = [
    [
      [-100, -100],
      [50, -100],
      [50, 200],
      [-100, 200],
      [-100, -100],
    ],
  ];
  const [whole, half] = [await picked(huge, [around]), await picked(huge, [box])];
  assert.deepEqual(whole.lines, [huge.xy]);
  using all = geos.fromWkb(toWkb(huge));
  using crop = geos.fromPolygons([box]);
  using expected = all.intersection(crop);
  assert.ok(Math.abs(areaOf(half.lines) - expected.area()) < 1e-6, `${areaOf(half.lines)} and ${expected.area()}`);
});

test('very many holes on the area’s edge lose positions until they can be cut together, and no more', async () => {
  const rows = 75;
  const apart = 100 / rows;
  const corners = ring(50, 50, 4, () => 150);
  const large = geometry('Polygon', [corners, ...grid(rows, 100, 0.6)]);
  const teeth = Array.from({ length: Math.floor(rows / 2) }, (_, tooth) => {
    const [low, high] = [(2 * tooth + 0.51) * apart, (2 * tooth + 1.51) * apart];
    return [
      [-1, low],
      [103, low],
      [103, high],
      [-1, high],
    ];
  }).flat();
  const comb = [[[-3, 0], ...teeth, [-3, 100], [-3, 0]]];
  const tolerance = 0.0005;
  const [whole, pieces] = [await picked(large, [comb]), await picked(large, [comb], tolerance)];
  const positions = (lines: readonly Float64Array[]) => lines.reduce((sum, xy) => sum + xy.length / 2, 0);
  assert.ok(positions(pieces.lines) < positions(whole.lines) * 0.8, `${positions(pieces.lines)} of ${positions(whole.lines)} positions`);
  const around = rows * rows * 2 * Math.PI * 0.6;
  const [all, fewer] = [areaOf(whole.lines), areaOf(pieces.lines)];
  assert.ok(Math.abs(fewer - all) < around * 2 * tolerance, `${fewer} and ${all}`);
});

/** Of an outer ring and its holes. */
function areaOf(lines: readonly Float64Array[]): number {
  const areas = lines.map((xy) => {
    using one = geos.fromRings({ xy, ends: [xy.length / 2] });
    return one.area();
  });
  return 2 * Math.max(...areas) - areas.reduce((sum, area) => sum + area, 0);
}

test('the positions of a large feature are all there, time and again, and so is what comes after it', async () => {
  const large = geometry(
    'Polygon',
    [40, 20].map((radius) => ring(50, 50, 600_000, () => radius)),
  );
  const { path, file, batch } = await layer(large, false);
  using picker = await pickerOf(file, { path, crop: null, model: null, limit: Number.POSITIVE_INFINITY });
  for (let time = 0; time < 2; time++) {
    const shapes: Geometry[] = [];
    picker.pick(batch, (shape) => shapes.push(shape instanceof FlatGeometry ? shape.toGeometry() : assert.fail()));
    assert.deepEqual(
      shapes.map(({ type }) => type),
      ['Point', 'Polygon', 'Point'],
    );
    for (const [n, expected] of [Float64Array.of(50, 50), large.xy, Float64Array.of(50, 50)].entries()) {
      const { buffer } = shapes[n]?.xy ?? assert.fail();
      assert.ok(Buffer.from(buffer).equals(Buffer.from(expected.buffer)), `feature ${n}`);
    }
    assert.deepEqual(shapes[1]?.ends, large.ends);
  }
  await file.close();
});
