import { cropFor } from '../crs/crop.ts';
import { BoxClassifier } from '../geometry/classify.ts';
import { loadGeos } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { RasterTile } from '../store/rastertiles.ts';

/** Tiles on the edge of an area that are looked at in full; the others have the share that these have. */
const LOOKED_AT = 300;

/** What an export takes of a raster. */
export interface PixelShare {
  pixels: number;
  tiles: number;
}

/**
 * How many of some tiles' pixels lie in an area.
 * @param area in degrees; null takes all.
 * @returns null where none do.
 */
export async function pixelsInside(
  area: MultiPolygon | null,
  profile: RasterProfile,
  tiles: readonly RasterTile[],
): Promise<PixelShare | null> {
  const pixelsOf = ({ size }: RasterTile) => size[0] * size[1];
  if (!area) return { pixels: tiles.reduce((sum, tile) => sum + pixelsOf(tile), 0), tiles: tiles.length };
  const pixel = Math.min(...profile.resolution);
  const crop = await cropFor(area, profile, { tolerance: pixel / 10 });
  if (!crop || crop.length === 0) return null;
  const classifier = new BoxClassifier(crop);
  const geos = await loadGeos();
  using polygons = geos.fromPolygons(crop);
  let [pixels, met, edge, looked, found] = [0, 0, 0, 0, 0];
  for (const tile of tiles) {
    const place = classifier.classify(...tile.extent);
    if (place === 'outside') continue;
    if (place === 'inside') {
      pixels += pixelsOf(tile);
      met++;
      continue;
    }
    edge += pixelsOf(tile);
    if (looked >= LOOKED_AT * pixelsOf(tile)) {
      met++;
      continue;
    }
    using box = geos.rectangle(...tile.extent);
    using common = polygons.intersection(box);
    const share = common.area() / box.area();
    looked += pixelsOf(tile);
    found += share * pixelsOf(tile);
    if (share > 0) met++;
  }
  pixels += looked > 0 ? (found / looked) * edge : 0;
  return pixels > 0 ? { pixels, tiles: met } : null;
}
