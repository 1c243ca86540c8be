import type { TransformModel } from '../crs/model.ts';
import { GEOMETRY_TYPES, type GeometryType } from './feature.ts';

/** The features of a version, in its folder. */
export const FEATURES_FILE = 'features.fgb';

/**
 * What publishing measures of a version once, so that exporting never has to. It stands beside `features.fgb` as
 * `profile.json`, and keeps what FlatGeobuf's own header cannot say.
 */
export interface Profile {
  /** The layout of this file; a reader refuses another. */
  format: 1;
  kind: 'vector' | 'table';
  feature_count: number;
  /** Null for tables, and only for them. */
  crs: ProfileCrs | null;
  /** In the CRS's own units and x, y order: [min x, min y, max x, max y]; null when no feature has a geometry. */
  extent: Bounds | null;
  /** [west, south, east, north] in degrees. `east` passes 180 where the layer crosses the antimeridian, so west <= east always. */
  extent_wgs84: Bounds | null;
  /** How many features have each type of geometry (2D names; a feature with Z counts under the same name). */
  geometry_types: Partial<Record<GeometryType, number>>;
  null_geometry_count: number;
  /** Features whose geometry is there but has no point. */
  empty_geometry_count: number;
  /** Features whose geometry was invalid in the source and was made valid. */
  mended_count: number;
  has_z: boolean;
  has_m: boolean;
  vertex_count: number;
  fields: FieldProfile[];
  /** The column that holds the source's feature ids, when the source names one. */
  fid_column: string | null;
  /** The geometry column's name in the source (`geom` where it has none); null for tables. */
  geometry_column: string | null;
  primary_key_fields: string[];
  /** The size of `features.fgb` in bytes. */
  bytes: number;
  /** How small the layer's content deflates. Absent in versions published before this was measured. */
  deflated?: DeflatedSample;
  /** The way from longitude and latitude to the layer's CRS without PROJ; null where there is none. Absent in versions published before. */
  transform?: TransformModel | null;
}

/** [min x, min y, max x, max y]. */
export type Bounds = [number, number, number, number];

export interface ProfileCrs {
  /** `EPSG:2193`, or null for a CRS that has no EPSG code. */
  id: string | null;
  name: string;
  /** WKT 2:2019. */
  wkt: string;
}

/**
 * A field's true type. In `features.fgb`, date, time and datetime are DateTime columns (ISO 8601 text),
 * json and lists are Json columns, the others the column type of the same name.
 */
export type FieldType =
  | 'boolean'
  | 'int16'
  | 'integer'
  | 'integer64'
  | 'float32'
  | 'real'
  | 'string'
  | 'json'
  | 'date'
  | 'time'
  | 'datetime'
  | 'binary';

export interface FieldProfile {
  name: string;
  type: FieldType;
  /** Declared by the source, in characters; 0 where it declares none. */
  width: number;
  /** Digits after the point that the source declares; 0 where it declares none. */
  precision: number;
  null_count: number;
  /** The longest value as text in UTF-8 bytes (text, json, dates), 0 for numbers. */
  longest_bytes: number;
  /** The smallest and largest value of integers (text, since 64 bits do not fit a JSON number), reals and, as ISO text, dates; null when all are null. */
  min: string | null;
  max: string | null;
}

/** The layer's type of geometry, in lower case: the single one, the multi-type that holds both, or `geometry`. */
export function geometryTypeName(types: Profile['geometry_types']): string | null {
  const names = GEOMETRY_TYPES.filter((name) => types[name]);
  if (names.length === 0) return null;
  const bases = new Set(names.map((name) => name.replace(/^Multi/, '')));
  if (bases.size > 1) return 'geometry';
  return (names.find((name) => name.startsWith('Multi')) ?? names[0] ?? 'geometry').toLowerCase();
}

/**
 * How small a version's content deflates in the ways that formats write it: what sizes of archives are estimated from. Bytes, deflated as the
 * archive does it, and measured apart for geometry and attributes, since crops and formats keep different shares of them.
 */
export interface DeflatedSample {
  /** Bytes a vertex; all 0 for tables. */
  vertex: {
    /** Coordinates as 64-bit floats, as they are. */
    binary: number;
    /** The same in another CRS, whose digits know nothing of a round source. */
    binary_moved: number;
    /** As text in full, as they are and in another CRS. */
    text: number;
    text_moved: number;
    /** As degrees with 7 decimals. */
    degrees: number;
  };
  /** Bytes a feature, of its attributes. */
  feature: {
    /** As comma-separated text. */
    text: number;
    /** As text of fixed width, the way of dBASE. */
    fixed: number;
    /** As FlatGeobuf keeps them. */
    binary: number;
    /** As text with each value's name. */
    named: number;
  };
}
