import { type BoxClass, BoxClassifier, type PolygonIndex } from '../geometry/classify.ts';
import { EdgeGrid } from '../geometry/edgegrid.ts';
import { type Geos, GeosError, type GeosGeometry, GeosMissing } from '../geometry/geos.ts';
import { Pieces } from '../geometry/pieces.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Geometry } from '../store/feature.ts';
import type { FlatGeometry } from '../store/flat.ts';
import type { Bounds } from '../store/profile.ts';
import { emptyBox, extendBox, isEmpty, lineEnds } from '../store/shape.ts';
import { toWkb } from '../store/wkb.ts';
import { areClear, ClearEdges, type Segment } from './clearance.ts';
import { LineCutter } from './cutline.ts';
import { PolygonCutter } from './cutpolygon.ts';
import { RingCutter } from './cutring.ts';
import { TouchTest } from './touching.ts';
import { Trail, trailsGeometry } from './trail.ts';

/** The grid that coordinates are rounded to where nothing else helps, as a part of the largest of them: a micrometre at five million metres. */
const COARSE = 2 ** -42;
/** Areas that differ by a smaller part may be the same. */
const SAME_AREA = 1e-9;
/** A position is on a segment when it is nearer, as a part of the largest coordinate. */
const ON_SEGMENT = 2 ** -44;

/**
 * Cuts geometries to a crop. The result is GEOS's intersection with the whole crop, but never of a lower dimension than the geometry's own, never
 * invalid, and with Z and M that go straight along the geometry's own segments. Lines keep their direction and are not united where they cross.
 */
export class Cutter implements Disposable {
  readonly #crop: MultiPolygon;
  readonly #classifier: BoxClassifier;
  readonly #lines: LineCutter;
  readonly #polygonCutter: PolygonCutter;
  readonly #ringCutter: RingCutter;
  readonly #touching: TouchTest;
  #geos: { library: Geos; pieces: Pieces } | null = null;
  #failed = 0;

  /**
   * @param geos null where it comes later: most of what is cut does without, and the rest throws {GeosMissing} until then.
   * @param crop valid polygons in the CRS of the geometries.
   * @param index of the crop, where there is one.
   */
  constructor(geos: Geos | null, crop: MultiPolygon, index?: PolygonIndex) {
    this.#crop = crop;
    this.#classifier = new BoxClassifier(index ?? crop);
    this.#lines = new LineCutter(this.#classifier);
    const clear = new ClearEdges(this.#classifier);
    this.#polygonCutter = new PolygonCutter(this.#classifier, clear);
    this.#ringCutter = new RingCutter(this.#classifier, clear);
    this.#touching = new TouchTest(this.#classifier);
    if (geos) this.use(geos);
  }

  /** Lets it have GEOS. */
  use(geos: Geos): void {
    this.#geos ??= { library: geos, pieces: new Pieces(geos, this.#crop) };
  }

  #needGeos(): { library: Geos; pieces: Pieces } {
    if (!this.#geos) throw new GeosMissing('This cannot be cut without GEOS.');
    return this.#geos;
  }

  /** Says of boxes where they lie to the crop. */
  get classifier(): BoxClassifier {
    return this.#classifier;
  }

  /** Geometries that could not be cut, and of which null was given. */
  get failed(): number {
    return this.#failed;
  }

  /** What is quickly told or cut of a geometry, where it is: see {RingCutter}. At `edge`, `cut` is to be asked. */
  cutInPlace(shape: FlatGeometry): BoxClass | 'cut' {
    return this.#ringCutter.cut(shape);
  }

  /** The part of a geometry inside the crop: the geometry itself (same object) where all of it lies inside, null where nothing of its own dimension does. */
  cut(geometry: Geometry): Geometry | null {
    try {
      return this.#cut(geometry);
    } catch (error) {
      if (!(error instanceof GeosError)) throw error;
      this.#failed++;
      return null;
    }
  }

  #cut(geometry: Geometry): Geometry | null {
    if (isEmpty(geometry)) return null;
    switch (geometry.type) {
      case 'Point':
      case 'MultiPoint':
        return this.#points(geometry);
      case 'LineString':
      case 'MultiLineString':
        requirePlaces(geometry);
        return this.#lines.cut(geometry);
      case 'Polygon': {
        const parts = this.#polygons([geometry]);
        return parts.length > 1 ? multiPolygon(parts) : (parts[0] ?? null);
      }
      case 'MultiPolygon':
        return this.#multiPolygon(geometry);
      case 'GeometryCollection': {
        const parts = geometry.parts.flatMap((part) => this.#cut(part) ?? []);
        if (parts.length === 0) return null;
        return isSame(parts, geometry.parts) ? geometry : { ...geometry, parts };
      }
    }
  }

  #points(geometry: Geometry): Geometry | null {
    const { xy, z, m } = geometry;
    const kept: number[] = [];
    for (let i = 0; 2 * i < xy.length; i++) if (this.#classifier.holds(xy[2 * i] ?? 0, xy[2 * i + 1] ?? 0)) kept.push(i);
    if (kept.length === 0) return null;
    if (2 * kept.length === xy.length) return geometry;
    const pick = (values: Float64Array | null) => values && Float64Array.from(kept, (i) => values[i] ?? 0);
    return { ...geometry, xy: Float64Array.from(kept.flatMap((i) => [xy[2 * i] ?? 0, xy[2 * i + 1] ?? 0])), z: pick(z), m: pick(m) };
  }

  #multiPolygon(geometry: Geometry): Geometry | null {
    const parts = this.#polygons(geometry.parts.filter((part) => !isEmpty(part)));
    if (parts.length === 0) return null;
    return isSame(parts, geometry.parts) ? geometry : multiPolygon(parts);
  }

