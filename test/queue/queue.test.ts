import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../../src/db/open.ts';
import { ExportQueue } from '../../src/queue/queue.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { until } from '../fixtures/until.ts';

const dataDir = temporaryFolder();
/** What ends queues and connections, also of a test that failed; before the database goes. */
const closing: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});
const databaseUrl = await startPostgres();

/** The queue as one of several processes has it; `onSession` is waited for before each statement. */
async function processOf(onSession = async () => {}) {
  const { db, source, close } = await openDatabase({ databaseUrl, dataDir });
  closing.push(close);
  const { acquire } = source;
  const waiting = { ...source, acquire: () => onSession().then(() => acquire.call(source)) };
  const queue = await ExportQueue.open(waiting, (error) => assert.fail(error));
  closing.push(() => queue.close());
  return { db, queue };
}

const { db, queue: server } = await processOf();

/** Adds a job whose turn is so many seconds from now. */
async function add(exportId: number, seconds: number, long = false): Promise<void> {
  const turn = new Date(Date.now() + seconds * 1000);
  await db.transaction().execute((trx) => server.add(trx, { exportId, jobId: randomUUID(), turn, long }));
}

/** A process that takes jobs and does each until it is told to end it. */
async function worker(concurrency: number, onSession?: () => Promise<void>) {
  const { queue } = await processOf(onSession);
  const taken: number[] = [];
  const running = new Map<number, () => void>();
  /** Units that it makes, by the items that they are, as if these were exports below 0. */
  const workOn = async (job: number, signal: AbortSignal) => {
    taken.push(job);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => reject(signal.reason));
    running.set(job, resolve);
    await promise.finally(() => running.delete(job));
  };
  queue.work(
    concurrency,
    ({ exportId }, signal) => workOn(exportId, signal),
    async ({ item }, signal) => {
      await workOn(-item, signal);
      return { item };
    },
  );
  return { queue, taken, running, end: (exportId: number) => running.get(exportId)?.(), close: () => queue.close() };
}

/** Long enough for every worker to have looked for jobs. */
const look = () => delay(2500);

test('jobs are handed out in the order of their turns, whenever they were added', async () => {
  await add(1, 300);
  await add(2, 10);
  await add(3, 100);
  await add(4, 10);
  const one = await worker(1);
  for (const next of [2, 4, 3, 1]) {
    await until(`job ${next} runs`, () => one.running.has(next));
    one.end(next);
  }
  assert.deepEqual(one.taken, [2, 4, 3, 1]);
  await one.close();
});

test('long jobs leave a place, which a short one takes at once', async () => {
  for (const id of [11, 12, 13, 14, 15]) await add(id, 1, true);
  const workers = [await worker(2), await worker(3)];
  const running = () => workers.flatMap((one) => [...one.running.keys()]);
  await until('both have all that they should take', () => running().length >= 3);
  await look();
  assert.deepEqual(
    workers.map((one) => one.running.size),
    [1, 2],
  );
  // Its turn comes last.
  await add(16, 1000);
  await until('the short one runs', () => running().includes(16));
  for (const one of workers) one.end(16);
  while (running().length > 0) {
    for (const one of workers) for (const id of one.running.keys()) one.end(id);
    await look();
  }
  assert.deepEqual(workers.flatMap((one) => one.taken).sort(), [11, 12, 13, 14, 15, 16]);
  for (const one of workers) await one.close();
});

test('a process that stops hands back what it runs, and another takes it', async () => {
  await add(21, 1);
  await add(22, 1, true);
  const first = await worker(2);
  await until('both run', () => first.running.size === 2);
  await first.close();
  assert.equal(first.running.size, 0);
  const second = await worker(2);
  await until('both run again', () => second.running.size === 2);
  for (const id of [21, 22]) second.end(id);
  await look();
  assert.deepEqual(second.taken.sort(), [21, 22]);
  await second.close();
});

test('a job that was done as its process stopped is not handed out again', async () => {
  const ids = Array.from({ length: 10 }, (_, n) => 31 + n);
  for (const id of ids) await add(id, 1);
  // Statements overtake each other, as they do on a slow network.
  let late = 0;
  const first = await worker(ids.length, () => delay(late-- > 0 ? 200 : 0));
  await until('all run', () => first.running.size === ids.length);
  late = ids.length;
  for (const id of ids) first.end(id);
  await first.close();
  assert.deepEqual(await server.depth(), []);
});

test('a process that pauses goes on with what it runs and takes no more until it resumes', async () => {
  const one = await worker(2);
  await add(51, 1);
  await until('it runs', () => one.running.has(51));
  one.queue.pause();
  await add(52, 1);
  await look();
  assert.deepEqual([...one.running.keys()], [51]);
  one.queue.resume();
  await until('the other runs', () => one.running.has(52));
  // The place of what ran all the while is taken again only once that has ended.
  one.queue.pause();
  one.queue.resume();
  await add(53, 1);
  await add(54, 1);
  await look();
  assert.deepEqual([...one.running.keys()], [51, 52]);
  one.end(51);
  await until('its place is taken', () => one.running.has(53));
  await look();
  assert.deepEqual([...one.running.keys()], [52, 53]);
  for (const id of [52, 53]) one.end(id);
  await until('the last runs', () => one.running.has(54));
  one.end(54);
  await one.close();
});

test('units of exports are made where nothing else is to be done, one at a time, and keep no short export waiting', async () => {
  const unit = { exportId: 90, claim: randomUUID(), software: 'test', piece: null, sources: null, trace: null };
  const [first = '', second = '', third = ''] = await server.units.offer([1, 2, 3].map((item) => ({ ...unit, item })));
  await add(91, 1);
  const one = await worker(3);
  const running = () => [...one.running.keys()];
  await until('the export is made', () => one.running.has(91));
  await look();
  assert.deepEqual(running(), [91]);
  one.end(91);
  await until('a unit is made', () => one.running.has(-1));
  await look();
  assert.deepEqual(running(), [-1]);
  for (const [id, long] of [
    [92, true],
    [93, true],
    [94, false],
  ] as const)
    await add(id, 1, long);
  await until('exports are made beside it', () => running().length === 3);
  // It counts as a long one.
  assert.deepEqual(running().toSorted(), [-1, 92, 94]);

  assert.equal(await server.units.withdraw(first), false);
  assert.deepEqual(await server.units.look(first), { is: 'active' });
  assert.equal(await server.units.withdraw(third), true);
  one.end(-1);
  await until('the unit is made', async () => (await server.units.look(first)).is === 'made');
  assert.deepEqual(await server.units.look(first), { is: 'made', output: { item: 1 } });
  for (const id of [92, 93, 94]) {
    await until(`job ${id} runs`, () => one.running.has(id));
    one.end(id);
  }
  await until('the next unit is made', () => one.running.has(-2));

  // With their export they end, wherever they are made.
  await server.units.remove(90);
  await until('the unit is given up', () => running().length === 0);
  assert.deepEqual(await server.units.look(second), { is: 'left' });
  await look();
  assert.deepEqual(one.taken, [91, -1, 92, 94, 93, -2]);
  await one.close();
});
