import type { Kysely } from 'kysely';
import { PgBoss } from 'pg-boss';
import type { Schema } from '../db/schema.ts';
import { runSql, type SqlSource } from '../db/sql.ts';
import { UNITS, type UnitJob, UnitQueue } from './units.ts';
import { Worker } from './worker.ts';

const QUEUE = 'export';
/** How often a job may be handed out again. A restart in good order is no fault of the export: its own count of attempts ends it. */
const RETRY_LIMIT = 1_000_000;
/** A worker that was not heard of for so long has lost its job: between two of its beats there is time for a machine that is busy otherwise. */
const HEARTBEAT_SECONDS = 10;
/** How often lost jobs are looked for, by any of the processes. With the heartbeat, and a second until a worker looks: less than half a minute. */
const SUPERVISE_SECONDS = 4;
/** What a job is by how long it is likely to keep its worker. */
export const CLASSES = ['short', 'long'] as const;
/** The group of long jobs. */
const LONG = 'long';
/** How long a job may wait for its turn. */
const WAIT_SECONDS = 365 * 86_400;

export interface ExportJob {
  exportId: number;
  /** The span of the request that asked for it, as a `traceparent` (W3C Trace Context); none where no traces are sent. */
  trace?: string | null;
}

/** How many jobs there are of a class. */
export interface QueueDepth {
  class: (typeof CLASSES)[number];
  waiting: number;
  running: number;
  /** How long the one has waited that waits the longest; 0 where none does. */
  oldestSeconds: number;
}

interface NewJob extends ExportJob {
  jobId: string;
  turn: Date;
  long: boolean;
}

const DEPTH = `select group_id is not distinct from $2 as is_long,
    count(*) filter (where state <> 'active') as waiting,
    count(*) filter (where state = 'active') as running,
    coalesce(extract(epoch from now() - min(created_on) filter (where state <> 'active')), 0)::double precision as oldest
  from pgboss.job where name = $1 and state in ('created', 'retry', 'active') group by 1`;

/** When priorities begin, in seconds since 1970: they are 32 bits wide. */
const PRIORITY_EPOCH = Date.UTC(2025, 0) / 1000;

/** The earlier the turn, the higher: nobody has to raise it while a job waits. */
function priorityOf(turn: Date): number {
  return Math.ceil(PRIORITY_EPOCH - turn.getTime() / 1000);
}

/** The queue of exports (pg-boss, in the same database as the exports themselves). */
export class ExportQueue {
  readonly #source: SqlSource;
  readonly #boss: PgBoss;
  readonly #onError: (error: Error) => void;
  /** When the database answered last, by the process's own clock. */
  readonly #answered: { at: number };
  #worker: Worker<ExportJob, UnitJob> | undefined;
  /** Parts of exports that other processes than those that have them may make. */
  readonly units: UnitQueue;

  private constructor(source: SqlSource, boss: PgBoss, answered: { at: number }, onError: (error: Error) => void) {
    this.#source = source;
    this.#boss = boss;
    this.#answered = answered;
    this.#onError = onError;
    this.units = new UnitQueue(source, boss);
  }

  /**
   * Starts the queue on a database.
   * @param onError told of failures in the background, such as a database that went away for a while.
   */
  static async open(source: SqlSource, onError: (error: Error) => void): Promise<ExportQueue> {
    const answered = { at: performance.now() };
    const boss = new PgBoss({
      db: {
        async executeSql(text, values) {
          const result = await runSql(source, text, values);
          answered.at = performance.now();
          return result;
        },
      },
      schedule: false,
      monitorVacuum: false,
      reindex: false,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
    });
    boss.on('error', onError);
    await boss.start();
    // A worker that dies stops its heartbeats, and another takes its job over.
    const settings = {
      retryLimit: RETRY_LIMIT,
      retryDelay: 0,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: 86_000,
      deleteAfterSeconds: 3600,
      retentionSeconds: WAIT_SECONDS,
    };
    await boss.createQueue(QUEUE, settings);
    // An older version may have made it with others.
    await boss.updateQueue(QUEUE, settings);
    const once = { ...settings, retryLimit: 0, retentionSeconds: 86_400 };
    await boss.createQueue(UNITS, once);
    await boss.updateQueue(UNITS, once);
    return new ExportQueue(source, boss, answered, onError);
  }