  /** What of Polygons that are valid together lies inside, as Polygons. */
  #polygons(polygons: readonly Geometry[]): Geometry[] {
    const boxes = polygons.map(requirePlaces);
    const cuts = polygons.map((polygon, index) => this.#plainly(polygon, boxes[index] ?? emptyBox()));
    const crossed = cuts.map((cut) => cut.crossed);
    const largest = boxes.reduce((most, box) => Math.max(most, largestOf(box)), 0);
    const isSure = crossed.every((segments) => segments !== null) && areClear(crossed.flat(), polygons, largest);
    if (isSure) return cuts.flatMap((cut) => cut.parts ?? []);
    const made = polygons.map((polygon, index) => this.#surely(polygon, cuts[index]?.parts ?? null));
    const changed = made.filter((parts, index) => parts.length > 0 && parts[0] !== polygons[index]);
    // Rounding may let parts cross that were only close to each other.
    if (changed.length > 1) {
      using all = this.#needGeos().library.fromWkb(toWkb(flat(multiPolygon(changed.flat()))));
      if (!all.isValid()) return this.#byGeos(multiPolygon([...polygons]));
    }
    return made.flat();
  }

  /** What of a Polygon lies inside, and the segments that were crossed for it; null for what cannot be told. */
  #plainly(polygon: Geometry, box: Bounds): { parts: Geometry[] | null; crossed: Segment[] | null } {
    const place = this.#classifier.classify(...box);
    const plain = place === 'edge' ? this.#polygonCutter.cut(polygon, largestOf(box)) : place;
    const cut = plain === 'edge' ? this.#touching.classify(polygon, box) : plain;
    if (cut === 'inside') return { parts: [polygon], crossed: [] };
    if (cut === 'outside') return { parts: [], crossed: [] };
    if (cut === 'edge') return { parts: null, crossed: null };
    return { parts: cut.polygons.map((trails) => trailsGeometry('Polygon', trails, polygon)), crossed: cut.crossed };
  }

