/** What became of an attempt to make an export, for whoever watches the site: metrics and traces. */
export interface AttemptRecord {
  exportId: number;
  /** What its spans are part of, as a `traceparent`; null: nothing. */
  trace: string | null;
  /** When it began and ended, in milliseconds since 1970. */
  from: number;
  to: number;
  /** How long the export had waited when its first attempt began, in milliseconds; null for later attempts. */
  waited: number | null;
  /** `stopped`: cancelled, put back, or lost to another attempt. */
  outcome: 'complete' | 'error' | 'stopped';
  /** Of the error; of an attempt that was stopped, `disk-full` where others may have the room that was lacking here. */
  code: string | null;
  /** Of the archive that was made; 0 where none was. */
  bytes: number;
  /** Whether it took the archive of another export; null where none was looked for. */
  reused: boolean | null;
  stages: readonly StageTime[];
}

/** When a stage began and ended, in milliseconds since 1970; see AttemptLog. */
export interface StageTime {
  /** The item's place in the request; null: all of it. */
  item: number | null;
  name: string;
  from: number;
  to: number;
}

/** Writes down what an attempt does. Stages: `fetch` (versions come to this machine), each item's `crop` and `write`, `archive`, `store`. */
export class AttemptLog {
  readonly #exportId: number;
  readonly trace: string | null;
  readonly #waited: number | null;
  readonly #from = Date.now();
  readonly #stages: StageTime[] = [];
  /** When the last news of a stage came. */
  #last = this.#from;
  bytes = 0;
  reused: boolean | null = null;
  #ended: Pick<AttemptRecord, 'outcome' | 'code'> = { outcome: 'stopped', code: null };

  constructor({ id, attempts, created_at: created }: { id: number; attempts: number; created_at: Date }, trace: string | null) {
    this.#exportId = id;
    this.trace = trace;
    this.#waited = attempts === 1 ? Math.max(0, this.#from - created.getTime()) : null;
  }

  /** News of a stage. One that was not heard of before began when the news before this came. */
  heard(item: number | null, name: string): void {
    const now = Date.now();
    const stage = this.#stages.find((one) => one.item === item && one.name === name);
    if (stage) stage.to = now;
    else this.#stages.push({ item, name, from: this.#last, to: now });
    this.#last = now;
  }

  /** Does a stage that has no progress of its own. */
  async during<T>(name: string, work: Promise<T>): Promise<T> {
    this.#last = Date.now();
    try {
      return await work;
    } finally {
      this.heard(null, name);
    }
  }

  /** Unless this is called, the attempt was stopped. */
  ended(outcome: AttemptRecord['outcome'], code: string | null = null): void {
    this.#ended = { outcome, code };
  }

  record(): AttemptRecord {
    return {
      exportId: this.#exportId,
      trace: this.trace,
      from: this.#from,
      to: Date.now(),
      waited: this.#waited,
      ...this.#ended,
      bytes: this.bytes,
      reused: this.reused,
      stages: this.#stages,
    };
  }
}
