import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { BasemapData } from './basemap.ts';
import type { TileAddress } from './mercator.ts';
import type { TileAnswer, TileJob, TileSource } from './thread.ts';

/** How long a thread that has nothing to do is kept. */
const IDLE_MS = 120_000;
/** Bytes of tiles that are kept in memory. */
const KEPT_BYTES = 48 << 20;

interface Waiting {
  job: TileJob;
  signal: AbortSignal;
  resolve: (tile: Uint8Array) => void;
  reject: (error: unknown) => void;
}

/** Requests that the thread works on at once: those for pictures wait for GDAL most of the time. */
const AT_ONCE = 2;

/**
 * Makes tiles in a thread of their own, so that a heavy one does not keep the server from answering. The newest request is served first: it is
 * what the map shows now.
 */
export class TileMaker {
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  readonly #working = new Map<number, Waiting>();
  readonly #waiting: Waiting[] = [];
  /** By key, oldest first. */
  readonly #kept = new Map<string, Uint8Array>();
  #keptBytes = 0;
  #basemap: Promise<BasemapData> | undefined;
  #basemapSent = false;
  #count = 0;

  /**
   * @returns a vector tile compressed with gzip, or a PNG; empty where there is nothing in it.
   * @throws the signal's reason when nobody waits for it any more.
   */
  async tile(source: TileSource, tile: TileAddress, signal: AbortSignal): Promise<Uint8Array> {
    const key = `${'dir' in source ? source.dir : 'basemap'} ${tile.z} ${tile.x} ${tile.y}`;
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    // Waited for here, so that the thread goes on with other tiles meanwhile.
    if (source.type === 'basemap') await this.#loadBasemap();
    signal.throwIfAborted();
    const made = await new Promise<Uint8Array>((resolve, reject) => {
      this.#waiting.push({ job: { id: ++this.#count, tile, source }, signal, resolve, reject });
      this.#next().catch(reject);
    });
    this.#keep(key, made);
    return made;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#thread?.terminate();
  }

  async #next(): Promise<void> {
    if (this.#working.size >= AT_ONCE) return;
    let next = this.#waiting.pop();
    for (; next?.signal.aborted; next = this.#waiting.pop()) next.reject(next.signal.reason);
    if (!next) return;
    this.#working.set(next.job.id, next);
    const thread = this.#start();
    const sends = next.job.source.type === 'basemap' && !this.#basemapSent;
    if (sends) this.#basemapSent = true;
    const basemap = sends ? await this.#basemap : undefined;
    thread.postMessage({ ...next.job, ...(basemap ? { basemap } : {}) } satisfies TileJob);
  }

  #start(): Worker {
    clearTimeout(this.#idle);
    if (this.#thread) return this.#thread;
    const thread = new Worker(new URL('thread.ts', import.meta.url));
    thread.unref();
    thread.on('message', (answer: TileAnswer) => this.#answered(answer));
    thread.on('error', (error) => this.#broken(thread, error));
    thread.on('exit', () => this.#broken(thread, new Error('The thread that cuts tiles has ended.')));
    this.#thread = thread;
    this.#basemapSent = false;
    return thread;
  }

  #answered(answer: TileAnswer): void {
    const working = this.#working.get(answer.id);
    this.#working.delete(answer.id);
    if ('tile' in answer) working?.resolve(answer.tile);
    else working?.reject(answer.error);
    clearTimeout(this.#idle);
    if (this.#working.size === 0) this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref();
    this.#next().catch(() => {});
  }

  #end(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.terminate();
  }

  #broken(thread: Worker, error: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    for (const { reject } of this.#working.values()) reject(error);
    this.#working.clear();
    this.#next().catch(() => {});
  }

  #keep(key: string, tile: Uint8Array): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, tile);
    this.#keptBytes += tile.length + key.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= length + oldest.length;
    }
  }

  #loadBasemap(): Promise<BasemapData> {
    this.#basemap ??= loadBasemap();
    this.#basemap.catch(() => {
      this.#basemap = undefined;
    });
    return this.#basemap;
  }
}

async function loadBasemap(): Promise<BasemapData> {
  const thread = new Worker(new URL('basemapdata.ts', import.meta.url));
  try {
    const [data]: BasemapData[] = await once(thread, 'message');
    if (!data) throw new Error('The basemap has no data.');
    return data;
  } finally {
    await thread.terminate();
  }
}
