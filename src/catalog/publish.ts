import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { slugify } from '../archive/names.ts';
import { lookupCrs, parseCrsCode } from '../crs/epsg.ts';
import type { Schema } from '../db/schema.ts';
import { boundsPolygon } from '../geometry/bounds.ts';
import { LocalVersions } from '../storage/localversions.ts';
import type { Versions } from '../storage/versions.ts';
import type { Layout } from '../store/layout.ts';
import { FEATURES_FILE, geometryTypeName } from '../store/profile.ts';
import { RASTER_KINDS, type RasterKind } from '../store/rasterprofile.ts';
import { isRaster, type Kind, type VersionProfile } from '../store/versionprofile.ts';
import { readCropFeatures } from './cropfeatures.ts';
import { type NewCropFeature, replaceCropLayer } from './croplayers.ts';
import { findLicense, type NewLicense } from './licenses.ts';
import { comesOfFullDisk, PublishError } from './publish/failure.ts';
import { measureLayer } from './publish/measure.ts';
import { holdRasters } from './publish/raster/files.ts';
import { type MeasuredRaster, measureRaster } from './publish/raster/measure.ts';
import { openRasters, type UntrustedSource } from './publish/raster/source.ts';
import { openSource, type SourceLayer } from './publish/source.ts';
import { searchText } from './searchtext.ts';

export interface PublishOptions {
  /** The id to publish as; several layers take it and those that follow. The next free one unless told. */
  id?: number;
  title?: string;
  /** What the sources hold, unless told. */
  kind?: Kind;
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
  /** The tiles of rasters can be asked for one by one: those of several files always can. */
  tiled?: boolean;
  /** What of a tile's file name is its id: its first group, or all that it finds. The name without its ending unless told. */
  tileIdPattern?: RegExp;
  /** For sources that are not the operator's own. */
  untrusted?: UntrustedSource;
  signal?: AbortSignal;
  /** 0..1 of all, and what is being published now. */
  onProgress?: (fraction: number, what: string) => void;
}

export interface PublishedDataset {
  id: number;
  kind: Kind;
  title: string;
  versionId: number;
  /** True when the source holds what the newest version holds already, so that no version was made. */
  unchanged: boolean;
  profile: VersionProfile;
  /** Sentences on what the publisher should know. */
  warnings: string[];
}

/** A dataset that is ready to be recorded. */
interface Prepared {
  /** The layer's name in its source, or else the file's. */
  name: string;
  version: PreparedVersion;
  /** Null where it is to be no crop layer. */
  cropFeatures: NewCropFeature[] | null;
}

interface PreparedVersion extends Omit<MeasuredRaster, 'profile'> {
  profile: VersionProfile;
}

/** What the makers of versions need. */
interface Making {
  db: Kysely<Schema>;
  tempDir: string;
  options: PublishOptions;
  crs: string | undefined;
}

/** Shares of a raster's work: opening its files, then storing them. */
const OPENING = 0.1;

/**
 * Publishes all layers of some sources, or their rasters as one dataset: measures each, moves them to the store, and records them in one
 * transaction, so that either all are published or none.
 * @param versions where they are stored; the data directory unless told.
 * @throws {PublishError} with one sentence when a source or an option cannot be used; the signal's reason when cancelled.
 */
export async function publishSources(
  db: Kysely<Schema>,
  layout: Layout,
  sources: readonly string[],
  options: PublishOptions,
  versions: Versions = new LocalVersions(layout),
): Promise<PublishedDataset[]> {
  const crs = options.crs === undefined ? undefined : checkCrs(options.crs);
  const license = options.license === undefined ? undefined : checkLicense(options.license);
  const { signal } = options;
  const rasters = await areRasters(sources, options);
  await mkdir(layout.publishingDir, { recursive: true, mode: 0o700 });
  const tempDir = await mkdtemp(join(layout.publishingDir, 'source-'));
  try {
    const making: Making = { db, tempDir, options, crs };
    const prepared = rasters ? [await prepareRaster(sources, making)] : await prepareLayers(sources, making);
    signal?.throwIfAborted();
    for (const { version } of prepared) await versions.add(version.content, version.dir, signal);
    return await record(db, prepared, options, license);
  } catch (error) {
    signal?.throwIfAborted();
    throw comesOfFullDisk(error, tempDir)
      ? new PublishError('The disk is full, so nothing was published. Free some space and publish again.')
      : error;
  } finally {
    await rm(tempDir, { recursive: true, force: true });
  }
}

