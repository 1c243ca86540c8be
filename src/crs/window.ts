import { type HorizontalCrs, horizontalCrs } from './wkt.ts';

/** [west, south, east, north]. */
type Bounds = readonly [number, number, number, number];

/** Degrees from where a projection is cut open: 0.1 mm. */
const CUT = 1e-9;
/** Half of a seam's width, in degrees: 0.1 m. */
const SEAM = 1e-6;

/** What a layer's CRS is, and where on Earth the layer can be: the part of an area that is worth bringing to its CRS. */
export interface CropWindow {
  horizontal: HorizontalCrs;
  /** True where x and y are longitude and latitude in degrees from Greenwich, so that the window is in the layer's own turn. */
  degrees: boolean;
  /** [west, south, east, north] in degrees; longitudes may pass ±180. */
  window: Bounds;
  /** Where the window is a whole turn: a strip over the cut, on which both of its sides meet. */
  seam: Bounds | null;
}

/**
 * @param extent of the layer, in its own CRS.
 * @param degreesExtent the same in longitude and latitude.
 */
export function cropWindow(wkt: string, extent: Bounds, degreesExtent: Bounds): CropWindow {
  const horizontal = horizontalCrs(wkt);
  const degrees = horizontal.geographic && horizontal.turn === 360 && horizontal.primeMeridian === 0;
  if (degrees) return { horizontal, degrees, window: widened(extent, 1), seam: null };
  const window = around(degreesExtent, horizontal);
  const [west, south, east, north] = window;
  const seam: Bounds | null = east - west > 360 - 3 * CUT ? [east - SEAM, south, east + SEAM, north] : null;
  return { horizontal, degrees, window, seam };
}

function widened([west, south, east, north]: Bounds, by: number): Bounds {
  return [west - by, south - by, east + by, north + by];
}

/** Where a projected layer is, and a little around; never past where its projection is cut open. */
function around(extent: Bounds, { geographic, centralMeridian }: HorizontalCrs): Bounds {
  const margin = 0.01 + 0.02 * Math.max(extent[2] - extent[0], extent[3] - extent[1]);
  const [west, south, east, north] = widened(extent, margin);
  const middle = (extent[0] + extent[2]) / 2;
  // The turn on which the cut is nearest to opposite of the layer.
  const meridian = geographic ? middle : centralMeridian + 360 * Math.round((middle - centralMeridian) / 360);
  const [first, last] = [meridian - 180 + CUT, meridian + 180 - CUT];
  // A layer on both sides of the cut has its other side at the other end of the turn.
  const crosses = extent[0] < first - CUT || extent[2] > last + CUT;
  const [left, right] = crosses ? [first, last] : [Math.max(west, first), Math.min(east, last)];
  return [left, Math.max(south, -90), right, Math.min(north, 90)];
}
