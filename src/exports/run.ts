import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { isAway } from '../db/away.ts';
import type { Schema } from '../db/schema.ts';
import { comesDeflated, findFormat } from '../formats/registry.ts';
import type { ExportJob } from '../queue/queue.ts';
import type { Storage } from '../storage/storage.ts';
import { contentHash, reuseArchive } from './artifact.ts';
import { AttemptLog, type AttemptRecord } from './attempt.ts';
import { makeAttemptDir } from './attemptdir.ts';
import { isArchiveOfAny } from './expiry.ts';
import type { Loader } from './load.ts';
import { ARCHIVE_FILE, type MakeEvents, type MakeRequest } from './make.ts';
import { type Maker, MakingFailed } from './maker.ts';
import { isPassing, problemOf } from './problem.ts';
import { Progress } from './progress.ts';
import { isWorthSplitting, type Sharing, Split } from './split.ts';
import { begin, complete, type ExportError, type ExportRow, fail, putBack, report } from './states.ts';

/** What this process is called where it is told who makes an export. */
const WORKER = `${hostname()}/${process.pid}`;
/** An export that took the process down this often is not tried again. */
const MAX_ATTEMPTS = 4;
/** How often a database that is away is asked to record an export's end, and how soon again. */
const ASKINGS = 60;
const ASK_AGAIN_MS = 1000;

export interface RunnerSite {
  siteName: string;
  publicUrl: string | null;
  /** How long an archive is kept, in milliseconds. */
  exportTtl: number;
  /** Whether an export of the same content as another's takes its archive. */
  reuseArchives: boolean;
  /** What makes archives, with versions: others may make others of the same request. */
  software: string;
  /** Whether no other process makes exports of this site. */
  alone: boolean;
  /** A folder for temporary files, one folder of its own for each attempt. */
  tempDir: string;
}

/** What ends an attempt whose export is no longer wanted, or is another attempt's. */
class Cancelled extends Error {}

/** Makes exports: takes each from `processing` to a final state. */
export class Runner {
  readonly #db: Kysely<Schema>;
  readonly #storage: Storage;
  readonly #loader: Loader;
  readonly #sharing: Sharing | null;
  readonly #maker: Maker;
  readonly #site: RunnerSite;
  readonly #log: Logger;
  readonly #onAttempt: (record: AttemptRecord) => void;
  readonly #running = new Map<number, AbortController>();

  /**
   * @param sharing by what others may make parts of long exports; null: they do not.
   * @param onAttempt told of each attempt once it has ended.
   */
  constructor(
    db: Kysely<Schema>,
    { storage, loader, sharing }: { storage: Storage; loader: Loader; sharing: Sharing | null },
    maker: Maker,
    site: RunnerSite,
    log: Logger,
    onAttempt: (record: AttemptRecord) => void = () => {},
  ) {
    this.#db = db;
    this.#storage = storage;
    this.#loader = loader;
    this.#sharing = sharing;
    this.#maker = maker;
    this.#site = site;
    this.#log = log;
    this.#onAttempt = onAttempt;
  }

  /** Ends an export's work at once where it is this process that does it; other processes notice at their next report. */
  cancelled(exportId: number): void {
    this.#running.get(exportId)?.abort(new Cancelled());
  }

