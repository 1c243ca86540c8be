import type { Random } from '../../test/fixtures/random.ts';
import { CLASSES, type SizeClass } from './load.ts';

/** What is simulated: seconds, but for counts. */
export interface Model {
  machines: number;
  /** Exports that a machine makes at once; of large ones one fewer. */
  places: number;
  /** Exports in a day; at its busiest a day has so many times its mean. */
  perDay: number;
  peak: number;
  users: number;
  /** Measured times that a place was taken, of each class, and the class's share of the exports. */
  served: Record<SizeClass, readonly number[]>;
  shares: Record<SizeClass, number>;
  /** CPU of the database for one export, for a process that has nothing to do in a second, and how many cores it has. */
  database: number;
  idle: number;
  cores: number;
}

export interface Simulated {
  waited: Record<SizeClass, number[]>;
  /** Of what there is, used: 0..1. */
  places: number;
  database: number;
  /** Exports that waited at most, at once. */
  longest: number;
}

const DAY_S = 86_400;

/**
 * A day of a site as a sequence of events: exports come at random, more at noon than at midnight, take their turns as exports/turn.ts says, and each
 * takes a place of a machine, and of the database before it waits and when it is done.
 */
export function simulate(model: Model, random: Random): Simulated {
  const { machines, places, perDay, peak, users, served, shares } = model;
  const means = Object.fromEntries(CLASSES.map((size) => [size, average(served[size])]));
  // What the processes ask without need is done besides.
  const pace = Math.max(0.01, 1 - (model.idle * machines) / model.cores);
  const database = new Servers(model.cores);
  const events = new Heap<Event>(({ at }) => at);
  const waiting = { short: new Heap<Job>(({ turn }) => turn), large: new Heap<Job>(({ turn }) => turn) };
  const free = new Array<number>(machines).fill(places);
  const large = new Array<number>(machines).fill(0);
  const turns = new Map<number, number>();
  const waited: Record<SizeClass, number[]> = { small: [], medium: [], large: [] };
  let busy = 0;
  let longest = 0;

  /** A place for the job whose turn is first among those that some machine may take. */
  const assign = (now: number) => {
    for (let machine = 0; machine < machines; machine++)
      while ((free[machine] ?? 0) > 0) {
        const mayBeLarge = (large[machine] ?? 0) < Math.max(1, places - 1);
        const [short, long] = [waiting.short.first, mayBeLarge ? waiting.large.first : undefined];
        const isLarge = long !== undefined && (short === undefined || long.turn < short.turn);
        const job = isLarge ? waiting.large.take() : waiting.short.take();
        if (!job) break;
        const takes = random.pick(served[job.size]);
        waited[job.size].push(now - job.came);
        busy += takes;
        free[machine] = (free[machine] ?? 0) - 1;
        if (isLarge) large[machine] = (large[machine] ?? 0) + 1;
        events.add({ at: now + takes, what: 'made', machine, isLarge });
      }
  };

  const rate = (at: number) => (perDay / DAY_S) * (1 - (peak - 1) * Math.cos((2 * Math.PI * at) / DAY_S));
  const next = (at: number): number => {
    // Thinned out of a Poisson process of the busiest rate.
    for (let later = at; ; ) {
      later -= Math.log(1 - random.next()) / (perDay / DAY_S) / peak;
      if (random.next() < rate(later) / (perDay / DAY_S) / peak) return later;
    }
  };
  events.add({ at: next(0), what: 'asked' });
  for (let event = events.take(); event; event = events.take()) {
    const { at } = event;
    if (event.what === 'asked') {
      events.add({ at: database.serve(at, model.database / 2 / pace), what: 'accepted', came: at });
      const later = next(at);
      if (later < DAY_S) events.add({ at: later, what: 'asked' });
    } else if (event.what === 'accepted') {
      const [size, user] = [pickClass(shares, random), Math.floor(random.next() ** 2 * users)];
      const turn = Math.max(at, turns.get(user) ?? 0) + (means[size] ?? 0);
      turns.set(user, turn);
      waiting[size === 'large' ? 'large' : 'short'].add({ size, turn, came: event.came });
      longest = Math.max(longest, waiting.short.size + waiting.large.size);
    } else if (event.what === 'made') {
      events.add({ ...event, at: database.serve(at, model.database / 2 / pace), what: 'complete' });
    } else {
      free[event.machine] = (free[event.machine] ?? 0) + 1;
      if (event.isLarge) large[event.machine] = (large[event.machine] ?? 0) - 1;
    }
    if (waiting.short.size + waiting.large.size > 0) assign(at);
  }
  return { waited, places: busy / (machines * places * DAY_S), database: database.busy / (model.cores * DAY_S) + (1 - pace), longest };
}

type Event = { at: number } & (
  | { what: 'asked' }
  | { what: 'accepted'; came: number }
  | { what: 'made' | 'complete'; machine: number; isLarge: boolean }
);

interface Job {
  size: SizeClass;
  turn: number;
  came: number;
}

/** Exports in a day at which each part of a site has no more to give. */
export function limits({ machines, places, served, shares, database, idle, cores }: Model): Record<'workers' | 'database', number> {
  const service = CLASSES.reduce((sum, size) => sum + shares[size] * average(served[size]), 0);
  return {
    workers: (machines * places * DAY_S) / service,
    database: (Math.max(0, cores - idle * machines) * DAY_S) / database,
  };
}

function pickClass(shares: Record<SizeClass, number>, random: Random): SizeClass {
  let chance = random.next();
  for (const size of CLASSES) {
    chance -= shares[size];
    if (chance < 0) return size;
  }
  return 'small';
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Some that serve one after the other whoever comes. */
class Servers {
  readonly #freeAt: number[];
  busy = 0;

  constructor(count: number) {
    this.#freeAt = new Array<number>(count).fill(0);
  }

  /** @returns when it is done. */
  serve(at: number, takes: number): number {
    let first = 0;
    for (let n = 1; n < this.#freeAt.length; n++) if ((this.#freeAt[n] ?? 0) < (this.#freeAt[first] ?? 0)) first = n;
    const done = Math.max(at, this.#freeAt[first] ?? 0) + takes;
    this.#freeAt[first] = done;
    this.busy += takes;
    return done;
  }
}

/** A heap whose first has the lowest key. */
class Heap<T> {
  readonly #items: T[] = [];
  readonly #key: (item: T) => number;

  constructor(key: (item: T) => number) {
    this.#key = key;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    let at = this.#items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  take(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (first === undefined || last === undefined || this.#items.length === 0) return first;
    this.#items[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < this.#items.length && this.#isBefore(child, least)) least = child;
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(one: number, other: number): boolean {
    return this.#key(this.#items[one] as T) < this.#key(this.#items[other] as T);
  }

  #swap(one: number, other: number): void {
    const kept = this.#items[one] as T;
    this.#items[one] = this.#items[other] as T;
    this.#items[other] = kept;
  }
}
