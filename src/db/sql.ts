/** One connection, held by one caller at a time. */
export interface SqlSession {
  /** One statement, with `$1`… placeholders. */
  query(text: string, values?: readonly unknown[]): Promise<SqlResult>;
  /** Several statements at once, without values. */
  execute(text: string): Promise<SqlResult>;
  /** Gives the connection back; a transaction left open is rolled back. */
  release(): Promise<void>;
}

export interface SqlResult {
  rows: Record<string, unknown>[];
  affectedRows: number;
}

/** Where sessions come from: the embedded database, another process's embedded database, or a PostgreSQL server. */
export interface SqlSource {
  acquire(): Promise<SqlSession>;
  close(): Promise<void>;
}

/** Runs one or several statements on a session of their own. */
export async function runSql(source: SqlSource, text: string, values?: readonly unknown[]): Promise<SqlResult> {
  const session = await source.acquire();
  try {
    return values && values.length > 0 ? await session.query(text, values) : await session.execute(text);
  } finally {
    await session.release();
  }
}
