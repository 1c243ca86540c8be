import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layerModel } from '../crs/layer.ts';
import { positions } from '../crs/model.ts';
import { patchModel } from '../crs/patches.ts';
import { type PatchModel, PatchTransform } from '../crs/patchtransform.ts';
import { transformPoints } from '../crs/transform.ts';
import { cropWindow } from '../crs/window.ts';
import type { Geometry } from '../store/feature.ts';
import type { RawFeature } from '../store/flatgeobuf.ts';
import { type Bounds, FEATURES_FILE, type Profile } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { walkTree } from '../store/rtree.ts';
import { mainDimension } from '../store/shape.ts';
import { tileFields } from './fields.ts';
import { type TileAddress, tileBounds, worldX, worldY } from './mercator.ts';
import { type TileGeometry, TileLayer, type TileValue } from './mvt.ts';
import { addPixel, addShape, BUFFER, PIXEL, type Shape } from './shape.ts';

/** What a tile holds at most: features, bytes of them that are read, and bytes of the tile. What is too much shows as pixels. */
const MOST_FEATURES = 4000;
const MOST_READ = 24 << 20;
const MOST_BYTES = 1 << 20;
/** Pixels that stand for something smaller. */
const MOST_PIXELS = 20_000;
/** How far lines may be moved, in tile units: less than half a pixel. */
const TOLERANCE = 3;
const LONGEST_TEXT = 80;
/** Two datums are not farther apart, in degrees. */
const SHIFT = 0.01;
const WGS84 = 'EPSG:4326';
/** Places of a grid over a tile that tell where it is in the layer's CRS. */
const PROBES = 17;

/** A version whose tiles are cut. */
export class PreviewedVersion {
  readonly #file: FlatGeobufFile;
  readonly #profile: Profile;
  readonly #fields: { name: string; index: number }[];
  /** To longitude and latitude; null where PROJ itself must be asked. */
  readonly #toDegrees: PatchTransform | null;
  /** From longitude and latitude; null where only a look at everything helps. */
  readonly #toLayer: ((lonLat: Float64Array) => Float64Array) | null;
  /** True where the layer's coordinates are longitude and latitude in degrees from Greenwich, if on another datum. */
  readonly #isDegrees: boolean;

  private constructor(
    file: FlatGeobufFile,
    profile: Profile,
    isDegrees: boolean,
    model: PatchModel | null,
    toLayer: ((lonLat: Float64Array) => Float64Array) | null,
  ) {
    this.#file = file;
    this.#profile = profile;
    this.#fields = tileFields(profile);
    this.#isDegrees = isDegrees;
    this.#toDegrees = model && new PatchTransform(model);
    this.#toLayer = toLayer;
  }

