import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** What a user took, or what was taken of a layer, in a period. */
export interface Usage {
  /** When the period began, in UTC. */
  period: Date;
  /** The user's name; null for downloads by addresses that were passed on. Or the layer's or table's title. */
  who: string | null;
  /** Of the layer or table; null for users. */
  dataset: number | null;
  exports: number;
  /** Of those that were completed. */
  completed: number;
  /** Of their archives; an archive of several layers counts for each. */
  bytes: number;
  downloads: number;
  downloaded_bytes: number;
}

export type UsagePeriod = 'day' | 'week' | 'month' | 'year';

/**
 * Exports and downloads by period, newest first, the largest of each period first. Downloads as far back as the audit log goes.
 * @param by users, or layers and tables.
 */
export async function listUsage(db: Kysely<Schema>, by: 'user' | 'layer', per: UsagePeriod, since: Date): Promise<Usage[]> {
  const period = (time: string) => sql`date_trunc(${per}, ${sql.ref(time)}, 'UTC')`;
  const ofUsers = sql`
    select ${period('exports.created_at')} as period, users.name as who, null::int as dataset, state, size_zipped, null::bigint as sent
      from exports join users on users.id = user_id where exports.created_at >= ${since}
    union all
    select ${period('at')}, users.name, null, null, null, coalesce(bytes, 0) from audit left join users on users.id = user_id
      where event = 'download' and at >= ${since}`;
  const ofLayers = sql`
    select ${period('exports.created_at')} as period, datasets.title as who, datasets.id as dataset, state, size_zipped, null::bigint as sent
      from exports, lateral (select distinct (item->>'dataset')::int as id from jsonb_array_elements(request->'items') item) items
      join datasets using (id) where exports.created_at >= ${since}
    union all
    select ${period('at')}, datasets.title, datasets.id, null, null, coalesce(bytes, 0)
      from audit, lateral (select distinct (item->>'id')::int as id from jsonb_array_elements(audit.datasets) item) items
      join datasets using (id) where event = 'download' and at >= ${since}`;
  const { rows } = await sql<Usage>`
    select period, who, dataset,
      count(state)::int as exports,
      count(*) filter (where state in ('complete', 'gone'))::int as completed,
      coalesce(sum(size_zipped), 0)::bigint as bytes,
      count(sent)::int as downloads,
      coalesce(sum(sent), 0)::bigint as downloaded_bytes
    from (${by === 'user' ? ofUsers : ofLayers}) taken
    group by period, who, dataset
    order by period desc, coalesce(sum(size_zipped), 0) + coalesce(sum(sent), 0) desc, who`.execute(db);
  return rows;
}