/** @throws {PublishError} where some sources hold rasters and some layers. */
async function areRasters(sources: readonly string[], { kind, signal }: PublishOptions): Promise<boolean> {
  if (kind !== undefined) return isRasterKind(kind);
  const [first, ...more] = await holdRasters(sources, signal);
  const other = more.findIndex((one) => one !== first) + 1;
  if (other > 0) {
    const [raster, layer] = first ? [sources[0], sources[other]] : [sources[other], sources[0]];
    throw new PublishError(`${raster} is a raster, and ${layer} is not. Publish them one after the other.`);
  }
  return first ?? false;
}

function isRasterKind(kind: Kind | undefined): kind is RasterKind {
  return RASTER_KINDS.some((one) => one === kind);
}

async function prepareLayers(sources: readonly string[], { db, tempDir, options, crs }: Making): Promise<Prepared[]> {
  const { signal, onProgress = () => {} } = options;
  refuseOptions(options, { tiled: '--tiled', tileIdPattern: '--tile-id-pattern' }, 'rasters');
  const layers: SourceLayer[] = [];
  for (const source of sources) {
    layers.push(
      ...(await openSource(source, { layers: options.layers, encoding: options.encoding, asTable: options.kind === 'table', signal })),
    );
  }
  for (const [index, { layer, shown }] of layers.entries()) {
    const isTable = layer.geometryType === null;
    if (options.kind === 'vector' && isTable) throw new PublishError(`${shown} has no geometry, so it can only be a table.`);
    await checkKind(db, options.id, index, shown, isTable ? 'table' : 'vector');
  }
  const prepared: Prepared[] = [];
  for (const [index, source] of layers.entries()) {
    const dir = join(tempDir, String(index));
    await mkdir(dir);
    const say = (fraction: number) => onProgress((index + fraction) / layers.length, source.layer.name);
    say(0);
    const version = await measureLayer(source, { tempDir: dir, crs, signal, onProgress: say });
    const wanted = options.cropLayer ?? (await isCropLayer(db, options.id, index));
    const cropFeatures = wanted ? await cropFeaturesOf(source, version, dir, options) : null;
    prepared.push({ name: source.layer.name || basename(source.dataset, extname(source.dataset)), version, cropFeatures });
  }
  return prepared;
}

/** All rasters of the sources become one dataset. */
async function prepareRaster(sources: readonly string[], { db, tempDir, options, crs }: Making): Promise<Prepared> {
  const { signal, onProgress = () => {} } = options;
  refuseOptions(options, { layers: '--layer', encoding: '--encoding', cropLayer: '--crop-layer', nameField: '--name-field' }, 'layers');
  const [what = ''] = sources;
  const source = await openRasters(sources, {
    untrusted: options.untrusted,
    tiled: options.tiled || options.tileIdPattern !== undefined,
    signal,
    onProgress: (fraction) => onProgress(OPENING * fraction, what),
  });
  const before = options.id === undefined ? undefined : (await existing(db, options.id))?.kind;
  const version = await measureRaster(source, {
    tempDir,
    // What a dataset is it stays: a grid of one byte is not told from a picture.
    kind: isRasterKind(options.kind) ? options.kind : isRasterKind(before) ? before : undefined,
    checkKind: (kind) => checkKind(db, options.id, 0, source.shown, kind),
    crs,
    tileIdPattern: options.tileIdPattern,
    signal,
    onProgress: (fraction) => onProgress(OPENING + (1 - OPENING) * fraction, what),
  });
  return { name: source.name, version, cropFeatures: null };
}

