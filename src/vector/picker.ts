import { release } from '../archive/deflated.ts';
import { type PatchModel, PatchTransform } from '../crs/patchtransform.ts';
import { indexPolygons, type PolygonIndex } from '../geometry/classify.ts';
import { loadedGeos, loadGeos } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { collectGarbage } from '../heap.ts';
import { FeatureCursor } from '../store/cursor.ts';
import type { Geometry } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import { LargeFeature } from '../store/largefeature.ts';
import type { FlatGeobufFile } from '../store/reader.ts';
import { isEmpty } from '../store/shape.ts';
import { positionsOf } from '../store/thin.ts';
import { Cutter } from './cutter.ts';
import { Densifier } from './densify.ts';
import type { Place, Shape } from './encoder.ts';
import { LARGE, LargeGeometry } from './large.ts';
import { type Batch, RUN } from './select.ts';
import { isOutside } from './shape.ts';

/** An area in the layer's own CRS, which threads get together with its index. */
export interface Crop {
  polygons: MultiPolygon;
  index: PolygonIndex;
}

export function cropTo(polygons: MultiPolygon): Crop {
  return { polygons, index: indexPolygons(polygons) };
}

/** What is done to each feature of an item, whatever its format: plain data, so that it can go to another thread. */
export interface Picking {
  /** The version's `features.fgb`. */
  path: string;
  /** Null takes all of the layer. */
  crop: Crop | null;
  /** The way to the CRS of the output; null where it is the layer's own. */
  model: PatchModel | null;
  /** Coordinates at or past it are no place, in the output's units. */
  limit: number;
  /** Edges longer than this, in the layer's units, get positions between, for when they are transformed; all stay as they are unless told. */
  longestEdge?: number | undefined;
  /** Large features come piece by piece, and their longest rings may move by about so much, in the layer's units; all are whole unless told. */
  tolerance?: number | undefined;
}

/** Bytes that are made room for beyond those of a batch, so that a slightly larger one has room too. */
const MOST_SPARE = 1 << 20;

/** Positions of what was cut that are kept; and as how many each feature counts besides, for it takes memory where nothing of it is left too. */
const MOST_KEPT = 1 << 19;
const PER_KEPT = 8;
/** Bytes of a feature of which there is to be no copy more than it takes, and nothing left of what it took to cut it. */
const HUGE = 16 << 20;

/** A picker for a file that is open. */
export async function pickerOf(file: FlatGeobufFile, picking: Picking): Promise<Picker> {
  const picker = lightPickerOf(file, picking);
  await picker.loadGeos();
  return picker;
}

/** A picker that waits with GEOS until it is told to load it; where it cannot cut without, it throws {GeosMissing}. */
export function lightPickerOf(file: FlatGeobufFile, { crop, model, limit, longestEdge, tolerance }: Picking): Picker {
  const cutter = crop && new Cutter(loadedGeos(), crop.polygons, crop.index);
  const densifier = longestEdge === undefined ? null : new Densifier(longestEdge);
  return new Picker(file, cutter, model && new PatchTransform(model), limit, densifier, tolerance);
}

/** Takes features out of a version: reads them, cuts those on the area's edge, and brings them to another CRS. */
export class Picker implements Disposable {
  readonly cursor: FeatureCursor;
  /** Features that the CRS cannot hold. */
  dropped = 0;
  readonly #file: FlatGeobufFile;
  readonly #cutting: Cutter | null;
  readonly #transforming: PatchTransform | null;
  /** Coordinates at or past it are no place. */
  readonly #limit: number;
  readonly #densifier: Densifier | null;
  /** Undefined where every feature is whole. */
  readonly #tolerance: number | undefined;
  readonly #flat = new FlatGeometry();
  /** Of the feature that was picked last. */
  readonly place: Place = { offset: 0, bytes: 0, edge: false };
  #bytes = new Uint8Array();
  /** Whether what is cut is kept for when it is picked again, as far as there is room. */
  keepsCuts = false;
  /** By where the feature is: what was cut of it, null for nothing, undefined for all of it. */
  readonly #cuts = new Map<number, Geometry | null | undefined>();
  #kept = 0;

