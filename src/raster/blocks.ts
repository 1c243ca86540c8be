import { join } from 'node:path';
import type { StoredContent } from '../archive/ready.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { CropThreads } from './cropthreads.ts';
import type { RasterPlan } from './plan.ts';
import { overviewFor } from './source.ts';
import type { RasterWriter } from './writer.ts';

/**
 * Cuts a piece out of the stored tile that it is a part of, or of its overview, by copying the blocks that lie inside. That is many times faster than GDAL, and the
 * pixels are the same.
 * @returns the file: its path, or what is known of it; null where that is not possible, and GDAL has to make it. There is no file then.
 */
export async function cutBlocks(
  { image, sheet, area, times, reprojects }: RasterPlan['pieces'][number],
  {
    profile,
    versionDir,
    writer,
    splits,
  }: { profile: RasterProfile; versionDir: string; writer: RasterWriter; splits: RasterPlan['splits'] },
  { path, signal, onProgress }: { path: string; signal: AbortSignal; onProgress: (fraction: number) => void },
  threads: CropThreads,
): Promise<string | StoredContent | null> {
  const [tile] = sheet.tiles;
  if (!writer.isStored || !tile || sheet.tiles.length > 1 || reprojects || splits !== null) return null;
  if (times > 1 && overviewFor(profile, sheet, times) !== times) return null;
  // The one word for places without data that the copy has.
  const word = { nodata: 'nodata', alpha: 'alpha', mask: 'mask', none: 'mask' }[profile.transparency];
  if ((image.emptiness.by !== word && (area || profile.transparency !== 'none')) || profile.compression === 'NONE') return null;
  const resampling = image.continuous ? 'average' : 'nearest';
  const result = await threads.crop({
    source: join(versionDir, tile.file),
    crop: area,
    outPath: path,
    times,
    resampling,
    signal,
    onProgress,
  });
  if (result.kind === 'cropped') return result.file;
  return result.kind === 'copied' ? path : null;
}
