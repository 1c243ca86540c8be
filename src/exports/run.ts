import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { ArchiveError, type ArchiveItem, writeArchive } from '../archive/archive.ts';
import { type Dataset, loadDatasets, loadVersion, type Version } from '../catalog/datasets.ts';
import { lookupCrs } from '../crs/epsg.ts';
import type { Schema } from '../db/schema.ts';
import { type Format, findFormat } from '../formats/registry.ts';
import { GdalError } from '../gdal/process.ts';
import { cropFor } from '../geometry/crop.ts';
import type { Storage } from '../storage/storage.ts';
import { exportTable } from '../table/export.ts';
import { exportVector } from '../vector/export.ts';
import type { ExportRequest, MultiPolygon, RequestedItem } from './request.ts';
import { begin, complete, type ExportError, type ExportRow, fail, report, type Stage } from './states.ts';

/** An export that took the process down this often is not tried again. */
const MAX_ATTEMPTS = 4;
/** How often progress is written, and so how soon a cancel from another process is felt. */
const REPORT_EVERY_MS = 400;
/** The archive's share of the whole in the progress. */
const ARCHIVE_SHARE = 0.2;

export interface RunnerSite {
  siteName: string;
  publicUrl: string | null;
  exportTtl: number;
  /** A folder for temporary files, one folder of its own for each attempt. */
  tempDir: string;
  versionDir: (content: string) => string;
}

/** Makes exports: takes each from `processing` to a final state. */
export class Runner {
  readonly #db: Kysely<Schema>;
  readonly #storage: Storage;
  readonly #site: RunnerSite;
  readonly #log: Logger;
  readonly #running = new Map<number, AbortController>();

  constructor(db: Kysely<Schema>, storage: Storage, site: RunnerSite, log: Logger) {
    this.#db = db;
    this.#storage = storage;
    this.#site = site;
    this.#log = log;
  }

  /** Ends an export's work at once where it is this process that does it; other processes notice at their next report. */
  cancelled(exportId: number): void {
    this.#running.get(exportId)?.abort(new Cancelled());
  }

  /**
   * Runs one attempt. Returns when the export is final; throws when this process is stopping, so that another attempt is made.
   * @param stop fires when the job was lost or the process stops.
   */
  async run(exportId: number, stop: AbortSignal): Promise<void> {
    const row = await begin(this.#db, exportId);
    if (!row) return;
    if (row.attempts > MAX_ATTEMPTS) {
      await fail(this.#db, exportId, {
        code: 'worker-lost',
        message: 'The server ended several times while it made this export. Ask for fewer items or a smaller extent, or tell the site.',
        item: null,
      });
      return;
    }
    const controller = new AbortController();
    this.#running.set(exportId, controller);
    const signal = AbortSignal.any([controller.signal, stop]);
    const tempDir = join(this.#site.tempDir, `${exportId}-${row.attempts}`);
    try {
      await this.#make(row, tempDir, signal, () => controller.abort(new Cancelled()));
    } catch (error) {
      if (stop.aborted && !controller.signal.aborted) throw error;
      if (!(error instanceof Cancelled)) await this.#fail(exportId, error);
    } finally {
      this.#running.delete(exportId);
      await rm(tempDir, { recursive: true, force: true });
    }
  }

  async #make(row: ExportRow, tempDir: string, signal: AbortSignal, onCancelled: () => void): Promise<void> {
    const request = row.request as ExportRequest;
    const items = await this.#loadItems(request.items);
    await rm(tempDir, { recursive: true, force: true });
    await mkdir(tempDir, { recursive: true, mode: 0o700 });
    const progress = new Progress(items, this.#db, row.id, onCancelled);
    const warnings = row.warnings as string[];
    try {
      const made: ArchiveItem[] = [];
      for (const [index, item] of items.entries()) {
        made.push(await this.#makeItem(item, index, request, row.crop as MultiPolygon | null, tempDir, progress, signal));
      }
      warnings.push(...made.flatMap((item) => item.warnings.map((warning) => (items.length > 1 ? `${item.title}: ${warning}` : warning))));
      const path = join(tempDir, 'archive.zip');
      const archived = await writeArchive({
        path,
        name: row.name,
        site: { name: this.#site.siteName, url: this.#site.publicUrl },
        request: describeRequest(request),
        items: made,
        warnings,
        signal,
        onProgress: (fraction) => progress.archive(fraction),
      });
      const key = `${row.id}-${archived.sha256.slice(0, 16)}.zip`;
      await this.#storage.put(key, path);
      const expiresAt = new Date(Date.now() + this.#site.exportTtl);
      await progress.end();
      const done = await complete(this.#db, row.id, {
        key,
        sizeBytes: archived.size,
        sha256: archived.sha256,
        warnings,
        stages: progress.stages,
        expiresAt,
      });
      // Cancelled in the last moment: nobody will ever ask for this archive.
      if (!done) await this.#storage.remove(key);
    } finally {
      await progress.end();
    }
  }
}
