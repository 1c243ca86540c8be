import { cropFor } from '../crs/crop.ts';
import { type Bounds, polygonBounds } from '../geometry/bounds.ts';
import { BoxClassifier } from '../geometry/classify.ts';
import { loadGeos } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { RasterTile } from '../store/rastertiles.ts';

/** Parts of tiles on the edge of an area that are looked at in full; of the others the half is taken to be inside. */
const LOOKED_AT = 600;

/** What an export takes of a raster. */
export interface PixelShare {
  pixels: number;
  tiles: number;
  /** Of the boxes around what it takes, tile by tile. */
  boxPixels: number;
  /** Bytes of these pixels in the stored files, by level: in the full image, and in each overview. */
  levels: number[];
}

/** A part of a tile. */
interface Part {
  extent: Bounds;
  pixels: number;
  /** Of the tile's bytes. */
  weight: number;
}

/**
 * How much of some tiles lies in an area.
 * @param area in degrees; null takes all.
 * @returns null where nothing does.
 */
export async function pixelsInside(
  area: MultiPolygon | null,
  profile: RasterProfile,
  tiles: readonly RasterTile[],
): Promise<PixelShare | null> {
  const share: PixelShare = { pixels: 0, tiles: 0, boxPixels: 0, levels: [] };
  if (!area) {
    for (const tile of tiles) add(share, tile, profile, pixelsOf(tile), pixelsOf(tile), 1);
    return share;
  }
  const pixel = Math.min(...profile.resolution);
  const crop = await cropFor(area, profile, { tolerance: pixel / 10 });
  if (!crop || crop.length === 0) return null;
  const classifier = new BoxClassifier(crop);
  const geos = await loadGeos();
  using polygons = geos.fromPolygons(crop);
  const bounds = polygonBounds(crop);
  let looked = 0;
  const inside = (extent: Bounds): number => {
    const place = classifier.classify(...extent);
    if (place !== 'edge') return place === 'inside' ? 1 : 0;
    if (++looked > LOOKED_AT) return 1 / 2;
    using box = geos.rectangle(...extent);
    using common = polygons.intersection(box);
    return common.area() / box.area();
  };
  for (const tile of tiles) {
    const place = classifier.classify(...tile.extent);
    if (place === 'outside') continue;
    let [pixels, weight] = [0, 0];
    for (const part of place === 'inside' ? [wholeOf(tile)] : partsOf(tile)) {
      const of = place === 'inside' ? 1 : inside(part.extent);
      pixels += of * part.pixels;
      weight += of * part.weight;
    }
    if (pixels > 0) add(share, tile, profile, pixels, commonShare(tile.extent, bounds) * pixelsOf(tile), weight);
  }
  return share.pixels > 0 ? share : null;
}

function add(share: PixelShare, tile: RasterTile, { overviews }: RasterProfile, pixels: number, boxPixels: number, weight: number): void {
  share.pixels += pixels;
  share.boxPixels += boxPixels;
  share.tiles++;
  for (const [level, bytes] of levelsOf(tile, overviews.length).entries())
    share.levels[level] = (share.levels[level] ?? 0) + weight * bytes;
}

/** Where nobody has measured, each level has a quarter of the bytes of the one before. */
function levelsOf({ weights, bytes }: RasterTile, overviews: number): number[] {
  if (weights) return weights.levels;
  const quarters = Array.from({ length: overviews + 1 }, (_, level) => 4 ** -level);
  const sum = quarters.reduce((all, one) => all + one, 0);
  return quarters.map((one) => (bytes * one) / sum);
}

function pixelsOf({ size }: RasterTile): number {
  return size[0] * size[1];
}

function wholeOf(tile: RasterTile): Part {
  return { extent: tile.extent, pixels: pixelsOf(tile), weight: 1 };
}

function partsOf(tile: RasterTile): Part[] {
  const { cells } = tile.weights ?? {};
  if (!cells) return [wholeOf(tile)];
  const [west, south, east, north] = tile.extent;
  const [count, all] = [cells.flat().length, cells.flat().reduce((sum, weight) => sum + weight, 0)];
  return cells.flatMap((row, y) =>
    row.map((weight, x): Part => {
      const at = (column: number) => west + ((east - west) * column) / row.length;
      const down = (line: number) => north - ((north - south) * line) / cells.length;
      return {
        extent: [at(x), down(y + 1), at(x + 1), down(y)],
        pixels: pixelsOf(tile) / count,
        weight: weight / Math.max(all, Number.MIN_VALUE),
      };
    }),
  );
}

/** Which part of one box another covers. */
function commonShare(a: Bounds, b: Bounds): number {
  const side = (low: 0 | 1, high: 2 | 3) => Math.max(0, Math.min(a[high], b[high]) - Math.max(a[low], b[low])) / (a[high] - a[low]);
  return side(0, 2) * side(1, 3);
}
