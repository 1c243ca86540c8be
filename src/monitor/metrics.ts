import { statfs } from 'node:fs/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AttemptRecord } from '../exports/attempt.ts';
import { CLASSES, type QueueDepth } from '../queue/queue.ts';

/** Seconds, from what a cached answer takes to what a long export does. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const EXPORT_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/** What the metrics of a process are told by. */
export interface Measured {
  version: string;
  /** Whose disk is looked at. */
  dataDir: string;
  queueDepth(): Promise<QueueDepth[]>;
  /** Whether it takes no exports for want of disk space. */
  lacksRoom(): boolean;
}

/**
 * What this process has done and is doing, in Prometheus' text format. Labels take their values from short lists of the program's own, never from
 * what a request says: neither names of people nor paths stand in any.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #of: Measured;
  readonly #requests = this.#histogram('http_request_seconds', 'Requests by route and status.', REQUEST_BUCKETS, [
    'method',
    'route',
    'status',
  ]);
  readonly #ended = this.#counter('exports_ended_total', 'Exports that this process brought to a state that is final.', ['state', 'code']);
  readonly #waited = this.#histogram('export_wait_seconds', 'How long exports waited until they were begun.', EXPORT_BUCKETS);
  readonly #made = this.#histogram('export_seconds', 'How long attempts took that completed an export or failed.', EXPORT_BUCKETS, [
    'state',
  ]);
  readonly #stages = this.#histogram('export_stage_seconds', 'How long the stages of attempts took.', EXPORT_BUCKETS, ['stage']);
  readonly #stopped = this.#counter('export_attempts_stopped_total', 'Attempts that were cancelled, put back or lost to another.');
  readonly #units = this.#counter(
    'units_total',
    'Units of exports of other processes that this process made, failed to make, or stopped.',
    ['outcome'],
  );
  readonly #archived = this.#counter('archive_bytes_total', 'Bytes of archives made.');
  readonly #reused = this.#counter('archive_cache_total', 'Exports that looked for an archive of the same content, by what they found.', [
    'result',
  ]);
  readonly #downloads = this.#gauge('downloads', 'Archives that are being sent.');
  readonly #begun = this.#counter('downloads_total', 'Archives that were begun to be sent, each part of one counted.');
  readonly #sent = this.#counter('download_bytes_total', 'Bytes of archives sent; what a bucket sends it counts itself.');
  readonly #streams = this.#gauge('event_streams', 'Streams of events that are open.');
  readonly #free = this.#gauge('disk_free_bytes', 'Room that is left on the disk of the data directory.');
  readonly #lacking = this.#gauge('lacks_room', '1 while this process takes no exports, since a disk is full.');
  readonly #queue = this.#gauge('queue_exports', 'Exports in the queue of the whole site, whichever process says it.', ['class', 'state']);
  readonly #oldest = this.#gauge('queue_oldest_seconds', 'How long the export has waited that waits the longest; 0: none waits.', [
    'class',
  ]);

  constructor(of: Measured) {
    this.#of = of;
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge('info', 'What runs here.', ['version']).set({ version: of.version }, 1);
  }

  /** @param route its pattern, not what was asked for; null: there is none. */
  answered(method: string, route: string | null, status: number, seconds: number): void {
    this.#requests.observe({ method, route: route ?? 'none', status }, seconds);
  }

  attempted({ from, to, waited, outcome, code, bytes, reused, stages }: AttemptRecord): void {
    if (waited !== null) this.#waited.observe(waited / 1000);
    if (outcome === 'stopped') this.#stopped.inc();
    else {
      this.ended(outcome, code ?? '');
      this.#made.observe({ state: outcome }, (to - from) / 1000);
    }
    for (const stage of stages) this.#stages.observe({ stage: stage.name }, (stage.to - stage.from) / 1000);
    if (reused !== null) this.#reused.inc({ result: reused ? 'hit' : 'miss' });
    this.#archived.inc(bytes);
  }

  helped({ outcome }: AttemptRecord): void {
    this.#units.inc({ outcome });
  }

  /** @param code of the error; '' for the other states. */
  ended(state: 'complete' | 'error' | 'cancelled' | 'gone', code = '', count = 1): void {
    this.#ended.inc({ state, code }, count);
  }

  /** An archive begins to be sent; the function that is given back says that it has ended, and how many bytes were sent. */
  downloading(): (bytes: number) => void {
    this.#downloads.inc();
    this.#begun.inc();
    return (bytes) => {
      this.#downloads.dec();
      this.#sent.inc(bytes);
    };
  }

  /** A stream of events was opened; the function that is given back says that it has ended. */
  streaming(): () => void {
    this.#streams.inc();
    return () => this.#streams.dec();
  }

  /** All of it, for a scrape. What cannot be found out now is left out. */
  async text(): Promise<{ type: string; text: string }> {
    for (const gauge of [this.#free, this.#queue, this.#oldest]) gauge.reset();
    this.#lacking.set(Number(this.#of.lacksRoom()));
    await Promise.allSettled([this.#lookAtDisk(), this.#lookAtQueue()]);
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  async #lookAtDisk(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#of.dataDir);
    this.#free.set(bavail * bsize);
  }

  async #lookAtQueue(): Promise<void> {
    const depths = await this.#of.queueDepth();
    for (const name of CLASSES) {
      const { waiting, running, oldestSeconds } = depths.find((depth) => depth.class === name) ?? {
        waiting: 0,
        running: 0,
        oldestSeconds: 0,
      };
      this.#queue.set({ class: name, state: 'waiting' }, waiting);
      this.#queue.set({ class: name, state: 'running' }, running);
      this.#oldest.set({ class: name }, oldestSeconds);
    }
  }

  #counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name: `geocrate_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name: `geocrate_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram<Label extends string = never>(name: string, help: string, buckets: number[], labelNames: Label[] = []): Histogram<Label> {
    return new Histogram({ name: `geocrate_${name}`, help, labelNames, buckets, registers: [this.#registry] });
  }
}
