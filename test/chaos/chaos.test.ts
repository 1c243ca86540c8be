import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../fixtures/folder.ts';
import { chaos } from './chaos.ts';
import { REQUESTS } from './load.ts';

// The short form of `npm run chaos`: those faults that take a second, and few exports.
const FAULTS = [
  'kill a worker',
  'kill a worker',
  'kill a server',
  'kill GDAL',
  'kill PostgreSQL',
  'a bad store',
  'a full disk',
  'a wrong clock',
];
const SECONDS = 12;

test('whatever is killed, cut off, full or wrong, every export that was accepted ends as it should, and nothing is left', async (t) => {
  const folder = temporaryFolder();
  const seed = Date.now() % 2 ** 31;
  t.diagnostic(`npm run chaos -- --seed ${seed}`);
  const report = await chaos(folder, {
    seed,
    seconds: SECONDS,
    servers: 1,
    workers: 2,
    users: 3,
    lanes: 1,
    pause: 1.5,
    faults: FAULTS,
    requests: REQUESTS.filter(({ name }) => /shp|layer 2 as tab|tables/.test(name)),
    large: false,
    print: () => {},
  });
  t.diagnostic(JSON.stringify([report.ends, report.faults]));
  assert.deepEqual(report.failures, [], [...report.lines, ...errorsIn(folder)].join('\n'));
  assert.ok((report.ends.complete ?? 0) > 0);
});

/** What the processes have logged of faults, the last of each. */
function errorsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => {
      const errors = readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"level":"error"'));
      return errors.slice(-5).map((line) => `${name}: ${line.slice(0, 1500)}`);
    });
}
