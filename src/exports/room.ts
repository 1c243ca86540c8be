import { statfs } from 'node:fs/promises';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Schema } from '../db/schema.ts';
import type { ExportQueue } from '../queue/queue.ts';
import { DISK_FULL } from './problem.ts';
import { type Attempt, fail } from './states.ts';

/** A disk with less free than this share of it, or this many bytes, is nearly full: no export is begun on it. */
const LOW_SHARE = 0.01;
const LOW_BYTES = 128 << 20;
/** How often the disks are looked at. */
const LOOK_MS = 2000;
/** After an attempt has filled a disk, which may have room again by then: others take its export meanwhile. Twice as long each time. */
const PAUSE_MS = 3000;
const LONGEST_PAUSE_MS = 60_000;
/** Exports that wait for so long while none is made anywhere are not made by another process either. */
const PATIENCE_SECONDS = 120;

export interface RoomOptions {
  db: Kysely<Schema>;
  queue: Pick<ExportQueue, 'pause' | 'resume'>;
  log: Logger;
  /** Where exports are made, and where their archives are kept. */
  dirs: readonly string[];
  /** Whether no other process makes exports of this site. */
  alone: boolean;
  /** Told of how many exports were ended since nobody has room for them. */
  onEnded(count: number): void;
}

/** Keeps a process that has no room on its disks from taking exports, and ends those that nobody can make. */
export class Room {
  readonly #of: RoomOptions;
  readonly #timer: NodeJS.Timeout;
  #lacking = false;
  /** Attempts that filled a disk since one ended well. */
  #filled = 0;
  #pausedUntil = 0;

  constructor(of: RoomOptions) {
    this.#of = of;
    const look = () => this.#look().catch((error) => of.log.error({ err: error }, 'disk space'));
    this.#timer = setInterval(look, LOOK_MS).unref();
    look();
  }

  /** Whether exports are not taken, for want of room. */
  get isLacking(): boolean {
    return this.#lacking;
  }

  /** An attempt has ended. @param code of its error. */
  attempted(code: string | null): void {
    if (code === null) this.#filled = 0;
    if (code !== 'disk-full') return;
    this.#pausedUntil = performance.now() + Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** this.#filled++);
    this.#lack({});
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const low = await this.#lowDisk();
    if (low) this.#lack(low);
    else if (this.#lacking && performance.now() >= this.#pausedUntil) {
      this.#lacking = false;
      this.#of.log.warn('there is disk space again: exports are taken');
      this.#of.queue.resume();
    }
    if (!low) return;
    const count = await endWaiting(this.#of.db, this.#of.alone ? 0 : PATIENCE_SECONDS);
    if (count > 0) this.#of.onEnded(count);
  }

  #lack(facts: object): void {
    this.#of.queue.pause();
    if (!this.#lacking) this.#of.log.warn(facts, 'no disk space: exports are left to others until there is room');
    this.#lacking = true;
  }

  async #lowDisk(): Promise<{ dir: string; free_bytes: number } | null> {
    for (const dir of this.#of.dirs) {
      // A folder that is not there yet is made on a disk that is looked at as well.
      const disk = await statfs(dir).catch(() => null);
      if (!disk) continue;
      const { blocks, bavail, bsize } = disk;
      if (bavail * bsize < Math.min(LOW_BYTES, LOW_SHARE * blocks * bsize)) return { dir, free_bytes: bavail * bsize };
    }
    return null;
  }
}

/**
 * Ends the exports that wait, where none is being made anywhere and none was begun for so many seconds: whoever has room would have taken them.
 * @returns how many.
 */
export async function endWaiting(db: Kysely<Schema>, patience: number): Promise<number> {
  const since = sql`now() - ${patience} * interval '1 second'`;
  const { rows } = await sql<Attempt>`
    select exports.id, exports.claim from exports
    join pgboss.job job on job.name = 'export' and job.id = exports.job_id
    where exports.state = 'processing' and job.state in ('created', 'retry') and job.created_on < ${since}
    and not exists (select from pgboss.job where name = 'export' and (state = 'active' or started_on > ${since}))`.execute(db);
  let count = 0;
  for (const attempt of rows) if (await fail(db, attempt, DISK_FULL)) count++;
  return count;
}