  /** @param dir the version's folder. */
  static async open(dir: string): Promise<PreviewedVersion> {
    const profile: Profile = JSON.parse(await readFile(join(dir, 'profile.json'), 'utf8'));
    const { crs, extent, extent_wgs84 } = profile;
    const file = await FlatGeobufFile.open(join(dir, FEATURES_FILE));
    try {
      if (!crs || !extent || !extent_wgs84) return new PreviewedVersion(file, profile, true, null, null);
      const model = crs.id === WGS84 ? null : await patchModel(crs.id ?? crs.wkt, WGS84, extent);
      if (cropWindow(crs.wkt, extent, extent_wgs84).degrees) return new PreviewedVersion(file, profile, true, model, null);
      const back = profile.transform === undefined ? await layerModel(profile) : profile.transform;
      return new PreviewedVersion(file, profile, false, model, back && positions(back));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** The tile, encoded; empty where it has nothing to show. */
  async cut(tile: TileAddress): Promise<Uint8Array> {
    const layer = new TileLayer('features');
    const type = typeOf(this.#profile);
    const pixels = new Pixels(layer, type);
    const boxes = this.#boxesOf(tile);
    const found = boxes.flatMap((box) => this.#find(box, pixels));
    found.sort((a, b) => b.size - a.size);
    const kept = withinBudget(found);
    for (const { x, y } of found.slice(kept.length)) pixels.add(x, y);
    const unique = [...new Map(kept.map((feature) => [feature.index, feature])).values()];
    const raws = unique.map(({ index, offset, bytes }) => this.#file.feature(index, offset, bytes));
    const shapes = await this.#shapesOf(raws);
    for (const [place, raw] of raws.entries()) {
      const properties = this.#propertiesOf(raw);
      let isDrawn = false;
      if (layer.bytes < MOST_BYTES)
        for (const shape of shapes[place] ?? []) isDrawn = addShape(layer, tile, shape, TOLERANCE, properties, raw.index) || isDrawn;
      // A narrow one that the tile's grid has nothing of.
      const { x, y } = unique[place] ?? { x: Number.NaN, y: Number.NaN };
      if (!isDrawn) pixels.add(x, y);
    }
    await pixels.draw(tile, (xy) => this.#degreesOf(xy));
    return layer.encode();
  }

  /** Where a tile and the layer meet, in the layer's CRS, with the size of a pixel there. */
  #boxesOf(tile: TileAddress): Box[] {
    const { extent, extent_wgs84 } = this.#profile;
    if (!extent || !extent_wgs84) return [];
    // On the turn that the layer's own longitudes are on.
    const whole = this.#isDegrees ? extent : extent_wgs84;
    const [west, south, east, north] = tileBounds(tile, BUFFER);
    return [-1, 0, 1].flatMap((turn): Box[] => {
      const shift = 360 * turn;
      const [w, s, e, n] = [
        Math.max(west + shift, whole[0]),
        Math.max(south, whole[1]),
        Math.min(east + shift, whole[2]),
        Math.min(north, whole[3]),
      ];
      if (w > e || s > n) return [];
      const share = Math.max((e - w) / (east - west), (n - s) / (north - south));
      const isWhole = w === whole[0] && s === whole[1] && e === whole[2] && n === whole[3];
      const bounds = isWhole
        ? extent
        : this.#isDegrees
          ? ([w - SHIFT, s - SHIFT, e + SHIFT, n + SHIFT] satisfies Bounds)
          : this.#around([w, s, e, n]);
      const most = Math.max(bounds[2] - bounds[0], bounds[3] - bounds[1]);
      return [{ bounds, pixel: most / Math.max(share, 1e-9) / 512 }];
    });
  }

  /** A box in the layer's CRS around one in degrees; the whole layer's where it is not known for sure. */
  #around([west, south, east, north]: Bounds): Bounds {
    const whole = this.#profile.extent ?? [0, 0, 0, 0];
    if (!this.#toLayer) return whole;
    const probes = new Float64Array(2 * PROBES * PROBES);
    for (let i = 0; i < PROBES * PROBES; i++) {
      probes[2 * i] = west + ((east - west) * (i % PROBES)) / (PROBES - 1);
      probes[2 * i + 1] = south + ((north - south) * Math.floor(i / PROBES)) / (PROBES - 1);
    }
    const made = this.#toLayer(probes);
    const box: Bounds = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < made.length; i += 2) {
      const [x, y] = [made[i] ?? Number.NaN, made[i + 1] ?? Number.NaN];
      if (Number.isNaN(x) || Number.isNaN(y)) return whole;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
    // Between the probes the edge may bulge.
    const [moreX, moreY] = [(box[2] - box[0]) / PROBES, (box[3] - box[1]) / PROBES];
    return [box[0] - moreX, box[1] - moreY, box[2] + moreX, box[3] + moreY];
  }

  /** The features that a box meets and that are larger than a pixel; of the others, what lies in one pixel is one. */
  #find({ bounds, pixel }: Box, pixels: Pixels): Found[] {
    const found: Found[] = [];
    let last: Bounds = [0, 0, 0, 0];
    const isSmall = (box: Bounds) => box[2] - box[0] < pixel && box[3] - box[1] < pixel;
    const visited = walkTree(this.#file.tree, (...box) => {
      if (box[0] > bounds[2] || box[1] > bounds[3] || box[2] < bounds[0] || box[3] < bounds[1]) return 'skip';
      last = box;
      return isSmall(box) ? 'take' : 'look';
    });
    for (const { from, to, offset, bytes } of visited) {
      const [x, y] = [(last[0] + last[2]) / 2, (last[1] + last[3]) / 2];
      // What a pixel holds alone is shown as itself: a click tells what it is.
      if (isSmall(last) && !pixels.isFree(x, y, pixel)) continue;
      if (to - from > 1 || offset < 0) pixels.add(x, y);
      else found.push({ index: from, offset, bytes, size: Math.max(last[2] - last[0], last[3] - last[1]), x, y });
    }
    return found;
  }

  /** The shapes of features in degrees; a collection has several, of each type one. */
  async #shapesOf(raws: readonly RawFeature[]): Promise<Shape[][]> {
    const simple = raws.map((raw) => simpleParts(raw.geometry()));
    const all = simple.flat();
    const xy = new Float64Array(all.reduce((sum, part) => sum + part.xy.length, 0));
    let at = 0;
    for (const part of all) {
      xy.set(part.xy, at);
      at += part.xy.length;
    }
    const made = await this.#degreesOf(xy);
    at = 0;
    return simple.map((parts) => {
      const shapes: Shapes = { point: [], line: [], polygon: [] };
      for (const part of parts) {
        const own = made.subarray(at, at + part.xy.length);
        at += part.xy.length;
        if (!own.some(Number.isNaN)) addPart(shapes, part, own);
      }
      const { point, line, polygon } = shapes;
      const all: Shape[] = [
        { type: 'point', parts: point },
        { type: 'line', parts: line },
        { type: 'polygon', parts: polygon },
      ];
      return all.filter((shape) => shape.parts.length > 0);
    });
  }

  /** Longitudes and latitudes; NaN twice where there is no place. */
  async #degreesOf(xy: Float64Array): Promise<Float64Array> {
    const { crs } = this.#profile;
    if (crs === null || crs.id === WGS84 || xy.length === 0) return xy;
    const made = xy.slice();
    if (this.#toDegrees) this.#toDegrees.transform(made, made.length / 2);
    const missing: number[] = [];
    for (let i = 0; i < made.length; i += 2) if (!this.#toDegrees || Number.isNaN(made[i])) missing.push(i);
    if (missing.length === 0) return made;
    const asked = Float64Array.from(missing.flatMap((i) => [xy[i] ?? 0, xy[i + 1] ?? 0]));
    const answered = await transformPoints(asked, crs.id ?? crs.wkt, WGS84);
    for (const [n, i] of missing.entries()) made.set(answered.subarray(2 * n, 2 * n + 2), i);
    return made;
  }

  #propertiesOf(raw: RawFeature): Record<string, TileValue> {
    const values = raw.values();
    return Object.fromEntries(
      this.#fields.flatMap(({ name, index }): [string, TileValue][] => {
        const value = values[index] ?? null;
        if (value === null || value instanceof Uint8Array) return [];
        if (typeof value === 'bigint') return [[name, Number.isSafeInteger(Number(value)) ? Number(value) : String(value)]];
        if (typeof value === 'number' && !Number.isFinite(value)) return [[name, String(value)]];
        return [[name, typeof value === 'string' ? shortened(value) : value]];
      }),
    );
  }
}

