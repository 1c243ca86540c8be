import pg from 'pg';
import type { SqlSource } from './sql.ts';

const INT8 = 20;

/** A PostgreSQL server, through a pool of connections. 64-bit integers come as numbers, as they do from the embedded database. */
export function openServer(url: string): SqlSource {
  const types = { getTypeParser: (id: number, format?: 'text') => (id === INT8 ? Number : pg.types.getTypeParser(id, format)) };
  const pool = new pg.Pool({ connectionString: url, max: 10, application_name: 'geocrate', types: types as pg.CustomTypesConfig });
  // A connection that breaks while idle is replaced by the pool; the next query reports what is really wrong.
  pool.on('error', () => {});
  return {
    async acquire() {
      const client = await pool.connect();
      let broken: Error | undefined;
      // A connection that breaks between two statements says so by an event, which ends the process where nobody listens.
      const onBreak = (error: Error) => {
        broken = error;
      };
      client.on('error', onBreak);
      let mayHoldTransaction = false;
      const run = async (text: string, values?: readonly unknown[]) => {
        mayHoldTransaction ||= values === undefined || /^\s*(begin|start)\b/i.test(text);
        const result: pg.QueryResult | pg.QueryResult[] = await client.query(text, values && [...values]);
        // Several statements answer several results.
        const all = Array.isArray(result) ? result : [result];
        return { rows: all.flatMap((one) => one.rows), affectedRows: all.at(-1)?.rowCount ?? 0 };
      };
      return {
        query: (text, values = []) => run(text, values),
        execute: (text) => run(text),
        async release() {
          if (mayHoldTransaction) {
            await client.query('ROLLBACK').catch((error: Error) => {
              broken = error;
            });
          }
          client.off('error', onBreak);
          client.release(broken);
        },
      };
    },
    close: () => pool.end(),
  };
}
