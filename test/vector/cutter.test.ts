import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Geos, type GeosGeometry, loadGeos } from '../../src/geometry/geos.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { FlatGeometry } from '../../src/store/flat.ts';
import { FlatGeobufFile } from '../../src/store/reader.ts';
import { dimensionOf, keepDimension, lineEnds, members, withDimensions } from '../../src/store/shape.ts';
import { fromWkb, toWkb } from '../../src/store/wkb.ts';
import { FlatGeobufWriter } from '../../src/store/writer.ts';
import { Cutter } from '../../src/vector/cutter.ts';
import { temporaryFolder } from '../fixtures/folder.ts';

const folder = temporaryFolder();
const geos = await loadGeos();
const SEED = 20240607;
/** Metres, in New Zealand's range; a unit of the made-up places is ten. */
const [EAST, NORTH, UNIT] = [1_500_000, 5_500_000, 10];
/** In square metres, and in metres. */
const SAME_AREA = 1e-6;
const SAME_PLACE = 1e-6;

let files = 0;

async function writeLayer(geometries: readonly Geometry[], { hasZ = false, hasM = false } = {}): Promise<string> {
  const path = join(folder, `${files++}.fgb`);
  const columns = [{ name: 'n', type: 'Int' as const }];
  const header = { name: 'layer', geometryType: null, hasZ, hasM, columns, featureCount: geometries.length, crs: null };
  const writer = await FlatGeobufWriter.create(path, header);
  for (const [index, geometry] of geometries.entries()) await writer.write(withDimensions(geometry, hasZ, hasM), [index]);
  await writer.close();
  return path;
}

/** What ogr2ogr -clipsrc makes of each geometry, by its place. */
async function clipped(
  geometries: readonly Geometry[],
  crop: MultiPolygon,
  options: { hasZ?: boolean; hasM?: boolean } = {},
): Promise<Map<number, Geometry>> {
  using polygons = geos.fromPolygons(crop);
  // GDAL writes no header for a layer without features, so there is one on the crop's edge.
  const [x = 0, y = 0] = crop[0]?.[0]?.[0] ?? [];
  const last: Geometry = { type: 'Point', xy: Float64Array.of(x, y), z: null, m: null, ends: null, parts: [] };
  const [source, clip, result] = [
    await writeLayer([...geometries, last], options),
    await writeLayer([fromWkb(polygons.toWkb())]),
    join(folder, `${files++}.fgb`),
  ];
  const args = ['-f', 'FlatGeobuf', result, source, '-clipsrc', clip, '-nlt', 'GEOMETRY', '-lco', 'SPATIAL_INDEX=NO'];
  execFileSync('ogr2ogr', args, { stdio: 'pipe' });
  const file = await FlatGeobufFile.open(result);
  try {
    const made = new Map<number, Geometry>();
    for await (const batch of file.batches()) {
      for (const raw of batch) {
        const geometry = raw.geometry();
        if (geometry) made.set(Number(raw.values()[0]), geometry);
      }
    }
    return made;
  } finally {
    await file.close();
  }
}

function symmetricDifference(one: GeosGeometry, other: GeosGeometry): number {
  using both = one.intersection(other);
  return one.area() + other.area() - 2 * both.area();
}

/** The segments of lines and rings, but for specks. */
function segments(lines: readonly Geometry[]): [number, number, number, number][] {
  return lines.flatMap((line) => {
    const found: [number, number, number, number][] = [];
    let from = 0;
    for (const to of lineEnds(line)) {
      for (let i = 2 * from; i + 3 < 2 * to; i += 2) {
        const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = line.xy.subarray(i, i + 4);
        if (Math.hypot(x2 - x1, y2 - y1) > SAME_PLACE) found.push([x1, y1, x2, y2]);
      }
      from = to;
    }
    return found;
  });
}

function distance([x1, y1, x2, y2]: [number, number, number, number], x: number, y: number): number {
  const square = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const part = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / square));
  return Math.hypot(x - x1 - part * (x2 - x1), y - y1 - part * (y2 - y1));
}