  /** What was made of a Polygon where GEOS finds it valid, else what GEOS makes. */
  #surely(polygon: Geometry, parts: Geometry[] | null): Geometry[] {
    if (!parts) return this.#byGeos(polygon);
    for (const part of parts) {
      if (part === polygon) continue;
      using one = this.#needGeos().library.fromRings({ xy: part.xy, ends: part.ends ?? [] });
      if (!one.isValid()) return this.#byGeos(polygon);
    }
    return parts;
  }

  /** What of a Polygon or MultiPolygon lies inside, by GEOS. */
  #byGeos(geometry: Geometry): Geometry[] {
    const { library, pieces } = this.#needGeos();
    const box = requirePlaces(geometry);
    const piece = pieces.near(...box);
    if (!piece) return [];
    using source =
      geometry.type === 'Polygon'
        ? library.fromRings({ xy: geometry.xy, ends: lineEnds(geometry) })
        : library.fromWkb(toWkb(flat(geometry)));
    using cut = this.#intersection(source, piece, largestOf(box) * COARSE);
    const rings = cut.polygonRings();
    if (rings.length === 0) return [];
    const area = source.area();
    if (Math.abs(area - cut.area()) <= area * SAME_AREA && coversSurely(piece, source)) {
      return geometry.type === 'MultiPolygon' ? [...geometry.parts] : [geometry];
    }
    const tracer = new Tracer(geometry, largestOf(box) * ON_SEGMENT);
    return rings.map((made) => trailsGeometry('Polygon', tracer.trails(made), tracer.source));
  }

  /** GEOS's intersection; of the geometry made valid, or on a grid, where it fails or gives what is not valid. */
  #intersection(source: GeosGeometry, piece: GeosGeometry, gridSize: number): GeosGeometry {
    const attempts = [
      () => source.intersection(piece),
      () => {
        using valid = source.makeValid();
        return valid.intersection(piece);
      },
      () => {
        using valid = source.makeValid('structure');
        return valid.intersection(piece, gridSize);
      },
    ];
    let last = new GeosError('GEOS makes nothing valid of it.');
    for (const attempt of attempts) {
      try {
        const made = attempt();
        if (made.isValid()) return made;
        made[Symbol.dispose]();
      } catch (error) {
        if (!(error instanceof GeosError)) throw error;
        last = error;
      }
    }
    throw last;
  }

  [Symbol.dispose](): void {
    this.#geos?.pieces[Symbol.dispose]();
  }
}

/** Whether GEOS says that one covers the other; that it cannot say is no. */
function coversSurely(one: GeosGeometry, other: GeosGeometry): boolean {
  try {
    return one.covers(other);
  } catch (error) {
    if (error instanceof GeosError) return false;
    throw error;
  }
}

function isSame(parts: readonly Geometry[], others: readonly Geometry[]): boolean {
  return parts.length === others.length && parts.every((part, index) => part === others[index]);
}

function multiPolygon(parts: Geometry[]): Geometry {
  return { type: 'MultiPolygon', xy: new Float64Array(), z: null, m: null, ends: null, parts };
}

/** The geometry without Z and M. */
function flat(geometry: Geometry): Geometry {
  return { ...geometry, z: null, m: null, parts: geometry.parts.map(flat) };
}

/**
 * The box of a geometry.
 * @throws {GeosError} when it has coordinates that are no numbers.
 */
function requirePlaces(geometry: Geometry): Bounds {
  const hasPlaces = ({ xy, parts }: Geometry): boolean => {
    let sum = 0;
    // What is infinite or no number stays so times 0.
    for (let i = 0; i < xy.length; i++) sum += (xy[i] ?? 0) * 0;
    return sum === 0 && parts.every(hasPlaces);
  };
  if (!hasPlaces(geometry)) throw new GeosError('A coordinate is no number.');
  const box = emptyBox();
  extendBox(box, geometry);
  return box;
}

function largestOf(box: Bounds): number {
  return Math.max(Math.abs(box[0]), Math.abs(box[1]), Math.abs(box[2]), Math.abs(box[3]));
}

