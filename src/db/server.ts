import pg from 'pg';
import { runOn, TYPES } from './client.ts';
import { type SqlRequest, type SqlSource, sessionOver } from './sql.ts';

/** A PostgreSQL server, through a pool of connections. */
export function openServer(url: string): SqlSource {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    application_name: 'geocrate',
    types: TYPES,
    // A network that swallows what is sent to it would keep who waits for ever.
    connectionTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // A connection that breaks while idle is replaced by the pool; the next query reports what is really wrong.
  pool.on('error', () => {});
  // It may break in the moment in which it is handed out: an event that nobody listens to would end the process.
  pool.on('connect', (client) => void client.on('error', () => {}));
  return {
    async acquire() {
      const client = await pool.connect();
      let broken: Error | undefined;
      // A connection that breaks between two statements says so by an event.
      const onBreak = (error: Error) => {
        broken = error;
      };
      client.on('error', onBreak);
      let mayHoldTransaction = false;
      const run = (request: SqlRequest) => {
        mayHoldTransaction ||= request.values === null || /^\s*(begin|start)\b/i.test(request.text);
        return runOn(client, request);
      };
      return sessionOver(run, async () => {
        if (mayHoldTransaction) {
          await client.query('ROLLBACK').catch((error: Error) => {
            broken = error;
          });
        }
        client.off('error', onBreak);
        client.release(broken);
      });
    },
    copyTo: null,
    close: () => pool.end(),
  };
}