/**
 * The farthest that a position or a segment's middle of some lines is from others. Those on an edge of the crop do not count: where a line runs along
 * one, rounding decides which side it is on.
 */
function farthest(lines: readonly Geometry[], others: readonly Geometry[], edges: readonly Geometry[]): number {
  const [ways, outline] = [segments(others), segments(edges)];
  const near = (some: readonly [number, number, number, number][], x: number, y: number) =>
    some.reduce((least, way) => Math.min(least, distance(way, x, y)), Infinity);
  return segments(lines).reduce((most, [x1, y1, x2, y2]) => {
    const middle: [number, number] = [(x1 + x2) / 2, (y1 + y2) / 2];
    if (near(outline, ...middle) < SAME_PLACE) return most;
    return Math.max(most, near(ways, x1, y1), near(ways, x2, y2), near(ways, ...middle));
  }, 0);
}

const positions = ({ xy }: Geometry) => Array.from({ length: xy.length / 2 }, (_, i) => `${xy[2 * i]} ${xy[2 * i + 1]}`);

function outline(crop: MultiPolygon): Geometry[] {
  return crop.flat().map((ring) => ({ type: 'LineString', xy: Float64Array.from(ring.flat()), z: null, m: null, ends: null, parts: [] }));
}

/** Whether two geometries of one dimension are the same place. */
function assertSame(mine: Geometry, theirs: Geometry, crop: MultiPolygon): void {
  const dimension = dimensionOf(mine.type);
  if (dimension === 0) assert.deepEqual(new Set(members(mine).flatMap(positions)), new Set(members(theirs).flatMap(positions)));
  else if (dimension === 1) {
    const [one, other] = [members(mine), members(theirs)];
    const edges = outline(crop);
    assert.ok(farthest(one, other, edges) < SAME_PLACE && farthest(other, one, edges) < SAME_PLACE);
  } else if (dimension === 2) {
    using one = geos.fromWkb(toWkb(mine));
    using other = geos.fromWkb(toWkb(theirs));
    const difference = symmetricDifference(one, other);
    assert.ok(difference < SAME_AREA, `${difference} m² differ`);
  }
}

function isValid(geometry: Geometry): boolean {
  using made = geos.fromWkb(toWkb(geometry));
  return made.isValid();
}

/** Whether a geometry is no larger than what rounding makes where an edge passes nearer than it can tell. */
function isSpeck(geometry: Geometry, crop: MultiPolygon): boolean {
  if (dimensionOf(geometry.type) !== 2) return dimensionOf(geometry.type) === 1 && farthest(members(geometry), [], outline(crop)) === 0;
  using made = geos.fromWkb(toWkb(geometry));
  return made.area() < SAME_AREA;
}

/** Compares each member of a geometry with GDAL's result for it. */
function assertAsGdal(cutter: Cutter, geometry: Geometry, theirs: Geometry | undefined, crop: MultiPolygon): void {
  const mine = cutter.cut(geometry);
  const kept = theirs ? keepDimension(theirs, dimensionOf(geometry.type)) : null;
  if (!mine || !kept) {
    const only = mine ?? kept;
    assert.ok(only === null || isSpeck(only, crop), `${mine?.type} for GDAL's ${theirs?.type}`);
    return;
  }
  assert.ok(isValid(mine), 'is valid');
  assertSame(mine, kept, crop);
}

type Position = [x: number, y: number];

const at = ([x, y]: Position): Position => [EAST + x * UNIT, NORTH + y * UNIT];
/** On whole numbers places often are the same, or on one line. */
const coordinate = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.double({ min: 0, max: 12, noNaN: true }).map((value) => Math.round(value * 1e4) / 1e4),
);
const position: fc.Arbitrary<Position> = fc.tuple(coordinate, coordinate);
const box = fc
  .tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .map(([x, y, width, height]): Position[][] => [rectangle(x, y, x + width, y + height)]);
