import { cropFor } from '../crs/crop.ts';
import { type Bounds, polygonBounds } from '../geometry/bounds.ts';
import { BoxClassifier } from '../geometry/classify.ts';
import { loadGeos } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { RasterTile } from '../store/rastertiles.ts';
import { thinned } from '../store/thin.ts';

/** The parts of an area's size that its outline may be off by while only sizes are asked for. */
const COARSENESS = 4000;
/** Of the grid that boxes are looked up in: few, since few are asked for. */
const CELLS = 1 << 15;
/** How often a box on the edge is quartered to see how much of it is inside, and how many parts of tiles are looked at so closely. */
const DEPTH = 5;
const LOOKED_AT = 600;

/** What an export takes of a raster. */
export interface PixelShare {
  pixels: number;
  tiles: number;
  /** Of the boxes around what it takes, tile by tile. */
  boxPixels: number;
  /** Bytes of these pixels in the stored files, by level: in the full image, and in each overview. */
  levels: number[];
  /** How many borders between rows, and between columns, of pixels the area's outline crosses. */
  crossed: { rows: number; columns: number };
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
  if (!area) {
    const share = emptyShare();
    for (const tile of tiles) add(share, tile, profile, pixelsOf(tile), pixelsOf(tile), 1);
    return share;
  }
  const pixel = Math.min(...profile.resolution);
  const coarse = await cropFor(...coarsened(area, profile, pixel));
  if (coarse && coarse.length > 0) {
    const classifier = new BoxClassifier(coarse, CELLS);
    const quarters = new Quarters(classifier);
    const share = shareOf(tiles, profile, coarse, classifier, (box) => quarters.inside(box));
    // What lies deep inside is inside whatever the outline's details are. Only where nothing does, they decide.
    if (quarters.isSure) return share;
  }
  const crop = await cropFor(area, profile, { tolerance: pixel / 10 });
  if (!crop || crop.length === 0) return null;
  const geos = await loadGeos();
  using polygons = geos.fromPolygons(crop);
  return shareOf(tiles, profile, crop, new BoxClassifier(crop), (extent) => {
    using box = geos.rectangle(...extent);
    using common = polygons.intersection(box);
    return common.area() / box.area();
  });
}

/** What `cropFor` needs for an outline that is near enough to estimate with. */
function coarsened(area: MultiPolygon, profile: RasterProfile, pixel: number): Parameters<typeof cropFor> {
  const [west, south, east, north] = polygonBounds(area);
  const degrees = Math.max(east - west, north - south, 1e-6) / COARSENESS;
  const { extent, extent_wgs84: lonLat } = profile;
  const unitsPerDegree = (extent[2] - extent[0]) / Math.max(lonLat[2] - lonLat[0], 1e-9);
  return [thinned(area, degrees), profile, { tolerance: Math.max(pixel / 10, degrees * unitsPerDegree), rough: true }];
}

/** What the middle of a box says of all of it. */
const SHARES = { inside: 1, outside: 0, edge: 1 / 2 } as const;

/** Says how much of boxes lies inside, by quartering those on the edge. */
class Quarters {
  readonly #classifier: BoxClassifier;
  #looked = 0;
  /** Whether any part was certainly inside. */
  isSure = false;

  constructor(classifier: BoxClassifier) {
    this.#classifier = classifier;
  }

  /** 0..1. */
  inside(box: Bounds): number {
    return this.#share(box, ++this.#looked > LOOKED_AT ? 0 : DEPTH);
  }

  #share([west, south, east, north]: Bounds, depth: number): number {
    const place = this.#classifier.classify(west, south, east, north);
    if (place === 'inside') this.isSure = true;
    if (place !== 'edge') return SHARES[place];
    const [x, y] = [(west + east) / 2, (south + north) / 2];
    if (depth === 0) return SHARES[this.#classifier.classify(x, y, x, y)];
    const of = (quarter: Bounds) => this.#share(quarter, depth - 1) / 4;
    return of([west, south, x, y]) + of([x, south, east, y]) + of([west, y, x, north]) + of([x, y, east, north]);
  }
}

/** @param inside how much of a box lies inside, 0..1. */
function shareOf(
  tiles: readonly RasterTile[],
  profile: RasterProfile,
  crop: MultiPolygon,
  classifier: BoxClassifier,
  inside: (box: Bounds) => number,
): PixelShare | null {
  const share = emptyShare();
  const bounds = polygonBounds(crop);
  for (const tile of tiles) {
    const place = classifier.classify(...tile.extent);
    if (place === 'outside') continue;
    let [pixels, weight] = [0, 0];
    for (const part of place === 'inside' ? [wholeOf(tile)] : partsOf(tile)) {
      const of = inside(part.extent);
      pixels += of * part.pixels;
      weight += of * part.weight;
    }
    if (pixels > 0) add(share, tile, profile, pixels, commonShare(tile.extent, bounds) * pixelsOf(tile), weight);
  }
  if (share.pixels === 0) return null;
  const [tile] = tiles;
  // What an outline does within two pixels is not seen.
  const seen = thinned(crop, 2 * Math.min(...profile.resolution));
  const { columns, rows } = crossings(seen, tile && tiles.length === 1 ? tile.extent : profile.extent);
  share.crossed = { columns: columns / profile.resolution[0], rows: rows / profile.resolution[1] };
  return share;
}

function emptyShare(): PixelShare {
  return { pixels: 0, tiles: 0, boxPixels: 0, levels: [], crossed: { rows: 0, columns: 0 } };
}

/** How far the outline of polygons goes to the east or west, and to the north or south, within a box; in the CRS's units. */
function crossings(polygons: MultiPolygon, [west, south, east, north]: Bounds): { columns: number; rows: number } {
  let [columns, rows] = [0, 0];
  for (const ring of polygons.flat()) {
    for (let i = 0; i + 1 < ring.length; i++) {
      const [x1 = 0, y1 = 0] = ring[i] ?? [];
      const [x2 = 0, y2 = 0] = ring[i + 1] ?? [];
      const [fromX, toX] = within(x1, x2, west, east);
      const [fromY, toY] = within(y1, y2, south, north);
      const part = Math.max(0, Math.min(toX, toY) - Math.max(fromX, fromY));
      columns += part * Math.abs(x2 - x1);
      rows += part * Math.abs(y2 - y1);
    }
  }
  return { columns, rows };
}

/** From where to where an edge lies between two values: parts of it, the first larger than the last where none does. */
function within(from: number, to: number, low: number, high: number): [first: number, last: number] {
  if (from === to) return from > low && from < high ? [0, 1] : [1, 0];
  const [a, b] = [(low - from) / (to - from), (high - from) / (to - from)];
  return [Math.max(0, Math.min(a, b)), Math.min(1, Math.max(a, b))];
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
