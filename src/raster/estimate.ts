import type { RasterProfile } from '../store/rasterprofile.ts';
import type { PixelShare } from './share.ts';
import { bandNumbers } from './source.ts';
import type { RasterWriter } from './writer.ts';

/** About how many bytes a pixel of a version has in a format, the whole of it. */
export function bytesPerPixel(profile: RasterProfile, writer: RasterWriter): number {
  const { size, bytes, overviews } = profile;
  const stored = bytes / Math.max(1, size[0] * size[1]);
  // Overviews have a third of what the full image has.
  return pixelBytes(profile, writer, writer.weight.overviews || overviews.length === 0 ? stored : stored * 0.75);
}

function pixelBytes({ lossy }: RasterProfile, { weight }: RasterWriter, stored: number, empty = false): number {
  const [factor, power] = lossy ? (empty && weight.lossyWithAlpha) || weight.lossy : weight.lossless;
  return factor * stored ** power;
}

/**
 * About how many bytes a raster item has in the archive.
 * @param multiplier how much larger pixels become.
 * @param moves whether it is brought to another CRS.
 */
export function estimateRaster(
  profile: RasterProfile,
  writer: RasterWriter,
  share: PixelShare,
  { multiplier, moves }: { multiplier: number; moves: boolean },
): number {
  const { pixels, boxPixels, levels, tiles } = share;
  const { weight } = writer;
  // The overview whose pixels are about as large.
  const level = Math.min(Math.floor(Math.log2(multiplier)), Math.max(0, levels.length - 1));
  const bytes = levels.slice(level, weight.overviews ? undefined : level + 1).reduce((sum, one) => sum + one, 0);
  const stored = bytes / Math.max(1, pixels / 4 ** level);
  const [inside, outside] = [pixels / multiplier ** 2, Math.max(0, boxPixels - pixels) / multiplier ** 2];
  // What stays as it is stored has the bytes that it has there.
  const each = writer.isStored && !moves ? stored : pixelBytes(profile, writer, stored, moves || outside > 0);
  return Math.ceil(inside * each + outside * weight.blank + (writer.oneImage ? 1 : tiles) * weight.file);
}

/** Seconds for a file that GDAL makes, whatever it holds, and more for one that is cropped or brought to another CRS; for one of copied blocks. */
const [MADE, CROPPED, MOVED, COPIED] = [0.2, 0.1, 0.5, 0.02];
/** Values that are read and written in a second, of which pixels of several bands have several; interpolated ones; and bytes that are copied. */
const [PACE, MOVED_PACE, COPY_PACE] = [12_000_000, 5_000_000, 60_000_000];

/** About how many seconds a raster item takes to be made. Measured by `npm run bench -- estimates`. */
export function rasterSeconds(
  profile: RasterProfile,
  writer: RasterWriter,
  { pixels, boxPixels, tiles }: PixelShare,
  { multiplier, moves, crops, bytes }: { multiplier: number; moves: boolean; crops: boolean; bytes: number },
): number {
  const files = writer.oneImage ? 1 : tiles;
  const hasLevel = multiplier === 1 || profile.overviews.includes(multiplier);
  if (writer.isStored && !moves && hasLevel) return files * COPIED + bytes / COPY_PACE;
  const values = (Math.max(pixels, boxPixels) / multiplier ** 2) * bandNumbers(profile).data.length;
  return files * (MADE + (crops ? CROPPED : 0) + (moves ? MOVED : 0)) + values / (moves ? MOVED_PACE : PACE);
}
