import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TestPostgres } from '../fixtures/postgres.ts';
import { Random } from '../fixtures/random.ts';
import { openS3 } from '../fixtures/s3.ts';
import { BadStore } from './badstore.ts';
import { checkArchive, checkLeft, checkPromises, type Reference } from './check.ts';
import { Client, type Promised } from './client.ts';
import { FAULTS, type World } from './faults.ts';
import { Hooks } from './hooks.ts';
import { Journal } from './journal.ts';
import { type Asked, LARGE_REQUEST, prepare, REQUESTS } from './load.ts';
import { Machine } from './machine.ts';
import { slowGdal } from './slowgdal.ts';

export interface ChaosOptions {
  seed: number;
  /** How long things go wrong. */
  seconds: number;
  servers: number;
  workers: number;
  users: number;
  /** Faults at once. */
  lanes: number;
  /** Seconds from one to the next of a lane, at most. */
  pause: number;
  /** Those to choose from; all unless told. */
  faults?: readonly string[];
  requests?: readonly Asked[];
  /** With large archives and disks that can be filled. */
  large: boolean;
  print: (line: string) => void;
}

export interface ChaosReport {
  failures: readonly string[];
  lines: readonly string[];
  /** Exports by how they ended: `complete`, `error disk-full`, … */
  ends: Record<string, number>;
  /** How often each fault was. */
  faults: Record<string, number>;
}

/** All must have come to an end so long after all is well again: two lost claims, and what waits. */
const QUIET_MS = 150_000;
/** A user's exports at once. */
const AT_ONCE = 2;

/**
 * Runs servers and workers over a real PostgreSQL and a real object store, breaks everything at random, and checks what has become of the exports.
 * @param folder empty; keeps the processes' logs.
 */
export async function chaos(folder: string, options: ChaosOptions): Promise<ChaosReport> {
  const random = new Random(options.seed);
  const journal = new Journal(options.print);
  chmodSync(folder, 0o755); // PostgreSQL may run as a user of its own
  const postgres = await TestPostgres.start(folderIn(folder, 'database'));
  const bucket = await openS3(folderIn(folder, 'store'));
  const hooks = await Hooks.open();
  const store = await BadStore.before(new URL(bucket.endpoint), random.fork());
  const machines: Machine[] = [];
  const removeAll = () => {
    for (const machine of machines.splice(0)) machine.remove();
  };
  // Also when this process ends by a fault of its own.
  process.once('exit', removeAll);
  try {
    const tokens = await prepare(folder, { ...bucket.env, DATABASE_URL: postgres.url }, options.users, options.large);
    const PATH = slowGdal(folder);
    for (const kind of ['serve', 'worker'] as const)
      for (let n = 1; n <= (kind === 'serve' ? options.servers : options.workers); n++) {
        const env = {
          ...bucket.env,
          PATH,
          // Clients reach the store by a network of their own, which is well.
          GEOCRATE_STORAGE_PUBLIC_URL: bucket.endpoint,
          GEOCRATE_PRIVATE_WEBHOOKS: '1',
          GEOCRATE_STORE_CACHE: '100M',
          // Most make anew what another has made.
          GEOCRATE_CACHE: n === 3 ? '1' : '0',
          GEOCRATE_WORKERS: kind === 'serve' ? String(n - 1) : '2',
        };
        const name = `${kind === 'serve' ? 'server' : 'worker'} ${n}`;
        const { large: ownDisk } = options;
        machines.push(await Machine.make({ folder, journal, kind, name, database: new URL(postgres.url), store: store.url, env, ownDisk }));
      }
    for (const machine of machines) machine.start();
    for (const machine of machines) await machine.ready();
    const servers = machines.filter(({ kind }) => kind === 'serve').map(({ url }) => url);
    const clients = tokens.map((token, user) => new Client(user, token, servers, hooks.url, random.fork(), journal));
    const requests = [...(options.requests ?? REQUESTS), ...(options.large ? [LARGE_REQUEST] : [])];
    const reference = await undisturbed(clients, requests, folder, journal);
    journal.note('undisturbed archives made');

    const faults = await disturb({ machines, postgres, store }, clients, requests, random, journal, options);
    const promised = clients.flatMap((client) => client.promised);
    const ends = countEnds(promised);
    journal.note(`${promised.length} exports: ${JSON.stringify(ends)}`);
    for (const machine of machines) await machine.ready();
    for (const client of clients) await checkPromises(client, reference, journal);
    journal.note('archives checked');
    await Promise.all(machines.map((machine) => machine.stop()));
    await checkLeft(promised, { machines, url: postgres.url, bucket, hooks }, journal);
    return { failures: journal.failures, lines: journal.lines, ends, faults };
  } finally {
    removeAll();
    process.off('exit', removeAll);
    store.close();
    hooks.close();
    await bucket.close();
    await postgres.stop();
  }
}

