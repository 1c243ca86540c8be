import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Schema } from '../db/schema.ts';
import type { ExportQueue } from '../queue/queue.ts';
import type { Storage } from '../storage/storage.ts';

/** What a process needs to be of use. */
const PARTS = ['database', 'storage', 'queue'] as const;
type Part = (typeof PARTS)[number];

/** How a part is: whether it works; if so, after how many milliseconds it answered; else a sentence that says what does not, for anybody to read. */
export type PartState = { ok: true; ms: number } | { ok: false; message: string };

export interface Readiness extends Record<Part, PartState> {
  /** Whether all parts work, and the process does not stop. */
  ready: boolean;
  /** What this process does for exports, as a sentence. */
  exports: string;
}

/** How long a part may take to answer. */
const PATIENCE_MS = 4000;
/** How long an answer holds, so that many who ask cost no more than one. */
const FRESH_MS = 1000;
/** The queue looks into the database every few seconds, whether it has work or not. */
const QUEUE_SILENT_MS = 30_000;

const SENTENCES: Readonly<Record<Part, string>> = {
  database: 'The database does not answer.',
  storage: 'The storage cannot be reached, or not written to.',
  queue: 'The queue has stood still for half a minute.',
};

/** What a process does for exports. */
export const EXPORTS = {
  made: 'This process makes exports.',
  left: 'Exports are left to workers.',
  noRoom: 'The disk is full, so exports are left to others until there is room.',
  stopping: 'This process is stopping.',
} as const;

/** Says whether this process can do its work now: whether to send it requests. */
export class ReadyCheck {
  readonly #checks: Readonly<Record<Part, () => Promise<unknown>>>;
  readonly #exports: () => string;
  readonly #log: Logger;
  readonly #running = new Map<Part, Promise<unknown>>();
  #last: { at: number; parts: Promise<Record<Part, PartState>> } | undefined;
  #said = '';
  #stopping = false;

  /** @param exports says what this process does for exports just now. */
  constructor(
    { db, storage, queue }: { db: Kysely<Schema>; storage: Storage; queue: ExportQueue },
    exports: () => (typeof EXPORTS)[keyof typeof EXPORTS],
    log: Logger,
  ) {
    this.#exports = exports;
    this.#log = log;
    this.#checks = {
      database: () => sql`select 1`.execute(db),
      storage: () => storage.check(),
      queue: async () => {
        if (queue.silentFor > QUEUE_SILENT_MS) throw new Error(`No statement of the queue was answered for ${queue.silentFor} ms.`);
      },
    };
  }

  /** From now on this process is not ready: it stops. */
  stop(): void {
    this.#stopping = true;
  }

  async look(): Promise<Readiness> {
    const now = performance.now();
    if (!this.#last || now - this.#last.at > FRESH_MS) this.#last = { at: now, parts: this.#look() };
    const parts = await this.#last.parts;
    const ready = !this.#stopping && PARTS.every((part) => parts[part].ok);
    return { ready, ...parts, exports: this.#stopping ? EXPORTS.stopping : this.#exports() };
  }

  async #look(): Promise<Record<Part, PartState>> {
    const [database, storage, queue] = await Promise.all([this.#ask('database'), this.#ask('storage'), this.#ask('queue')]);
    const answers = { database, storage, queue };
    const said = PARTS.filter((part) => answers[part] instanceof Error).join();
    // Once when it begins and once when it ends, not with every probe.
    if (said !== this.#said && !this.#stopping) {
      const [level, message] = said === '' ? (['info', 'ready again'] as const) : (['warn', 'not ready'] as const);
      this.#log[level]({ errors: Object.values(answers).flatMap((answer) => (answer instanceof Error ? [answer.message] : [])) }, message);
      this.#said = said;
    }
    const state = (part: Part): PartState => {
      const answer = answers[part];
      return answer instanceof Error ? { ok: false, message: SENTENCES[part] } : { ok: true, ms: Math.round(answer) };
    };
    return { database: state('database'), storage: state('storage'), queue: state('queue') };
  }

  /** How long a part took to answer, in milliseconds, or what is wrong. One that has not answered yet is not asked a second time meanwhile. */
  async #ask(part: Part): Promise<number | Error> {
    const from = performance.now();
    let running = this.#running.get(part);
    if (!running) {
      running = this.#checks[part]().finally(() => this.#running.delete(part));
      this.#running.set(part, running);
    }
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`The ${part} has not answered for ${PATIENCE_MS} ms.`)), PATIENCE_MS);
    try {
      await Promise.race([running, late]);
      return performance.now() - from;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      clearTimeout(timer);
    }
  }
}
