import type { RasterProfile } from '../store/rasterprofile.ts';
import type { PixelShare } from './share.ts';
import type { RasterWriter } from './writer.ts';

/** About how many bytes a pixel of a version has in a format. */
export function bytesPerPixel(profile: RasterProfile, writer: RasterWriter): number {
  const { size, bytes } = profile;
  return writer.bytesPerPixel(profile, bytes / Math.max(1, size[0] * size[1]));
}

/** Of an image's headers and of the files beside it, and what the archive has of them. */
const FILE_BYTES = 900;

/**
 * About how many bytes a raster item has in the archive.
 * @param multiplier how much larger pixels become.
 */
export function estimateRaster(profile: RasterProfile, writer: RasterWriter, { pixels, tiles }: PixelShare, multiplier: number): number {
  return Math.ceil((pixels / multiplier ** 2) * bytesPerPixel(profile, writer) + (writer.oneImage ? 1 : tiles) * FILE_BYTES);
}
