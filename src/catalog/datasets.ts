import { type Kysely, type Selectable, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Kind, VersionProfile } from '../store/versionprofile.ts';

/** A layer or a table as it now stands: its newest version, with its licence. */
export interface Dataset {
  id: number;
  kind: Kind;
  slug: string;
  title: string;
  description: string;
  tags: string[];
  license: License | null;
  firstPublishedAt: Date;
  publishedAt: Date;
  version: Version;
}

/** What a list tells of a dataset. */
export type DatasetSummary = Pick<Dataset, 'id' | 'kind' | 'title' | 'firstPublishedAt' | 'publishedAt'>;

export interface Version {
  id: number;
  /** The name of its folder in the store. */
  content: string;
  profile: VersionProfile;
  metadataXml: string | null;
  publishedAt: Date;
}

export type License = Selectable<Schema['licenses']>;

/** Layers have features or pixels; tables have rows. */
export type DatasetType = 'layer' | 'table';

export function datasetType(kind: Dataset['kind']): DatasetType {
  return kind === 'table' ? 'table' : 'layer';
}

export interface DatasetFilter {
  type?: DatasetType | undefined;
  kind?: string | undefined;
  id?: number | undefined;
  /** Words that the title, the description or a tag holds, in any case. */
  q?: string | undefined;
  updatedAfter?: Date | undefined;
  licenseType?: string | undefined;
  geometryType?: string | undefined;
  /** [west, south, east, north] in degrees that a layer's extent meets; across the antimeridian where west is past east. */
  bbox?: readonly [number, number, number, number] | undefined;
}

export interface Page {
  offset: number;
  limit: number;
}

/** What a list is sorted by: one of the names that the list knows. */
export interface Sort<Field extends string> {
  field: Field;
  descending: boolean;
}

/** What datasets can be sorted by, and the columns. */
const DATASET_ORDER = {
  id: 'datasets.id',
  title: 'datasets.title',
  name: 'datasets.title',
  kind: 'datasets.kind',
  created_at: 'datasets.created_at',
  first_published_at: 'datasets.first_published_at',
  published_at: 'datasets.published_at',
  updated_at: 'datasets.published_at',
} as const;
export type DatasetField = keyof typeof DATASET_ORDER;
export const DATASET_FIELDS = Object.keys(DATASET_ORDER) as DatasetField[];

