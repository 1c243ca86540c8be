// Compares the vector engine with GDAL on random layers and areas for as long as is wanted (test/vector/differential.ts); with --files, publishes
// uploads that are spoilt at random (test/catalog/upload/mutants.test.ts).
// usage: npm run fuzz -- [--files] [MINUTES [SEED [RUN]]]   (10 minutes, a new seed, and from the first run on unless told)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { cases } from '../test/vector/arbitraries.ts';
import { Differential, PLACES } from '../test/vector/differential.ts';

const args = process.argv.slice(2);
const [minutes = 10, seed = Date.now() % 2 ** 31, first = 1] = args.filter((arg) => arg !== '--files').map(Number);
if (args.includes('--files')) {
  const choices = { MUTANT_RUNS: '1000000', MUTANT_MINUTES: `${minutes}`, MUTANT_SEED: `${seed}`, MUTANT_FIRST: `${first}` };
  console.log(`seed ${seed}, ${minutes} minutes`);
  const file = join(import.meta.dirname, '../test/catalog/upload/mutants.test.ts');
  const { status } = spawnSync(process.execPath, [...process.execArgv, file], { stdio: 'inherit', env: { ...process.env, ...choices } });
  process.exit(status ?? 1);
}
const folder = mkdtempSync(join(tmpdir(), 'geocrate-fuzz-'));
const differential = new Differential(folder, 3);
let runs = first - 1;
let failures = 0;
console.log(`seed ${seed}, ${minutes} minutes`);
try {
  const property = fc.asyncProperty(cases(Object.keys(PLACES)), async (one) => {
    runs++;
    const problems = await differential.problems(one);
    if (problems.length === 0) return;
    failures++;
    console.log(`run ${runs}:\n${problems.join('\n')}`);
  });
  await fc.check(property, { seed, path: `${first - 1}`, numRuns: 1e9, interruptAfterTimeLimit: minutes * 60_000, endOnFailure: true });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${runs - first + 1} runs, ${differential.compared} features compared, ${failures} runs with differences`);
process.exit(failures === 0 ? 0 : 1);
