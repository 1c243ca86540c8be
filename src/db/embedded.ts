import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { SqlSession, SqlSource } from './sql.ts';

/** In place of what initdb says: an eighth of its buffers, since all of them stay in the process's memory once they were used. */
const SETTINGS = [
  'shared_buffers = 16MB',
  'max_connections = 10',
  "datestyle = 'iso, mdy'",
  'timezone = UTC',
  'log_timezone = UTC',
  "default_text_search_config = 'pg_catalog.english'",
];

/**
 * PostgreSQL inside this process (PGlite), which has one connection: sessions take turns.
 * The caller holds the data directory's lock; two processes on one directory would corrupt it.
 */
export async function openEmbedded(dataDir: string): Promise<SqlSource> {
  const postgres = await PGlite.create({ dataDir: join(dataDir, 'postgres'), postgresqlconf: SETTINGS }).catch((error: unknown) => {
    // What its file system has to say comes as a number without words.
    const reason = error instanceof Error ? error.message : 'its files cannot be written; the disk may be full';
    throw new Error(`The database in ${dataDir} cannot be opened: ${reason}.`);
  });
  let turn: Promise<void> = Promise.resolve();
  return {
    acquire() {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const session = turn.then(() => sessionOn(postgres, release));
      turn = released;
      return session;
    },
    async close() {
      await turn;
      await postgres.close();
    },
  };
}

function sessionOn(postgres: PGlite, release: () => void): SqlSession {
  let mayHoldTransaction = false;
  let released = false;
  return {
    async query(text, values = []) {
      mayHoldTransaction ||= /^\s*(begin|start)\b/i.test(text);
      const { rows, affectedRows } = await postgres.query<Record<string, unknown>>(text, [...values]);
      return { rows, affectedRows: affectedRows ?? 0 };
    },
    async execute(text) {
      mayHoldTransaction = true;
      const results = await postgres.exec(text);
      return { rows: results.flatMap((result) => result.rows), affectedRows: results.at(-1)?.affectedRows ?? 0 };
    },
    async release() {
      if (released) return;
      released = true;
      // Outside a transaction this is only a notice.
      if (mayHoldTransaction) await postgres.exec('ROLLBACK').catch(() => {});
      release();
    },
  };
}