/** The first features, as many as a tile may hold. */
function withinBudget(found: readonly Found[]): Found[] {
  let read = 0;
  const past = found.findIndex(({ bytes }, index) => {
    read += bytes;
    return index >= MOST_FEATURES || read > MOST_READ;
  });
  return found.slice(0, past < 0 ? found.length : past);
}

interface Box {
  bounds: Bounds;
  /** In the layer's units. */
  pixel: number;
}

interface Found {
  index: number;
  offset: number;
  bytes: number;
  /** In the layer's units. */
  size: number;
  x: number;
  y: number;
}

/** Places that stand for what is smaller than a pixel, one a pixel. */
class Pixels {
  readonly #layer: TileLayer;
  readonly #type: TileGeometry;
  readonly #taken = new Set<string>();
  readonly #places: number[] = [];

  constructor(layer: TileLayer, type: TileGeometry) {
    this.#layer = layer;
    this.#type = type;
  }

  /** Whether nothing was in this pixel before; from then on something is. */
  isFree(x: number, y: number, pixel: number): boolean {
    const key = `${Math.floor(x / pixel)} ${Math.floor(y / pixel)}`;
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }

  add(x: number, y: number): void {
    if (this.#places.length < 2 * MOST_PIXELS) this.#places.push(x, y);
  }

  /** Draws them, once each pixel of the tile. */
  async draw({ z, x, y }: TileAddress, degreesOf: (xy: Float64Array) => Promise<Float64Array>): Promise<void> {
    const places = await degreesOf(Float64Array.from(this.#places));
    const drawn = new Set<number>();
    for (let i = 0; i < places.length; i += 2) {
      const across = worldX(places[i] ?? Number.NaN) * 2 ** z - x;
      const column = Math.floor((((across % 2 ** z) + 2 ** z) % 2 ** z) * 512);
      const row = Math.floor((worldY(places[i + 1] ?? Number.NaN) * 2 ** z - y) * 512);
      const key = 512 * row + column;
      if (!(column >= 0 && column < 512 && row >= 0 && row < 512) || drawn.has(key)) continue;
      drawn.add(key);
      addPixel(this.#layer, this.#type, column * PIXEL, row * PIXEL);
    }
  }
}

function typeOf(profile: Profile): TileGeometry {
  return (['point', 'line', 'polygon'] as const)[mainDimension(profile) ?? 2];
}

/** The members of a collection, and of what else there is the geometry itself. */
function simpleParts(geometry: Geometry | null): Geometry[] {
  if (!geometry) return [];
  if (geometry.type === 'GeometryCollection' || geometry.type === 'MultiPolygon') return geometry.parts.flatMap(simpleParts);
  return geometry.xy.length > 0 ? [geometry] : [];
}

/** A feature's parts by what they are. */
interface Shapes {
  point: Float64Array[];
  line: Float64Array[];
  polygon: Float64Array[][];
}

function addPart({ point, line, polygon }: Shapes, { type, ends }: Geometry, xy: Float64Array): void {
  if (type === 'Point' || type === 'MultiPoint') {
    point.push(xy);
    return;
  }
  const parts: Float64Array[] = [];
  let from = 0;
  for (const end of ends && ends.length > 0 ? ends : [xy.length / 2]) {
    parts.push(xy.subarray(2 * from, 2 * end));
    from = end;
  }
  if (type === 'LineString' || type === 'MultiLineString') line.push(...parts);
  else polygon.push(parts);
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length > LONGEST_TEXT ? `${characters.slice(0, LONGEST_TEXT - 1).join('')}…` : text;
}
