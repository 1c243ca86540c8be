import type { Geometry } from '../store/feature.ts';
import type { GeometryType } from '../store/profile.ts';
import type { Dimension, GeometryRules } from './writer.ts';

/** 0 points, 1 lines, 2 polygons; null for a collection. */
export function dimensionOf(type: GeometryType): Dimension | null {
  if (type === 'Point' || type === 'MultiPoint') return 0;
  if (type === 'LineString' || type === 'MultiLineString') return 1;
  return type === 'GeometryCollection' ? null : 2;
}

export function isEmpty(geometry: Geometry): boolean {
  if (geometry.parts.length > 0) return geometry.parts.every(isEmpty);
  // A point without coordinates may also stand as not-a-number.
  return geometry.xy.length === 0 || (geometry.type === 'Point' && Number.isNaN(geometry.xy[0]));
}

const MULTI: readonly GeometryType[] = ['MultiPoint', 'MultiLineString', 'MultiPolygon'];

/** The members of a geometry that are no collections themselves, in order. */
function members(geometry: Geometry): Geometry[] {
  return geometry.type === 'GeometryCollection' ? geometry.parts.flatMap(members) : isEmpty(geometry) ? [] : [geometry];
}

/** Points, lines or polygons in one geometry of the multi type; one single geometry stays what it is. */
function gather(dimension: Dimension, geometries: readonly Geometry[]): Geometry {
  const [first] = geometries;
  if (geometries.length === 1 && first) return first;
  const type = MULTI[dimension] ?? 'MultiPolygon';
  if (dimension === 2) {
    const parts = geometries.flatMap((geometry) => (geometry.type === 'MultiPolygon' ? geometry.parts : [geometry]));
    return { type, xy: new Float64Array(), z: null, m: null, ends: null, parts };
  }
  const ends: number[] = [];
  let points = 0;
  for (const geometry of geometries) {
    for (const end of lineEnds(geometry)) ends.push(points + end);
    points += geometry.xy.length / 2;
  }
  return {
    type,
    xy: concatenate(geometries.map(({ xy }) => xy)) ?? new Float64Array(),
    z: concatenate(geometries.map(({ z }) => z)),
    m: concatenate(geometries.map(({ m }) => m)),
    ends: dimension === 1 ? Uint32Array.from(ends) : null,
    parts: [],
  };
}

/** Where each ring or line ends, in points. */
export function lineEnds({ ends, xy }: Geometry): Uint32Array | readonly number[] {
  return ends && ends.length > 0 ? ends : [xy.length / 2];
}

function concatenate(arrays: readonly (Float64Array | null)[]): Float64Array | null {
  const present = arrays.filter((array) => array !== null);
  if (present.length < arrays.length) return null;
  const result = new Float64Array(present.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of present) {
    result.set(array, at);
    at += array.length;
  }
  return result;
}

function points(geometry: Geometry): Geometry[] {
  return Array.from({ length: geometry.xy.length / 2 }, (_, i) => ({
    type: 'Point',
    xy: geometry.xy.slice(2 * i, 2 * i + 2),
    z: geometry.z?.slice(i, i + 1) ?? null,
    m: geometry.m?.slice(i, i + 1) ?? null,
    ends: null,
    parts: [],
  }));
}

/** Only the parts of a clip's result that have the dimension of the geometry that was clipped; null when none is left. */
export function keepDimension(geometry: Geometry, dimension: Dimension | null): Geometry | null {
  if (isEmpty(geometry)) return null;
  if (dimension === null || dimensionOf(geometry.type) === dimension) return geometry;
  const kept = members(geometry).filter(({ type }) => dimensionOf(type) === dimension);
  return kept.length === 0 ? null : gather(dimension, kept);
}

/** Whether a number in it is not finite, or so far out that no place on Earth is meant. `limit` in the CRS's units. */
export function isOutside(geometry: Geometry, limit: number): boolean {
  for (const value of geometry.xy) if (!(Math.abs(value) < limit)) return true;
  return geometry.parts.some((part) => isOutside(part, limit));
}

/** What a feature's geometry becomes under a format's rules: none, one or several output features, and what was lost. */
export class Shaper {
  readonly #rules: GeometryRules;
  #droppedNulls = 0;
  #emptied = 0;
  #collections = 0;
  #multiPoints = 0;

  constructor(rules: GeometryRules) {
    this.#rules = rules;
  }

  shape(geometry: Geometry | null): { geometry: Geometry | null; dimension: Dimension | null }[] {
    const rules = this.#rules;
    if (geometry && isEmpty(geometry) && rules.empties === 'null') {
      this.#emptied++;
      return this.#none();
    }
    if (!geometry) return this.#none();
    if (geometry.type === 'GeometryCollection' && rules.collections === 'apart') {
      this.#collections++;
      return this.#apart(geometry);
    }
    return this.#single(geometry);
  }

  #none(): { geometry: null; dimension: null }[] {
    if (this.#rules.nulls === 'keep') return [{ geometry: null, dimension: null }];
    this.#droppedNulls++;
    return [];
  }

  #apart(collection: Geometry): { geometry: Geometry; dimension: Dimension | null }[] {
    const all = members(collection);
    if (this.#rules.perFile === 'any') return all.flatMap((member) => this.#single(member));
    return ([0, 1, 2] as const).flatMap((dimension) => {
      const same = all.filter(({ type }) => dimensionOf(type) === dimension);
      return same.length === 0 ? [] : [{ geometry: gather(dimension, same), dimension }];
    });
  }

  #single(geometry: Geometry): { geometry: Geometry; dimension: Dimension | null }[] {
    const dimension = dimensionOf(geometry.type);
    if (geometry.type !== 'MultiPoint' || this.#rules.multiPoints === 'keep') return [{ geometry, dimension }];
    this.#multiPoints++;
    return points(geometry).map((point) => ({ geometry: point, dimension }));
  }

  /** Features without geometry that were left out. */
  get dropped(): number {
    return this.#droppedNulls;
  }

  warnings(): string[] {
    const sentences: string[] = [];
    if (this.#emptied > 0) sentences.push(`${features(this.#emptied)} with an empty geometry written without geometry.`);
    if (this.#droppedNulls > 0) sentences.push(`${features(this.#droppedNulls)} without geometry left out, because the format needs one.`);
    if (this.#collections > 0) {
      const how = this.#rules.perFile === 'any' ? 'a feature for each member' : 'points, lines and polygons each to their own file';
      sentences.push(`${features(this.#collections)} with a geometry collection taken apart (${how}, with the same attributes).`);
    }
    if (this.#multiPoints > 0)
      sentences.push(`${features(this.#multiPoints)} with a MultiPoint written as one feature a point, with the same attributes.`);
    return sentences;
  }
}

function features(n: number): string {
  return n === 1 ? '1 feature' : `${n} features`;
}
