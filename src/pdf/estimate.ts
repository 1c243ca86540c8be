import type { RasterProfile } from '../store/rasterprofile.ts';
import { mapOptions } from './options.ts';

/** Of a page, what the map has of it. */
const SHARE = 0.6;
/** Bytes of a pixel of imagery, and of a shaded grid: JPEG, and a mask that is nearly nothing. */
const BYTES = { raster: 0.16, grid: 0.12, rat: 0.12 };
/** Fonts, and what frames a map. */
const PAGE_BYTES = 24_000;
/** A layer of features is drawn less finely before it becomes larger. */
const MOST_PATHS = 5_000_000;
const MOST_IMAGES = 70_000_000;

/** About how many bytes a layer of pixels has in a map. */
export function estimateImage({ kind }: RasterProfile, options: Readonly<Record<string, unknown>>): number {
  const { page, dpi } = mapOptions(options);
  const pixels = (page[0] / 72) * (page[1] / 72) * SHARE * dpi ** 2;
  return Math.ceil(Math.min(MOST_IMAGES, pixels * BYTES[kind]) + PAGE_BYTES);
}

/** @param bytes that the layer's paths would have if all were drawn. */
export function estimatePaths(bytes: number): number {
  return Math.min(MOST_PATHS, bytes) + PAGE_BYTES;
}
