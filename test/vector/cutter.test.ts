import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Geos, type GeosGeometry, loadGeos } from '../../src/geometry/geos.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import type { Geometry } from '../../src/store/feature.ts';
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
async function clipped(geometries: readonly Geometry[], crop: MultiPolygon, options: { hasZ?: boolean; hasM?: boolean } = {}): Promise<Map<number, Geometry>> {
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

function segments(lines: readonly Geometry[]): [number, number, number, number][] {
  return lines.flatMap((line) => {
    const found: [number, number, number, number][] = [];
    let from = 0;
    for (const to of lineEnds(line)) {
      for (let i = 2 * from; i + 3 < 2 * to; i += 2) found.push([line.xy[i] ?? 0, line.xy[i + 1] ?? 0, line.xy[i + 2] ?? 0, line.xy[i + 3] ?? 0]);
      from = to;
    }
    return found;
  });
}

const length = (lines: readonly Geometry[]) => segments(lines).reduce((sum, [x1, y1, x2, y2]) => sum + Math.hypot(x2 - x1, y2 - y1), 0);

function distance([x1, y1, x2, y2]: [number, number, number, number], x: number, y: number): number {
  const square = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const part = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / square));
  return Math.hypot(x - x1 - part * (x2 - x1), y - y1 - part * (y2 - y1));
}

/** The farthest that a position of some lines is from others. */
function farthest(lines: readonly Geometry[], others: readonly Geometry[]): number {
  const ways = segments(others);
  return segments(lines).reduce((most, [x1, y1, x2, y2]) => {
    const away = (x: number, y: number) => ways.reduce((least, way) => Math.min(least, distance(way, x, y)), Infinity);
    return Math.max(most, away(x1, y1), away(x2, y2));
  }, 0);
}

const positions = ({ xy }: Geometry) => Array.from({ length: xy.length / 2 }, (_, i) => `${xy[2 * i]} ${xy[2 * i + 1]}`);

/** Whether two geometries of one dimension are the same place. */
function assertSame(mine: Geometry, theirs: Geometry): void {
  const dimension = dimensionOf(mine.type);
  if (dimension === 0) assert.deepEqual(new Set(members(mine).flatMap(positions)), new Set(members(theirs).flatMap(positions)));
  else if (dimension === 1) {
    // GEOS gives but once what a line goes over twice.
    using lines = geos.fromWkb(toWkb(mine));
    using once = lines.union();
    const [one, other] = [members(fromWkb(once.toWkb())), members(theirs)];
    assert.ok(Math.abs(length(one) - length(other)) < SAME_PLACE * 10, `${length(one)} m, not ${length(other)}`);
    assert.ok(farthest(one, other) < SAME_PLACE && farthest(other, one) < SAME_PLACE);
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

/** Compares each member of a geometry with GDAL's result for it. */
function assertAsGdal(cutter: Cutter, geometry: Geometry, theirs: Geometry | undefined): void {
  const mine = cutter.cut(geometry);
  const kept = theirs ? keepDimension(theirs, dimensionOf(geometry.type)) : null;
  assert.equal(mine === null, kept === null, `${mine?.type} for GDAL's ${theirs?.type}`);
  if (!mine || !kept) return;
  assert.ok(isValid(mine), 'is valid');
  assertSame(mine, kept);
}

type Position = [x: number, y: number];

const at = ([x, y]: Position): Position => [EAST + x * UNIT, NORTH + y * UNIT];
/** On whole numbers places often are the same, or on one line. */
const coordinate = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.double({ min: 0, max: 12, noNaN: true }).map((value) => Math.round(value * 1e4) / 1e4));
const position: fc.Arbitrary<Position> = fc.tuple(coordinate, coordinate);
const box = fc
  .tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .map(([x, y, width, height]): Position[][] => [rectangle(x, y, x + width, y + height)]);
const star = fc
  .record({ centre: position, radii: fc.array(fc.double({ min: 0.3, max: 6, noNaN: true }), { minLength: 3, maxLength: 14 }), hollow: fc.boolean() })
  .map(({ centre, radii, hollow }) => (hollow ? [ringOf(centre, radii), ringOf(centre, radii.map((radius) => radius / 2)).reverse()] : [ringOf(centre, radii)]));
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
const chessboard = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), { minLength: 1, maxLength: 12 }).map((places) => {
  const squares = new Map(places.map(([x, y]) => [`${x} ${y}`, (x + y) % 2 === 0 ? [rectangle(2 * x, 2 * y, 2 * x + 2, 2 * y + 2)] : null]));
  return [...squares.values()].filter((square) => square !== null);
});
const sliver = fc.tuple(position, position).filter(([[ax, ay], [bx, by]]) => Math.hypot(bx - ax, by - ay) > 1).map(([[ax, ay], [bx, by]]): Position[][][] => {
  const [dx, dy] = [-(by - ay) * 1e-3, (bx - ax) * 1e-3];
  return [[[[ax, ay], [bx, by], [bx + dx, by + dy], [ax, ay]]]];
});
const crops: fc.Arbitrary<MultiPolygon> = fc
  .oneof(polygon.map((one) => [one]), chessboard, sliver, fc.array(polygon, { minLength: 2, maxLength: 6 }))
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
  fc.array(polygonGeometry, { minLength: 1, maxLength: 4 }).map((parts) => geometry('MultiPolygon', [], parts)).filter(isValid),
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
      for (const [index, feature] of layer.entries()) assertAsGdal(cutter, feature, theirs.get(index));
      assert.equal(cutter.failed, 0);
    }),
    { seed: SEED, numRuns: 40 },
  );
});