/** Makes every archive once while all is well, and checks it. */
async function undisturbed(clients: readonly Client[], requests: readonly Asked[], folder: string, journal: Journal): Promise<Reference> {
  const [client] = clients;
  if (!client) throw new Error('There are no users.');
  const made = requests.map(async (asked) => {
    const promised = await client.create(asked);
    while (promised.shown.state === 'processing') {
      await delay(200);
      await client.look(promised);
    }
    if (promised.shown.state !== 'complete') throw new Error(`${asked.name}: ${JSON.stringify(promised.shown.error)}`);
    const bytes = await client.download(promised);
    return [asked, { sha256: promised.shown.sha256 ?? '' }, bytes] as const;
  });
  const reference: Reference = new Map();
  for (const [asked, known, bytes] of await Promise.all(made)) {
    reference.set(asked, known);
    try {
      checkArchive(bytes, asked, folder);
    } catch (error) {
      journal.fail(`an undisturbed archive: ${error instanceof Error ? error.message : error}`);
    }
  }
  return reference;
}

/** Has users ask for exports while things go wrong, until the time is over and all they asked for has ended. Gives how often each fault was. */
async function disturb(
  world: World,
  clients: readonly Client[],
  requests: readonly Asked[],
  random: Random,
  journal: Journal,
  options: ChaosOptions,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const end = Date.now() + options.seconds * 1000;
  const users = clients.flatMap((client) =>
    Array.from({ length: AT_ONCE }, async () => {
      const choices = random.fork();
      while (Date.now() < end) {
        await client.export(choices.pick(requests)).catch((error) => journal.fail(String(error)));
        await delay(choices.between(0, 1500));
      }
    }),
  );
  const names = options.faults ?? Object.keys(FAULTS);
  const lanes = Array.from({ length: options.lanes }, async () => {
    const choices = random.fork();
    while (Date.now() < end) {
      await delay(choices.between(0.2, options.pause) * 1000);
      const name = choices.pick(names);
      counts[name] = (counts[name] ?? 0) + 1;
      // Before it begins all that it needs is chosen, so that a seed repeats it whatever becomes of it.
      await FAULTS[name]?.(world, choices.fork(), (what) => journal.note(`${name}: ${what}`));
    }
  });
  await Promise.all(lanes);
  journal.note('all is well again');
  const late = delay(QUIET_MS, 'late', { ref: false });
  if ((await Promise.race([Promise.all(users), late])) === 'late') {
    const open = clients.flatMap(({ promised }) => promised).filter(({ shown }) => shown.state === 'processing');
    journal.fail(`${QUIET_MS / 1000} s later exports are still processing: ${open.map(({ id }) => id).join(', ')}`);
  }
  return counts;
}

/** Exports by how they ended. */
function countEnds(promised: readonly Promised[]): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { shown } of promised) {
    const end = shown.error ? `error ${shown.error.code}` : shown.state;
    ends[end] = (ends[end] ?? 0) + 1;
  }
  return ends;
}

function folderIn(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path);
  return path;
}
