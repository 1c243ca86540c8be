import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Schema } from '../db/schema.ts';
import type { ExportQueue } from '../queue/queue.ts';
import type { Storage } from '../storage/storage.ts';

/** What a process needs to be of use. */
const PARTS = ['database', 'storage', 'queue'] as const;
type Part = (typeof PARTS)[number];

/** Of each part: null where it works, else a sentence that says what does not, for anybody to read. */
export type Readiness = Record<Part, string | null>;

/** Whether all parts work. */
export function isReady(readiness: Readiness): boolean {
  return PARTS.every((part) => readiness[part] === null);
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

/** Says whether this process can do its work now: whether to send it requests. */
export class ReadyCheck {
  readonly #checks: Readonly<Record<Part, () => Promise<unknown>>>;
  readonly #log: Logger;
  readonly #running = new Map<Part, Promise<unknown>>();
  #last: { at: number; answer: Promise<Readiness> } | undefined;
  #said = '';
  #stopping = false;

  constructor({ db, storage, queue }: { db: Kysely<Schema>; storage: Storage; queue: ExportQueue }, log: Logger) {
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

  look(): Promise<Readiness> {
    if (this.#stopping) return Promise.resolve({ database: null, storage: null, queue: 'This process is stopping.' });
    const now = performance.now();
    if (!this.#last || now - this.#last.at > FRESH_MS) this.#last = { at: now, answer: this.#look() };
    return this.#last.answer;
  }

  async #look(): Promise<Readiness> {
    const [database, storage, queue] = await Promise.all([this.#ask('database'), this.#ask('storage'), this.#ask('queue')]);
    const failed = { database, storage, queue };
    const said = PARTS.filter((part) => failed[part]).join();
    // Once when it begins and once when it ends, not with every probe.
    if (said !== this.#said) {
      const [level, message] = said === '' ? (['info', 'ready again'] as const) : (['warn', 'not ready'] as const);
      this.#log[level]({ errors: Object.values(failed).flatMap((error) => (error ? [error.message] : [])) }, message);
      this.#said = said;
    }
    const sentence = (part: Part) => (failed[part] ? SENTENCES[part] : null);
    return { database: sentence('database'), storage: sentence('storage'), queue: sentence('queue') };
  }

  /** Null where the part works. One that has not answered yet is not asked a second time meanwhile. */
  async #ask(part: Part): Promise<Error | null> {
    let running = this.#running.get(part);
    if (!running) {
      running = this.#checks[part]().finally(() => this.#running.delete(part));
      this.#running.set(part, running);
    }
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`The ${part} has not answered for ${PATIENCE_MS} ms.`)), PATIENCE_MS);
    try {
      await Promise.race([running, late]);
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      clearTimeout(timer);
    }
  }
}
