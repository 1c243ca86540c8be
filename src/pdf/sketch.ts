import { aroundAll, type Bounds, polygonBounds } from '../geometry/bounds.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { sizesFor } from './layout.ts';
import { mapOptions } from './options.ts';
import type { Box } from './view.ts';

/** What a map will be like, near enough to estimate its size, found without asking PROJ or setting a word. */
export interface MapSketch {
  /** The room for the map on the page. */
  frame: Box;
  /** What it shows, in degrees. */
  degrees: Bounds;
  /** Points for a metre on the ground. */
  pointsPerMetre: number;
  dpi: number;
}

/** Metres of a degree of latitude. */
export const DEGREE = 111_320;
/** Lines of text above and below the map, in sizes of notes. */
const LINES = 8;
/** Of the frame, what is left free around what is shown, and by rounding the scale. */
const FILLED = 0.92;

/**
 * @param extents of all items on the map, in degrees.
 * @param area that was asked for, in degrees; null shows all of the items.
 */
export function sketchMap(extents: readonly Bounds[], area: MultiPolygon | null, options: Readonly<Record<string, unknown>>): MapSketch {
  const { page, dpi, legend, scaleGrid, graticule } = mapOptions(options);
  const { margin, gap, note, band, column } = sizesFor(page);
  const inset = 2 * ((scaleGrid ? band : 0) + (graticule ? band : 0));
  const [wide, high] = [page[0] - 2 * margin - inset, page[1] - 2 * (margin + gap) - LINES * note.size - inset];
  const degrees = area ? polygonBounds(area) : aroundAll(extents);
  const [width, height] = metresOf(degrees);
  const rooms = legend
    ? [
        [wide - column - 1.5 * gap, high],
        [wide, high - 5 * gap],
      ]
    : [[wide, high]];
  const scale = Math.max(...rooms.map(([w = 1, h = 1]) => Math.min(w / width, h / height)));
  return { frame: { x: 0, y: 0, width: wide, height: high }, degrees, pointsPerMetre: scale * FILLED, dpi };
}

/** How wide and high what lies between longitudes and latitudes is on most maps. */
export function metresOf([west, south, east, north]: Bounds): [number, number] {
  const [around, up] = [east - west, Math.max(north - south, 1e-6)];
  // A cap around a pole is as wide as high.
  const isCap = around > 300 && up < 80 && (south < -80 || north > 80);
  if (isCap) return [2 * up * DEGREE, 2 * up * DEGREE];
  // Where it is widest.
  const nearest = south > 0 ? south : Math.min(0, north);
  return [Math.max(around, 1e-6) * DEGREE * widthOf(nearest), up * DEGREE];
}

/** The width of a degree of longitude at a latitude, beside one at the equator. */
export function widthOf(latitude: number): number {
  return Math.max(0.05, Math.cos((latitude * Math.PI) / 180));
}