const star = fc
  .record({
    centre: position,
    radii: fc.array(fc.double({ min: 0.3, max: 6, noNaN: true }), { minLength: 3, maxLength: 14 }),
    hollow: fc.boolean(),
  })
  .map(({ centre, radii, hollow }) =>
    hollow
      ? [
          ringOf(centre, radii),
          ringOf(
            centre,
            radii.map((radius) => radius / 2),
          ).reverse(),
        ]
      : [ringOf(centre, radii)],
  );
const triangle = fc
  .tuple(position, position, position)
  .filter(([[ax, ay], [bx, by], [cx, cy]]) => Math.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) > 1e-3)
  .map(([a, b, c]): Position[][] => [[a, b, c, a]]);
const polygon = fc.oneof(box, star, triangle);

function rectangle(west: number, south: number, east: number, north: number): Position[] {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
}

function ringOf([x, y]: Position, radii: readonly number[]): Position[] {
  const ring = radii.map((radius, i): Position => {
    const angle = (2 * Math.PI * i) / radii.length;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
  const [first = [x, y]] = ring;
  return [...ring, first];
}

/** Squares of a chessboard, which touch at their corners. */
const chessboard = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), { minLength: 1, maxLength: 12 })
  .map((places) => {
    const squares = new Map(
      places.map(([x, y]) => [`${x} ${y}`, (x + y) % 2 === 0 ? [rectangle(2 * x, 2 * y, 2 * x + 2, 2 * y + 2)] : null]),
    );
    return [...squares.values()].filter((square) => square !== null);
  });
const sliver = fc
  .tuple(position, position)
  .filter(([[ax, ay], [bx, by]]) => Math.hypot(bx - ax, by - ay) > 1)
  .map(([[ax, ay], [bx, by]]): Position[][][] => {
    const [dx, dy] = [-(by - ay) * 1e-3, (bx - ax) * 1e-3];
    return [
      [
        [
          [ax, ay],
          [bx, by],
          [bx + dx, by + dy],
          [ax, ay],
        ],
      ],
    ];
  });
const crops: fc.Arbitrary<MultiPolygon> = fc
  .oneof(
    polygon.map((one) => [one]),
    chessboard,
    sliver,
    fc.array(polygon, { minLength: 2, maxLength: 6 }),
  )
  .map((polygons) => united(polygons.map((rings) => rings.map((ring) => ring.map(at)))))
  .filter((polygons) => polygons.length > 0);

function united(polygons: MultiPolygon): MultiPolygon {
  if (polygons.length === 0) return [];
  using all = geos.fromPolygons(polygons);
  if (all.isValid()) return polygons;
  using union = unionOf(geos, polygons);
  return union.toPolygons();
}

function unionOf(library: Geos, polygons: MultiPolygon): GeosGeometry {
  using all = library.fromPolygons(polygons);
  return all.union();
}

/** Heights and measures that lie on a plane, so that what goes straight between them does too. */
const planeZ = (x: number, y: number) => 100 + (x - EAST) * 0.5 - (y - NORTH) * 0.25;
const planeM = (x: number, y: number) => 5 + (x - EAST) * 0.125 + (y - NORTH) * 0.75;

function geometry(type: Geometry['type'], lines: readonly (readonly Position[])[], parts: readonly Geometry[] = []): Geometry {
  const places = lines.flat().map(at);
  let end = 0;
  const ends = Uint32Array.from(lines, (line) => (end += line.length));
  const measured = (plane: (x: number, y: number) => number) => Float64Array.from(places, ([x, y]) => plane(x, y));
  const hasEnds = type === 'Polygon' || type === 'MultiLineString';
  return { type, xy: Float64Array.from(places.flat()), z: measured(planeZ), m: measured(planeM), ends: hasEnds ? ends : null, parts };
}

const line = fc.array(position, { minLength: 2, maxLength: 8 }).filter((places) => new Set(places.map(String)).size === places.length);
const polygonGeometry = polygon.map((rings) => geometry('Polygon', rings));
const single: fc.Arbitrary<Geometry> = fc.oneof(
  position.map((place) => geometry('Point', [[place]])),
  fc.array(position, { minLength: 1, maxLength: 6 }).map((places) => geometry('MultiPoint', [places])),
  line.map((places) => geometry('LineString', [places])),
  fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => geometry('MultiLineString', lines)),
  polygonGeometry,
  polygonGeometry,
  fc
    .array(polygonGeometry, { minLength: 1, maxLength: 4 })
    .map((parts) => geometry('MultiPolygon', [], parts))
    .filter(isValid),
);
const layers = fc.array(single, { minLength: 1, maxLength: 60 });