  /**
   * Runs one attempt. Returns when the export is final; throws when this process is stopping, so that another attempt is made.
   * @param stop fires when the job was lost or the process stops.
   */
  async run({ exportId, trace = null }: ExportJob, stop: AbortSignal): Promise<void> {
    const row = await begin(this.#db, exportId, WORKER);
    if (!row) return;
    const log = new AttemptLog(row, trace);
    try {
      await this.#attempt(row, stop, log);
    } finally {
      this.#onAttempt(log.record());
    }
  }

  async #attempt(row: ExportRow, stop: AbortSignal, log: AttemptLog): Promise<void> {
    const exportId = row.id;
    if (row.attempts > MAX_ATTEMPTS) {
      const message =
        'The server ended several times while it made this export. Ask for fewer items or a smaller extent, or tell the site.';
      if (await fail(this.#db, row, { code: 'worker-lost', message, item: null })) log.ended('error', 'worker-lost');
      return;
    }
    const controller = new AbortController();
    this.#running.set(exportId, controller);
    const signal = AbortSignal.any([controller.signal, stop]);
    const name = `${exportId}-${row.claim}`;
    let removeDir = async () => {};
    try {
      removeDir = await makeAttemptDir(this.#site.tempDir, name);
      await this.#make(row, join(this.#site.tempDir, name), signal, log, () => controller.abort(new Cancelled()));
    } catch (error) {
      if (controller.signal.aborted) return;
      if (stop.aborted) {
        await putBack(this.#db, row);
        throw error;
      }
      const { problem, passing } = error instanceof MakingFailed ? error : { problem: problemOf(error), passing: isPassing(error) };
      const again = isAway(error) || (row.attempts < MAX_ATTEMPTS && (passing || this.#mayHaveRoom(problem)));
      this.#log.error({ err: error, export_id: exportId }, again ? 'export begins anew' : 'export failed');
      if (again) {
        if (problem.code === 'disk-full') log.ended('stopped', problem.code);
        throw error;
      }
      if (await untilAnswered(() => fail(this.#db, row, problem), signal)) log.ended('error', problem.code);
    } finally {
      this.#running.delete(exportId);
      await removeDir();
    }
  }

  /** Whether what failed for want of disk space may find it: with another process, or here once others of this one have ended. */
  #mayHaveRoom({ code }: ExportError): boolean {
    return code === 'disk-full' && (!this.#site.alone || this.#running.size > 1);
  }

  async #make(row: ExportRow, tempDir: string, signal: AbortSignal, log: AttemptLog, onCancelled: () => void): Promise<void> {
    const { making, release } = await log.during('fetch', this.#loader.load(row, tempDir, null, signal));
    try {
      await this.#makeOf(making, row, tempDir, signal, log, onCancelled);
    } finally {
      release();
    }
  }

  async #makeOf(
    making: MakeRequest,
    row: ExportRow,
    tempDir: string,
    signal: AbortSignal,
    log: AttemptLog,
    onCancelled: () => void,
  ): Promise<void> {
    const progress = new Progress(
      making.items.map(({ profile, format: mimetype }) => {
        const format = findFormat(profile.kind, mimetype);
        return { size: profile.bytes, deflated: format !== undefined && comesDeflated(format) };
      }),
      async (fraction, stages) => {
        // Where the database does not answer, the next report tells.
        const goesOn = await report(this.#db, row, fraction, stages).catch(() => true);
        if (!goesOn) onCancelled();
      },
    );
    const hash = contentHash(making, this.#site.software);
    const keepFor = this.#site.exportTtl;
    // Of this attempt alone: whoever loses the export may remove what it made, and nothing else.
    const key = `${row.id}-${row.claim}.zip`;
    const path = join(tempDir, ARCHIVE_FILE);
    const split = this.#splitOf(row, join(tempDir, 'elsewhere'), signal, log);
    const following = this.#storage.follow(key, path, signal);
    try {
      if (this.#site.reuseArchives) {
        log.reused = (await reuseArchive(this.#db, this.#storage, row, hash, keepFor)) !== undefined;
        if (log.reused) return log.ended('complete');
      }
      const events: MakeEvents = {
        onStep(item, step, fraction) {
          progress.set(item, step, fraction);
          log.heard(item, step);
        },
        onWritten: ({ position, bytes, most }) => following?.written(position, bytes, most),
      };
      const made = await this.#maker.make(making, signal, events, split);
      await progress.end();
      signal.throwIfAborted();
      const { size, sha256, warnings } = made;
      await log.during('store', following ? following.finish() : this.#storage.put(key, path, signal));
      const archived = { key, contentHash: hash, sizeBytes: size, sha256, warnings, stages: progress.stages, keepFor };
      await untilAnswered(async () => {
        if (await complete(this.#db, row, archived)) {
          log.bytes = size;
          log.ended('complete');
          // Else cancelled in the last moment, or another attempt has it: nobody will ever ask for this archive.
        } else if (!(await isArchiveOfAny(this.#db, key))) await this.#storage.remove(key);
      }, signal);
    } finally {
      await following?.abort();
      await split?.end();
      await progress.end();
    }
  }

  /** The units of an attempt that others may make some of; null where it is made here alone. */
  #splitOf({ id: exportId, claim, seconds_estimate: seconds }: ExportRow, dir: string, signal: AbortSignal, log: AttemptLog): Split | null {
    if (!this.#sharing || claim === null || !isWorthSplitting(seconds)) return null;
    return new Split(this.#sharing, { exportId, claim, software: this.#site.software, trace: log.trace }, dir, signal, this.#log);
  }
}

/** Asks the database again while it is away: what was made need not be made once more. Where its answer was lost it has done it, which asking again tells. */
async function untilAnswered<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error) || tries === ASKINGS || signal.aborted) throw error;
      await delay(ASK_AGAIN_MS, undefined, { signal });
    }
  }
}
