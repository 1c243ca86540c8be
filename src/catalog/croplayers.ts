import { type Kysely, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Schema } from '../db/schema.ts';
import { containing, type Page, type Sort } from './datasets.ts';

/** A layer whose features may be used as the extent of an export. */
export interface CropLayer {
  id: number;
  name: string;
  datasetId: number;
  versionId: number;
  /** MultiPolygon coordinates, EPSG:4326. */
  extent: number[][][][];
}

export interface CropFeatureName {
  id: number;
  name: string;
}

export interface CropFeature extends CropFeatureName {
  /** MultiPolygon coordinates, EPSG:4326. */
  geometry: number[][][][];
}

const CROP_LAYER = ['id', 'name', 'dataset_id as datasetId', 'version_id as versionId', 'extent'] as const;

/** What crop layers and crop features can be sorted by. */
export const CROP_FIELDS = ['id', 'name'] as const;
type CropSort = Sort<(typeof CROP_FIELDS)[number]>;

/** Crop layers in order; `q` is a part of the name, in any case. */
export async function listCropLayers(
  db: Kysely<Schema>,
  q: string | undefined,
  page: Page,
  { field, descending }: CropSort,
): Promise<{ total: number; cropLayers: CropLayer[] }> {
  let matching = db.selectFrom('crop_layers');
  if (q) matching = matching.where('name', 'ilike', containing(q));
  const { total } = await matching.select((select) => select.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const direction = descending ? 'desc' : 'asc';
  const ordered = matching.select(CROP_LAYER).orderBy(field, direction).orderBy('id', direction);
  const rows = await ordered.limit(page.limit).offset(page.offset).execute();
  return { total: Number(total), cropLayers: rows as CropLayer[] };
}

export async function loadCropLayer(db: Kysely<Schema>, id: number): Promise<CropLayer | undefined> {
  const row = await db.selectFrom('crop_layers').select(CROP_LAYER).where('id', '=', id).executeTakeFirst();
  return row as CropLayer | undefined;
}

/** The crop layer's features in order, of its newest version only. `q` is a part of the name, in any case. */
export async function listCropFeatures(
  db: Kysely<Schema>,
  cropLayerId: number,
  q: string | undefined,
  page: Page,
  { field, descending }: CropSort,
): Promise<{ total: number; features: CropFeatureName[] }> {
  let matching = db.selectFrom('crop_features').where('crop_layer_id', '=', cropLayerId).where('current', '=', true);
  if (q) matching = matching.where('name', 'ilike', containing(q));
  const { total } = await matching.select((select) => select.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const direction = descending ? 'desc' : 'asc';
  const ordered = matching.select(['id', 'name']).orderBy(field, direction).orderBy('id', direction);
  const features = await ordered.limit(page.limit).offset(page.offset).execute();
  return { total: Number(total), features };
}

/** All that is remembered of outlines, in vertices: some 10 MB. */
const REMEMBERED_VERTICES = 100_000;

/** Outlines that were asked for last, of each database: people go on with one area, and reading a long coast takes 20 ms. */
const outlines = new WeakMap<Kysely<Schema>, LRUCache<string, CropFeature['geometry']>>();

/** One feature with its geometry; also one that a newer version no longer has, since its address may be in a script. */
export async function loadCropFeature(db: Kysely<Schema>, cropLayerId: number, id: number): Promise<CropFeature | undefined> {
  const features = cropFeature(db, cropLayerId, id);
  const row = await features.select(['crop_features.name', 'version_id']).executeTakeFirst();
  if (!row) return undefined;
  const known = outlines.get(db) ?? new LRUCache({ maxSize: REMEMBERED_VERTICES, sizeCalculation: vertexCount });
  outlines.set(db, known);
  // Only a version of the layer brings other outlines.
  const key = `${row.version_id} ${id}`;
  const remembered = known.get(key);
  if (remembered) return { id, name: row.name, geometry: remembered };
  // As text: arrays of arrays come from the embedded database's thread in three times the time.
  const read = await features.select(sql<string>`geometry::text`.as('text')).executeTakeFirst();
  if (!read) return undefined;
  const geometry: CropFeature['geometry'] = JSON.parse(read.text);
  known.set(key, geometry);
  return { id, name: row.name, geometry };
}

/** Its name alone. */
export async function loadCropFeatureName(db: Kysely<Schema>, cropLayerId: number, id: number): Promise<string | undefined> {
  return (await cropFeature(db, cropLayerId, id).select('crop_features.name').executeTakeFirst())?.name;
}

function cropFeature(db: Kysely<Schema>, cropLayerId: number, id: number) {
  return db
    .selectFrom('crop_features')
    .innerJoin('crop_layers', 'crop_layers.id', 'crop_layer_id')
    .where('crop_layer_id', '=', cropLayerId)
    .where('crop_features.id', '=', id);
}

function vertexCount(polygons: CropFeature['geometry']): number {
  return polygons.reduce((sum, rings) => rings.reduce((count, ring) => count + ring.length, sum), 0);
}

export interface NewCropFeature {
  key: string;
  name: string;
  geometry: number[][][][];
}

/**
 * Makes a dataset's version the source of its crop layer. Features keep their ids, and so their URLs, by their keys;
 * those that are gone are no longer listed.
 */
export async function replaceCropLayer(
  trx: Kysely<Schema>,
  layer: { datasetId: number; versionId: number; name: string; extent: number[][][][] },
  features: readonly NewCropFeature[],
): Promise<void> {
  const values = {
    dataset_id: layer.datasetId,
    version_id: layer.versionId,
    name: layer.name,
    extent: JSON.stringify(layer.extent),
  };
  const { id } = await trx
    .insertInto('crop_layers')
    .values(values)
    .onConflict((conflict) => conflict.column('dataset_id').doUpdateSet(values))
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx.updateTable('crop_features').set({ current: false }).where('crop_layer_id', '=', id).execute();
  for (const feature of features) {
    const row = { name: feature.name, geometry: JSON.stringify(feature.geometry), current: true };
    await trx
      .insertInto('crop_features')
      .values({ ...row, crop_layer_id: id, key: feature.key })
      .onConflict((conflict) => conflict.columns(['crop_layer_id', 'key']).doUpdateSet(row))
      .execute();
  }
}