const without = (one: Geometry, { hasZ, hasM }: { hasZ: boolean; hasM: boolean }): Geometry => ({
  ...one,
  z: hasZ ? one.z : null,
  m: hasM ? one.m : null,
  parts: one.parts.map((part) => without(part, { hasZ, hasM })),
});

test('random layers cut to random crops are what ogr2ogr -clipsrc makes of them', async () => {
  await fc.assert(
    fc.asyncProperty(layers, crops, fc.boolean(), fc.boolean(), async (features, crop, hasZ, hasM) => {
      const layer = features.map((one) => without(one, { hasZ, hasM }));
      const theirs = await clipped(layer, crop, { hasZ, hasM });
      using cutter = new Cutter(geos, crop);
      for (const [index, feature] of layer.entries()) assertAsGdal(cutter, feature, theirs.get(index), crop);
      assert.equal(cutter.failed, 0);
    }),
    { seed: SEED, numRuns: 30 },
  );
});

test('polygons that are cut where they are become the very positions that they become otherwise', () => {
  const found = { cut: 0, apart: 0, inside: 0, outside: 0, edge: 0 };
  const flat = new FlatGeometry();
  fc.assert(
    fc.property(
      fc.array(polygonGeometry, { minLength: 1, maxLength: 40 }),
      crops,
      fc.boolean(),
      fc.boolean(),
      (layer, crop, multi, backwards) => {
        using cutter = new Cutter(geos, crop);
        for (const { xy, ends } of layer) {
          const turned = backwards ? Float64Array.from(xy, (_, i) => xy[xy.length - 2 - i + 2 * (i % 2)] ?? 0) : xy;
          const polygon: Geometry = { type: 'Polygon', xy: turned, z: null, m: null, ends, parts: [] };
          const source: Geometry = multi
            ? { ...polygon, type: 'MultiPolygon', xy: new Float64Array(), ends: null, parts: [polygon] }
            : polygon;
          flat.set(source);
          const before = flat.toGeometry();
          const place = cutter.cutInPlace(flat);
          found[place]++;
          if (place !== 'cut') assert.deepEqual(flat.toGeometry(), before);
          if (place === 'edge') continue;
          const expected = cutter.cut(source);
          assert.equal(expected === source, place === 'inside');
          assert.equal(expected === null, place === 'outside');
          if (place !== 'cut' || !expected) continue;
          assert.deepEqual(flat.toGeometry(), expected);
          if (flat.polygonCount > 1) found.apart++;
        }
      },
    ),
    { seed: SEED, numRuns: 2500 },
  );
  assert.ok(found.cut > 1000 && found.apart > 50 && found.inside > 20 && found.outside > 1000, JSON.stringify(found));
});

test('parcels that share edges and corners with the crop stay as they are on one side, and are left out on the other', async () => {
  const parcels = Array.from({ length: 144 }, (_, n) =>
    geometry('Polygon', [rectangle(n % 12, Math.floor(n / 12), (n % 12) + 1, Math.floor(n / 12) + 1)]),
  );
  // An L with a hole of four parcels, and a part that touches it at a corner.
  const outline: Position[] = [
    [1, 1],
    [8, 1],
    [8, 3.5],
    [7, 3.5],
    [7, 8],
    [1, 8],
    [1, 1],
  ];
  const crop: MultiPolygon = [[outline.map(at), rectangle(3, 4, 5, 6).toReversed().map(at)], [rectangle(7, 8, 9, 10).map(at)]];
  const theirs = await clipped(parcels, crop);
  using cutter = new Cutter(geos, crop);
  const found = { same: 0, cut: 0, none: 0 };
  for (const [index, parcel] of parcels.entries()) {
    assertAsGdal(cutter, parcel, theirs.get(index), crop);
    const mine = cutter.cut(parcel);
    found[mine === parcel ? 'same' : mine ? 'cut' : 'none']++;
  }
  assert.deepEqual(found, { same: 6 * 7 - 4 + 2 + 4, cut: 1, none: 144 - 45 });
});

