import { horizontalCrs } from '../crs/wkt.ts';
import { type Bounds, polygonBounds } from '../geometry/bounds.ts';
import { loadGeos } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { RasterTile } from '../store/rastertiles.ts';

/** An area in one piece, and the tile twice, side by side, so that both sides of where it is cut open meet. */
export interface AcrossSeam {
  crop: MultiPolygon;
  tiles: RasterTile[];
}

/**
 * A raster of the whole Earth in longitude and latitude is cut open somewhere, mostly at the antimeridian. An area that goes across comes as two parts, at
 * either end of it: brought together they are one strip, which goes on past 180 from a west between -180 and 180.
 * @param crop in the raster's CRS.
 * @returns null where the raster is no whole turn, or the area is not there at both its ends.
 */
export async function acrossSeam(
  { crs, size, resolution, extent }: RasterProfile,
  tile: RasterTile,
  crop: MultiPolygon,
): Promise<AcrossSeam | null> {
  const { geographic, turn } = horizontalCrs(crs.wkt);
  const [columns, pixel] = [size[0], resolution[0]];
  if (!geographic || Math.abs(columns * pixel - turn) > pixel / 2) return null;
  const [west, , east] = extent;
  const parts = (await within(crop, extent))
    .map((polygon) => ({ polygon, bounds: polygonBounds([polygon]) }))
    .sort((a, b) => a.bounds[0] - b.bounds[0]);
  const [first] = parts;
  const most = Math.max(...parts.map(({ bounds }) => bounds[2]));
  if (!first || first.bounds[0] > west + pixel || most < east - pixel) return null;
  // The widest gap between the parts: what lies west of it belongs to the other end.
  let [reached, gap, from] = [first.bounds[2], 0, Number.NaN];
  for (const { bounds } of parts) {
    if (bounds[0] - reached > gap) [gap, from] = [bounds[0] - reached, bounds[0]];
    reached = Math.max(reached, bounds[2]);
  }
  if (!(gap > pixel)) return null;
  const pastEnd = from < turn / 2;
  const [ofWest, ofEast] = pastEnd ? [turn, 0] : [0, -turn];
  const by = pastEnd ? columns : -columns;
  return {
    crop: parts.map(({ polygon, bounds }) => moved(polygon, bounds[0] < from ? ofWest : ofEast)),
    tiles: [tile, { ...tile, at: [tile.at[0] + by, tile.at[1]] }],
  };
}

/** A polygon further to the east. */
export function moved(polygon: MultiPolygon[number], by: number): MultiPolygon[number] {
  return by === 0 ? polygon : polygon.map((ring) => ring.map(([x = 0, ...rest]) => [x + by, ...rest]));
}

/** A crop goes on a little past where a raster ends, on either side, and would be there twice. */
async function within(crop: MultiPolygon, extent: Bounds): Promise<MultiPolygon> {
  const geos = await loadGeos();
  using all = geos.fromPolygons(crop);
  using box = geos.rectangle(...extent);
  using common = all.intersection(box);
  return common.toPolygons();
}

/** Those polygons that may have something in common with a box. */
export function polygonsAt(polygons: MultiPolygon, box: Bounds): MultiPolygon {
  return polygons.filter((polygon) => boundsWithin([polygon], box) !== null);
}

/** The bounds of what polygons have in common with a box, as near as their own bounds tell; null where that is nothing. */
export function boundsWithin(polygons: MultiPolygon, [west, south, east, north]: Bounds): Bounds | null {
  let all: Bounds | null = null;
  for (const polygon of polygons) {
    const own = polygonBounds([polygon]);
    const [left, bottom] = [Math.max(own[0], west), Math.max(own[1], south)];
    const [right, top] = [Math.min(own[2], east), Math.min(own[3], north)];
    if (left >= right || bottom >= top) continue;
    all = all
      ? [Math.min(all[0], left), Math.min(all[1], bottom), Math.max(all[2], right), Math.max(all[3], top)]
      : [left, bottom, right, top];
  }
  return all;
}
