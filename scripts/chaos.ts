// Breaks a site of two servers and three workers at random, and checks what becomes of its exports (test/chaos/chaos.ts).
// usage: npm run chaos -- [--minutes N] [--seed S] [--servers N] [--workers N] [--users N] [--fault NAME]…
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chaos } from '../test/chaos/chaos.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    servers: { type: 'string', default: '2' },
    workers: { type: 'string', default: '3' },
    users: { type: 'string', default: '10' },
    fault: { type: 'string', multiple: true },
  },
});
const seed = Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), 'geocrate-chaos-'));
console.log(`seed ${seed}, ${values.minutes} minutes, in ${folder}`);
const report = await chaos(folder, {
  seed,
  seconds: Number(values.minutes) * 60,
  servers: Number(values.servers),
  workers: Number(values.workers),
  users: Number(values.users),
  lanes: 3,
  pause: 3,
  ...(values.fault ? { faults: values.fault } : {}),
  large: true,
  print: (line) => console.log(line),
});
console.log(`faults: ${JSON.stringify(report.faults)}`);
console.log(`exports: ${JSON.stringify(report.ends)}`);
if (report.failures.length === 0) rmSync(folder, { recursive: true, force: true });
else {
  writeFileSync(join(folder, 'events.txt'), `${report.lines.join('\n')}\n`);
  console.log(`\nseed ${seed}: ${report.failures.length} failures; events and the processes' logs are in ${folder}`);
  for (const failure of report.failures) console.log(`- ${failure}`);
}
process.exit(report.failures.length === 0 ? 0 : 1);
