// Runs every check of the project and ends with 1 when one fails: types, lint, dead code, tests.
// usage: npm test [-- FILE…]   (with files: only those tests)
import { spawn } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { templateFolder } from '../test/fixtures/folder.ts';

// As bin/geocrate does: many processes load the same modules.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../node_modules/.cache/compile');

type Check = [name: string, command: string, args: string[]];

// Several threads of tsc would work out the same types several times over.
const CHECKS: readonly Check[] = [
  ['types', 'tsc', ['--noEmit', '--singleThreaded']],
  ['types of the page', 'tsc', ['--noEmit', '--singleThreaded', '-p', 'web']],
  ['lint', 'biome', ['check', '--error-on-warnings']],
  ['dead code', 'knip', []],
];

const given = process.argv.slice(2);
// Backwards: the file that takes longest, of the page in a browser, would else be left to the end and to one core. (`node --test` sorts what it is given.)
const files = given.length > 0 ? given : globSync('test/**/*.test.ts').sort().reverse();

const failed: string[] = [];
if (given.length === 0) {
  for (const { name, ok, said } of await Promise.all(CHECKS.map(check))) {
    console.log(`\n== ${name}\n${said}`);
    if (!ok) failed.push(name);
  }
}
console.log('\n== tests');
const tests = run({
  files: files.map((file) => resolve(file)),
  concurrency: 2,
  timeout: 300_000,
  execArgv: ['--disable-warning=ExperimentalWarning'],
});
let allPass = false;
tests.on('test:summary', ({ file, success }) => {
  // Of all files.
  if (file === undefined) allPass = success;
});
const report = tests.compose(spec);
report.pipe(process.stdout, { end: false });
await finished(report);
if (!allPass) failed.push('tests');
rmSync(templateFolder(process.pid), { recursive: true, force: true });
if (failed.length > 0) {
  console.log(`\nFailed: ${failed.join(', ')}`);
  process.exit(1);
}

/** Runs a check beside the others, so what it says is kept until all have ended. */
async function check([name, command, args]: Check): Promise<{ name: string; ok: boolean; said: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [code, out, err] = await Promise.all([ended(child), text(child.stdout), text(child.stderr)]);
  return { name, ok: code === 0, said: `${out}${err}` };
}

/** The exit code; null where a signal ended it. */
function ended(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
}