/** The datasets that pass the filter, in order, and how many there are in all. */
export async function listDatasets(
  db: Kysely<Schema>,
  filter: DatasetFilter,
  page: Page,
  sort: Sort<DatasetField> = { field: 'id', descending: false },
): Promise<{ total: number; datasets: DatasetSummary[] }> {
  let matching = db.selectFrom('datasets').where('datasets.version_id', 'is not', null);
  if (filter.type) matching = matching.where('datasets.kind', filter.type === 'table' ? '=' : '!=', 'table');
  if (filter.kind) matching = matching.where(sql<string>`datasets.kind`, '=', filter.kind);
  if (filter.id !== undefined) matching = matching.where('datasets.id', '=', filter.id);
  if (filter.updatedAfter) matching = matching.where('datasets.published_at', '>', filter.updatedAfter);
  if (filter.geometryType) {
    const versions = db.selectFrom('versions').select('id').where('geometry_type', '=', filter.geometryType);
    matching = matching.where('datasets.version_id', 'in', versions);
  }
  if (filter.licenseType) {
    const licenses = db.selectFrom('licenses').select('id').where('type', '=', filter.licenseType);
    matching = matching.where('datasets.license_id', 'in', licenses);
  }
  if (filter.bbox) {
    const [west, south, east, north] = filter.bbox;
    const past = east < west ? east + 360 : east;
    const meets = sql<boolean>`datasets.extent[2] <= ${north} and datasets.extent[4] >= ${south} and exists (
      select 1 from (values (-360), (0), (360)) as turn (degrees)
      where datasets.extent[1] + degrees <= ${past} and datasets.extent[3] + degrees >= ${west})`;
    matching = matching.where(meets);
  }
  for (const word of filter.q?.split(/\s+/).filter(Boolean) ?? [])
    matching = matching.where('datasets.search', 'like', containing(word.toLowerCase()));
  const direction = sort.descending ? 'desc' : 'asc';
  // Apart, so that a page in an index's order is read without looking at all the others.
  const [{ total }, rows] = await Promise.all([
    matching.select((select) => select.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    matching
      .select(['datasets.id', 'kind', 'title', 'first_published_at', 'datasets.published_at'])
      .orderBy(DATASET_ORDER[sort.field], direction)
      .orderBy('datasets.id', direction)
      .limit(page.limit)
      .offset(page.offset)
      .execute(),
  ]);
  const datasets = rows.map(({ id, kind, title, first_published_at, published_at }) => ({
    id,
    kind,
    title,
    firstPublishedAt: first_published_at,
    publishedAt: published_at,
  }));
  return { total: Number(total), datasets };
}

/** A pattern of SQL's `like` for texts that hold this one. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Datasets by id, in the order of the ids; those that do not exist are left out. */
export async function loadDatasets(db: Kysely<Schema>, ids: readonly number[]): Promise<Dataset[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('datasets')
    .innerJoin('versions', 'versions.id', 'datasets.version_id')
    .select([
      'datasets.id',
      'kind',
      'slug',
      'title',
      'description',
      'tags',
      'license_id',
      'first_published_at',
      'datasets.published_at',
      'versions.id as version',
      'content',
      'profile',
      'metadata_xml',
      'versions.published_at as version_published_at',
    ])
    .where('datasets.id', 'in', [...new Set(ids)])
    .execute();
  const licenses = await loadLicenses(
    db,
    rows.map((row) => row.license_id),
  );
  const byId = new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        kind: row.kind,
        slug: row.slug,
        title: row.title,
        description: row.description,
        tags: row.tags,
        license: licenses.get(row.license_id ?? 0) ?? null,
        firstPublishedAt: row.first_published_at,
        publishedAt: row.published_at,
        version: {
          id: row.version,
          content: row.content,
          profile: row.profile as VersionProfile,
          metadataXml: row.metadata_xml,
          publishedAt: row.version_published_at,
        },
      } satisfies Dataset,
    ]),
  );
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export async function loadDataset(db: Kysely<Schema>, id: number): Promise<Dataset | undefined> {
  return (await loadDatasets(db, [id]))[0];
}

export async function loadLicense(db: Kysely<Schema>, id: number): Promise<License | undefined> {
  return (await loadLicenses(db, [id])).get(id);
}

async function loadLicenses(db: Kysely<Schema>, ids: readonly (number | null)[]): Promise<Map<number, License>> {
  const wanted = [...new Set(ids)].filter((id) => id !== null);
  if (wanted.length === 0) return new Map();
  const rows = await db.selectFrom('licenses').selectAll().where('id', 'in', wanted).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** What versions can be sorted by. */
export const VERSION_FIELDS = ['id', 'published_at'] as const;

/** The versions of a dataset, in order. */
export async function listVersions(
  db: Kysely<Schema>,
  datasetId: number,
  page: Page,
  { field, descending }: Sort<(typeof VERSION_FIELDS)[number]>,
): Promise<{ total: number; versions: Version[] }> {
  const matching = db.selectFrom('versions').where('dataset_id', '=', datasetId);
  const { total } = await matching.select((select) => select.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const direction = descending ? 'desc' : 'asc';
  const ordered = matching.selectAll().orderBy(field, direction).orderBy('id', direction);
  const rows = await ordered.limit(page.limit).offset(page.offset).execute();
  return { total: Number(total), versions: rows.map(versionOf) };
}

export async function loadVersion(db: Kysely<Schema>, datasetId: number, versionId: number): Promise<Version | undefined> {
  const row = await db
    .selectFrom('versions')
    .selectAll()
    .where('dataset_id', '=', datasetId)
    .where('id', '=', versionId)
    .executeTakeFirst();
  return row && versionOf(row);
}

function versionOf(row: Selectable<Schema['versions']>): Version {
  return {
    id: row.id,
    content: row.content,
    profile: row.profile as VersionProfile,
    metadataXml: row.metadata_xml,
    publishedAt: row.published_at,
  };
}
