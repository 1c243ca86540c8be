import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { findFormat } from '../src/formats/registry.ts';
import { type Data, inDegrees, makeParcels } from './data.ts';
import type { Share } from './deflating.ts';
import { OTHER_DATA, type OtherDataName, starOverOtherData, writeOtherData } from './otherdata.ts';
import { exportIt, type Measured, median, row, TABLE_HEAD, theirs } from './peer.ts';
import { BenchSite } from './site.ts';

const command = promisify(execFile);

/** What is exported, and how ogr2ogr is asked for the same. */
interface Work {
  name: string;
  mimetype: string;
  /** Of ogr2ogr: the driver, its options and the file's extension. */
  driver: string;
  options: readonly string[];
  extension: string;
  crop: boolean;
  crs: 'EPSG:2193' | 'EPSG:4326';
  /** How many times faster it is meant to be at least; null where nobody said. */
  floor: number | null;
}

const SHAPEFILE = { mimetype: 'application/x-zipped-shp', driver: 'ESRI Shapefile', options: ['-lco', 'ENCODING=UTF-8'], extension: 'shp' };
const GEOPACKAGE = { mimetype: 'application/x-ogc-gpkg', driver: 'GPKG', options: [], extension: 'gpkg' };
const CSV = { mimetype: 'text/csv', driver: 'CSV', options: ['-lco', 'GEOMETRY=AS_WKT'], extension: 'csv' };
const GEOJSON = { mimetype: 'application/geo+json', driver: 'GeoJSON', options: ['-lco', 'RFC7946=YES'], extension: 'geojson' };
const FLATGEOBUF = { mimetype: 'application/flatgeobuf', driver: 'FlatGeobuf', options: ['-nlt', 'GEOMETRY'], extension: 'fgb' };

const WORKS: readonly Work[] = [
  { name: 'Shapefile, cropped', ...SHAPEFILE, crop: true, crs: 'EPSG:2193', floor: 10 },
  { name: 'Shapefile, cropped, to EPSG:4326', ...SHAPEFILE, crop: true, crs: 'EPSG:4326', floor: 8 },
  { name: 'Shapefile, whole', ...SHAPEFILE, crop: false, crs: 'EPSG:2193', floor: 6 },
  { name: 'Shapefile, whole, to EPSG:4326', ...SHAPEFILE, crop: false, crs: 'EPSG:4326', floor: 5 },
  { name: 'GeoPackage, whole', ...GEOPACKAGE, crop: false, crs: 'EPSG:2193', floor: 4 },
  { name: 'GeoPackage, cropped', ...GEOPACKAGE, crop: true, crs: 'EPSG:2193', floor: 6 },
  { name: 'CSV with WKT, whole', ...CSV, crop: false, crs: 'EPSG:2193', floor: 5 },
  { name: 'GeoJSON, whole (to EPSG:4326)', ...GEOJSON, crop: false, crs: 'EPSG:4326', floor: 5 },
  { name: 'FlatGeobuf, cropped', ...FLATGEOBUF, crop: true, crs: 'EPSG:2193', floor: 10 },
];

/** What is measured on other data than parcels, and on tables. */
const OTHER_WORKS: readonly Work[] = [
  { name: 'Shapefile, cropped', ...SHAPEFILE, crop: true, crs: 'EPSG:2193', floor: null },
  { name: 'Shapefile, whole, to EPSG:4326', ...SHAPEFILE, crop: false, crs: 'EPSG:4326', floor: null },
  { name: 'GeoPackage, whole', ...GEOPACKAGE, crop: false, crs: 'EPSG:2193', floor: null },
  { name: 'CSV, whole', ...CSV, crop: false, crs: 'EPSG:2193', floor: null },
  { name: 'GeoJSON, cropped (to EPSG:4326)', ...GEOJSON, crop: true, crs: 'EPSG:4326', floor: null },
  { name: 'FlatGeobuf, cropped', ...FLATGEOBUF, crop: true, crs: 'EPSG:2193', floor: null },
];
const DBF = { mimetype: 'application/x-dbf', driver: 'ESRI Shapefile', options: ['-lco', 'ENCODING=UTF-8'], extension: 'dbf' };
const TABLE_WORKS: readonly Work[] = [DBF, GEOPACKAGE, { ...CSV, options: [] }].map((format) => ({
  name: `Table as ${format.extension.toUpperCase()}`,
  ...format,
  crop: false,
  crs: 'EPSG:2193',
  floor: null,
}));

