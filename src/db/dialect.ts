import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { SqlSession, SqlSource } from './sql.ts';

class SessionConnection implements DatabaseConnection {
  readonly session: SqlSession;
  constructor(session: SqlSession) {
    this.session = session;
  }
  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, affectedRows } = await this.session.query(query.sql, query.parameters);
    return { rows: rows as R[], numAffectedRows: BigInt(affectedRows) };
  }
  // biome-ignore lint/correctness/useYield: the interface asks for it, and no query of ours streams.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('Queries are not streamed.');
  }
}

/** Kysely on any source of PostgreSQL sessions. Its own PGlite dialect lets queries of others slip into an open transaction; sessions here take turns. */
export function sqlDialect(source: SqlSource): Dialect {
  const run = (connection: DatabaseConnection, sql: string) => connection.executeQuery(CompiledQuery.raw(sql));
  return {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => new SessionConnection(await source.acquire()),
      releaseConnection: async (connection) => {
        if (connection instanceof SessionConnection) await connection.session.release();
      },
      beginTransaction: async (connection) => void (await run(connection, 'begin')),
      commitTransaction: async (connection) => void (await run(connection, 'commit')),
      rollbackTransaction: async (connection) => void (await run(connection, 'rollback')),
      destroy: () => source.close(),
    }),
  };
}
