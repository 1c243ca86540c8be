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
  /** Copies the embedded database's files to a folder that is not there yet, as they are at one moment; null for a server. */
  copyTo: ((folder: string) => Promise<void>) | null;
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

/** One statement with its values, or several without (`null`): what goes to another process or thread. */
export type SqlRequest = { text: string; values: readonly unknown[] | null };
export type SqlReply = { result: SqlResult } | { error: { message: string; code: string | undefined } };

/** What came of a request, for another process or thread. */
export async function replyTo(running: Promise<SqlResult>): Promise<SqlReply> {
  try {
    return { result: await running };
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    return { error: { message: error instanceof Error ? error.message : String(error), code } };
  }
}

/** What another process or thread answered. */
export function resultOf(reply: SqlReply): SqlResult {
  if ('result' in reply) return reply.result;
  throw Object.assign(new Error(reply.error.message), { code: reply.error.code });
}

/** A session over what runs its requests. */
export function sessionOver(run: (request: SqlRequest) => Promise<SqlResult>, release: () => Promise<void>): SqlSession {
  return { query: (text, values = []) => run({ text, values }), execute: (text) => run({ text, values: null }), release };
}
