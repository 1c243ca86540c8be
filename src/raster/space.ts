import { statfs } from 'node:fs/promises';
import type { RasterProfile } from '../store/rasterprofile.ts';
import { ExportFailure } from '../vector/writer.ts';
import { bytesPerPixel } from './estimate.ts';
import type { RasterPlan } from './plan.ts';
import type { RasterWriter } from './writer.ts';

/** The files, the archive that they go into, and what GDAL keeps of overviews meanwhile. */
const COPIES = 2.4;
/** What is left for the rest of the server. */
const SPARE = 64 * 2 ** 20;

/**
 * Looks whether the disk will hold what an item needs, before any of it is written.
 * @throws {ExportFailure} with a sentence where it will not.
 */
export async function requireSpace(
  pieces: readonly Pick<RasterPlan['pieces'][number], 'grid' | 'stored'>[],
  profile: RasterProfile,
  writer: RasterWriter,
  folder: string,
): Promise<void> {
  const each = bytesPerPixel(profile, writer);
  let needed = SPARE;
  for (const { grid, stored } of pieces) needed += stored ? stored.bytes : grid.size[0] * grid.size[1] * each * COPIES;
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (needed <= free) return;
  throw new ExportFailure(
    'disk-full',
    `This export needs about ${gibibytes(needed)} of disk space, and the server has ${gibibytes(free)} left. Ask for a smaller extent, or for larger pixels.`,
  );
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
