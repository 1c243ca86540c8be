import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs, promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { findFormat } from '../src/formats/registry.ts';
import type { Share } from './deflating.ts';
import { watchMemory } from './memory.ts';
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
  /** How many times faster it is meant to be at least. */
  floor: number;
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

/** One way of doing the work, once. Sizes and memory in bytes. */
interface Measured {
  seconds: number;
  size: number;
  memory: number;
}

/**
 * Compares exports of parcels with ogr2ogr and zip, alternately, and with the limit: reading the input and deflating the output at the same level on
 * all cores, and nothing else. Arguments: --count 1000000 --runs 3 --only shapefile.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '1000000' },
      runs: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'geocrate-bench-'));
  try {
    say(`Making ${values.count} parcels …`);
    const data = await makeData(folder, values.count);
    process.env.GEOCRATE_DEMO = '0';
    process.env.GEOCRATE_CACHE = '0';
    say('Publishing them …');
    const site = await BenchSite.start(join(folder, 'data'), [[data.parcels, '--id', '1', '--title', 'Parcels']]);
    try {
      process.stdout.write(
        `${values.count} parcels, ${availableParallelism()} cores of ${cpus()[0]?.model}, medians of ${values.runs}\n\n`,
      );
      process.stdout.write(
        `| work | ogr2ogr + zip | Geocrate | ratio | to be | limit | above it | memory, theirs and ours | size, ours to theirs |\n`,
      );
      process.stdout.write('|---|---|---|---|---|---|---|---|---|\n');
      for (const work of WORKS.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase())))
        process.stdout.write(await compare(work, site, data, folder, Number(values.runs)));
    } finally {
      await site.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Data {
  parcels: string;
  /** The area, in EPSG:2193 for ogr2ogr and in longitude and latitude for the API. */
  cropFile: string;
  crop: object;
}

async function makeData(folder: string, count: string): Promise<Data> {
  const generator = join(import.meta.dirname, 'parcels.mjs');
  const parcels = join(folder, 'parcels.fgb');
  const make = spawn(process.execPath, [generator, 'parcels', count], { stdio: ['ignore', 'pipe', 'inherit'] });
  const source = 'GeoJSONSeq:/vsistdin?buffer_limit=-1';
  const write = spawn('ogr2ogr', ['-f', 'FlatGeobuf', '-a_srs', 'EPSG:2193', '-nln', 'parcels', parcels, source], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const written = once(write, 'exit');
  await pipeline(make.stdout, write.stdin);
  await written;
  const cropFile = join(folder, 'crop.geojson');
  const crop = spawn(process.execPath, [generator, 'crop', count], { stdio: ['ignore', 'pipe', 'inherit'] });
  await pipeline(crop.stdout, createWriteStream(cropFile));
  const args = ['-f', 'GeoJSON', '-s_srs', 'EPSG:2193', '-t_srs', 'EPSG:4326', '-lco', 'COORDINATE_PRECISION=12', '/vsistdout/', cropFile];
  const { features } = JSON.parse((await command('ogr2ogr', args)).stdout);
  return { parcels, cropFile, crop: features[0].geometry };
}

async function compare(work: Work, site: BenchSite, data: Data, folder: string, runs: number): Promise<string> {
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let i = 0; i < runs; i++) {
    say(`${work.name}: ${i + 1} of ${runs}`);
    ours.push(await exportIt(work, site, data));
    theirs.push(await convertIt(work, data, join(folder, 'peer')));
  }
  const limit = await limitOf(work, site, data, join(folder, 'limit'));
  const [us, them] = [median(ours), median(theirs)];
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  return `| ${[
    work.name,
    `${them.seconds.toFixed(1)} s`,
    `${us.seconds.toFixed(2)} s`,
    `${(them.seconds / us.seconds).toFixed(1)}×`,
    `${work.floor}×`,
    `${limit.toFixed(2)} s`,
    `${(us.seconds / limit).toFixed(2)}×`,
    `${megabytes(them.memory)} MB, ${megabytes(us.memory)} MB`,
    `${(us.size / them.size).toFixed(3)}`,
  ].join(' | ')} |\n`;
}

function bodyOf(work: Work, site: BenchSite, { crop }: Data): object {
  return {
    crs: work.crs,
    formats: { vector: work.mimetype },
    items: [{ item: `${site.api}/layers/1/` }],
    ...(work.crop ? { extent: crop } : {}),
  };
}

async function exportIt(work: Work, site: BenchSite, data: Data): Promise<Measured> {
  const memory = watchMemory(site.pid);
  const { seconds, size } = await site.export(bodyOf(work, site, data));
  return { seconds, size, memory: memory.stop() };
}

async function convertIt(work: Work, data: Data, folder: string): Promise<Measured> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'parcels'), { recursive: true });
  const started = performance.now();
  let memory = 0;
  const step = async (command: string, args: readonly string[]) => {
    const child = spawn(command, args, { cwd: folder, stdio: 'ignore' });
    const watch = watchMemory(child.pid ?? 0);
    const [code] = await once(child, 'exit');
    memory = Math.max(memory, watch.stop());
    if (code !== 0) throw new Error(`${command} ended with code ${code}.`);
  };
  const crop = work.crop ? ['-clipsrc', data.cropFile] : [];
  const crs = work.crs === 'EPSG:2193' ? [] : ['-t_srs', work.crs];
  await step('ogr2ogr', ['-f', work.driver, ...work.options, ...crop, ...crs, `parcels/parcels.${work.extension}`, data.parcels]);
  await step('zip', ['-q', '-r', 'parcels.zip', 'parcels']);
  return { seconds: (performance.now() - started) / 1000, size: statSync(join(folder, 'parcels.zip')).size, memory };
}

/** Seconds to read the input and deflate the output, on all cores. */
async function limitOf(work: Work, site: BenchSite, data: Data, folder: string): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  await site.download(bodyOf(work, site, data), join(folder, 'ours.zip'));
  await command('unzip', ['-q', 'ours.zip', '-d', 'out'], { cwd: folder });
  const outputs = readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const level = findFormat('vector', work.mimetype)?.writer.encoded?.level ?? 6;
  // What a crop keeps of the input is about what the output is of the whole; here: its share of the parcels.
  const share = work.crop ? 0.27 : 1;
  const inputBytes = Math.round(statSync(data.parcels).size * share);
  const threads = Array.from({ length: availableParallelism() }, () => new Worker(new URL('deflating.ts', import.meta.url)));
  const shares: Share[][] = threads.map(() => []);
  const deal = (path: string, bytes: number, how: number | null) => {
    for (let from = 0, n = 0; from < bytes; from += PIECE_BYTES, n++)
      shares[n % threads.length]?.push({ pieces: [{ path, from, to: Math.min(from + PIECE_BYTES, bytes) }], level: how });
  };
  deal(data.parcels, inputBytes, null);
  for (const path of outputs) deal(path, statSync(path).size, level);
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

function median(all: readonly Measured[]): Measured {
  const middle = (of: (one: Measured) => number) => all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
  return {
    seconds: middle(({ seconds }) => seconds),
    size: middle(({ size }) => size),
    memory: Math.max(...all.map(({ memory }) => memory)),
  };
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
