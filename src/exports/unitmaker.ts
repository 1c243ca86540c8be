import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Schema } from '../db/schema.ts';
import type { UnitJob } from '../queue/units.ts';
import type { Parts } from '../storage/parts.ts';
import { AttemptLog, type AttemptRecord } from './attempt.ts';
import { makeAttemptDir } from './attemptdir.ts';
import type { UnitMade } from './elsewhere.ts';
import type { Loader } from './load.ts';
import { type Maker, MakingFailed } from './maker.ts';
import { nameOf, partsOf, type UnitOutput } from './split.ts';
import type { ExportRow } from './states.ts';

export interface UnitSite {
  db: Kysely<Schema>;
  loader: Loader;
  maker: Maker;
  parts: Parts;
  log: Logger;
  /** What makes units, with versions. */
  software: string;
  /** A folder for temporary files, one folder of its own for each unit. */
  tempDir: string;
  /** Told of each unit once it has ended. */
  onUnit(record: AttemptRecord): void;
}

/** Makes units of exports that other processes have, just as those would. */
export class UnitMaker {
  readonly #of: UnitSite;

  constructor(of: UnitSite) {
    this.#of = of;
  }

  /**
   * Makes a unit and puts its files where the process that has the export fetches them.
   * @param signal fires when nobody wants it any more, or this process stops.
   * @returns nothing of it where its attempt has ended, or another version has to make it.
   * @throws where it cannot be made: whoever has the export then finds out why.
   */
  async run(job: UnitJob, signal: AbortSignal): Promise<UnitOutput> {
    const row = await this.#wanted(job);
    if (!row || job.software !== this.#of.software) return {};
    const record = new AttemptLog({ ...row, attempts: 0 }, job.trace);
    const name = `unit-${randomUUID()}`;
    const dir = join(this.#of.tempDir, name);
    const key = `${partsOf(job.exportId)}${job.claim}/${nameOf(job)}/`;
    const removeDir = await makeAttemptDir(this.#of.tempDir, name);
    try {
      const output = await this.#make(job, row, dir, key, signal, record);
      // Whoever has the export removes all parts with its end, which may have come meanwhile.
      if (!(await this.#wanted(job))) throw new Error('The export has ended.');
      record.ended('complete');
      return output;
    } catch (error) {
      if (error instanceof MakingFailed) record.ended('error', error.problem.code);
      // A bucket that does not answer leaves them to gc.
      await this.#of.parts.remove(key).catch(() => {});
      throw error;
    } finally {
      await removeDir();
      const told = record.record();
      this.#of.onUnit(told);
      const { exportId, item, piece } = job;
      this.#of.log.info({ export_id: exportId, item, piece, outcome: told.outcome, ms: told.to - told.from }, 'unit');
    }
  }

  async #make(job: UnitJob, row: ExportRow, dir: string, key: string, signal: AbortSignal, record: AttemptLog): Promise<UnitOutput> {
    const { loader, maker } = this.#of;
    const { making, release } = await record.during('fetch', loader.load(row, dir, job, signal));
    try {
      const made = await record.during('write', maker.makeUnit(making, job, signal));
      return await record.during('store', this.#put(made, key, signal));
    } finally {
      release();
    }
  }

  async #put({ files, told }: UnitMade, prefix: string, signal: AbortSignal): Promise<UnitOutput> {
    const put: NonNullable<UnitOutput['files']> = [];
    for (const [index, { name, content }] of files.entries()) {
      const [path, ready] = typeof content === 'string' ? [content, null] : [content.path, content];
      const key = `${prefix}${index}`;
      put.push({ name, key, entry: await this.#of.parts.put(key, path, signal), ready });
    }
    return { files: put, ...(told ? { told } : {}) };
  }

  /** The export of a unit, as long as the attempt that offered it goes on. */
  async #wanted({ exportId, claim }: UnitJob): Promise<ExportRow | undefined> {
    return this.#of.db
      .selectFrom('exports')
      .selectAll()
      .where('id', '=', exportId)
      .where('claim', '=', claim)
      .where('state', '=', 'processing')
      .executeTakeFirst();
  }
}
