import { type RasterTile, readTiles } from '../store/rastertiles.ts';

/** Lists of tiles that were read lately: of a hundred thousand tiles, one takes a moment to read. */
const REMEMBERED = 20;
const remembered = new Map<string, Promise<readonly RasterTile[]>>();

/** The tiles of a version, in the order of their ids. */
export function tilesOf(versionDir: string): Promise<readonly RasterTile[]> {
  const known = remembered.get(versionDir);
  if (known) return known;
  const tiles = readTiles(versionDir);
  remembered.set(versionDir, tiles);
  tiles.catch(() => remembered.delete(versionDir));
  for (const oldest of remembered.keys()) {
    if (remembered.size <= REMEMBERED) break;
    remembered.delete(oldest);
  }
  return tiles;
}
