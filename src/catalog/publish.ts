import { mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { slugify } from '../archive/names.ts';
import { lookupCrs, parseCrsCode } from '../crs/epsg.ts';
import type { Schema } from '../db/schema.ts';
import { boundsPolygon } from '../geometry/bounds.ts';
import type { Layout } from '../store/layout.ts';
import { geometryTypeName, type Profile } from '../store/profile.ts';
import { readCropFeatures } from './cropfeatures.ts';
import { type NewCropFeature, replaceCropLayer } from './croplayers.ts';
import { findLicense, type NewLicense } from './licenses.ts';
import { isDiskFull, PublishError } from './publish/failure.ts';
import { type Measured, measureLayer } from './publish/measure.ts';
import { openSource, type SourceLayer } from './publish/source.ts';

export interface PublishOptions {
  /** The id to publish as; several layers take it and those that follow. The next free one unless told. */
  id?: number;
  title?: string;
  kind?: 'vector' | 'table';
  license?: string;
  cropLayer?: boolean;
  nameField?: string;
  description?: string;
  tags?: string[];
  metadataXml?: string;
  /** `EPSG:n`, where the source has none or a wrong one. */
  crs?: string;
  encoding?: string;
  /** Only these layers of the source. */
  layers?: string[];
  signal?: AbortSignal;
  /** 0..1 of all, and what is being published now. */
  onProgress?: (fraction: number, what: string) => void;
}

export interface PublishedDataset {
  id: number;
  kind: 'vector' | 'table';
  title: string;
  versionId: number;
  /** True when the source holds what the newest version holds already, so that no version was made. */
  unchanged: boolean;
  profile: Profile;
  /** Sentences on what the publisher should know. */
  warnings: string[];
}

/** A layer that is ready to be recorded. */
interface Prepared {
  source: SourceLayer;
  measured: Measured;
  /** Null where it is to be no crop layer. */
  cropFeatures: NewCropFeature[] | null;
}

/**
 * Publishes all layers of some sources: measures each, moves them to the store, and records them in one transaction, so that either all are
 * published or none.
 * @throws {PublishError} with one sentence when a source or an option cannot be used; the signal's reason when cancelled.
 */
export async function publishSources(
  db: Kysely<Schema>,
  layout: Layout,
  sources: readonly string[],
  options: PublishOptions,
): Promise<PublishedDataset[]> {
  const crs = options.crs === undefined ? undefined : checkCrs(options.crs);
  const license = options.license === undefined ? undefined : checkLicense(options.license);
  const { signal, onProgress = () => {} } = options;
  const layers: SourceLayer[] = [];
  for (const source of sources) {
    layers.push(
      ...(await openSource(source, { layers: options.layers, encoding: options.encoding, asTable: options.kind === 'table', signal })),
    );
  }
  await checkKinds(db, layers, options);
  await mkdir(layout.publishingDir, { recursive: true, mode: 0o700 });
  const tempDir = await mkdtemp(join(layout.publishingDir, 'source-'));
  try {
    const prepared: Prepared[] = [];
    for (const [index, source] of layers.entries()) {
      const dir = join(tempDir, String(index));
      await mkdir(dir);
      const say = (fraction: number) => onProgress((index + fraction) / layers.length, source.layer.name);
      say(0);
      const measured = await measureLayer(source, { tempDir: dir, crs, signal, onProgress: say });
      const wanted = options.cropLayer ?? (await isCropLayer(db, options.id, index));
      const cropFeatures = wanted ? await cropFeaturesOf(source, measured, dir, options) : null;
      prepared.push({ source, measured, cropFeatures });
    }
    signal?.throwIfAborted();
    for (const { measured } of prepared) await moveToStore(measured, layout);
    return await record(db, prepared, options, license);
  } catch (error) {
    signal?.throwIfAborted();
    throw isDiskFull(error, tempDir)
      ? new PublishError('The disk is full, so nothing was published. Free some space and publish again.')
      : error;
  } finally {
    await rm(tempDir, { recursive: true, force: true });
  }
}

function checkCrs(value: string): string {
  const code = parseCrsCode(value);
  if (typeof code !== 'string') throw new PublishError(code.message);
  const crs = lookupCrs(code);
  if (!crs) throw new PublishError(`The EPSG dataset has no coordinate reference system ${code}.`);
  if (!crs.supported)
    throw new PublishError(`${code} (${crs.name}) is ${crs.kind}; a layer needs a projected, geographic or compound one.`);
  return code;
}

function checkLicense(value: string): NewLicense {
  const license = findLicense(value);
  if ('message' in license) throw new PublishError(license.message);
  return license;
}

/** A dataset stays a layer or a table for good: its address says which. */
async function checkKinds(db: Kysely<Schema>, layers: readonly SourceLayer[], { id, kind }: PublishOptions): Promise<void> {
  for (const [index, { layer, shown }] of layers.entries()) {
    const isTable = layer.geometryType === null;
    if (kind === 'vector' && isTable) throw new PublishError(`${shown} has no geometry, so it can only be a table.`);
    if (id === undefined) continue;
    const existing = await db
      .selectFrom('datasets')
      .select(['kind', 'title'])
      .where('id', '=', id + index)
      .executeTakeFirst();
    if (existing && (existing.kind === 'table') !== isTable) {
      const was = existing.kind === 'table' ? 'a table' : 'a layer';
      throw new PublishError(`${id + index} ("${existing.title}") is ${was}, and ${shown} is not. Publish it under another id.`);
    }
  }
}

async function isCropLayer(db: Kysely<Schema>, id: number | undefined, index: number): Promise<boolean> {
  if (id === undefined) return false;
  const row = await db
    .selectFrom('crop_layers')
    .select('id')
    .where('dataset_id', '=', id + index)
    .executeTakeFirst();
  return row !== undefined;
}

async function cropFeaturesOf(
  source: SourceLayer,
  { dir, profile }: Measured,
  tempDir: string,
  { nameField, signal }: PublishOptions,
): Promise<NewCropFeature[]> {
  const names = profile.fields.map(({ name }) => name);
  if (nameField !== undefined && !names.includes(nameField)) {
    throw new PublishError(`${source.shown} has no field "${nameField}" to name its polygons by. It has ${names.join(', ')}.`);
  }
  const features = profile.kind === 'table' ? [] : await readCropFeatures(join(dir, 'features.fgb'), profile, tempDir, nameField, signal);
  if (features.length === 0) throw new PublishError(`${source.shown} has no polygons, so it cannot be a crop layer.`);
  return features;
}

/** Moves a version's folder to its place, unless a version of the same content is there already. */
async function moveToStore({ dir, content }: Measured, layout: Layout): Promise<void> {
  const target = layout.versionDir(content);
  await mkdir(layout.storeDir, { recursive: true, mode: 0o700 });
  if (await stat(join(target, 'profile.json')).catch(() => null)) return;
  await rm(target, { recursive: true, force: true });
  await syncFolder(dir);
  await rename(dir, target);
  await syncFolder(dirname(target));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function record(
  db: Kysely<Schema>,
  prepared: readonly Prepared[],
  options: PublishOptions,
  license: NewLicense | undefined,
): Promise<PublishedDataset[]> {
  return db.transaction().execute(async (trx) => {
    // Two that publish at once take different ids.
    await sql`lock table datasets in share row exclusive mode`.execute(trx);
    const licenseId = license && (await recordLicense(trx, license));
    const highest = await trx
      .selectFrom('datasets')
      .select((select) => select.fn.max('id').as('id'))
      .executeTakeFirst();
    const first = options.id ?? Number(highest?.id ?? 0) + 1;
    const published: PublishedDataset[] = [];
    for (const [index, layer] of prepared.entries()) {
      const title = titleOf(layer.source, prepared.length, options.title);
      published.push(await recordDataset(trx, first + index, title, layer, options, licenseId));
    }
    return published;
  });
}

/** What the publisher said; else what the layer or its file is called. Several layers are told apart by their names. */
function titleOf({ layer, dataset }: SourceLayer, count: number, title: string | undefined): { text: string; said: boolean } {
  if (title !== undefined) return { text: count > 1 ? `${title}: ${layer.name}` : title, said: true };
  return { text: layer.name || basename(dataset, extname(dataset)), said: false };
}

async function recordLicense(trx: Kysely<Schema>, license: NewLicense): Promise<number> {
  const { id } = await trx
    .insertInto('licenses')
    .values(license)
    .onConflict((conflict) => conflict.columns(['type', 'version', 'title']).doUpdateSet({ text: license.text, url: license.url }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

async function recordDataset(
  trx: Kysely<Schema>,
  id: number,
  title: { text: string; said: boolean },
  { measured, cropFeatures }: Prepared,
  options: PublishOptions,
  licenseId: number | undefined,
): Promise<PublishedDataset> {
  const { profile, content, warnings } = measured;
  const now = new Date();
  const said = {
    ...(title.said ? { title: title.text, slug: slugify(title.text, 'data') } : {}),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.tags === undefined ? {} : { tags: options.tags }),
    ...(licenseId === undefined ? {} : { license_id: licenseId }),
  };
  const unsaid = { title: title.text, slug: slugify(title.text, 'data'), description: '', tags: [], search: '', license_id: null };
  const dataset = await trx
    .insertInto('datasets')
    .values({ ...unsaid, ...said, id, kind: profile.kind, first_published_at: now, published_at: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...said, id }))
    .returning(['title', 'description', 'tags', 'version_id', 'kind'])
    .executeTakeFirstOrThrow();
  const search = [dataset.title, dataset.description, ...dataset.tags].join('\n').toLowerCase();
  await trx.updateTable('datasets').set({ search }).where('id', '=', id).execute();
  const newest =
    dataset.version_id === null
      ? undefined
      : await trx.selectFrom('versions').selectAll().where('id', '=', dataset.version_id).executeTakeFirst();
  const metadataXml = options.metadataXml ?? newest?.metadata_xml ?? null;
  const unchanged = newest?.content === content && newest.metadata_xml === metadataXml;
  let versionId = newest?.id ?? 0;
  if (!unchanged) {
    const values = {
      dataset_id: id,
      content,
      profile: JSON.stringify(profile),
      geometry_type: geometryTypeName(profile.geometry_types),
      metadata_xml: metadataXml,
      published_at: now,
    };
    versionId = (await trx.insertInto('versions').values(values).returning('id').executeTakeFirstOrThrow()).id;
    await trx.updateTable('datasets').set({ version_id: versionId, published_at: now }).where('id', '=', id).execute();
  }
  if (cropFeatures) {
    const extent = profile.extent_wgs84 ? [boundsPolygon(profile.extent_wgs84)] : [];
    await replaceCropLayer(trx, { datasetId: id, versionId, name: dataset.title, extent }, cropFeatures);
  }
  return { id, kind: profile.kind, title: dataset.title, versionId, unchanged, profile, warnings };
}