/** Finds where the positions of what GEOS made come from. */
class Tracer {
  /** The rings of all polygons in one. */
  readonly source: Geometry;
  readonly #nearest: number;
  /** Positions by their x. */
  readonly #byX = new Map<number, number[]>();
  /** The position at which each edge of the grid begins. */
  readonly #begins: number[] = [];
  #grid: EdgeGrid | undefined;
  readonly #near: number[] = [];

  constructor(geometry: Geometry, nearest: number) {
    this.source = geometry.type === 'MultiPolygon' ? oneOf(geometry.parts) : geometry;
    this.#nearest = nearest;
    if (!this.source.z && !this.source.m) return;
    const { xy } = this.source;
    for (let i = 0; 2 * i < xy.length; i++) {
      const x = xy[2 * i] ?? 0;
      const known = this.#byX.get(x);
      if (known) known.push(i);
      else this.#byX.set(x, [i]);
    }
  }

  trails({ xy, ends }: { xy: Float64Array; ends: Uint32Array }): Trail[] {
    let from = 0;
    return [...ends].map((to) => {
      const trail = new Trail(this.source);
      for (let i = from; i < to; i++) this.#add(trail, xy[2 * i] ?? 0, xy[2 * i + 1] ?? 0);
      from = to;
      return trail;
    });
  }

  #add(trail: Trail, x: number, y: number): void {
    const { source } = this;
    if (!source.z && !source.m) {
      trail.foreign(x, y);
      return;
    }
    const own = this.#byX.get(x)?.find((index) => source.xy[2 * index + 1] === y);
    if (own !== undefined) {
      trail.own(source, own);
      return;
    }
    const { edges } = this.#segments();
    this.#segments().within(x - this.#nearest, y - this.#nearest, x + this.#nearest, y + this.#nearest, this.#near);
    let least = this.#nearest;
    let [begin, part] = [-1, 0];
    for (const edge of this.#near) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = edges.subarray(4 * edge, 4 * edge + 4);
      const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
      const along = Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
      const distance = Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
      if (distance > least) continue;
      least = distance;
      [begin, part] = [this.#begins[edge] ?? -1, along];
    }
    if (begin < 0) trail.foreign(x, y);
    else trail.between(x, y, begin, begin + 1, part);
  }

  #segments(): EdgeGrid {
    if (this.#grid) return this.#grid;
    const { xy } = this.source;
    const edges: number[] = [];
    let from = 0;
    for (const to of lineEnds(this.source)) {
      for (let i = from; i + 1 < to; i++) {
        const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = xy.subarray(2 * i, 2 * i + 4);
        if (x1 === x2 && y1 === y2) continue;
        edges.push(x1, y1, x2, y2);
        this.#begins.push(i);
      }
      from = to;
    }
    this.#grid = new EdgeGrid(Float64Array.from(edges));
    return this.#grid;
  }
}

/** The rings of polygons as if they were of one. */
function oneOf(parts: readonly Geometry[]): Geometry {
  const points = parts.reduce((sum, { xy }) => sum + xy.length / 2, 0);
  const gather = (values: readonly (Float64Array | null)[], size: number): Float64Array | null => {
    const all = new Float64Array(size);
    let at = 0;
    for (const array of values) {
      if (!array) return null;
      all.set(array, at);
      at += array.length;
    }
    return all;
  };
  const ends: number[] = [];
  let at = 0;
  for (const part of parts) {
    for (const end of lineEnds(part)) ends.push(at + end);
    at += part.xy.length / 2;
  }
  return {
    type: 'Polygon',
    xy:
      gather(
        parts.map(({ xy }) => xy),
        2 * points,
      ) ?? new Float64Array(),
    z: gather(
      parts.map(({ z }) => z),
      points,
    ),
    m: gather(
      parts.map(({ m }) => m),
      points,
    ),
    ends: Uint32Array.from(ends),
    parts: [],
  };
}
