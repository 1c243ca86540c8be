import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { loadCropFeature } from '../catalog/croplayers.ts';
import { loadDatasets, loadVersion } from '../catalog/datasets.ts';
import type { Schema } from '../db/schema.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Storage } from '../storage/storage.ts';
import { ExportFailure } from '../vector/writer.ts';
import { contentHash, reuseArchive } from './artifact.ts';
import { requestForManifest, requestInWords } from './describe.ts';
import type { MakeItem, MakeRequest } from './make.ts';
import { type Maker, MakingFailed } from './maker.ts';
import { multiplierOf } from './options.ts';
import { ItemError, problemOf } from './problem.ts';
import { Progress } from './progress.ts';
import type { ExportRequest, RequestedItem } from './request.ts';
import { begin, complete, type ExportRow, fail, putBack, report } from './states.ts';

/** An export that took the process down this often is not tried again. */
const MAX_ATTEMPTS = 4;

export interface RunnerSite {
  siteName: string;
  publicUrl: string | null;
  /** How long an archive is kept, in milliseconds. */
  exportTtl: number;
  /** Whether an export of the same content as another's takes its archive. */
  reuseArchives: boolean;
  /** What makes archives, with versions: others may make others of the same request. */
  software: string;
  /** A folder for temporary files, one folder of its own for each attempt. */
  tempDir: string;
  versionDir: (content: string) => string;
}

/** What ends an attempt whose export is no longer wanted. */
class Cancelled extends Error {}

/** Makes exports: takes each from `processing` to a final state. */
export class Runner {
  readonly #db: Kysely<Schema>;
  readonly #storage: Storage;
  readonly #maker: Maker;
  readonly #site: RunnerSite;
  readonly #log: Logger;
  readonly #running = new Map<number, AbortController>();

  constructor(db: Kysely<Schema>, storage: Storage, maker: Maker, site: RunnerSite, log: Logger) {
    this.#db = db;
    this.#storage = storage;
    this.#maker = maker;
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
      const message =
        'The server ended several times while it made this export. Ask for fewer items or a smaller extent, or tell the site.';
      await fail(this.#db, exportId, { code: 'worker-lost', message, item: null });
      return;
    }
    const controller = new AbortController();
    this.#running.set(exportId, controller);
    const signal = AbortSignal.any([controller.signal, stop]);
    const tempDir = join(this.#site.tempDir, `${exportId}-${row.attempts}`);
    try {
      await this.#make(row, tempDir, signal, () => controller.abort(new Cancelled()));
    } catch (error) {
      if (controller.signal.aborted) return;
      if (stop.aborted) {
        await putBack(this.#db, exportId);
        throw error;
      }
      this.#log.error({ err: error, export: exportId }, 'export failed');
      await fail(this.#db, exportId, error instanceof MakingFailed ? error.problem : problemOf(error));
    } finally {
      this.#running.delete(exportId);
      await rm(tempDir, { recursive: true, force: true });
    }
  }

  async #make(row: ExportRow, tempDir: string, signal: AbortSignal, onCancelled: () => void): Promise<void> {
    const request = row.request as ExportRequest;
    await rm(tempDir, { recursive: true, force: true });
    await mkdir(tempDir, { recursive: true, mode: 0o700 });
    const items = await this.#load(request.items);
    const { siteName, publicUrl } = this.#site;
    const progress = new Progress(
      items.map(({ profile }) => profile.bytes),
      async (fraction, stages) => {
        if (!(await report(this.#db, row.id, fraction, stages))) onCancelled();
      },
    );
    const making: MakeRequest = {
      tempDir,
      name: row.name,
      title: request.title ?? null,
      options: request.options,
      site: { name: siteName, url: publicUrl },
      items,
      crs: request.crs,
      area: row.crop as MultiPolygon | null,
      multiplier: multiplierOf(request.options),
      request: requestForManifest(request),
      askedFor: requestInWords(request, await this.#cropFeatureName(request)),
      warnings: row.warnings as string[],
    };
    const hash = contentHash(making, this.#site.software);
    const expiresAt = () => new Date(Date.now() + this.#site.exportTtl);
    try {
      if (this.#site.reuseArchives && (await reuseArchive(this.#db, this.#storage, row.id, hash, expiresAt()))) return;
      const made = await this.#maker.make(making, signal, (item, step, fraction) => progress.set(item, step, fraction));
      await progress.end();
      signal.throwIfAborted();
      const { path, size, sha256, warnings } = made;
      const key = `${row.id}-${sha256.slice(0, 16)}.zip`;
      await this.#storage.put(key, path);
      const archived = { key, contentHash: hash, sizeBytes: size, sha256, warnings, stages: progress.stages, expiresAt: expiresAt() };
      // Cancelled in the last moment: nobody will ever ask for this archive.
      if (!(await complete(this.#db, row.id, archived))) await this.#storage.remove(key);
    } finally {
      await progress.end();
    }
  }

  async #load(asked: readonly RequestedItem[]): Promise<MakeItem[]> {
    const datasets = await loadDatasets(
      this.#db,
      asked.map((item) => item.dataset),
    );
    const { publicUrl } = this.#site;
    const items: MakeItem[] = [];
    for (const [index, item] of asked.entries()) {
      const dataset = datasets.find(({ id }) => id === item.dataset);
      const version = await loadVersion(this.#db, item.dataset, item.version);
      if (!dataset || !version) throw new ItemError(index, new ExportFailure('write-failed', 'This item is no longer on this site.'));
      items.push({
        type: item.type,
        id: dataset.id,
        title: dataset.title,
        license: dataset.license,
        versionId: version.id,
        publishedAt: version.publishedAt,
        metadataXml: version.metadataXml,
        url: publicUrl && `${publicUrl}/services/api/v1/${item.type}s/${dataset.id}/versions/${version.id}/`,
        profile: version.profile,
        versionDir: this.#site.versionDir(version.content),
        tile: item.tile ?? null,
        format: item.format,
        color: item.color,
      });
    }
    return items;
  }

  async #cropFeatureName({ extent }: ExportRequest): Promise<string | null> {
    if (!extent || 'geometry' in extent) return null;
    return (await loadCropFeature(this.#db, extent.cropLayer, extent.cropFeature))?.name ?? null;
  }
}
