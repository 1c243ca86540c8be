import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parcels } from '../../bench/parcels.ts';
import { measureLayer } from '../../src/catalog/publish/measure.ts';
import { openSource } from '../../src/catalog/publish/source.ts';
import { patchModel } from '../../src/crs/patches.ts';
import type { PatchModel } from '../../src/crs/patchtransform.ts';
import { findFormat } from '../../src/formats/registry.ts';
import type { MultiPolygon } from '../../src/geometry/polygons.ts';
import { FlatGeometry } from '../../src/store/flat.ts';
import { FlatGeobufFile } from '../../src/store/reader.ts';
import { planColumns } from '../../src/vector/columns.ts';
import { Crew } from '../../src/vector/crew.ts';
import { Cutter } from '../../src/vector/cutter.ts';
import { encode } from '../../src/vector/encode.ts';
import { cropTo, pickerOf } from '../../src/vector/picker.ts';
import { type Selection, selectFrom } from '../../src/vector/select.ts';
import { temporaryFolder } from '../fixtures/folder.ts';

/** Enough for several batches. */
const COUNT = 14_000;
const folder = temporaryFolder();
const many = await measured('parcels', parcels(COUNT));
const [west, south, east, north] = many.profile.extent ?? [0, 0, 0, 0];
/** Half of the layer, with slanting edges. */
const crop: MultiPolygon = [
  [
    [
      [west, south],
      [east, south],
      [(west + east) / 2, north],
      [west, north],
      [west, south],
    ],
  ],
];
/** The same with a corner of a feature on its edge, which is left to GEOS: threads have it when they need it. */
const corner = await cornerNear((west + east) / 2, (south + north) / 2);
const touching: MultiPolygon = crop.map(([ring = []]) => [[...ring.slice(0, 2), corner, ...ring.slice(2)]]);
/** Lines and points together, on the edges of that. */
const collections = await measured(
  'collections',
  [0.2, 0.5, 0.8].map((part) => {
    const y = south + part * (north - south);
    const [from, to] = [
      [west - 10, y],
      [east + 10, y],
    ];
    const geometries = [
      { type: 'LineString', coordinates: [from, to] },
      { type: 'Point', coordinates: [(west + east) / 2, y] },
    ];
    return `${JSON.stringify({ type: 'Feature', properties: {}, geometry: { type: 'GeometryCollection', geometries } })}\n`;
  }),
);
/** Squares with a hole, on the slanting edge: these are not cut where they are. */
const hollow = await measured(
  'hollow',
  Array.from({ length: 150 }, (_, n) => {
    const part = (n + 0.5) / 150;
    const [x, y] = [east + (part * (west - east)) / 2, south + part * (north - south)];
    const square = (half: number) =>
      [
        [-half, -half],
        [half, -half],
        [half, half],
        [-half, half],
        [-half, -half],
      ].map(([dx = 0, dy = 0]) => [x + dx, y + dy]);
    const geometry = { type: 'Polygon', coordinates: [square(1), square(0.5).reverse()] };
    return `${JSON.stringify({ type: 'Feature', properties: {}, geometry })}\n`;
  }),
);
const ENTRY = new URL('../../src/exports/crewmember.ts', import.meta.url);
const crews = [1, 2, 5].map((size) => new Crew(ENTRY, size));

/** A layer of features in EPSG:2193, a line of GeoJSON each. */
async function measured(name: string, features: Iterable<string>) {
  const [text, source] = [join(folder, `${name}.geojsonl`), join(folder, `${name}.gpkg`)];
  writeFileSync(text, [...features].join(''));
  execFileSync('ogr2ogr', ['-f', 'GPKG', source, `GeoJSONSeq:${text}`, '-a_srs', 'EPSG:2193', '-lco', 'FID=key']);
  const [layer] = await openSource(source, {});
  assert.ok(layer);
  const { dir, profile } = await measureLayer(layer, {
    tempDir: await mkdtemp(join(folder, 'measured-')),
    crs: undefined,
    signal: undefined,
    onProgress: () => {},
  });
  return { path: join(dir, 'features.fgb'), profile };
}

/** A position of the layer near a place. */
async function cornerNear(x: number, y: number): Promise<[number, number]> {
  const file = await FlatGeobufFile.open(many.path);
  let nearest: [number, number] = [Infinity, Infinity];
  for await (const batch of file.batches())
    for (const feature of batch) {
      const { xy } = feature.geometry() ?? assert.fail();
      for (let i = 0; i < xy.length; i += 2) {
        const [ownX = 0, ownY = 0] = [xy[i], xy[i + 1]];
        if (Math.hypot(ownX - x, ownY - y) < Math.hypot(nearest[0] - x, nearest[1] - y)) nearest = [ownX, ownY];
      }
    }
  await file.close();
  return nearest;
}

