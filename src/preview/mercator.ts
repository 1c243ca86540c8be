import { EXTENT } from './mvt.ts';

/** A tile of Web Mercator's pyramid (OGC Two Dimensional Tile Matrix Set, annex D.1: WebMercatorQuad); rows go south. */
export interface TileAddress {
  z: number;
  x: number;
  y: number;
}

/** Half of the width of the world in metres of EPSG:3857. */
const HALF_WORLD = Math.PI * 6_378_137;
/** Where Web Mercator's square ends. */
export const MAX_LATITUDE = 85.05112877980659;

/** [west, south, east, north] in degrees, with a margin in tile units around. */
export function tileBounds({ z, x, y }: TileAddress, margin = 0): [number, number, number, number] {
  const side = 2 ** z;
  const more = margin / EXTENT;
  const longitude = (column: number) => (column / side) * 360 - 180;
  const latitude = (row: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / side))) * 180) / Math.PI;
  return [longitude(x - more), latitude(y + 1 + more), longitude(x + 1 + more), latitude(y - more)];
}

/** [min x, min y, max x, max y] in metres of EPSG:3857. */
export function tileMetres({ z, x, y }: TileAddress): [number, number, number, number] {
  const size = (2 * HALF_WORLD) / 2 ** z;
  return [x * size - HALF_WORLD, HALF_WORLD - (y + 1) * size, (x + 1) * size - HALF_WORLD, HALF_WORLD - y * size];
}

/** A longitude as a share of the world's width, from its western edge. */
export function worldX(longitude: number): number {
  return longitude / 360 + 0.5;
}

/** A latitude as a share of the world's height, from its northern edge; latitudes past the edge lie on it. */
export function worldY(latitude: number): number {
  const sine = Math.sin((Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, latitude)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** The largest zoom at which a whole extent shows in about one tile of the map; from 0 to 14. */
export function zoomFor([west, south, east, north]: readonly [number, number, number, number]): number {
  const size = Math.max(east - west, 0.001) / 360;
  const height = Math.max(worldY(south) - worldY(north), 1e-6);
  return Math.max(0, Math.min(14, Math.floor(-Math.log2(Math.max(size, height)))));
}
