import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { PublisherNews, PublishTask } from './publisher.ts';
import type { Uploads } from './uploads.ts';

/** An upload that is being published, or was. */
export interface PublishJob {
  id: string;
  userId: number;
  /** The title that it is to have, or the name of the file. */
  title: string;
  createdAt: Date;
  finishedAt: Date | null;
  state: 'waiting' | 'running' | 'published' | 'error' | 'cancelled';
  stage: 'waiting' | 'unpacking' | 'publishing' | 'done';
  /** 0..1. */
  progress: number;
  /** What the publisher should know: warnings, or why nothing was published. */
  sentences: string[];
  published: { id: number; kind: string; title: string; version: number; unchanged: boolean }[];
}

/** Jobs that are remembered after their end. */
const MOST_KEPT = 200;
/** No source takes longer than this. */
const MOST_MS = 6 * 3_600_000;
const TOUCH_MS = 60_000;
const FINAL: readonly PublishJob['state'][] = ['published', 'error', 'cancelled'];

interface Kept {
  job: PublishJob;
  task: PublishTask;
  watchers: Set<() => void>;
}

/** Publishes uploads one after the other, each in a process of its own. They are remembered until the server stops. */
export class PublishJobs {
  readonly #uploads: Uploads;
  readonly #logger: FastifyBaseLogger;
  readonly #jobs = new Map<string, Kept>();
  #running: { kept: Kept; child: ChildProcess } | undefined;
  #closed = false;

  constructor(uploads: Uploads, logger: FastifyBaseLogger) {
    this.#uploads = uploads;
    this.#logger = logger;
  }

  start(userId: number, task: PublishTask): PublishJob {
    const job: PublishJob = {
      id: randomBytes(8).toString('hex'),
      userId,
      title: task.options.title ?? task.file,
      createdAt: new Date(),
      finishedAt: null,
      state: 'waiting',
      stage: 'waiting',
      progress: 0,
      sentences: [],
      published: [],
    };
    this.#jobs.set(job.id, { job, task, watchers: new Set() });
    this.#forget();
    this.#next();
    return job;
  }

  /** A user's job; undefined where there is none of that id. */
  find(id: string, userId: number): PublishJob | undefined {
    const job = this.#jobs.get(id)?.job;
    return job?.userId === userId ? job : undefined;
  }

  /** A user's jobs, newest first. */
  list(userId: number): PublishJob[] {
    return [...this.#jobs.values()].flatMap(({ job }) => (job.userId === userId ? [job] : [])).reverse();
  }

  /** Whether an upload is being published, or waits for it. */
  isBusy(dir: string): boolean {
    return [...this.#jobs.values()].some(({ job, task }) => task.dir === dir && !isFinal(job));
  }

  /** Calls `onChange` after each change. @returns ends it. */
  watch(id: string, onChange: () => void): () => void {
    const watchers = this.#jobs.get(id)?.watchers;
    watchers?.add(onChange);
    return () => watchers?.delete(onChange);
  }

  /** @returns whether it was still to be published. */
  cancel(id: string): boolean {
    const kept = this.#jobs.get(id);
    if (!kept || isFinal(kept.job)) return false;
    this.#end(kept, 'cancelled', ['Cancelled: nothing was published.']);
    if (this.#running?.kept === kept) stop(this.#running.child);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#running?.child.kill('SIGKILL');
    for (const { watchers } of this.#jobs.values()) for (const tell of watchers) tell();
  }

  get closed(): boolean {
    return this.#closed;
  }

  #next(): void {
    if (this.#running || this.#closed) return;
    const kept = [...this.#jobs.values()].find(({ job }) => job.state === 'waiting');
    if (!kept) return;
    kept.job.state = 'running';
    this.#run(kept).catch((error) => {
      this.#logger.error({ err: error }, 'publishing an upload');
      this.#end(kept, 'error', [BROKEN]);
      this.#running = undefined;
      this.#next();
    });
  }

  async #run(kept: Kept): Promise<void> {
    const { job, task } = kept;
    const execArgv = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'];
    const child = fork(new URL('publisher.ts', import.meta.url), {
      execArgv,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#running = { kept, child };
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
    const touching = setInterval(() => this.#uploads.touch(task.dir).catch(() => {}), TOUCH_MS).unref();
    const limit = setTimeout(() => child.kill('SIGKILL'), MOST_MS).unref();
    child.on('message', (news: PublisherNews) => this.#hear(kept, news));
    child.send(task);
    await new Promise<void>((resolve, reject) => child.once('exit', () => resolve()).once('error', reject));
    clearInterval(touching);
    clearTimeout(limit);
    if (!isFinal(job) && !this.#closed) {
      this.#logger.error({ said }, 'the process that publishes an upload has ended');
      this.#end(kept, 'error', ['Reading this file took more than this machine has. Publish it in parts, or with `geocrate publish`.']);
    }
    // What was not published may be tried again in another way.
    if (job.state === 'published' || job.state === 'cancelled') await this.#uploads.remove(task.dir);
    this.#running = undefined;
    this.#next();
  }

  #hear(kept: Kept, news: PublisherNews): void {
    const { job } = kept;
    if (isFinal(job)) return;
    if ('stage' in news) {
      job.stage = news.stage;
      job.progress = Math.max(job.progress, Math.min(0.99, news.fraction));
      this.#tell(kept);
    } else if ('published' in news) {
      job.published = news.published.map(({ warnings: _, ...dataset }) => dataset);
      job.progress = 1;
      this.#end(kept, 'published', [
        ...news.published.flatMap(({ title, unchanged }) =>
          unchanged ? [`"${title}" holds the same as before, so there is no new version.`] : [],
        ),
        ...news.published.flatMap(({ warnings }) => warnings),
      ]);
    } else if ('refused' in news) this.#end(kept, 'error', [news.refused]);
    else {
      this.#logger.error({ err: news.failed }, 'publishing an upload');
      this.#end(kept, 'error', [BROKEN]);
    }
  }

  #end(kept: Kept, state: PublishJob['state'], sentences: string[]): void {
    Object.assign(kept.job, { state, stage: 'done', sentences, finishedAt: new Date() });
    this.#tell(kept);
  }

  #tell({ watchers }: Kept): void {
    for (const tell of watchers) tell();
  }

  #forget(): void {
    for (const [id, { job }] of this.#jobs) {
      if (this.#jobs.size <= MOST_KEPT) return;
      if (isFinal(job)) this.#jobs.delete(id);
    }
  }
}

/** Asks a process to tidy up and end, and ends it where it does not. */
function stop(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 5000).unref();
}

const BROKEN = 'Something went wrong here, not with your file. Try again; if it stays, tell whoever runs the site.';

export function isFinal({ state }: Pick<PublishJob, 'state'>): boolean {
  return FINAL.includes(state);
}
