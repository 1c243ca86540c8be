import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bounds } from './profile.ts';

/** A tile of a raster version: one Cloud Optimized GeoTIFF with overviews. A dataset that is not tiled has one. */
export interface RasterTile {
  /** What requests name it by. */
  id: string;
  /** For people and for file names: the source file's name without its ending. */
  name: string;
  /** In the version's folder: `tiles/<file>.tif`. */
  file: string;
  /** Columns and rows. */
  size: [number, number];
  /** Its upper left corner in the mosaic, in whole pixels. */
  at: [number, number];
  /** In the CRS's own units. */
  extent: Bounds;
  /** In degrees; `east` may pass 180. */
  extent_wgs84: Bounds;
  /** Its outline in degrees, a closed ring counter-clockwise; longitudes run on past 180 where it crosses the antimeridian. */
  footprint: [number, number][];
  bytes: number;
  /** Absent in versions from before it was measured, and for files whose blocks are not known here. */
  weights?: TileWeights;
}

/** What a tile's bytes are of: estimates of sizes are made with it. */
export interface TileWeights {
  /** Bytes of the full image and of each overview, with their masks. */
  levels: number[];
  /** Bytes of a pixel in parts of the image, row by row, in relation to the mean; absent where one block is all. */
  cells?: number[][];
}

/** A mosaic of all tiles, for GDAL, with paths relative to itself. */
export const MOSAIC_FILE = 'mosaic.vrt';
export const TILES_FILE = 'tiles.json';

/** The tiles of a version, in the order of their ids. */
export async function readTiles(versionDir: string): Promise<RasterTile[]> {
  return JSON.parse(await readFile(join(versionDir, TILES_FILE), 'utf8'));
}
