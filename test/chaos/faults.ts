import { setTimeout as delay } from 'node:timers/promises';
import type { TestPostgres } from '../fixtures/postgres.ts';
import type { Random } from '../fixtures/random.ts';
import { type BadStore, TROUBLES } from './badstore.ts';
import type { Machine } from './machine.ts';
import { childrenOf } from './processes.ts';

/** What can be broken. */
export interface World {
  machines: readonly Machine[];
  postgres: TestPostgres;
  store: BadStore;
}

/** Does something bad, and undoes it; says what before it begins. Resolves when all is well again. */
type Fault = (world: World, random: Random, say: (what: string) => void) => Promise<void>;

const HOUR_MS = 3_600_000;
const CLOCKS = [-26 * HOUR_MS, -HOUR_MS / 4, -20_000, 20_000, HOUR_MS / 4, 3 * HOUR_MS, 26 * HOUR_MS];

/** By their names. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  async 'kill a worker'({ machines }, random, say) {
    const machine = random.pick(machines.filter(({ kind }) => kind === 'worker'));
    say(machine.name);
    machine.kill('SIGKILL');
  },
  async 'kill a server'({ machines }, random, say) {
    const machine = random.pick(machines.filter(({ kind }) => kind === 'serve'));
    say(machine.name);
    machine.kill('SIGKILL');
  },
  async 'stop a machine in good order'({ machines }, random, say) {
    const machine = random.pick(machines);
    say(machine.name);
    machine.kill('SIGTERM');
  },
  async 'suspend a machine'({ machines }, random, say) {
    const machine = random.pick(machines);
    const seconds = random.between(1, 14);
    say(`${machine.name} for ${seconds.toFixed(1)} s`);
    machine.signal('SIGSTOP');
    await delay(seconds * 1000);
    machine.signal('SIGCONT');
  },
  async 'kill GDAL'({ machines }, random, say) {
    const wanted = 1 + Math.floor(random.next() * 3);
    const found = machines.flatMap((machine) => machine.children().map((child) => ({ ...child, machine })));
    const victims = found.filter(({ command }) => /gdal|ogr2ogr/.test(command)).slice(0, wanted);
    say(
      victims.map(({ command, machine }) => `${machine.name}: ${/[^/ ]*(?:gdal|ogr2ogr)[^ /]*/.exec(command)?.[0]}`).join(', ') ||
        'none there',
    );
    for (const { pid } of victims) kill(pid);
  },
  async 'kill PostgreSQL'({ postgres }, random, say) {
    const seconds = random.between(0.2, 5);
    if (!postgres.isUp) return;
    say(`for ${seconds.toFixed(1)} s`);
    postgres.kill();
    await delay(seconds * 1000);
    await postgres.startAgain();
  },
  async 'kill a process of PostgreSQL'({ postgres }, random, say) {
    if (!postgres.isUp) return;
    const sessions = childrenOf(postgres.pid).filter(({ command }) => command.includes('geocrate geocrate'));
    say(`one of ${sessions.length}`);
    if (sessions.length > 0) kill(random.pick(sessions).pid);
  },
  async 'cut the database'({ machines }, random, say) {
    const [cut, seconds] = [some(machines, random), random.between(0.2, 16)];
    say(`from ${names(cut)} for ${seconds.toFixed(1)} s`);
    for (const { database } of cut) database.cut();
    await delay(seconds * 1000);
    for (const { database } of cut) await database.mend();
  },
  async 'swallow what goes to the database'({ machines }, random, say) {
    const [held, seconds] = [some(machines, random), random.between(0.5, 14)];
    say(`from ${names(held)} for ${seconds.toFixed(1)} s`);
    for (const { database } of held) database.hold();
    await delay(seconds * 1000);
    for (const { database } of held) database.release();
  },
  async 'cut the storage'({ machines }, random, say) {
    const [cut, seconds] = [some(machines, random), random.between(0.2, 10)];
    say(`from ${names(cut)} for ${seconds.toFixed(1)} s`);
    for (const { store } of cut) store.cut();
    await delay(seconds * 1000);
    for (const { store } of cut) await store.mend();
  },
  async 'swallow what goes to the storage'({ machines }, random, say) {
    const [held, seconds] = [some(machines, random), random.between(0.5, 10)];
    say(`from ${names(held)} for ${seconds.toFixed(1)} s`);
    for (const { store } of held) store.hold();
    await delay(seconds * 1000);
    for (const { store } of held) store.release();
  },
  async 'a bad store'({ store }, random, say) {
    const trouble = { what: random.pick(TROUBLES), share: random.between(0.2, 1) };
    const seconds = random.between(1, 8);
    say(`that ${trouble.what}, ${Math.round(trouble.share * 100)}% of the requests, for ${seconds.toFixed(1)} s`);
    store.trouble = trouble;
    await delay(seconds * 1000);
    if (store.trouble === trouble) store.trouble = null;
  },
  async 'a full disk'({ machines }, random, say) {
    const machine = random.pick(machines);
    const [left, seconds] = [random.pick([0, 0, 4096, 65_536, 400_000]), random.between(1, 6)];
    say(`${machine.name} for ${seconds.toFixed(1)} s, ${left} bytes left`);
    machine.fillDisk(left);
    await delay(seconds * 1000);
    machine.freeDisk();
  },
  async 'a wrong clock'({ machines }, random, say) {
    const machine = random.pick(machines);
    const [offset, seconds] = [random.pick(CLOCKS), random.between(3, 20)];
    say(`${machine.name} by ${offset / 1000} s for ${seconds.toFixed(1)} s`);
    machine.setClock(offset);
    await delay(seconds * 1000);
    machine.setClock(0);
  },
};

/** One machine, or now and then all of them. */
function some(machines: readonly Machine[], random: Random): readonly Machine[] {
  return random.chance(0.25) ? machines : [random.pick(machines)];
}

function names(machines: readonly Machine[]): string {
  return machines.map(({ name }) => name).join(', ');
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
