import type { Kysely } from 'kysely';
import { loadCropFeatureName } from '../catalog/croplayers.ts';
import { loadDatasets, loadVersion } from '../catalog/datasets.ts';
import type { Schema } from '../db/schema.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { tilesFor } from '../raster/tilesfor.ts';
import type { Versions } from '../storage/versions.ts';
import { FEATURES_FILE } from '../store/profile.ts';
import { readTiles, TILES_FILE } from '../store/rastertiles.ts';
import { isRaster } from '../store/versionprofile.ts';
import { ExportFailure } from '../vector/writer.ts';
import { requestForManifest, requestInWords } from './describe.ts';
import type { OfferedUnit } from './elsewhere.ts';
import type { MakeItem, MakeRequest } from './make.ts';
import { multiplierOf } from './options.ts';
import { ItemError } from './problem.ts';
import type { ExportRequest, RequestedItem } from './requested.ts';
import type { ExportRow } from './states.ts';

/** An item whose version is yet to be looked for. */
type Found = MakeItem & { content: string };

/** Finds out all that making an export needs, and brings its versions to this machine. */
export class Loader {
  readonly #db: Kysely<Schema>;
  readonly #versions: Versions;
  readonly #site: { siteName: string; publicUrl: string | null };

  constructor(db: Kysely<Schema>, versions: Versions, site: { siteName: string; publicUrl: string | null }) {
    this.#db = db;
    this.#versions = versions;
    this.#site = site;
  }

  /**
   * The export as it is to be made, with the versions of its items on this machine for as long as they are not released.
   * @param tempDir where it is made.
   * @param unit what alone of it is to be made; null: all.
   */
  async load(
    row: ExportRow,
    tempDir: string,
    unit: OfferedUnit | null,
    signal: AbortSignal,
  ): Promise<{ making: MakeRequest; release: () => void }> {
    const request = row.request as ExportRequest;
    const area = row.crop as MultiPolygon | null;
    const found = await this.#find(request.items);
    const wanted = found.filter((_, index) => unit === null || index === unit.item);
    const release = this.#versions.hold(wanted.map(({ content }) => content));
    try {
      for (const item of wanted) item.versionDir = await unlessAborted(this.#fetch(item, area, unit?.sources ?? null), signal);
      const items = found.map(({ content: _, ...item }) => item);
      return { making: await this.#requestOf(row, request, area, items, tempDir), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #requestOf(
    row: ExportRow,
    request: ExportRequest,
    area: MultiPolygon | null,
    items: MakeItem[],
    tempDir: string,
  ): Promise<MakeRequest> {
    const { siteName, publicUrl } = this.#site;
    return {
      tempDir,
      name: row.name,
      title: request.title ?? null,
      options: request.options,
      site: { name: siteName, url: publicUrl },
      items,
      crs: request.crs,
      area,
      multiplier: multiplierOf(request.options),
      request: requestForManifest(request),
      askedFor: requestInWords(request, await this.#cropFeatureName(request)),
      warnings: row.warnings as string[],
    };
  }

  /** Brings what an export needs of a version to this machine, or those tiles alone; gives its folder. */
  async #fetch({ content, profile, tile }: Found, area: MultiPolygon | null, sources: readonly string[] | null): Promise<string> {
    if (!isRaster(profile)) return this.#versions.open(content, [FEATURES_FILE]);
    const dir = await this.#versions.open(content, [TILES_FILE]);
    if (this.#versions.areHere) return dir;
    if (sources) return this.#versions.open(content, sources);
    const tiles = await tilesFor(await readTiles(dir), tile, area, profile);
    return this.#versions.open(
      content,
      tiles.map(({ file }) => file),
    );
  }

  async #find(asked: readonly RequestedItem[]): Promise<Found[]> {
    const datasets = await loadDatasets(
      this.#db,
      asked.map((item) => item.dataset),
    );
    const { publicUrl } = this.#site;
    const items: Found[] = [];
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
        content: version.content,
        versionDir: '',
        tile: item.tile ?? null,
        format: item.format,
        color: item.color,
      });
    }
    return items;
  }

  async #cropFeatureName({ extent }: ExportRequest): Promise<string | null> {
    if (!extent || 'geometry' in extent) return null;
    return (await loadCropFeatureName(this.#db, extent.cropLayer, extent.cropFeature)) ?? null;
  }
}

/** Waits for something that others may be waiting for too, until the signal. */
async function unlessAborted<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([awaited, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
