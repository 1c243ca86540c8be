import { type RawBuilder, sql } from 'kysely';

/** From so many seconds on, an export is a long one. */
const LONG_SECONDS = 15;
/** What an export counts for at most. */
const MOST_SECONDS = 3600;

/** Whether an export is likely to keep a worker for long: of these, a process makes fewer at once than it could (queue.ts). */
export function isLong(seconds: number): boolean {
  return seconds >= LONG_SECONDS;
}

/**
 * When an export's turn is: as if each user's exports were made one after the other, and all users' at once (weighted fair queueing by virtual
 * finish times). So a short export goes before a long one that came a little earlier, a user's hundredth one after another user's first, and
 * one that waits is passed by no more than came before its turn.
 * @param usual what the export usually takes, in seconds.
 * @returns an expression that gives a timestamptz, by the database's clock.
 */
export function turnOf(userId: number, usual: number): RawBuilder<Date> {
  const seconds = Math.min(MOST_SECONDS, usual);
  return sql<Date>`(
    select greatest(now(), max(turn)) + ${seconds} * interval '1 second'
    from exports where user_id = ${userId} and state = 'processing')`;
}
