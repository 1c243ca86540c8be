import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import type { Job, PgBoss } from 'pg-boss';

/** How often a worker that has a free place looks for a job. */
const LOOK_MS = 1000;
const BEAT_MS = 3000;
/** How long a process that stops waits for the database to know how its jobs ended. */
const SETTLE_MS = 5000;

/** A job is done when this returns, and what it returns is kept with it; when it throws, it has failed. The signal fires when the job was taken away, or the worker stops. */
type Run<Data> = (data: Data, signal: AbortSignal) => Promise<object | undefined>;

/** What a worker takes from a queue, and how much of it. */
export interface Work<Data, Idle> {
  queue: string;
  /** How many jobs are done at once. */
  places: number;
  /** Jobs of this group take one place fewer, so that one of another finds a place; where there is more than one. */
  group: string;
  run: Run<Data>;
  /** What is done where nothing waits in the queue and nothing is being done: one at a time. It counts as one of the group. Null: nothing. */
  idle: { queue: string; run: Run<Idle> } | null;
  /** Told of failures in the background, such as a database that went away for a while. */
  onError(error: Error): void;
}

/** Takes jobs from a queue of pg-boss and does them, each with heartbeats of its own. */
export class Worker<Data extends object, Idle extends object> {
  readonly #boss: PgBoss;
  readonly #of: Work<Data, Idle>;
  readonly #stopping = new AbortController();
  /** What is being done, and of which group it is. */
  readonly #running = new Map<Promise<void>, string | null>();
  readonly #working = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;
  #paused = false;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  constructor(boss: PgBoss, work: Work<Data, Idle>) {
    this.#boss = boss;
    this.#of = work;
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.look();
  }

  /** Looks for jobs now, as long as there is a free place. */
  look(): void {
    this.#lookAgain = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  /** Takes no more jobs until `resume`; those that run go on. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.look();
  }

  /** Takes no more jobs, tells those that run to end, and waits until they have. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort(new Error('The server is stopping.'));
    await Promise.allSettled(this.#working);
    // Until the database knows of every job how it ended: else one that is done would be handed out again.
    await Promise.race([this.#settled(), delay(SETTLE_MS, undefined, { ref: false })]);
  }

  async #settled(): Promise<void> {
    await this.#looking;
    await Promise.all(this.#running.keys());
  }

  async #look(): Promise<void> {
    while (this.#lookAgain) {
      this.#lookAgain = false;
      try {
        // What has just begun asks the database before this asks for more.
        while (this.#isFree && (await this.#take())) await setImmediate();
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  get #isFree(): boolean {
    return !this.#paused && !this.#stopping.signal.aborted && this.#running.size < this.#of.places;
  }

  /** Takes the next job, if there is one. */
  async #take(): Promise<boolean> {
    const { queue, places, group, run, idle } = this.#of;
    const ofGroup = [...this.#running.values()].filter((one) => one === group).length;
    const ignoreGroups = ofGroup >= Math.max(1, places - 1) ? [group] : null;
    const [job] = await this.#boss.fetch<Data>(queue, { ignoreGroups });
    if (job) {
      this.#begin(this.#do(job, run), job.groupId ?? null);
      return true;
    }
    if (!idle || this.#running.size > 0) return false;
    const [spare] = await this.#boss.fetch<Idle>(idle.queue);
    if (spare) this.#begin(this.#do(spare, idle.run), group);
    return spare !== undefined;
  }

  #begin(work: Promise<void>, group: string | null): void {
    const running = work
      .catch((error) => this.#failed(error))
      .finally(() => {
        this.#running.delete(running);
        this.look();
      });
    this.#running.set(running, group);
  }

  async #do<Of extends object>(job: Job<Of>, run: Run<Of>): Promise<void> {
    const lost = new AbortController();
    const beat = setInterval(() => {
      this.#beat(job).then(
        (isOurs) => isOurs || lost.abort(new Error('The job was taken away, since its heartbeats did not arrive.')),
        // Says nothing of the job: the next beat may arrive in time.
        (error) => this.#failed(error),
      );
    }, BEAT_MS);
    const working = run(job.data, AbortSignal.any([lost.signal, this.#stopping.signal]));
    this.#working.add(working);
    let result: object | undefined;
    try {
      result = await working;
    } catch (error) {
      await this.#boss.fail(job.name, job, error instanceof Error ? error : { message: String(error) });
      return;
    } finally {
      this.#working.delete(working);
      clearInterval(beat);
    }
    await this.#boss.complete(job.name, job, result);
  }

  /** Says that a job is being done; false when another worker has it, or had it. */
  async #beat(job: Job<object>): Promise<boolean> {
    const touched = await this.#boss.touch(job.name, job);
    return !('affected' in touched) || touched.affected !== 0;
  }

  #failed(error: unknown): void {
    this.#of.onError(error instanceof Error ? error : new Error(String(error)));
  }
}