  constructor(
    file: FlatGeobufFile,
    cutting: Cutter | null,
    transforming: PatchTransform | null,
    limit: number,
    densifier: Densifier | null,
    tolerance?: number,
  ) {
    this.#file = file;
    this.#cutting = cutting;
    this.#transforming = transforming;
    this.#limit = limit;
    this.#densifier = densifier;
    this.#tolerance = tolerance;
    this.cursor = new FeatureCursor(file.header);
  }

  /** Features that could not be cut, and were left out. */
  get uncut(): number {
    return this.#cutting?.failed ?? 0;
  }

  /** Loads what cuts all that there is, where anything is cut. */
  async loadGeos(): Promise<void> {
    if (this.#cutting) this.#cutting.use(await loadGeos());
  }

  /** Gives back what cutting keeps in GEOS's memory, and what it took to read large features. */
  [Symbol.dispose](): void {
    this.#cutting?.[Symbol.dispose]();
    this.#free();
  }

  /** Gives back what it took to read large features. */
  #free(): void {
    this.#flat.free();
    this.#densifier?.free();
    this.#read(0);
  }

  /** Room for so many bytes that are read. */
  #read(bytes: number): void {
    release(this.#bytes);
    this.#bytes = new Uint8Array(bytes);
  }

  /**
   * Calls back for each feature of a batch. What it is given holds until it returns.
   * @param most no further feature is taken once so many bytes of the batch are.
   */
  pick({ runs, bytes }: Batch, each: (shape: Shape) => void, most = Number.POSITIVE_INFINITY): void {
    if (this.#tolerance !== undefined && bytes > LARGE) {
      this.#pickInPieces(runs, this.#tolerance, each, most);
      return;
    }
    this.#pickWhole(runs, bytes, each, most);
    if (bytes > HUGE) this.#free();
  }

  #pickWhole(runs: Float64Array, bytes: number, each: (shape: Shape) => void, most: number): void {
    const { cursor } = this;
    if (this.#bytes.length < bytes) this.#read(bytes + Math.min(MOST_SPARE, bytes >> 2));
    let from = 0;
    for (let run = 0; run < runs.length; run += RUN) {
      const runBytes = runs[run + 1] ?? 0;
      this.#file.read(this.#bytes, from, runs[run] ?? 0, runBytes);
      from += runBytes;
    }
    cursor.open(this.#bytes);
    const { place } = this;
    let at = 0;
    for (let run = 0; run < runs.length; run += RUN) {
      const before = at - (runs[run] ?? 0);
      const edge = runs[run + 2] === 1;
      for (const end = at + (runs[run + 1] ?? 0); at < end; ) {
        if (at >= most) return;
        place.offset = at - before;
        at = cursor.move(at);
        place.bytes = at - before - place.offset;
        place.edge = edge;
        const shape = this.#shape(edge);
        if (shape !== undefined) each(shape);
      }
    }
  }

  /** As `pick`, of a batch that may have large features: these are not read as a whole. */
  #pickInPieces(runs: Float64Array, tolerance: number, each: (shape: Shape) => void, most: number): void {
    const { cursor, place } = this;
    let read = 0;
    for (let run = 0; run < runs.length; run += RUN) {
      const end = (runs[run] ?? 0) + (runs[run + 1] ?? 0);
      place.edge = runs[run + 2] === 1;
      for (place.offset = runs[run] ?? 0; place.offset < end && read < most; ) {
        const there = Math.min(LARGE, end - place.offset);
        this.#open(place.offset, there);
        if (cursor.sizeAt(0) > there) {
          place.bytes = cursor.sizeAt(0);
          this.#pickLarge(tolerance, each);
          read += place.bytes;
          place.offset += place.bytes;
          continue;
        }
        for (let at = 0; at + 4 <= there && at + cursor.sizeAt(at) <= there && read < most; at += place.bytes) {
          place.bytes = cursor.sizeAt(at);
          cursor.move(at);
          const shape = this.#shape(place.edge);
          if (shape !== undefined) each(shape);
          read += place.bytes;
          place.offset += place.bytes;
        }
      }
    }
  }

