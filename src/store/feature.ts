export const GEOMETRY_TYPES = [
  'Point',
  'LineString',
  'Polygon',
  'MultiPoint',
  'MultiLineString',
  'MultiPolygon',
  'GeometryCollection',
] as const;
export type GeometryType = (typeof GEOMETRY_TYPES)[number];

/** A value as it stands in `features.fgb`. Dates and times are ISO 8601 text. */
export type Value = boolean | number | bigint | string | Uint8Array | null;

/** A geometry as FlatGeobuf keeps it: `xy` interleaved, `ends` the point index after each ring or line, `parts` for polygons of a multi and members of a collection. */
export interface Geometry {
  type: GeometryType;
  xy: Float64Array;
  z: Float64Array | null;
  m: Float64Array | null;
  ends: Uint32Array | null;
  parts: readonly Geometry[];
}