test('parcels that share edges which follow no axis are neither cut nor kept for a sliver', () => {
  // A fan of triangles around a place, in whose odd ones the crop lies.
  const corner = (n: number): Position => [6 + 5 * Math.cos((n * Math.PI) / 10), 6 + 5 * Math.sin((n * Math.PI) / 10)];
  const triangles = Array.from({ length: 20 }, (_, n): Position[] => [[6, 6], corner(n), corner((n + 1) % 20), [6, 6]]);
  using cutter = new Cutter(
    geos,
    triangles.filter((_, n) => n % 2 === 1).map((ring) => [ring.map(at)]),
  );
  for (const [n, ring] of triangles.entries()) {
    const parcel = geometry('Polygon', [ring]);
    assert.equal(cutter.cut(parcel), n % 2 === 1 ? parcel : null, String(n));
  }
});

test('a geometry inside is given as it is, and null for one outside, for one that only touches, and for one without points', () => {
  using cutter = new Cutter(geos, [[rectangle(2, 2, 8, 8).map(at)]]);
  const same: Geometry[] = [
    geometry('Point', [[[2, 5]]]),
    geometry('LineString', [
      [
        [2, 2],
        [8, 8],
        [8, 2],
      ],
    ]),
    geometry('Polygon', [rectangle(2, 2, 8, 8)]),
    geometry('Polygon', [rectangle(2, 3, 4, 5), rectangle(2.5, 3.5, 3, 4).toReversed()]),
    geometry('MultiPolygon', [], [geometry('Polygon', [rectangle(2, 2, 3, 3)]), geometry('Polygon', [rectangle(4, 4, 8, 8)])]),
  ];
  for (const one of same) assert.equal(cutter.cut(one), one, one.type);
  const none: Geometry[] = [
    geometry('Point', [[[1.999, 5]]]),
    geometry('Point', []),
    geometry('LineString', [
      [
        [0, 4],
        [4, 0],
      ],
    ]),
    geometry('LineString', [
      [
        [8, 8],
        [9, 9],
      ],
    ]),
    geometry('Polygon', [rectangle(8, 2, 9, 8)]),
    geometry('Polygon', [rectangle(8, 8, 9, 9)]),
    geometry('Polygon', [rectangle(0, 0, 12, 12), rectangle(1, 1, 9, 9).toReversed()]),
    geometry('Polygon', []),
    geometry('GeometryCollection', []),
  ];
  for (const one of none) assert.equal(cutter.cut(one), null, one.type);
  assert.equal(cutter.failed, 0);
});

test('a collection keeps what is inside of each member, in the member’s own dimension', () => {
  using cutter = new Cutter(geos, [[rectangle(2, 2, 8, 8).map(at)]]);
  const inside = geometry('Point', [[[3, 3]]]);
  const touching = geometry('Polygon', [rectangle(8, 2, 9, 8)]);
  const crossing = geometry('LineString', [
    [
      [0, 5],
      [10, 5],
    ],
  ]);
  const nested = geometry('GeometryCollection', [], [geometry('Point', [[[0, 0]]]), geometry('Polygon', [rectangle(7, 7, 9, 9)])]);
  const cut = cutter.cut(geometry('GeometryCollection', [], [inside, touching, crossing, nested]));
  assert.deepEqual(
    cut?.parts.map(({ type }) => type),
    ['Point', 'LineString', 'GeometryCollection'],
  );
  assert.equal(cut?.parts[0], inside);
  assert.deepEqual([...(cut?.parts[1]?.xy ?? [])], [at([2, 5]), at([8, 5])].flat());
  assert.deepEqual(
    cut?.parts[2]?.parts.map(({ type }) => type),
    ['Polygon'],
  );
  assert.equal(cutter.cut(geometry('GeometryCollection', [], [touching])), null);
  const whole = geometry('GeometryCollection', [], [inside, geometry('Polygon', [rectangle(2, 2, 3, 3)])]);
  assert.equal(cutter.cut(whole), whole);
});

