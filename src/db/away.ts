/** What PostgreSQL (appendix A) and the system call a database that cannot be reached, is starting or stopping, or has no connection left. */
const CODES = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|ETIMEDOUT|08\w{3}|53300|57P0[123])$/;
/** What the client says of a connection that broke, or never came to be, without a code. */
const WORDS = /^Connection terminated|connection error and is not queryable|^timeout exceeded when trying to connect/;

/** Whether an error says that the database is away for now, so that the same may go well later. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && CODES.test(String(error.code))) || WORDS.test(error.message);
}
