import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { type ArchiveItem, writeArchive } from '../archive/archive.ts';
import { slugify } from '../archive/names.ts';
import { loadCropFeature } from '../catalog/croplayers.ts';
import { type Dataset, loadDatasets, loadVersion, type Version } from '../catalog/datasets.ts';
import { lookupCrs } from '../crs/epsg.ts';
import type { Schema } from '../db/schema.ts';
import type { Format } from '../formats/format.ts';
import { findFormat } from '../formats/registry.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Storage } from '../storage/storage.ts';
import { exportTable } from '../table/export.ts';
import { cropFor } from '../vector/crop.ts';
import { exportVector } from '../vector/export.ts';
import { ExportFailure } from '../vector/writer.ts';
import { requestForManifest, requestInWords } from './describe.ts';
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
  /** A folder for temporary files, one folder of its own for each attempt. */
  tempDir: string;
  versionDir: (content: string) => string;
}

/** An item with all that making it needs. */
interface LoadedItem {
  asked: RequestedItem;
  dataset: Dataset;
  version: Version;
  format: Format;
}

/** What ends an attempt whose export is no longer wanted. */
class Cancelled extends Error {}

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
      await fail(this.#db, exportId, problemOf(error));
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
    const progress = new Progress(
      items.map(({ version }) => version.profile.bytes),
      async (fraction, stages) => {
        if (!(await report(this.#db, row.id, fraction, stages))) onCancelled();
      },
    );
    try {
      const made: ArchiveItem[] = [];
      for (const [index, item] of items.entries()) {
        signal.throwIfAborted();
        const dir = join(tempDir, String(index));
        made.push(await this.#makeItem(item, index, request.crs, row.crop as MultiPolygon | null, dir, progress, signal));
      }
      const ofItems = made.flatMap((item) => item.warnings.map((warning) => (items.length > 1 ? `${item.title}: ${warning}` : warning)));
      const warnings = [...(row.warnings as string[]), ...ofItems];
      const path = join(tempDir, 'archive.zip');
      const { size, sha256 } = await writeArchive({
        path,
        name: row.name,
        site: { name: this.#site.siteName, url: this.#site.publicUrl },
        request: requestForManifest(request),
        askedFor: requestInWords(request, await this.#cropFeatureName(request)),
        items: made,
        warnings,
        signal,
        onProgress: (fraction) => progress.set(null, 'archive', fraction),
      });
      await progress.end();
      signal.throwIfAborted();
      const key = `${row.id}-${sha256.slice(0, 16)}.zip`;
      await this.#storage.put(key, path);
      const expiresAt = new Date(Date.now() + this.#site.exportTtl);
      const done = await complete(this.#db, row.id, { key, sizeBytes: size, sha256, warnings, stages: progress.stages, expiresAt });
      // Cancelled in the last moment: nobody will ever ask for this archive.
      if (!done) await this.#storage.remove(key);
    } finally {
      await progress.end();
    }
  }

  async #load(asked: readonly RequestedItem[]): Promise<LoadedItem[]> {
    const datasets = await loadDatasets(
      this.#db,
      asked.map((item) => item.dataset),
    );
    const items: LoadedItem[] = [];
    for (const [index, item] of asked.entries()) {
      const dataset = datasets.find(({ id }) => id === item.dataset);
      const version = await loadVersion(this.#db, item.dataset, item.version);
      const format = dataset && findFormat(dataset.kind, item.format);
      if (!dataset || !version || !format)
        throw new ItemError(index, new ExportFailure('write-failed', 'This item or its format is no longer on this site.'));
      items.push({ asked: item, dataset, version, format });
    }
    return items;
  }

  async #makeItem(
    { asked, dataset, version, format }: LoadedItem,
    index: number,
    crs: string | null,
    area: MultiPolygon | null,
    dir: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<ArchiveItem> {
    const outDir = join(dir, 'out');
    const tempDir = join(dir, 'temp');
    await mkdir(outDir, { recursive: true });
    await mkdir(tempDir);
    const { profile } = version;
    const isTable = profile.kind === 'table';
    try {
      const item = {
        source: { path: join(this.#site.versionDir(version.content), 'features.fgb'), profile },
        format,
        color: asked.color,
        name: slugify(dataset.title, `${asked.type}-${dataset.id}`),
        outDir,
        tempDir,
        signal,
        onProgress: (stage: string, fraction: number) => progress.set(index, stage, fraction),
      };
      // An area that comes nowhere near the layer leaves nothing of it, and was refused before; a newer CRS database may still think so.
      const crop = area && !isTable ? ((await cropFor(area, profile, { signal })) ?? []) : null;
      const result = isTable ? await exportTable(item) : await exportVector({ ...item, crop, targetCrs: crs });
      await rm(tempDir, { recursive: true, force: true });
      const written = format.fixedCrs ?? crs;
      return {
        title: dataset.title,
        type: asked.type,
        id: dataset.id,
        versionId: version.id,
        publishedAt: version.publishedAt,
        url: this.#site.publicUrl && `${this.#site.publicUrl}/services/api/v1/${asked.type}s/${dataset.id}/versions/${version.id}/`,
        formatName: format.displayName,
        mimetype: format.mimetype,
        crs: isTable ? null : written === null ? profile.crs : { id: written, name: lookupCrs(written)?.name ?? written },
        featureCount: result.featureCount,
        droppedCount: result.droppedCount,
        license: dataset.license,
        metadataXml: version.metadataXml,
        fields: result.renamedFields,
        warnings: result.warnings,
        dir: outDir,
        files: result.files,
      };
    } catch (error) {
      signal.throwIfAborted();
      throw new ItemError(index, error);
    }
  }

  async #cropFeatureName({ extent }: ExportRequest): Promise<string | null> {
    if (!extent || 'geometry' in extent) return null;
    return (await loadCropFeature(this.#db, extent.cropLayer, extent.cropFeature))?.name ?? null;
  }
}
