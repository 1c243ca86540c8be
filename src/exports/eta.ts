import type { Format } from '../formats/format.ts';
import { comesDeflated } from '../formats/registry.ts';
import type { ExportRow } from './states.ts';

/** What an export takes beside its size, in seconds: a thread that begins, an archive that is flushed. Measured by `npm run bench -- estimates`. */
const SECONDS_AN_EXPORT = 0.4;
/** Bytes of an archive that are made in a second: by the engine's threads, and by all else, most of which is GDAL. */
const ENGINE_PACE = 25_000_000;
const USUAL_PACE = 3_000_000;
/** From this progress on, only the pace so far counts. */
const PACE_ALONE = 0.5;

/** What is made of an export: about so many bytes of the archive, in a format, and for rasters in so many seconds. */
interface Part {
  format: Format | null;
  sizeEstimate: number;
  seconds: number | null;
}

/** What an export of some parts usually takes to be made, in seconds. */
export function usualSeconds(parts: readonly Part[]): number {
  return parts.reduce(
    (sum, { format, sizeEstimate, seconds }) =>
      sum + (seconds ?? sizeEstimate / (format && comesDeflated(format) ? ENGINE_PACE : USUAL_PACE)),
    SECONDS_AN_EXPORT,
  );
}

/**
 * Seconds until an export is done: at first by what exports of its size usually take, then more and more by its own pace. What waits before it
 * in the queue is not in it. Null once there is nothing left to wait for.
 */
export function etaSeconds(
  { state, started_at, progress, seconds_estimate }: Pick<ExportRow, 'state' | 'started_at' | 'progress' | 'seconds_estimate'>,
  now: number,
): number | null {
  if (state !== 'processing') return null;
  const usual = seconds_estimate ?? SECONDS_AN_EXPORT;
  // Clocks of two machines may differ.
  const elapsed = started_at ? Math.max(0, now - started_at.getTime()) / 1000 : 0;
  const trust = started_at ? Math.min(1, progress / PACE_ALONE) : 0;
  const total = progress > 0 ? (1 - trust) * usual + trust * (elapsed / progress) : usual;
  return Math.max(1, Math.ceil(total * (1 - progress)));
}
