import pg from 'pg';
import type { SqlRequest, SqlResult } from './sql.ts';

const INT8 = 20;

/** How values are read, on any connection: 64-bit integers come as numbers. */
export const TYPES = {
  getTypeParser: (id: number, format?: 'text') => (id === INT8 ? Number : pg.types.getTypeParser(id, format)),
} as pg.CustomTypesConfig;

/** Runs one statement with its values, or several without. */
export async function runOn(client: pg.ClientBase, { text, values }: SqlRequest, name?: string): Promise<SqlResult> {
  const result: pg.QueryResult | pg.QueryResult[] = await (values
    ? client.query({ text, values: [...values], ...(name ? { name } : {}) })
    : client.query(text));
  // Several statements answer several results.
  const all = Array.isArray(result) ? result : [result];
  return { rows: all.flatMap((one) => one.rows), affectedRows: all.at(-1)?.rowCount ?? 0 };
}
