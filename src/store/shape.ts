import { GEOMETRY_TYPES, type Geometry, type GeometryType } from './feature.ts';
import type { Bounds, Profile } from './profile.ts';

/** 0 points, 1 lines, 2 polygons. */
export type Dimension = 0 | 1 | 2;

/** Null for a collection. */
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

/** A collection without its empty members; the same object where it has none. */
export function withoutEmpties(geometry: Geometry): Geometry {
  if (geometry.type !== 'GeometryCollection') return geometry;
  const parts = geometry.parts.filter((part) => !isEmpty(part)).map(withoutEmpties);
  const same = parts.length === geometry.parts.length && parts.every((part, index) => part === geometry.parts[index]);
  return same ? geometry : { ...geometry, parts };
}

const MULTI: readonly GeometryType[] = ['MultiPoint', 'MultiLineString', 'MultiPolygon'];

/** The members of a geometry that are no collections themselves, in order. */
export function members(geometry: Geometry): Geometry[] {
  return geometry.type === 'GeometryCollection' ? geometry.parts.flatMap(members) : isEmpty(geometry) ? [] : [geometry];
}

/** Points, lines or polygons in one geometry of the multi type; one single geometry stays what it is. */
export function gather(dimension: Dimension, geometries: readonly Geometry[]): Geometry {
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

/** Only the parts of a clip's or a repair's result that have the dimension of the geometry it was made from; null when none is left. */
export function keepDimension(geometry: Geometry, dimension: Dimension | null): Geometry | null {
  if (isEmpty(geometry)) return null;
  if (dimension === null || dimensionOf(geometry.type) === dimension) return geometry;
  const kept = members(geometry).filter(({ type }) => dimensionOf(type) === dimension);
  return kept.length === 0 ? null : gather(dimension, kept);
}

/** The geometry with Z and M on every position: 0 where it has none. Readers of FlatGeobuf want them for all features of a layer or for none. */
export function withDimensions(geometry: Geometry, hasZ: boolean, hasM: boolean): Geometry {
  const points = geometry.xy.length / 2;
  return {
    ...geometry,
    z: hasZ ? (geometry.z ?? new Float64Array(points)) : null,
    m: hasM ? (geometry.m ?? new Float64Array(points)) : null,
    parts: geometry.parts.map((part) => withDimensions(part, hasZ, hasM)),
  };
}

/** Extends a box by all positions of a geometry; gives their number. */
export function extendBox(box: Bounds, { xy, parts }: Geometry): number {
  for (let i = 0; i < xy.length; i += 2) {
    const x = xy[i] ?? 0;
    const y = xy[i + 1] ?? 0;
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return parts.reduce((count, part) => count + extendBox(box, part), xy.length / 2);
}

/** A box that holds nothing, to be extended. */
export function emptyBox(): Bounds {
  return [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
}

/** The dimension that most of a layer's features have. */
export function mainDimension({ geometry_types }: Pick<Profile, 'geometry_types'>): Dimension | null {
  const counts = [0, 0, 0];
  for (const [type, count] of Object.entries(geometry_types)) {
    const dimension = isGeometryType(type) ? dimensionOf(type) : null;
    if (dimension !== null) counts[dimension] = (counts[dimension] ?? 0) + (count ?? 0);
  }
  const most = Math.max(...counts);
  return most === 0 ? null : (([2, 1, 0] as const).find((dimension) => counts[dimension] === most) ?? null);
}

export function isGeometryType(type: string): type is GeometryType {
  return GEOMETRY_TYPES.some((one) => one === type);
}