  /**
   * Adds a job within the transaction that accepts its export: either both are there or neither.
   * @param job `turn`: jobs are handed out in the order of their turns; `long`: it is likely to keep its worker for long.
   */
  async add(trx: Kysely<Schema>, { exportId, trace, jobId, turn, long }: NewJob): Promise<void> {
    const executeSql = async (text: string, values?: unknown[]) => {
      const { rows } = await trx.executeQuery<Record<string, unknown>>({
        sql: text,
        parameters: values ?? [],
        query: { kind: 'RawNode', sqlFragments: [text], parameters: [] },
        queryId: { queryId: jobId },
      });
      return { rows: [...rows] };
    };
    await this.#boss.send(QUEUE, { exportId, ...(trace ? { trace } : {}) } satisfies ExportJob, {
      id: jobId,
      priority: priorityOf(turn),
      ...(long ? { group: { id: LONG } } : {}),
      db: { executeSql },
    });
  }

  /** How long no statement of the queue was answered, in milliseconds. It sends some every few seconds, work or not. */
  get silentFor(): number {
    return Math.round(performance.now() - this.#answered.at);
  }

  /** What there is to do, by class; a class of which there is nothing is left out. */
  async depth(): Promise<QueueDepth[]> {
    const { rows } = await runSql(this.#source, DEPTH, [QUEUE, LONG]);
    return rows.map(({ is_long: isLong, waiting, running, oldest }) => ({
      class: isLong ? 'long' : 'short',
      waiting: Number(waiting),
      running: Number(running),
      oldestSeconds: Number(oldest),
    }));
  }

  /** Says that a job was added, so that a worker of this process need not wait for its next look. */
  wake(): void {
    this.#worker?.look();
  }

  /**
   * Hands jobs to `run`, up to `concurrency` at once. A job is done when `run` returns; when it throws, it is handed out again.
   * Of long jobs one fewer than of others, so that a short one finds a place: where there is more than one place.
   * The signal fires when this queue closes, or when the job was taken away because its heartbeats did not arrive.
   * @param help makes a unit of another process's export, where no export waits and none is being made here; null: it makes none.
   */
  work(
    concurrency: number,
    run: (job: ExportJob, signal: AbortSignal) => Promise<void>,
    help: ((job: UnitJob, signal: AbortSignal) => Promise<object | undefined>) | null = null,
  ): void {
    this.#worker = new Worker<ExportJob, UnitJob>(this.#boss, {
      queue: QUEUE,
      places: concurrency,
      group: LONG,
      run: async (job, signal) => {
        await run(job, signal);
        return undefined;
      },
      idle: help && { queue: UNITS, run: help },
      onError: this.#onError,
    });
  }

  /** Takes no more jobs until `resume`; those that run go on. */
  pause(): void {
    this.#worker?.pause();
  }

  resume(): void {
    this.#worker?.resume();
  }

  /** Takes jobs from workers that no longer live, so that they are handed out again at once. */
  async takeBack(jobIds: readonly string[]): Promise<void> {
    if (jobIds.length > 0) await this.#boss.fail(QUEUE, [...jobIds], { message: 'the server was restarted' });
  }

  /** Takes no more jobs, stops those that run and waits until they have let go; others take them at once. Jobs may still be added. */
  async handBack(): Promise<void> {
    await this.#worker?.stop();
    this.#worker = undefined;
  }

  /** Ends the queue in this process, once jobs that run have let go. */
  async close(): Promise<void> {
    await this.handBack();
    await this.#boss.stop({ graceful: false, close: false });
  }
}
