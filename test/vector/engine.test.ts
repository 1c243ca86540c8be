import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { parcels } from '../../bench/parcels.ts';
import { cropFor } from '../../src/crs/crop.ts';
import type { Geometry } from '../../src/store/feature.ts';
import { FlatGeobufFile } from '../../src/store/reader.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { exported } from '../fixtures/readback.ts';
import { startSite } from '../fixtures/site.ts';

/** Enough for several batches, so that several threads make one output. */
const COUNT = 20_000;
const folder = temporaryFolder();
const source = join(folder, 'parcels.geojsonl');
writeFileSync(source, [...parcels(COUNT)].join(''));
/** The same with ids of its own, in another order than the store's. */
const keyed = join(folder, 'keyed.gpkg');
const site = await startSite();

before(async () => {
  execFileSync('ogr2ogr', ['-f', 'GPKG', keyed, `GeoJSONSeq:${source}`, '-a_srs', 'EPSG:2193', '-nln', 'keyed', '-lco', 'FID=key']);
  await site.publish(source, { id: 1, title: 'Parcels', crs: 'EPSG:2193' });
  await site.publish(keyed, { id: 2, title: 'Keyed' });
});

/** A star over the middle of the parcels, in longitude and latitude. */
function star(): { type: 'Polygon'; coordinates: number[][][] } {
  const middle = (Math.ceil(Math.sqrt(COUNT)) * 30) / 2;
  const corners = Array.from({ length: 24 }, (_, k) => {
    const [angle, radius] = [(2 * Math.PI * k) / 24, middle * (k % 2 ? 0.5 : 0.85)];
    return `${1_570_000 + middle + radius * Math.cos(angle)} ${5_170_000 + middle + radius * Math.sin(angle)}`;
  });
  const args = ['-s_srs', 'EPSG:2193', '-t_srs', 'EPSG:4326', '-output_xy'];
  const ring = execFileSync('gdaltransform', args, { input: corners.join('\n'), encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  return { type: 'Polygon', coordinates: [[...ring, ring[0] ?? []]] };
}
const area = star();

/** GDAL does not write over a FlatGeobuf. */
let files = 0;

/** What is compared of a feature: where it is, how large, and its values. */
interface Summary {
  box: number[];
  surface: number;
  values: string;
}

/** All features of a file as GDAL reads it, by their field `id`. */
async function summaries(path: string): Promise<Map<number, Summary>> {
  const read = join(folder, `read-${++files}.fgb`);
  const values = ['id', 'appellation', 'district', 'surveyed', 'area'];
  const names = execFileSync('ogrinfo', ['-so', '-al', path], { encoding: 'utf8' });
  const short = values.map((name) => (new RegExp(`^${name}:`, 'm').test(names) ? name : name.slice(0, 10)));
  execFileSync('ogr2ogr', ['-f', 'FlatGeobuf', read, path, '-lco', 'SPATIAL_INDEX=NO', '-nlt', 'GEOMETRY', '-select', short.join(',')], {
    stdio: 'ignore',
  });
  const file = await FlatGeobufFile.open(read);
  const found = new Map<number, Summary>();
  const id = file.header.columns.findIndex(({ name }) => name === 'id');
  for await (const batch of file.batches())
    for (const raw of batch) {
      const row = raw.values();
      const geometry = raw.geometry();
      assert.ok(geometry, path);
      found.set(Number(row[id]), {
        ...measure(geometry),
        values: JSON.stringify(row.map((value) => String(value ?? '').replace(/T00:00:00$/, ''))),
      });
    }
  await file.close();
  return found;
}

function measure({ xy, ends, parts }: Geometry): { box: number[]; surface: number } {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  let surface = 0;
  const add = (part: { box: number[]; surface: number }) => {
    part.box.forEach((value, k) => {
      box[k] = k < 2 ? Math.min(box[k] ?? 0, value) : Math.max(box[k] ?? 0, value);
    });
    surface += part.surface;
  };
  for (const part of parts) add(measure(part));
  let from = 0;
  for (const [ring, to] of (ends && ends.length > 0 ? [...ends] : xy.length > 0 ? [xy.length / 2] : []).entries()) {
    let twice = 0;
    const [x0 = 0, y0 = 0] = xy.subarray(2 * from, 2 * from + 2);
    for (let i = from; i < to; i++) {
      const [x = 0, y = 0, nextX = x0, nextY = y0] = xy.subarray(2 * i, 2 * Math.min(i + 2, to));
      twice += (x - x0) * (nextY - y0) - (nextX - x0) * (y - y0);
      add({ box: [x, y, x, y], surface: 0 });
    }
    surface += (ring === 0 ? 1 : -1) * Math.abs(twice / 2);
    from = to;
  }
  return { box, surface };
}

const references = new Map<string, Promise<Map<number, Summary>>>();

/** GDAL's own conversion of the source, made once. */
function reference(crop: boolean, crs: string): Promise<Map<number, Summary>> {
  const key = `${crop} ${crs}`;
  const made = references.get(key) ?? converted(crop, crs);
  references.set(key, made);
  return made;
}

async function converted(crop: boolean, crs: string): Promise<Map<number, Summary>> {
  const path = join(folder, `reference-${++files}.fgb`);
  const args = ['-f', 'FlatGeobuf', path, `GeoJSONSeq:${source}`, '-s_srs', 'EPSG:2193', '-t_srs', crs, '-nlt', 'GEOMETRY'];
  execFileSync('ogr2ogr', [...args, ...(crop ? ['-clipsrc', await areaInLayer()] : [])], { stdio: 'ignore' });
  return summaries(path);
}

/** The area in the layer's CRS, as the export has it (test/vector/crop.test.ts compares that with GDAL). */
async function areaInLayer(): Promise<string> {
  const store = join(site.dataDir, 'store');
  const profile = readdirSync(store)
    .map((version) => JSON.parse(readFileSync(join(store, version, 'profile.json'), 'utf8')))
    .find(({ fid_column }) => fid_column === null);
  const coordinates = await cropFor([area.coordinates], profile);
  const path = join(folder, `clip-${++files}.geojson`);
  writeFileSync(path, JSON.stringify({ type: 'MultiPolygon', coordinates }));
  return path;
}

function compare(made: Map<number, Summary>, expected: Map<number, Summary>, geographic: boolean, decimals: number, what: string): void {
  // A micrometre, which is about 1e-11 degrees.
  const near = Math.max(geographic ? 1e-11 : 1e-6, 10 ** -decimals);
  const surface = near * (geographic ? 1e-3 : 100);
  const missing = [...expected.keys()].filter((id) => !made.has(id) && (expected.get(id)?.surface ?? 0) > surface);
  const added = [...made.keys()].filter((id) => !expected.has(id) && (made.get(id)?.surface ?? 0) > surface);
  assert.deepEqual({ missing, added }, { missing: [], added: [] }, what);
  for (const [id, one] of made) {
    const other = expected.get(id);
    if (!other) continue;
    assert.equal(one.values, other.values, `${what}, ${id}`);
    assert.ok(Math.abs(one.surface - other.surface) < surface, `${what}, ${id}: ${one.surface} and ${other.surface}`);
    one.box.forEach((value, k) => {
      assert.ok(Math.abs(value - (other.box[k] ?? 0)) < near, `${what}, ${id}: ${one.box} and ${other.box}`);
    });
  }
}

const FORMATS = [
  ['application/x-zipped-shp', 'parcels.shp'],
  ['application/x-ogc-gpkg', 'parcels.gpkg'],
  ['text/csv', 'parcels.csv'],
  ['application/flatgeobuf', 'parcels.fgb'],
] as const;

for (const [crop, crs] of [
  [false, 'EPSG:2193'],
  [true, 'EPSG:2193'],
  [true, 'EPSG:4326'],
  [false, 'EPSG:3857'],
] as const) {
  test(`what several threads make of ${crop ? 'a part' : 'all'} of a layer in ${crs} is GDAL’s own, feature by feature`, async () => {
    const expected = await reference(crop, crs);
    assert.ok(crop ? expected.size > COUNT / 5 && expected.size < COUNT : expected.size === COUNT);
    for (const [format, file] of FORMATS) {
      const body = { crs, formats: { vector: format }, items: [{ item: `${site.api}/layers/1/` }], ...(crop ? { extent: area } : {}) };
      const { dir } = await exported(site, folder, body);
      compare(await summaries(join(dir, 'parcels', file)), expected, crs === 'EPSG:4326', 12, `${format} ${crs}`);
    }
  });
}

test('GeoJSON of several threads is one collection with 7 decimals', async () => {
  const body = { formats: { vector: 'application/geo+json' }, crs: 'EPSG:4326', items: [{ item: `${site.api}/layers/1/` }], extent: area };
  const { dir, done } = await exported(site, folder, body);
  const path = join(dir, 'parcels', 'parcels.geojson');
  assert.ok(JSON.parse(readFileSync(path, 'utf8')).features.length > COUNT / 5);
  compare(await summaries(path), await reference(true, 'EPSG:4326'), true, 6.5, done.name);
});

test('a GeoPackage keeps the ids that its features have, and finds them by place', async () => {
  const body = {
    formats: { vector: 'application/x-ogc-gpkg' },
    crs: 'EPSG:2193',
    items: [{ item: `${site.api}/layers/2/` }],
    extent: area,
  };
  const { dir } = await exported(site, folder, body);
  const path = join(dir, 'keyed', 'keyed.gpkg');
  const ask = (sql: string) => execFileSync('ogrinfo', ['-q', path, '-dialect', 'SQLite', '-sql', sql], { encoding: 'utf8' });
  // The source’s keys are the places in the file, and so are its ids.
  assert.match(ask('SELECT count(*) AS n FROM keyed WHERE key <> id'), /n \(Integer\) = 0/);
  const run = (sql: string) => execFileSync('ogrinfo', ['-q', path, '-sql', sql], { encoding: 'utf8' });
  assert.match(run('PRAGMA integrity_check'), /= ok/);
  assert.match(run("SELECT rtreecheck('rtree_keyed_geom') AS found"), /found \(String\) = ok/);
});
