import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { ReadyContent } from '../archive/ready.ts';
import type { Schema } from '../db/schema.ts';
import type { UnitJob, UnitQueue } from '../queue/units.ts';
import type { Entry } from '../storage/fetch.ts';
import type { Parts } from '../storage/parts.ts';
import type { Elsewhere, ItemTold, OfferedUnit, Unit, UnitMade } from './elsewhere.ts';

/**
 * From so many seconds on, as exports like it usually take, an export is split: others look for a unit once a second, fetch what they need of a
 * version and send what they made, so that of shorter ones they would save little.
 */
const SPLIT_SECONDS = 20;
/** How soon a unit that another makes is looked at again. */
const LOOK_MS = 500;

/** By what processes make units for each other: who offers them, and where what was made lies. */
export interface Sharing {
  units: UnitQueue;
  parts: Parts;
}

/** What a unit's maker tells of it; nothing where it was no longer wanted. */
export interface UnitOutput {
  /** As in the archive's item, each with its key in the bucket and what it is known by there. */
  files?: { name: string; key: string; entry: Entry; ready: ReadyContent | null }[];
  told?: ItemTold;
}

/** Whether an export is worth being split. @param seconds that it usually takes; null where that is not known. */
export function isWorthSplitting(seconds: number | null): boolean {
  return seconds !== null && seconds >= SPLIT_SECONDS;
}

/** Where the files of an export's units lie, whichever attempt they are of. */
export function partsOf(exportId: number): string {
  return `${exportId}-`;
}

/**
 * An attempt's units, of which other processes may make some. It never depends on them: what is not made elsewhere, for whatever reason, is made here.
 */
export class Split implements Elsewhere {
  readonly #sharing: Sharing;
  readonly #of: Pick<UnitJob, 'exportId' | 'claim' | 'software' | 'trace'>;
  readonly #dir: string;
  readonly #signal: AbortSignal;
  readonly #log: Logger;
  readonly #ids = new Map<string, string>();

  /** @param dir that what others made is brought to. */
  constructor(
    sharing: Sharing,
    of: Pick<UnitJob, 'exportId' | 'claim' | 'software' | 'trace'>,
    dir: string,
    signal: AbortSignal,
    log: Logger,
  ) {
    this.#sharing = sharing;
    this.#of = of;
    this.#dir = dir;
    this.#signal = signal;
    this.#log = log;
  }

  async offer(offered: readonly OfferedUnit[]): Promise<void> {
    const { units } = this.#sharing;
    try {
      // Those of an attempt that died are void.
      if (this.#ids.size === 0) await units.remove(this.#of.exportId);
      const ids = await units.offer(offered.map((unit) => ({ ...this.#of, ...unit })));
      for (const [index, unit] of offered.entries()) this.#ids.set(nameOf(unit), ids[index] ?? '');
    } catch (error) {
      this.#log.error({ err: error, export_id: this.#of.exportId }, 'units are not offered');
    }
  }

  async keep(unit: Unit): Promise<boolean> {
    const id = this.#ids.get(nameOf(unit));
    if (id === undefined) return true;
    // Where the database does not answer, who has it is seen when nothing else is left to do.
    return this.#sharing.units.withdraw(id).catch(() => false);
  }

  async made(unit: Unit): Promise<UnitMade | null> {
    const id = this.#ids.get(nameOf(unit));
    for (;;) {
      const state = id === undefined ? null : await this.#sharing.units.look(id).catch(() => ({ is: 'active' }) as const);
      if (!state || state.is === 'left') return null;
      if (state.is === 'made') return this.#fetch(unit, state.output as UnitOutput | null);
      await delay(LOOK_MS, undefined, { signal: this.#signal });
    }
  }

  async #fetch(unit: Unit, output: UnitOutput | null): Promise<UnitMade | null> {
    if (!output?.files) return null;
    const files: UnitMade['files'] = [];
    try {
      for (const [index, { name, key, entry, ready }] of output.files.entries()) {
        const path = join(this.#dir, nameOf(unit), String(index));
        await this.#sharing.parts.fetch(key, path, entry, this.#signal);
        files.push({ name, content: ready ? { ...ready, path } : path });
      }
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#log.error({ err: error, export_id: this.#of.exportId, ...unit }, 'a unit that was made elsewhere is made again');
      return null;
    }
    return { files, told: output.told ?? null };
  }

  /** The export has ended, or this attempt: nothing is left of its units, and who makes one stops. */
  async end(): Promise<void> {
    if (this.#ids.size === 0) return;
    const { exportId } = this.#of;
    try {
      await this.#sharing.units.remove(exportId);
      await this.#sharing.parts.remove(partsOf(exportId));
    } catch (error) {
      this.#log.error({ err: error, export_id: exportId }, 'parts are left to gc');
    }
  }
}

/** Whether what lies under a key is of an attempt that goes on. */
export async function isPartOfAny(db: Kysely<Schema>, key: string): Promise<boolean> {
  const [attempt = ''] = key.split('/');
  const id = Number.parseInt(attempt, 10);
  if (Number.isNaN(id)) return false;
  const row = await db.selectFrom('exports').select('claim').where('id', '=', id).where('state', '=', 'processing').executeTakeFirst();
  return row !== undefined && attempt === `${partsOf(id)}${row.claim}`;
}

/** A unit's name among those of its export, which can name a folder. */
export function nameOf({ item, piece }: Unit): string {
  return piece === null ? String(item) : `${item}-${piece.sheet}-${piece.part}`;
}
