import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { ExportRow } from './states.ts';

/** What changes of an export while it is made. */
export type ExportProgress = Pick<ExportRow, 'id' | 'state' | 'progress' | 'stages' | 'started_at' | 'seconds_estimate'>;

/** Between two looks at the exports that somebody watches. */
const INTERVAL_MS = 400;

/** Tells those who wait for an export how it goes on, whichever process makes it: one query for all of them, now and then. */
export class ExportWatcher {
  readonly #db: Kysely<Schema>;
  readonly #watchers = new Map<number, Set<(now: ExportProgress | null) => void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Calls `onChange` with what the export is now, after each look; null when there is nothing more to come because the server stops.
   * @returns ends it.
   */
  watch(id: number, onChange: (now: ExportProgress | null) => void): () => void {
    if (this.#closed) {
      onChange(null);
      return () => {};
    }
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(onChange));
    this.wake();
    return () => {
      watchers.delete(onChange);
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id);
    };
  }

  /** Waits until an export is final, so long at the most; or until the client has gone. */
  async untilFinal(id: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    const leave = () => resolve();
    signal.addEventListener('abort', leave);
    const end = this.watch(id, (now) => {
      if (now?.state !== 'processing') resolve();
    });
    try {
      if (!signal.aborted) await promise;
    } finally {
      end();
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    }
  }

  /** Looks now: something has changed, or somebody new is waiting. */
  wake(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#looking = this.#look()
      // The database is away for a while; the next look will tell.
      .catch(() => {})
      .finally(() => {
        this.#looking = undefined;
        if (this.#closed || this.#watchers.size === 0) return;
        if (this.#again) this.wake();
        else this.#timer = setTimeout(() => this.wake(), INTERVAL_MS).unref();
      });
    this.#again = false;
  }

  async #look(): Promise<void> {
    const ids = [...this.#watchers.keys()];
    if (ids.length === 0) return;
    const rows = await this.#db
      .selectFrom('exports')
      .select(['id', 'state', 'progress', 'stages', 'started_at', 'seconds_estimate'])
      .where(sql<boolean>`id = any(${ids}::int[])`)
      .execute();
    for (const row of rows) for (const onChange of [...(this.#watchers.get(row.id) ?? [])]) onChange(row);
  }

  /** Lets all go who wait. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    for (const watchers of this.#watchers.values()) for (const onChange of [...watchers]) onChange(null);
    this.#watchers.clear();
  }
}