/** @throws {PublishError} where an option is said that is for other data. */
function refuseOptions(options: PublishOptions, names: Partial<Record<keyof PublishOptions, string>>, what: string): void {
  for (const [option, value] of Object.entries(options)) {
    const name = Object.entries(names).find(([key]) => key === option)?.[1];
    if (name !== undefined && value !== undefined && value !== false) throw new PublishError(`${name} is for ${what}.`);
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

/** What a dataset is it stays for good: its address and the formats of its exports say it. */
async function checkKind(db: Kysely<Schema>, id: number | undefined, index: number, shown: string, kind: Kind): Promise<void> {
  if (id === undefined) return;
  const dataset = await existing(db, id + index);
  if (!dataset || dataset.kind === kind) return;
  throw new PublishError(`${id + index} ("${dataset.title}") is ${NOUNS[dataset.kind]}, and ${shown} is not. Publish it under another id.`);
}

const NOUNS: Record<Kind, string> = {
  vector: 'a layer of features',
  table: 'a table',
  raster: 'a raster',
  grid: 'a grid',
  rat: 'a raster with an attribute table',
};

async function existing(db: Kysely<Schema>, id: number): Promise<{ kind: Kind; title: string } | undefined> {
  return db.selectFrom('datasets').select(['kind', 'title']).where('id', '=', id).executeTakeFirst();
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
  { dir, profile }: Awaited<ReturnType<typeof measureLayer>>,
  tempDir: string,
  { nameField, signal }: PublishOptions,
): Promise<NewCropFeature[]> {
  const names = profile.fields.map(({ name }) => name);
  if (nameField !== undefined && !names.includes(nameField)) {
    throw new PublishError(`${source.shown} has no field "${nameField}" to name its polygons by. It has ${names.join(', ')}.`);
  }
  const features = profile.kind === 'table' ? [] : await readCropFeatures(join(dir, FEATURES_FILE), profile, tempDir, nameField, signal);
  if (features.length === 0) throw new PublishError(`${source.shown} has no polygons, so it cannot be a crop layer.`);
  return features;
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
      const title = titleOf(layer.name, prepared.length, options.title);
      published.push(await recordDataset(trx, first + index, title, layer, options, licenseId));
    }
    return published;
  });
}

/** What the publisher said; else what the layer or its file is called. Several layers are told apart by their names. */
function titleOf(name: string, count: number, title: string | undefined): { text: string; said: boolean } {
  if (title !== undefined) return { text: count > 1 ? `${title}: ${name}` : title, said: true };
  return { text: name, said: false };
}

/** Gives the id of a licence, which is recorded when it is not there. */
export async function recordLicense(trx: Kysely<Schema>, license: NewLicense): Promise<number> {
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
  { version, cropFeatures }: Prepared,
  options: PublishOptions,
  licenseId: number | undefined,
): Promise<PublishedDataset> {
  const { profile, content, warnings } = version;
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
  const search = searchText(dataset.title, dataset.description, dataset.tags);
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
      geometry_type: isRaster(profile) ? null : geometryTypeName(profile.geometry_types),
      metadata_xml: metadataXml,
      published_at: now,
    };
    versionId = (await trx.insertInto('versions').values(values).returning('id').executeTakeFirstOrThrow()).id;
    await trx
      .updateTable('datasets')
      .set({ version_id: versionId, published_at: now, extent: profile.extent_wgs84 })
      .where('id', '=', id)
      .execute();
  }
  if (cropFeatures) {
    const extent = profile.extent_wgs84 ? [boundsPolygon(profile.extent_wgs84)] : [];
    await replaceCropLayer(trx, { datasetId: id, versionId, name: dataset.title, extent }, cropFeatures);
  }
  return { id, kind: profile.kind, title: dataset.title, versionId, unchanged, profile, warnings };
}
