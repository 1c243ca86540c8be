import { beside } from '../crs/turn.ts';
import { boundsPolygon } from '../geometry/bounds.ts';
import { type Geos, GeosMissing } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Geometry } from '../store/feature.ts';
import type { Profile } from '../store/profile.ts';
import { dimensionOf, emptyBox, extendBox, gather, isEmpty } from '../store/shape.ts';
import { positionsOf } from '../store/thin.ts';
import { Cutter } from './cutter.ts';
import { betweenSides } from './sides.ts';

const TURN = 360;
/** Latitudes past the poles, so that what lies on a pole is well inside. */
const POLES = 91;
/** More turns than any data goes around; what is said to goes around for ever. */
const MOST_TURNS = 16;

/**
 * Brings longitudes to -180..180 and cuts what crosses the antimeridian there (RFC 7946 section 3.1.9). ogr2ogr's -wrapdateline does so too, but
 * without measures.
 */
export class Wrapper implements Disposable {
  readonly #geos: Geos;
  readonly #mostExact: number;
  /** By turn: 0 is -180..180. */
  readonly #cutters = new Map<number, Cutter>();
  #endless = 0;

  /** @param mostExact positions; what has more is cut without GEOS, and where that takes it, keeps together along the antimeridian. */
  constructor(geos: Geos, mostExact = Number.POSITIVE_INFINITY) {
    this.#geos = geos;
    this.#mostExact = mostExact;
  }

  /** Geometries that could not be cut; parts of them are missing. */
  get failed(): number {
    return this.#cutters.values().reduce((sum, { failed }) => sum + failed, this.#endless);
  }

  /** @param geometry in degrees. */
  wrap(geometry: Geometry): Geometry {
    if (isEmpty(geometry)) return geometry;
    if (geometry.type === 'GeometryCollection') return { ...geometry, parts: geometry.parts.map((part) => this.wrap(part)) };
    const dimension = dimensionOf(geometry.type);
    if (dimension === 0 || dimension === null) return { ...geometry, xy: moved(geometry.xy, (x) => turnsOf(x, x)[0]) };
    const box = emptyBox();
    extendBox(box, geometry);
    const [first, last] = turnsOf(box[0], box[2]);
    if (first === last) return shifted(geometry, first);
    const parts: Geometry[] = [];
    if (!(last - first < MOST_TURNS)) {
      this.#endless++;
      return gather(dimension, parts);
    }
    for (let turn = first; turn <= last; turn++) {
      const part = this.#cut(geometry, turn);
      if (part) parts.push(shifted(part, turn));
    }
    return gather(dimension, parts);
  }

  #cut(geometry: Geometry, turn: number): Geometry | null {
    if (positionsOf(geometry) <= this.#mostExact) return this.#cutter(turn).cut(geometry);
    try {
      return new Cutter(null, areaOf(turn)).cut(geometry);
    } catch (error) {
      if (!(error instanceof GeosMissing)) throw error;
      return betweenSides(geometry, ...sidesOf(turn));
    }
  }

  #cutter(turn: number): Cutter {
    const known = this.#cutters.get(turn);
    if (known) return known;
    const cutter = new Cutter(this.#geos, areaOf(turn));
    this.#cutters.set(turn, cutter);
    return cutter;
  }

  [Symbol.dispose](): void {
    for (const cutter of this.#cutters.values()) cutter[Symbol.dispose]();
  }
}

function sidesOf(turn: number): [west: number, east: number] {
  return [TURN * turn - TURN / 2, TURN * turn + TURN / 2];
}

/** All that is on a turn. */
function areaOf(turn: number): MultiPolygon {
  const [west, east] = sidesOf(turn);
  return [boundsPolygon([west, -POLES, east, POLES])];
}

/** The turns that longitudes begin and end on; what lies on an antimeridian alone is on the turn to the west of it, but -180 stays. */
function turnsOf(west: number, east: number): [first: number, last: number] {
  const [first, last] = [Math.floor((west + TURN / 2) / TURN), Math.ceil((east + TURN / 2) / TURN) - 1];
  if (first <= last) return [first, last];
  return west <= 0 ? [first, first] : [last, last];
}

/** The geometry on the turn around a longitude: PROJ gives all longitudes from -180 to 180, so that what crosses the antimeridian is torn apart. */
export function onTurnAround(geometry: Geometry, longitude: number): Geometry {
  const xy = geometry.xy.map((value, i) => (i % 2 === 0 ? beside(value, longitude) : value));
  return { ...geometry, xy, parts: geometry.parts.map((part) => onTurnAround(part, longitude)) };
}

function shifted(geometry: Geometry, turn: number): Geometry {
  if (turn === 0) return geometry;
  return { ...geometry, xy: moved(geometry.xy, () => turn), parts: geometry.parts.map((part) => shifted(part, turn)) };
}

function moved(xy: Float64Array, turn: (x: number) => number): Float64Array {
  return xy.map((value, i) => (i % 2 === 0 ? value - TURN * turn(value) : value));
}

/** Degrees that a layer must leave free of a whole turn, so that each of its longitudes is on one turn for sure. */
const GAP = 1;

/** The longitude in a layer's middle; null where it goes all the way round. */
export function middleOfTurn({ extent_wgs84 }: Profile): number | null {
  return extent_wgs84 && extent_wgs84[2] - extent_wgs84[0] < TURN - GAP ? (extent_wgs84[0] + extent_wgs84[2]) / 2 : null;
}
