import { cropFor } from '../crs/crop.ts';
import { BoxClassifier } from '../geometry/classify.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { RasterTile } from '../store/rastertiles.ts';

/** Those tiles that a crop has anything of; null: nothing is in it. */
export function tilesMet(tiles: readonly RasterTile[], crop: BoxClassifier | null): RasterTile[] {
  return tiles.filter(({ extent }) => crop && crop.classify(...extent) !== 'outside');
}

/**
 * The tiles whose files an export reads, and no others.
 * @param tile one tile's id; null for all.
 * @param area in degrees; null takes all.
 */
export async function tilesFor(
  tiles: readonly RasterTile[],
  tile: string | null,
  area: MultiPolygon | null,
  profile: RasterProfile,
): Promise<RasterTile[]> {
  const asked = tiles.filter(({ id }) => tile === null || id === tile);
  if (!area) return asked;
  const crop = await cropFor(area, profile);
  return tilesMet(asked, crop && crop.length > 0 ? new BoxClassifier(crop) : null);
}