test('a line along an edge of the crop is inside, and what goes on behind it is not', () => {
  using cutter = new Cutter(geos, [[rectangle(2, 2, 8, 8).map(at)]]);
  const along = geometry('LineString', [
    [
      [2, 3],
      [2, 7],
    ],
  ]);
  assert.equal(cutter.cut(along), along);
  const beyond = cutter.cut(
    geometry('LineString', [
      [
        [2, 0],
        [2, 12],
      ],
    ]),
  );
  assert.deepEqual([...(beyond?.xy ?? [])], [at([2, 2]), at([2, 8])].flat());
});

/** Where the middle of some lines is rounded onto a corner that they pass by. */
const degrees = ([x = 0, y = 0]: readonly number[]): [number, number] => [60 + x * 1e-4, -75 + y * 1e-4];

test('a line that passes by a corner on which its middle is rounded stays outside', () => {
  const ends = (
    [
      [4, 10],
      [0, 6],
    ] as const
  ).map(degrees);
  const middle = [0, 1].map((axis) => ends.reduce((sum, end) => sum + (end[axis] ?? 0), 0) / 2);
  assert.deepEqual(middle, degrees([2, 8]));
  // It meets a corner of the one, and passes by one of the other by less than rounding moves its middle.
  using cutter = new Cutter(
    geos,
    [rectangle(0, 4, 2, 6), rectangle(2, 6, 4, 8)].map((ring) => [ring.map(degrees)]),
  );
  assert.equal(cutter.cut({ type: 'LineString', xy: Float64Array.from(ends.flat()), z: null, m: null, ends: null, parts: [] }), null);
});

test('a polygon of the same stairs as the crop, closed by a line that passes by their corner, stays outside', () => {
  const stairs = [
    [0, 6],
    [2, 6],
    [2, 8],
    [4, 8],
    [4, 10],
  ].map(degrees);
  using cutter = new Cutter(
    geos,
    [rectangle(0, 4, 2, 6), rectangle(2, 6, 4, 8), rectangle(4, 8, 6, 10)].map((ring) => [ring.map(degrees)]),
  );
  const polygon = {
    type: 'Polygon' as const,
    xy: Float64Array.from([...stairs, ...stairs.slice(0, 1)].flat()),
    z: null,
    m: null,
    ends: null,
    parts: [],
  };
  assert.equal(cutter.cut(polygon), null);
});

test('a line keeps its direction, and is cut apart where it leaves', () => {
  using cutter = new Cutter(geos, [[rectangle(2, 2, 4, 8).map(at)], [rectangle(6, 2, 8, 8).map(at)]]);
  const cut = cutter.cut(
    geometry('LineString', [
      [
        [9, 5],
        [1, 5],
      ],
    ]),
  );
  assert.equal(cut?.type, 'MultiLineString');
  assert.deepEqual([...(cut?.xy ?? [])], [at([8, 5]), at([6, 5]), at([4, 5]), at([2, 5])].flat());
  assert.deepEqual([...(cut?.ends ?? [])], [2, 4]);
});

/** Each position of a geometry with its Z and M. */
function measuredPositions({ xy, z, m, parts }: Geometry): [number, number, number, number][] {
  const own = Array.from({ length: xy.length / 2 }, (_, i): [number, number, number, number] => [
    xy[2 * i] ?? 0,
    xy[2 * i + 1] ?? 0,
    z?.[i] ?? NaN,
    m?.[i] ?? NaN,
  ]);
  return [...own, ...parts.flatMap(measuredPositions)];
}