/**
 * Compares exports with ogr2ogr and zip, alternately, and with the limit: reading the input and deflating the output at the same level on all cores,
 * and nothing else. Arguments: --data parcels (or another of otherdata.ts) --count 1000000 --runs 3 --only shapefile --mapshaper.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string', default: 'parcels' },
      count: { type: 'string' },
      runs: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      mapshaper: { type: 'boolean', default: false },
    },
  });
  const { data: kind, runs, only, mapshaper } = values;
  if (kind !== 'parcels' && !isOtherData(kind)) throw new Error(`--data is parcels or one of ${Object.keys(OTHER_DATA).join(', ')}.`);
  const count = Number(values.count ?? (kind === 'parcels' ? 1_000_000 : OTHER_DATA[kind].count));
  const works = kind === 'parcels' ? WORKS : kind === 'table' ? TABLE_WORKS : OTHER_WORKS;
  const folder = mkdtempSync(join(tmpdir(), 'geocrate-bench-'));
  try {
    say(`Making ${count} of ${kind} …`);
    const data = kind === 'parcels' ? await makeParcels(folder, count) : await makeOther(folder, kind, count);
    process.env.GEOCRATE_DEMO = '0';
    process.env.GEOCRATE_CACHE = '0';
    say('Publishing them …');
    const site = await BenchSite.start(join(folder, 'data'), [[data.source, '--id', '1', '--title', kind]]);
    try {
      process.stdout.write(`${count} of ${kind}, ${availableParallelism()} cores of ${cpus()[0]?.model}, medians of ${runs}\n\n`);
      process.stdout.write(TABLE_HEAD);
      for (const work of works.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()))) {
        process.stdout.write(await compare(work, site, data, folder, Number(runs)));
        if (mapshaper && work.crop && work.driver === 'ESRI Shapefile' && work.crs === 'EPSG:2193')
          process.stdout.write(await compareMapshaper(work, site, data, folder, Number(runs)));
      }
    } finally {
      await site.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isOtherData(name: string): name is OtherDataName {
  return name in OTHER_DATA;
}

async function makeOther(folder: string, kind: OtherDataName, count: number): Promise<Data> {
  const source = join(folder, `${kind}.fgb`);
  await writeOtherData(source, kind, count);
  const cropFile = join(folder, 'crop.geojson');
  writeFileSync(cropFile, JSON.stringify(starOverOtherData()));
  return { source, isTable: kind === 'table', cropFile, crop: await inDegrees(cropFile) };
}

async function compare(work: Work, site: BenchSite, data: Data, folder: string, runs: number): Promise<string> {
  const ours: Measured[] = [];
  const peers: Measured[] = [];
  for (let i = 0; i < runs; i++) {
    say(`${work.name}: ${i + 1} of ${runs}`);
    ours.push(await exportIt(site, bodyOf(work, site, data)));
    peers.push(await convertIt(work, data, join(folder, 'peer')));
  }
  return row(work, median(ours), median(peers), await limitOf(work, site, data, join(folder, 'limit')));
}

function bodyOf(work: Work, site: BenchSite, { crop, isTable }: Data): object {
  if (isTable) return { formats: { table: work.mimetype }, items: [{ item: `${site.api}/tables/1/` }] };
  return {
    crs: work.crs,
    formats: { vector: work.mimetype },
    items: [{ item: `${site.api}/layers/1/` }],
    ...(work.crop ? { extent: crop } : {}),
  };
}

async function convertIt(work: Work, data: Data, folder: string): Promise<Measured> {
  const crop = work.crop ? ['-clipsrc', data.cropFile] : [];
  const crs = work.crs === 'EPSG:2193' || data.isTable ? [] : ['-t_srs', work.crs];
  const args = ['-f', work.driver, ...work.options, ...crop, ...crs, `out/out.${work.extension}`, data.source];
  return theirs(folder, [
    ['ogr2ogr', args],
    ['zip', ['-q', '-r', 'out.zip', 'out']],
  ]);
}

/** The same work by mapshaper, which is installed for the occasion. */
async function compareMapshaper(work: Work, site: BenchSite, data: Data, folder: string, runs: number): Promise<string> {
  const prefix = join(folder, 'mapshaper');
  await command('npm', ['install', '--no-save', '--ignore-scripts', '--prefix', prefix, MAPSHAPER]);
  const program = join(prefix, 'node_modules/.bin/mapshaper-xl');
  const ours: Measured[] = [];
  const mapshapers: Measured[] = [];
  for (let i = 0; i < runs; i++) {
    say(`${work.name}, mapshaper: ${i + 1} of ${runs}`);
    ours.push(await exportIt(site, bodyOf(work, site, data)));
    mapshapers.push(
      await theirs(join(folder, 'peer'), [
        [process.execPath, [program, '12gb', data.source, '-clip', data.cropFile, '-o', 'out/out.shp']],
        ['zip', ['-q', '-r', 'out.zip', 'out']],
      ]),
    );
  }
  return row({ ...work, name: `${work.name}, against ${MAPSHAPER}`, floor: null }, median(ours), median(mapshapers), null);
}

const MAPSHAPER = 'mapshaper@0.7';

/** Seconds to read the input and deflate the output, on all cores. */
async function limitOf(work: Work, site: BenchSite, data: Data, folder: string): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  await site.download(bodyOf(work, site, data), join(folder, 'ours.zip'));
  await command('unzip', ['-q', 'ours.zip', '-d', 'out'], { cwd: folder });
  const outputs = readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const levels = findFormat(data.isTable ? 'table' : 'vector', work.mimetype)?.writer.encoded?.levels ?? [6];
  const levelOf = (path: string) => (path.endsWith('.shp') ? Math.min(...levels) : Math.max(...levels));
  // About what a crop keeps of the input.
  const share = work.crop ? 0.27 : 1;
  const inputBytes = Math.round(statSync(data.source).size * share);
  const threads = Array.from({ length: availableParallelism() }, () => new Worker(new URL('deflating.ts', import.meta.url)));
  const shares: Share[][] = threads.map(() => []);
  const deal = (path: string, bytes: number, how: number | null) => {
    for (let from = 0, n = 0; from < bytes; from += PIECE_BYTES, n++)
      shares[n % threads.length]?.push({ pieces: [{ path, from, to: Math.min(from + PIECE_BYTES, bytes) }], level: how });
  };
  deal(data.source, inputBytes, null);
  for (const path of outputs) deal(path, statSync(path).size, levelOf(path));
  const all = (messages: (index: number) => Share[]) =>
    Promise.all(
      threads.map(async (thread, index) => {
        for (const message of messages(index)) {
          thread.postMessage(message);
          await once(thread, 'message');
        }
      }),
    );
  await all(() => [{ pieces: [], level: null }]);
  const started = performance.now();
  await all((index) => shares[index] ?? []);
  const seconds = (performance.now() - started) / 1000;
  await Promise.all(threads.map((thread) => thread.terminate()));
  return seconds;
}

const PIECE_BYTES = 3 << 20;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
