import type { Bounds } from '../geometry/bounds.ts';
import { type RasterTile, readTiles } from '../store/rastertiles.ts';
import type { Page, Sort } from './datasets.ts';

export interface TileFilter {
  /** [west, south, east, north] in degrees; across the antimeridian where west is past east. */
  bbox?: Bounds | undefined;
  /** A part of the id or the name, in any case. */
  q?: string | undefined;
}

/** What tiles can be sorted by. The order of ids is that of the version: numbers in them go by their value. */
export const TILE_FIELDS = ['id', 'name'] as const;

/** Versions whose tiles are kept in memory: they never change, and a list of a hundred thousand takes a second to read. */
const KEPT = 4;
const kept = new Map<string, Promise<RasterTile[]>>();

/** The tiles of a version that pass the filter, in order, and how many there are in all. */
export async function listTiles(
  versionDir: string,
  { bbox, q }: TileFilter,
  { offset, limit }: Page,
  { field, descending }: Sort<(typeof TILE_FIELDS)[number]>,
): Promise<{ total: number; tiles: RasterTile[] }> {
  const word = q?.toLowerCase() ?? '';
  const all = await tilesOf(versionDir);
  const tiles = all.filter(
    (tile) => (!bbox || meets(tile.extent_wgs84, bbox)) && (word === '' || `${tile.id}\n${tile.name}`.toLowerCase().includes(word)),
  );
  if (field === 'name') tiles.sort((a, b) => NAMES.compare(a.name, b.name));
  if (descending) tiles.reverse();
  return { total: tiles.length, tiles: tiles.slice(offset, offset + limit) };
}

const NAMES = new Intl.Collator('en', { numeric: true });

/** The tiles of a version, in the order of their ids. */
export function tilesOf(versionDir: string): Promise<RasterTile[]> {
  const tiles = kept.get(versionDir) ?? readTiles(versionDir);
  kept.delete(versionDir);
  kept.set(versionDir, tiles);
  tiles.catch(() => kept.delete(versionDir));
  // The first is the one that was asked for longest ago.
  for (const dir of kept.keys()) if (kept.size > KEPT) kept.delete(dir);
  return tiles;
}

/** Whether two boxes in degrees have something in common, on whatever turn each of them is. */
function meets([west, south, east, north]: Bounds, [boxWest, boxSouth, boxEast, boxNorth]: Bounds): boolean {
  if (north < boxSouth || south > boxNorth) return false;
  const width = boxEast < boxWest ? boxEast + 360 - boxWest : boxEast - boxWest;
  // The box's west from the tile's, less than a turn to its east.
  const apart = (((boxWest - west) % 360) + 360) % 360;
  return apart <= east - west || apart + width >= 360;
}
