import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../test/fixtures/random.ts';
import { jain, mean, percentile, seconds, sum } from './scale/figures.ts';
import { CLASSES } from './scale/load.ts';
import { type Made, type Measured, measure, PLACES } from './scale/measure.ts';
import { limits, type Model, simulate } from './scale/simulation.ts';

const SEED = 1;
/** Of the site that is simulated: exports a day, how much busier noon is than the mean, cores of the database. */
const PER_DAY = 1_000_000;
const PEAK = 1.8;
const CORES = 2;
const MACHINES = [5, 10, 20, 50, 100];

/**
 * How exports get on where there are 1, 2 and 4 workers, and, by simulation with the times that were measured, on up to 100 machines.
 * @param args `--exports 500`, `--users 50`, `--workers 1,2,4`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      exports: { type: 'string', default: '500' },
      users: { type: 'string', default: '50' },
      workers: { type: 'string', default: '1,2,4' },
    },
  });
  const [exports, users] = [Number(values.exports), Number(values.users)];
  const all: Measured[] = [];
  for (const workers of values.workers.split(',').map(Number)) {
    const folder = await mkdtemp(join(tmpdir(), 'geocrate-bench-'));
    try {
      all.push(await measure(folder, workers, exports, users, new Random(SEED)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  console.log(`\n${exports} exports of ${users} users, all asked for at once; ${PLACES} at once in each worker\n`);
  printThroughput(all);
  printTimes(all);
  printParts(all);
  const [first] = all;
  if (first) printSimulation(first);
}

function printThroughput(all: readonly Measured[]): void {
  console.log(
    '| workers | exports a minute | CPU s an export: server, workers, database | users’ 5th export, Jain’s index | wait, eager users to others |',
  );
  console.log('|---|---|---|---|---|');
  for (const { workers, made, took, cpu } of all) {
    const each = [cpu.server, cpu.workers, cpu.database].map((used) => (used / made.length).toFixed(3)).join(', ');
    const { index, ratio } = fairness(made);
    console.log(`| ${workers} | ${Math.round((made.length / took) * 60)} | ${each} | ${index.toFixed(2)} | ${ratio.toFixed(1)} |`);
  }
}

/** Whether users who ask for as much get it as soon, whatever others ask for: when each has the fifth of their exports, and how long one waits. */
function fairness(made: readonly Made[]): { index: number; ratio: number } {
  const byUser = Map.groupBy(made, ({ user }) => user);
  const fifths = [...byUser.values()].flatMap((own) => own.map(({ finished }) => finished).toSorted((a, b) => a - b)[4] ?? []);
  const counts = [...byUser.values()].map((own) => own.length);
  const many = percentile(counts, 0.5) * 2;
  const waits = (wanted: (count: number) => boolean) =>
    mean([...byUser.values()].flatMap((own) => (wanted(own.length) ? own.map(({ waited }) => waited) : [])));
  return { index: jain(fifths), ratio: waits((count) => count > many) / waits((count) => count <= many) };
}

function printTimes(all: readonly Measured[]): void {
  console.log('\n| workers | size | exports | archive, mean | made in, mean | to complete, p50 | p95 | p99 |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const { workers, made } of all)
    for (const size of CLASSES) {
      const own = made.filter((one) => one.size === size);
      const times = own.map(({ waited, served }) => waited + served);
      const bytes = `${Math.round(mean(own.map((one) => one.bytes)) / 1000)} kB`;
      const percentiles = [0.5, 0.95, 0.99].map((share) => seconds(percentile(times, share))).join(' | ');
      console.log(
        `| ${workers} | ${size} | ${own.length} | ${bytes} | ${seconds(mean(own.map(({ served }) => served)))} | ${percentiles} |`,
      );
    }
}

function printParts(all: readonly Measured[]): void {
  console.log('\n| workers | places taken | of that in the database | in requests to the store | requests an export |');
  console.log('|---|---|---|---|---|');
  for (const { workers, made, took, database, storage, requests } of all) {
    const served = sum(made.map((one) => one.served));
    const share = (part: number) => `${((100 * part) / served).toFixed(1)}%`;
    const taken = `${Math.round((100 * served) / (took * workers * PLACES))}%`;
    console.log(`| ${workers} | ${taken} | ${share(database)} | ${share(storage)} | ${(requests / made.length).toFixed(1)} |`);
  }
}

function printSimulation(measured: Measured): void {
  const { made, cpu, idle } = measured;
  const served = Object.fromEntries(CLASSES.map((size) => [size, made.filter((one) => one.size === size).map((one) => one.served)]));
  const model = (machines: number): Model => ({
    machines,
    places: PLACES,
    perDay: PER_DAY,
    peak: PEAK,
    users: 5000,
    served: { small: served.small ?? [], medium: served.medium ?? [], large: served.large ?? [] },
    shares: { small: 0.7, medium: 0.25, large: 0.05 },
    database: cpu.database / made.length,
    idle,
    cores: CORES,
  });
  console.log(
    `\nSimulated: ${PER_DAY} exports a day, ${PEAK} times as many at noon, machines like this one with ${PLACES} places, a database with ${CORES} cores;`,
  );
  console.log(
    `${(1000 * cpu.database) / made.length} ms of its CPU for an export and ${(1000 * idle).toFixed(1)} ms a second for each process\n`,
  );
  console.log(
    '| machines | wait, small, p50 | p95 | p99 | medium, p99 | large, p99 | most that waited | places taken | database busy | most a day: workers | database |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|---|');
  for (const machines of MACHINES) {
    const { waited, places, database, longest } = simulate(model(machines), new Random(SEED));
    const most = limits(model(machines));
    const waits = [0.5, 0.95, 0.99].map((share) => seconds(percentile(waited.small, share)));
    const others = [percentile(waited.medium, 0.99), percentile(waited.large, 0.99)].map(seconds);
    const shares = [places, database].map((share) => `${Math.round(100 * share)}%`);
    const millions = [most.workers, most.database].map((count) => `${(count / 1e6).toFixed(1)} M`);
    console.log(`| ${[machines, ...waits, ...others, longest, ...shares, ...millions].join(' | ')} |`);
  }
  const most = limits(model(100));
  const first = most.workers < most.database ? 'the workers’ places' : 'the CPU of the database';
  console.log(
    `\nWith 100 machines ${first} give out first: workers at ${Math.round(most.workers)}, the database at ${Math.round(most.database)} exports a day.`,
  );
}
