import { randomUUID } from 'node:crypto';
import type { PgBoss } from 'pg-boss';
import { runSql, type SqlSource } from '../db/sql.ts';

export const UNITS = 'unit';

/** A unit of an export, for whoever takes it. */
export interface UnitJob {
  exportId: number;
  /** Of the attempt that has the export. */
  claim: string;
  /** What makes it, with versions: another may make other bytes. */
  software: string;
  item: number;
  piece: { sheet: number; part: number } | null;
  sources: string[] | null;
  trace: string | null;
}

/** What became of a unit: it is being made, it was made, or nobody makes it. */
export type UnitState = { is: 'active' } | { is: 'made'; output: unknown } | { is: 'left' };

const WITHDRAW = `delete from pgboss.job where name = $1 and id = $2 and state < 'active' returning id`;
const LOOK = 'select state, output from pgboss.job where name = $1 and id = $2';
const OF_EXPORT = `select id from pgboss.job where name = $1 and data->>'exportId' = $2`;

/** Units wait in a queue of pg-boss. One whose maker dies or fails is not handed out again: whoever offered it makes it. */
export class UnitQueue {
  readonly #source: SqlSource;
  readonly #boss: PgBoss;

  constructor(source: SqlSource, boss: PgBoss) {
    this.#source = source;
    this.#boss = boss;
  }

  /** @returns an id for each. */
  async offer(jobs: readonly UnitJob[]): Promise<string[]> {
    // In this order.
    const inserted = jobs.map((data, index) => ({ id: randomUUID(), data, priority: -index }));
    await this.#boss.insert(UNITS, inserted);
    return inserted.map(({ id }) => id);
  }

  /** Takes a unit back, unless somebody has begun it or had it; whether it did. */
  async withdraw(id: string): Promise<boolean> {
    return (await runSql(this.#source, WITHDRAW, [UNITS, id])).rows.length > 0;
  }

  async look(id: string): Promise<UnitState> {
    const { rows } = await runSql(this.#source, LOOK, [UNITS, id]);
    const [row] = rows;
    if (row?.state === 'completed') return { is: 'made', output: row.output };
    return { is: row?.state === 'active' ? 'active' : 'left' };
  }

  /** Takes all units of an export away; those who make some notice with their next heartbeat. */
  async remove(exportId: number): Promise<void> {
    const { rows } = await runSql(this.#source, OF_EXPORT, [UNITS, String(exportId)]);
    const ids = rows.map(({ id }) => String(id));
    if (ids.length > 0) await this.#boss.deleteJob(UNITS, ids);
  }
}
