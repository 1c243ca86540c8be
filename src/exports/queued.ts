import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** An export that waits or is being made. */
export interface QueuedExport {
  id: number;
  user: string;
  name: string;
  running: boolean;
  /** The process that has it, or had it last: its machine and number; null: none yet. */
  worker: string | null;
  attempts: number;
  progress: number;
  created_at: Date;
  /** Since it was asked for. */
  age_seconds: number;
  /** Since this attempt began; null while it waits. */
  running_seconds: number | null;
  size_estimate: number;
}

/** What is being made, then what waits, in the order of its turns. */
export async function listQueue(db: Kysely<Schema>): Promise<QueuedExport[]> {
  const { rows } = await sql<QueuedExport>`
    select exports.id, users.name as user, exports.name, job.state is not distinct from 'active' as running, worker, attempts, progress,
      exports.created_at,
      extract(epoch from now() - exports.created_at)::double precision as age_seconds,
      case when job.state = 'active' then extract(epoch from now() - job.started_on)::double precision end as running_seconds,
      size_estimate
    from exports join users on users.id = exports.user_id
    left join pgboss.job job on job.name = 'export' and job.id = exports.job_id
    where exports.state = 'processing'
    order by running desc, exports.turn, exports.id`.execute(db);
  return rows;
}
