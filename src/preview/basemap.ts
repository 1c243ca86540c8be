import { type TileAddress, tileBounds, worldX, worldY } from './mercator.ts';
import { EXTENT, TileLayer } from './mvt.ts';
import { addShape, BUFFER } from './shape.ts';

/** Land, borders and places of the whole world, for maps behind data: Natural Earth and GeoNames. Plain data, to be posted to threads. */
export interface BasemapData {
  /** 1:50 million and 1:10 million. */
  coarse: BasemapScale;
  fine: BasemapScale;
  /** Largest first. */
  places: BasemapPlace[];
}

export interface BasemapScale {
  land: PackedParts;
  borders: PackedParts;
}

export interface BasemapPlace {
  name: string;
  population: number;
  /** Longitude and latitude. */
  at: [number, number];
}

/** Lines or polygons: `ends` of their rings in `xy`, `shapes` the number of rings up to the end of each. */
export interface PackedParts {
  /** Longitude and latitude of each position. */
  xy: Float32Array;
  ends: Uint32Array;
  shapes: Uint32Array;
}

/** The zoom from which the finer scale is shown, and the last one: maps show tiles of that one larger. */
const FINE_FROM = 5;
export const BASEMAP_MAX_ZOOM = 8;
/** How far lines may be moved, in tile units. */
const TOLERANCE = 4;
/** Inhabitants of the smallest place that a zoom shows. */
const LEAST_POPULATION = [5_000_000, 3_000_000, 2_000_000, 1_000_000, 500_000, 250_000, 100_000, 50_000, 30_000];
const MOST_PLACES = 200;

interface PlacedShape {
  rings: Float32Array[];
  /** [west, south, east, north]. */
  bounds: [number, number, number, number];
}

/** Cuts tiles of the basemap. */
export class Basemap {
  readonly #scales: { land: PlacedShape[]; borders: PlacedShape[] }[];
  readonly #places: readonly BasemapPlace[];

  constructor({ coarse, fine, places }: BasemapData) {
    this.#scales = [coarse, fine].map(({ land, borders }) => ({ land: unpacked(land), borders: unpacked(borders) }));
    this.#places = places;
  }

  /** The tile, encoded: layers `land`, `borders` and `places`. */
  cut(tile: TileAddress): Uint8Array {
    const bounds = tileBounds(tile, BUFFER);
    const scale = this.#scales[tile.z < FINE_FROM ? 0 : 1];
    const [land, borders, places] = [new TileLayer('land'), new TileLayer('borders'), new TileLayer('places')];
    for (const { rings } of meeting(scale?.land ?? [], bounds)) addShape(land, tile, { type: 'polygon', parts: [rings] }, TOLERANCE, {});
    for (const { rings } of meeting(scale?.borders ?? [], bounds)) addShape(borders, tile, { type: 'line', parts: rings }, TOLERANCE, {});
    for (const { name, population, at } of this.#placesIn(tile))
      addShape(places, tile, { type: 'point', parts: [at] }, 0, { name, population });
    return Buffer.concat([land.encode(), borders.encode(), places.encode()]);
  }

  #placesIn({ z, x, y }: TileAddress): BasemapPlace[] {
    const least = LEAST_POPULATION[z] ?? 0;
    const found: BasemapPlace[] = [];
    for (const place of this.#places) {
      if (place.population < least || found.length === MOST_PLACES) break;
      const [column, row] = [(worldX(place.at[0]) * 2 ** z - x) * EXTENT, (worldY(place.at[1]) * 2 ** z - y) * EXTENT];
      if (column >= 0 && column < EXTENT && row >= 0 && row < EXTENT) found.push(place);
    }
    return found;
  }
}

function unpacked({ xy, ends, shapes }: PackedParts): PlacedShape[] {
  let [ring, at] = [0, 0];
  return [...shapes].map((past) => {
    const rings: Float32Array[] = [];
    for (; ring < past; ring++) {
      const end = ends[ring] ?? at;
      rings.push(xy.subarray(at, end));
      at = end;
    }
    return { rings, bounds: boundsOf(rings) };
  });
}

function boundsOf(rings: readonly Float32Array[]): PlacedShape['bounds'] {
  const box: PlacedShape['bounds'] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const ring of rings)
    for (let i = 0; i < ring.length; i += 2) {
      const [x, y] = [ring[i] ?? 0, ring[i + 1] ?? 0];
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
  return box;
}

/** The shapes that a box meets, also where it runs past ±180. */
function meeting(shapes: readonly PlacedShape[], [west, south, east, north]: readonly [number, number, number, number]): PlacedShape[] {
  return shapes.filter(
    ({ bounds: [w, s, e, n] }) => s <= north && n >= south && [-360, 0, 360].some((turn) => w + turn <= east && e + turn >= west),
  );
}
