import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Kind } from '../store/versionprofile.ts';

/** What the catalogue can be filtered by, with how many datasets there are of each. */
export interface Facets {
  total: number;
  kinds: { kind: Kind; count: number }[];
  licenses: { type: string; count: number }[];
  geometryTypes: { geometry_type: string; count: number }[];
}

/** Counts all datasets that are published. */
export async function countFacets(db: Kysely<Schema>): Promise<Facets> {
  const published = db.selectFrom('datasets').where('datasets.version_id', 'is not', null);
  const count = sql<number>`count(*)::integer`.as('count');
  const [kinds, licenses, geometryTypes] = await Promise.all([
    published.select(['kind', count]).groupBy('kind').orderBy('kind').execute(),
    published
      .innerJoin('licenses', 'licenses.id', 'datasets.license_id')
      .select(['licenses.type', count])
      .groupBy('licenses.type')
      .orderBy('licenses.type')
      .execute(),
    published
      .innerJoin('versions', 'versions.id', 'datasets.version_id')
      .select([sql<string>`geometry_type`.as('geometry_type'), count])
      .where('geometry_type', 'is not', null)
      .groupBy('geometry_type')
      .orderBy('geometry_type')
      .execute(),
  ]);
  return { total: kinds.reduce((sum, { count: one }) => sum + one, 0), kinds, licenses, geometryTypes };
}
