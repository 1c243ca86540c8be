import type { ExportRow } from './states.ts';

/** What an export takes beside its size, in seconds: processes that start, files that are read back. Measured by `npm run bench -- estimates`. */
const SECONDS_AN_EXPORT = 0.5;
/** Bytes of an archive that are made in a second. */
const BYTES_A_SECOND = 2_000_000;
/** From this progress on, only the pace so far counts. */
const PACE_ALONE = 0.5;

/** What an export of a size usually takes to be made, in seconds. */
export function usualSeconds(sizeEstimate: number): number {
  return SECONDS_AN_EXPORT + Number(sizeEstimate) / BYTES_A_SECOND;
}

/**
 * Seconds until an export is done: at first by what exports of its size usually take, then more and more by its own pace. What waits before it
 * in the queue is not in it. Null once there is nothing left to wait for.
 */
export function etaSeconds(
  { state, started_at, progress, size_estimate }: Pick<ExportRow, 'state' | 'started_at' | 'progress' | 'size_estimate'>,
  now: number,
): number | null {
  if (state !== 'processing') return null;
  const usual = usualSeconds(size_estimate);
  // Clocks of two machines may differ.
  const elapsed = started_at ? Math.max(0, now - started_at.getTime()) / 1000 : 0;
  const trust = started_at ? Math.min(1, progress / PACE_ALONE) : 0;
  const total = progress > 0 ? (1 - trust) * usual + trust * (elapsed / progress) : usual;
  return Math.max(1, Math.ceil(total * (1 - progress)));
}