test('a geometry’s own positions keep their bits, and cuts have the Z and M of the place on its own segment', () => {
  const kinds = { own: 0, cut: 0, foreign: 0 };
  fc.assert(
    fc.property(layers, crops, (features, crop) => {
      using cutter = new Cutter(geos, crop);
      for (const feature of features) {
        const cut = cutter.cut(feature);
        if (!cut) continue;
        const own = new Map(measuredPositions(feature).map(([x, y, ...measures]) => [`${x} ${y}`, measures]));
        const ways =
          dimensionOf(feature.type) === 0 ? [] : segments(members(feature).flatMap((one) => (one.parts.length > 0 ? one.parts : [one])));
        const [zs, ms] = [[...own.values()].map(([z = 0]) => z), [...own.values()].map(([, m = 0]) => m)];
        for (const [x, y, z, m] of measuredPositions(cut)) {
          const known = own.get(`${x} ${y}`);
          if (known) {
            assert.deepEqual([z, m], known);
            kinds.own++;
          } else if (ways.some((way) => distance(way, x, y) < 1e-8)) {
            assert.ok(Math.abs(z - planeZ(x, y)) < SAME_PLACE && Math.abs(m - planeM(x, y)) < SAME_PLACE, `${z} ${m} at ${x} ${y}`);
            kinds.cut++;
          } else {
            // Of the crop's own, between those beside them.
            assert.ok(
              z >= Math.min(...zs) - 1e-9 && z <= Math.max(...zs) + 1e-9 && m >= Math.min(...ms) - 1e-9 && m <= Math.max(...ms) + 1e-9,
            );
            kinds.foreign++;
          }
        }
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
  assert.ok(kinds.own > 500 && kinds.cut > 500 && kinds.foreign > 100, JSON.stringify(kinds));
});

/** A ring of so many vertices around a place, with a rough outline. */
function coast([x, y]: Position, radius: number, vertices: number): Position[] {
  return ringOf(
    [x, y],
    Array.from({ length: vertices }, (_, i) => radius * (1 + 0.2 * Math.sin((i * 40 * Math.PI) / vertices) + 0.02 * Math.sin(i * 1.7))),
  );
}

test('a crop and geometries of thousands of vertices are cut as by GEOS with the whole', () => {
  const crop: MultiPolygon = [[coast([6, 6], 4, 5000).map(at)]];
  const layer = [
    geometry('Polygon', [coast([8, 6], 4, 8000)]),
    geometry(
      'MultiPolygon',
      [],
      Array.from({ length: 100 }, (_, n) => geometry('Polygon', [coast([(n % 10) + 1.5, Math.floor(n / 10) + 1.5], 0.4, 300)])),
    ),
    // On the crop's own vertices, so that GEOS has to cut it.
    geometry('Polygon', [
      coast([6, 6], 4, 5000)
        .slice(0, 1200)
        .concat([[6, 6], coast([6, 6], 4, 5000)[0] ?? [6, 6]]),
    ]),
    geometry('Polygon', [rectangle(0, 0, 12, 12)]),
  ];
  using whole = geos.fromPolygons(crop);
  using cutter = new Cutter(geos, crop);
  for (const one of layer) {
    const mine = cutter.cut(one);
    using source = geos.fromWkb(toWkb(one));
    using theirs = source.intersection(whole);
    assert.ok(mine && isValid(mine));
    using made = geos.fromWkb(toWkb(mine));
    assert.ok(symmetricDifference(made, theirs) < SAME_AREA);
  }
});

/** Unit squares of a lattice, united: rings that touch each other, and themselves were they one. */
const lattice = (turn: number) =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })), { minLength: 8, maxLength: 34 }).map((cells) => {
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const place = ([x, y]: Position): Position => at([3 + x * cos - y * sin, 1 + x * sin + y * cos]);
    using union = unionOf(
      geos,
      cells.map(([x, y]) => [rectangle(x, y, x + 1, y + 1).map(place)]),
    );
    return union.toPolygons();
  });

test('polygons whose rings touch, cut to areas whose rings touch, are valid and what GEOS makes of them', () => {
  let cuts = 0;
  fc.assert(
    fc.property(lattice(0.3), lattice(0.7), (polygons, crop) => {
      using cutter = new Cutter(geos, crop);
      using whole = geos.fromPolygons(crop);
      using source = geos.fromPolygons(polygons);
      const all = fromWkb(source.toWkb());
      for (const one of all.type === 'MultiPolygon' ? [...all.parts, all] : [all]) {
        const cut = cutter.cut(one);
        using own = geos.fromWkb(toWkb(one));
        using theirs = own.intersection(whole);
        if (!cut) assert.ok(theirs.area() < SAME_AREA);
        else {
          cuts++;
          assert.ok(isValid(cut));
          using made = geos.fromWkb(toWkb(cut));
          assert.ok(symmetricDifference(made, theirs) < SAME_AREA);
        }
      }
    }),
    { seed: SEED, numRuns: 2500 },
  );
  assert.ok(cuts > 100);
});