  /** Calls back for the large feature whose place is known. */
  #pickLarge(tolerance: number, each: (shape: Shape) => void): void {
    const { offset, bytes, edge } = this.place;
    const feature = new LargeFeature(this.#file, offset, bytes);
    const { type } = feature;
    if (type === null) {
      this.#open(offset, bytes);
      this.cursor.move(0);
      const shape = this.#shape(edge);
      if (shape !== undefined) each(shape);
      this.#read(0);
      return;
    }
    let isDropped = false;
    const finish = (piece: FlatGeometry): FlatGeometry | null => {
      const made = this.#densifier?.densify(piece) ?? piece;
      if (!this.#transforming || this.#transform(made)) return made;
      isDropped = true;
      return null;
    };
    const large = new LargeGeometry(feature, edge ? this.#cutting : null, tolerance, finish);
    if (!large.isNothing) each(large);
    if (isDropped) this.dropped++;
    large.free();
  }

  /** Reads some bytes of the file, and has the cursor look at them. */
  #open(offset: number, bytes: number): void {
    if (this.#bytes.length < bytes) this.#read(Math.max(bytes, LARGE));
    this.#file.read(this.#bytes, 0, offset, bytes);
    this.cursor.open(this.#bytes);
  }

  /** The feature's geometry as it goes out; undefined where the feature does not. */
  #shape(edge: boolean): Shape | undefined {
    const read = this.cursor.readGeometry(this.#flat);
    let shape: Shape = null;
    if (read === 'flat') shape = this.#flat;
    else if (read === 'collection') shape = this.cursor.geometry();
    // What has no place lies in no area; the tree may give it with what is beside it.
    if (this.#cutting && (!shape || (shape instanceof FlatGeometry ? shape.count === 0 : isEmpty(shape)))) return undefined;
    if (edge && this.#cutting) {
      const cut = shape && this.#cut(shape, this.#cutting);
      if (this.place.bytes > HUGE) collectGarbage();
      if (cut === null) return undefined;
      if (cut) shape = this.#flatOf(cut);
    }
    if (this.#densifier && shape instanceof FlatGeometry) shape = this.#densifier.densify(shape);
    if (!this.#transforming || !shape) return shape;
    if (!this.#transform(shape)) {
      this.dropped++;
      return undefined;
    }
    return shape;
  }

  /** What lies inside of the feature whose place is known: null for nothing, undefined where that is the shape itself. */
  #cut(shape: FlatGeometry | Geometry, cutting: Cutter): Geometry | null | undefined {
    const { offset } = this.place;
    const known = this.#cuts.get(offset);
    if (this.#cuts.delete(offset)) return known;
    const place = shape instanceof FlatGeometry ? cutting.cutInPlace(shape) : 'edge';
    if (place !== 'edge') return place === 'outside' ? null : undefined;
    const { failed } = cutting;
    const isHuge = this.place.bytes > HUGE && shape instanceof FlatGeometry;
    const whole = shape instanceof FlatGeometry ? geometryOf(shape, isHuge) : shape;
    if (isHuge) shape.free();
    const cut = cutting.cut(whole);
    const left = cut === whole && !isHuge ? undefined : cut;
    const positions = PER_KEPT + (left ? positionsOf(left) : 0);
    // A collection is transformed where it is; and what failed is to be counted each time.
    const isKept = this.keepsCuts && left?.type !== 'GeometryCollection' && cutting.failed === failed;
    if (isKept && this.#kept + positions <= MOST_KEPT) {
      this.#cuts.set(offset, left);
      this.#kept += positions;
    }
    return left;
  }

  #flatOf(geometry: Geometry): Shape {
    if (geometry.type === 'GeometryCollection') return geometry;
    this.#flat.set(geometry);
    return this.#flat;
  }

  /** False where the CRS has no place for some of it. */
  #transform(shape: FlatGeometry | Geometry): boolean {
    if (!(shape instanceof FlatGeometry)) {
      this.#transforming?.transform(shape.xy, shape.xy.length / 2);
      return !isOutside({ ...shape, parts: [] }, this.#limit) && shape.parts.every((part) => this.#transform(part));
    }
    const { xy, count } = shape;
    this.#transforming?.transform(xy, count);
    const limit = this.#limit;
    for (let i = 0; i < 2 * count; i++) if (!(Math.abs(xy[i] ?? NaN) < limit)) return false;
    return true;
  }
}

/** To be cut, which is copied only where parts of it may come out as they are, or where its memory is given back meanwhile. */
function geometryOf(shape: FlatGeometry, isGivenBack: boolean): Geometry {
  return shape.type === 'Polygon' && !isGivenBack ? shape.polygonView() : shape.toGeometry();
}
