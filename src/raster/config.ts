import { availableParallelism } from 'node:os';

/** Half of what a process may take: the cache of blocks, and the warper's own. Megabytes. */
const CACHE = 256;

/** Configuration of every GDAL process that reads or writes pixels: bounded memory, all cores. */
export const GDAL_CONFIG: Record<string, string> = {
  GDAL_CACHEMAX: String(CACHE),
  GDAL_NUM_THREADS: String(availableParallelism()),
  // A tile's folder may hold a hundred thousand files.
  GDAL_DISABLE_READDIR_ON_OPEN: 'TRUE',
  // Of a mosaic, more files than this are opened one after the other.
  GDAL_MAX_DATASET_POOL_SIZE: '100',
};

/** What the warper may hold of pixels at a time, in megabytes. */
export const WARP_MEMORY = String(CACHE);

/**
 * For gdalwarp: pixels are values and stay so. It takes those of one band for heights where the source's CRS has heights, and brings them from feet to metres
 * even where the target has none, whatever the band's unit goes on to say.
 */
export const KEEP_VALUES = '-novshift';
