import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/** What a feature costs in layers of several sizes, and what each further one does, by the clock and of the processor, and the memory. Arguments: --counts 100000,1000000,4000000. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { counts: { type: 'string', default: '100000,1000000,4000000' } } });
  const counts = values.counts.split(',').map(Number);
  Object.assign(process.env, { GEOCRATE_DEMO: '0', GEOCRATE_CACHE: '0' });
  console.log(
    '| features | work | by the clock, a feature | a further one | of the processor, a feature | a further one | memory |\n|---|---|---|---|---|---|---|',
  );
  /** What each work took in the layer before, in seconds. */
  const last = new Map<string, { count: number; clock: number; processor: number }>();
  for (const count of counts) {
    const folder = mkdtempSync(join(tmpdir(), 'geocrate-bench-'));
    try {
      process.stderr.write(`Making and publishing ${count} parcels …\n`);
      const { source, crop } = await makeParcels(folder, count);
      const site = await BenchSite.start(join(folder, 'data'), [[source, '--id', '1', '--title', 'parcels']]);
      try {
        for (const { name, mimetype, crs, crop: cropped } of WORKS) {
          const body = {
            crs,
            formats: { vector: mimetype },
            items: [{ item: `${site.api}/layers/1/` }],
            ...(cropped ? { extent: crop } : {}),
          };
          // The code of the threads is compiled as it is used: however small the layer, as many features have gone through it.
          for (let made = 0; made < WARM; made += count) await site.export(body);
          const runs: { seconds: number; memory: number; processor: number }[] = [];
          while (runs.length < RUNS) {
            const before = processorSeconds(site.pid);
            runs.push({ ...(await exportIt(site, body)), processor: processorSeconds(site.pid) - before });
          }
          const now = { count, clock: median(runs.map(({ seconds }) => seconds)), processor: median(runs.map((run) => run.processor)) };
          const memory = Math.max(...runs.map((run) => run.memory));
          const smaller = last.get(name);
          last.set(name, now);
          const each = (spent: number, features: number) => `${((spent / features) * 1e6).toFixed(2)} µs`;
          // What every export takes, be it large or small, is not in the difference.
          const further = (of: 'clock' | 'processor') => (smaller ? each(now[of] - smaller[of], count - smaller.count) : '');
          const times = (['clock', 'processor'] as const).flatMap((of) => [each(now[of], count), further(of)]);
          const cells = [...times, `${(memory / 1e6).toFixed(0)} MB`];
          console.log(`| ${count.toLocaleString('en')} | ${name} | ${cells.join(' | ')} |`);
        }
      } finally {
        await site.stop();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** What a process and the children that it has waited for have taken of the processor. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}
