// Runs every check of the project and ends with 1 when one fails: types, lint, dead code, tests.
// usage: npm test [-- FILE…]   (with files: only those tests)
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

// As bin/geocrate does: many processes load the same modules.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../node_modules/.cache/compile');

const files = process.argv.slice(2);
const checks: [name: string, command: string, args: string[]][] =
  files.length > 0
    ? []
    : [
        ['types', 'tsc', ['--noEmit']],
        ['types of the page', 'tsc', ['--noEmit', '-p', 'web']],
        ['lint', 'biome', ['check', '--error-on-warnings']],
        ['dead code', 'knip', []],
      ];
const tests = files.length > 0 ? files : globSync('test/**/*.test.ts').sort();
checks.push([
  'tests',
  process.execPath,
  ['--disable-warning=ExperimentalWarning', '--test', '--test-concurrency=2', '--test-timeout=300000', ...tests],
]);

const failed = checks.filter(([name, command, args]) => {
  console.log(`\n== ${name}`);
  return spawnSync(command, args, { stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  console.log(`\nFailed: ${failed.map(([name]) => name).join(', ')}`);
  process.exit(1);
}
