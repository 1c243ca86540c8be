import type { GeometryType } from '../store/profile.ts';

/** A geometry as FlatGeobuf keeps it: `xy` interleaved, `ends` the point index after each ring or line, `parts` for polygons of a multi and members of a collection. */
export interface Geometry {
  type: GeometryType;
  xy: Float64Array;
  z: Float64Array | null;
  m: Float64Array | null;
  ends: Uint32Array | null;
  parts: readonly Geometry[];
}
