// Loaded by a process before all else (`node --import`): its clock goes wrong by what a file says, and changes whenever the file does. (libfaketime
// would do for files too, but makes Node's timers wait for minutes.)
import { readFileSync } from 'node:fs';

const LOOK_MS = 500;
const file = process.env.CHAOS_CLOCK ?? '';
const right = Date.now.bind(Date);
let offset = 0;
let looked = Number.NEGATIVE_INFINITY;

/** Milliseconds since 1970, wrong by the file's. */
function now(): number {
  if (right() - looked > LOOK_MS) {
    looked = right();
    try {
      offset = Number(readFileSync(file, 'utf8')) || 0;
    } catch {
      // It is being written, and what it said last holds.
    }
  }
  return right() + offset;
}

globalThis.Date = new Proxy(Date, {
  construct: (target, values, newTarget) => Reflect.construct(target, values.length > 0 ? values : [now()], newTarget),
  apply: (target) => new target(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
