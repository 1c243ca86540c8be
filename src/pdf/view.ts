import type { Bounds } from '../geometry/bounds.ts';

/** A rectangle of the page in points, from its lower left corner. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** How places of the map's CRS come onto the page. Plain data, so that it can go to another thread. */
export interface MapView {
  /** The map's frame on the page. */
  frame: Box;
  /** What of the CRS it shows: [min x, min y, max x, max y]. */
  bounds: Bounds;
  /** Points for one unit of the CRS. */
  scale: number;
  /** After so many units x comes round to the same places, as longitudes do after 360; null where it does not. */
  period: number | null;
}

export function pageX({ frame, bounds, scale }: MapView, x: number): number {
  return frame.x + (x - bounds[0]) * scale;
}

export function pageY({ frame, bounds, scale }: MapView, y: number): number {
  return frame.y + (y - bounds[1]) * scale;
}

/** What a layer of features is painted with. Plain data too. */
export interface VectorPaint {
  view: MapView;
  /** `#RRGGBB` */
  color: string;
  /** Of polygons, `#RRGGBB`. */
  outline: string;
  /** How many positions may be drawn; where there are more, it is drawn less finely. */
  most: number;
}