/** What a format's files are, deflated and whole. */
async function made(
  { path, profile }: typeof many,
  mimetype: string,
  area: MultiPolygon | null,
  crew: Crew,
  selected: (all: Selection) => Selection,
) {
  const format = findFormat('vector', mimetype);
  assert.ok(format?.writer.encoded);
  const { writer } = format;
  const { columns } = planColumns(writer, profile);
  const file = await FlatGeobufFile.open(path);
  const crop = area && cropTo(area);
  const all = await selectFrom(file, crop?.index ?? null);
  await file.close();
  const target = { kind: profile.kind, profile, crs: profile.crs, columns, hasZ: false, hasM: false, isCut: area !== null };
  const { files, featureCount } = await encode({
    work: {
      picking: { path, crop, model: null, limit: Number.POSITIVE_INFINITY },
      target: { ...target, name: 'parcels', modified: new Date('2026-01-02T03:04:05Z') },
      rules: writer.geometry,
      values: { texts: writer.texts, infinities: writer.infinities },
    },
    selection: selected(all),
    format: format.writer.encoded,
    kind: 'vector',
    mimetype,
    crew,
    tempDir: await mkdtemp(join(folder, 'temp-')),
    outDir: await mkdtemp(join(folder, 'out-')),
    signal: AbortSignal.timeout(120_000),
    onProgress: () => {},
  });
  return {
    batches: all.batches.length,
    featureCount,
    contents: files.map(({ name, sha256, size }) => ({ name, sha256, size })),
    deflated: files.map((one) => hash('sha256', readFileSync(one.path))),
  };
}

const asOne = ({ batches, bytes }: Selection): Selection => ({
  batches: [{ runs: Float64Array.from(batches.flatMap(({ runs }) => [...runs])), bytes }],
  bytes,
});

for (const mimetype of [
  'application/x-zipped-shp',
  'application/x-ogc-gpkg',
  'text/csv',
  'application/geo+json',
  'application/flatgeobuf',
]) {
  test(`${mimetype} is the same bytes from any number of threads, and the same content as in one batch`, async () => {
    for (const area of [null, touching]) {
      const results = [];
      // These threads have no GEOS yet, and some of a batch is written before they need it.
      const fresh = new Crew(ENTRY, 2);
      for (const crew of [...crews, fresh]) results.push(await made(many, mimetype, area, crew, (all) => all));
      await fresh.close();
      const [first, ...others] = results;
      assert.ok(first && first.batches > 1 && first.featureCount > COUNT / 3);
      for (const other of others) assert.deepEqual(other, first);
      const whole = await made(many, mimetype, area, crews[0] ?? assert.fail(), asOne);
      assert.equal(whole.featureCount, first.featureCount);
      // In a GeoPackage each batch begins a page, so that one has fewer of them.
      if (mimetype !== 'application/x-ogc-gpkg') assert.deepEqual(whole.contents, first.contents);
    }
  });
}

test('features that are batches by themselves go through threads as others do', async () => {
  const line = (n: number) => {
    const coordinates = Array.from({ length: 300_000 }, (_, k) => [1_500_000 + k / 1000, 5_000_000 + 10 * n + (k % 7) / 1000]);
    return `${JSON.stringify({ type: 'Feature', properties: { key: n + 1 }, geometry: { type: 'LineString', coordinates } })}\n`;
  };
  const large = await measured('large', [0, 1, 2].map(line));
  const [crew] = crews;
  assert.ok(crew);
  const threaded = await made(large, 'application/x-zipped-shp', null, crew, (all) => all);
  assert.equal(threaded.batches, 3);
  const whole = await made(large, 'application/x-zipped-shp', null, crew, asOne);
  assert.deepEqual(threaded.contents, whole.contents);
});

/** What a picker gives of a layer, and how often it cuts: when nothing is kept, to measure, to encode what was measured, and again. */
async function pickedFourTimes(t: TestContext, { path }: typeof many, model: PatchModel | null) {
  const cut = t.mock.method(Cutter.prototype, 'cut');
  const file = await FlatGeobufFile.open(path);
  const area = cropTo(crop);
  const { batches } = await selectFrom(file, area.index);
  using picker = await pickerOf(file, { path, crop: area, model, limit: Number.POSITIVE_INFINITY });
  const passes = [false, true, false, false].map((keepsCuts) => {
    picker.keepsCuts = keepsCuts;
    cut.mock.resetCalls();
    const shapes: unknown[] = [];
    for (const batch of batches)
      picker.pick(batch, (shape) => shapes.push(structuredClone(shape instanceof FlatGeometry ? shape.toGeometry() : shape)));
    return { shapes, cuts: cut.mock.callCount() };
  });
  await file.close();
  return passes;
}

test('what took long to cut to measure a batch is not cut again to encode it, and not kept any longer', async (t) => {
  const passes = await pickedFourTimes(t, hollow, null);
  const [plain] = passes;
  assert.ok(plain && plain.cuts > 100);
  const { cuts, shapes } = plain;
  assert.deepEqual(
    passes.map((pass) => pass.cuts),
    [cuts, cuts, 0, cuts],
  );
  for (const pass of passes) assert.deepEqual(pass.shapes, shapes);
});

test('collections on the edge are transformed once, however often they are picked', async (t) => {
  const model = await patchModel('EPSG:2193', 'EPSG:4326', collections.profile.extent ?? [0, 0, 0, 0]);
  assert.ok(model);
  const passes = await pickedFourTimes(t, collections, model);
  const [plain] = passes;
  assert.ok(plain && plain.cuts > 0);
  assert.match(JSON.stringify(plain.shapes), /GeometryCollection/);
  for (const pass of passes) assert.deepEqual(pass.shapes, plain.shapes);
});