test('what hangs together at one place alone once it is cut is two polygons', () => {
  const holes: Position[][] = [
    [
      [5, 5],
      [4, 5],
      [2, 4],
      [2, 2],
      [4, 2],
      [5, 4],
      [5, 5],
    ],
    [
      [5, 5],
      [6, 5],
      [8, 6],
      [8, 8],
      [6, 8],
      [5, 6],
      [5, 5],
    ],
  ];
  const around = [rectangle(0, 0, 10, 10), ...holes.map((hole) => hole.toReversed())];
  const within = rectangle(3, 3, 7.1, 7.2);
  for (const [rings, crop] of [
    [around, [within]],
    [[within], around],
  ] as const) {
    using cutter = new Cutter(geos, [crop.map((ring) => ring.map(at))]);
    const cut = cutter.cut(geometry('Polygon', rings));
    assert.ok(cut && isValid(cut));
    assert.equal(cut.parts.length, 2);
  }
});

test('a polygon that nearly lies on itself where an edge crosses it is valid once it is cut', () => {
  using cutter = new Cutter(geos, [[rectangle(0, 0, 5.3, 12).map(at)]]);
  const thin = 2 ** -40;
  const spike = geometry('Polygon', [
    [
      [1, 1],
      [9, 4],
      [1, 1 + thin],
      [1, 1],
    ],
  ]);
  const cut = cutter.cut(spike);
  assert.ok(cut === null || isValid(cut));
  assert.equal(cutter.failed, 0);
});

test('what has a place that is no number is null and counted', () => {
  using cutter = new Cutter(geos, [[rectangle(2, 2, 8, 8).map(at)]]);
  const nowhere = geometry('Polygon', [rectangle(1, 1, 3, 3)]);
  nowhere.xy[2] = Number.NaN;
  const flat = geometry('Polygon', [
    [
      [1, 1],
      [3, 3],
      [1, 1],
    ],
  ]);
  assert.equal(cutter.cut(nowhere), null);
  assert.equal(cutter.cut(flat), null);
  assert.equal(
    cutter.cut({
      ...geometry('LineString', [
        [
          [1, 1],
          [3, 3],
        ],
      ]),
      xy: Float64Array.of(EAST, NORTH, Number.POSITIVE_INFINITY, NORTH),
    }),
    null,
  );
  assert.equal(cutter.failed, 2);
});

test('200,000 cuts leave nothing in GEOS’s memory', () => {
  const crop: MultiPolygon = [[coast([6, 6], 4, 200).map(at)], [rectangle(11, 11, 12, 12).map(at)]];
  const outline = coast([6, 6], 4, 200);
  const layer = Array.from({ length: 400 }, (_, n) => {
    const [x, y] = outline[n % 200] ?? [0, 0];
    // Some of them have a corner on the crop's own, which GEOS has to cut.
    const off = n % 20 === 0 ? 0 : 0.01;
    return geometry('Polygon', [
      [
        [x + off, y],
        [x + 0.3, y + 0.1],
        [x + 0.2, y + 0.4],
        [x - 0.3, y + 0.1],
        [x + off, y],
      ],
    ]);
  });
  const cut = (times: number) => {
    using cutter = new Cutter(geos, crop);
    for (let i = 0; i < times; i++) {
      const one = layer[i % layer.length];
      if (one) cutter.cut(one);
    }
    assert.equal(cutter.failed, 0);
  };
  cut(20_000);
  const before = geos.memoryBytes();
  for (let i = 0; i < 9; i++) cut(20_000);
  assert.equal(geos.memoryBytes(), before);
});
