import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeParcels } from './data.ts';
import { exportIt } from './peer.ts';
import { BenchSite } from './site.ts';

const WORKS = [
  { name: 'Shapefile', mimetype: 'application/x-zipped-shp', crs: 'EPSG:2193', crop: false },
  { name: 'Shapefile, cropped, to EPSG:4326', mimetype: 'application/x-zipped-shp', crs: 'EPSG:4326', crop: true },
  { name: 'GeoPackage', mimetype: 'application/x-ogc-gpkg', crs: 'EPSG:2193', crop: false },
  { name: 'GeoPackage, cropped', mimetype: 'application/x-ogc-gpkg', crs: 'EPSG:2193', crop: true },
  { name: 'CSV', mimetype: 'text/csv', crs: 'EPSG:2193', crop: false },
  { name: 'GeoJSON', mimetype: 'application/geo+json', crs: 'EPSG:4326', crop: false },
  { name: 'FlatGeobuf, cropped', mimetype: 'application/flatgeobuf', crs: 'EPSG:2193', crop: true },
];
/** Features that are written before it is measured. */
const WARM = 1_000_000;
const RUNS = 3;
/** Of Linux: the kernel counts a process's time in hundredths of a second. */
const TICKS = 100;

interface Layer {
  count: number;
  id: number;
  crop: object;
}

/** What a feature costs in layers of several sizes, by the clock and of the processor, and the memory. Arguments: --counts 100000,1000000,4000000. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { counts: { type: 'string', default: '100000,1000000,4000000' } } });
  Object.assign(process.env, { GEOCRATE_DEMO: '0', GEOCRATE_CACHE: '0' });
  const folder = mkdtempSync(join(tmpdir(), 'geocrate-bench-'));
  try {
    const layers: Layer[] = [];
    const publish: string[][] = [];
    for (const count of values.counts.split(',').map(Number)) {
      process.stderr.write(`Making ${count} parcels …\n`);
      const id = layers.length + 1;
      const own = join(folder, String(id));
      mkdirSync(own);
      const { source, crop } = await makeParcels(own, count);
      layers.push({ count, id, crop });
      publish.push([source, '--id', String(id), '--title', `parcels ${id}`]);
    }
    process.stderr.write('Publishing them …\n');
    const site = await BenchSite.start(join(folder, 'data'), publish);
    try {
      console.log('| work | features | by the clock, a feature | from the middle | of the processor | from the middle | memory |');
      console.log('|---|---|---|---|---|---|---|');
      for (const work of WORKS) await compare(work, site, layers);
    } finally {
      await site.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One work on each layer in turn, several times: a machine is not as fast at all times. */
async function compare(
  { name, mimetype, crs, crop: isCropped }: (typeof WORKS)[number],
  site: BenchSite,
  layers: readonly Layer[],
): Promise<void> {
  const rows = layers.map(({ count, id, crop }) => ({
    count,
    body: { crs, formats: { vector: mimetype }, items: [{ item: `${site.api}/layers/${id}/` }], ...(isCropped ? { extent: crop } : {}) },
    runs: [] as { clock: number; processor: number; memory: number }[],
  }));
  // The code of the threads is compiled as it is used.
  const [first] = rows;
  for (let made = 0; first && made < WARM; made += first.count) await site.export(first.body);
  for (let round = 0; round < RUNS; round++)
    for (const { body, runs } of rows) {
      const before = processorSeconds(site.pid);
      const { seconds, memory } = await exportIt(site, body);
      runs.push({ clock: seconds, processor: processorSeconds(site.pid) - before, memory });
    }
  const each = (of: 'clock' | 'processor') => rows.map(({ count, runs }) => (median(runs.map((run) => run[of])) / count) * 1e6);
  const cells = [each('clock'), each('processor')].map((costs) => {
    const middle = (Math.min(...costs) + Math.max(...costs)) / 2;
    return costs.map((cost) => [`${cost.toFixed(2)} µs`, `${(100 * (cost / middle - 1)).toFixed(0)}%`]);
  });
  rows.forEach(({ count, runs }, index) => {
    const memory = `${(Math.max(...runs.map((run) => run.memory)) / 1e6).toFixed(0)} MB`;
    console.log(`| ${[name, count.toLocaleString('en'), ...cells.flatMap((cell) => cell[index] ?? []), memory].join(' | ')} |`);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** What a process and the children that it has waited for have taken of the processor. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}
