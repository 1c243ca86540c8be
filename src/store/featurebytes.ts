import type { ByteBuffer } from './bytes.ts';
import { type FlatGeometry, typeNumber } from './flat.ts';

/**
 * Writes FlatGeobuf features (feature.fbs) from flat geometries, with one fixed arrangement of the flatbuffers' parts, so that their size is known
 * before: size, root, vtable and table of the feature (28 bytes), then the geometry, then the properties; all up to a multiple of 8.
 */

/** Bytes before the geometry: the size prefix, the root offset, and the feature's vtable (8) and table (12). */
const FEATURE_BYTES = 28;
/** A geometry's vtable: two sizes and eight slots. */
const GEOMETRY_VTABLE = 20;
/** A geometry's table: the way to its vtable, five offsets and the type. */
const GEOMETRY_TABLE = 28;
/** Where the table has them: ends, xy, z, m, parts and type; `t` and `tm` are never there. */
const AT = { ends: 4, xy: 8, z: 12, m: 16, parts: 20, type: 24 } as const;
const POLYGON = 3;

/** The size of a feature in bytes. */
export function featureBytes(geometry: FlatGeometry | null, properties: number): number {
  let at = FEATURE_BYTES;
  if (geometry) at = geometryEnd(geometry, at);
  return align(align(at, 4) + 4 + properties, 8);
}

/** Where a geometry ends that begins at a position. */
function geometryEnd(geometry: FlatGeometry, start: number): number {
  if (geometry.type !== 'MultiPolygon') return partEnd(geometry, start, geometry.count, endsOf(geometry, 0, geometry.endCount));
  let at = align(start, 4) + GEOMETRY_VTABLE + GEOMETRY_TABLE;
  if (geometry.polygonCount > 0) at += 4 + 4 * geometry.polygonCount;
  let ring = 0;
  let from = 0;
  for (let i = 0; i < geometry.polygonCount; i++) {
    const last = geometry.polygons[i] ?? 0;
    const to = last === 0 ? 0 : (geometry.ends[last - 1] ?? 0);
    at = partEnd(geometry, at, to - from, endsOf(geometry, ring, last));
    ring = last;
    from = to;
  }
  return at;
}

/** One ring, and one line, needs no word on where it ends; but GDAL (3.6) cannot read a MultiLineString without. */
function endsOf({ type }: FlatGeometry, first: number, last: number): number {
  const lines = last - first;
  if (type === 'MultiLineString') return lines;
  return type === 'LineString' || lines < 2 ? 0 : lines;
}

function partEnd({ hasZ, hasM }: FlatGeometry, start: number, points: number, ends: number): number {
  let at = align(start, 4) + GEOMETRY_VTABLE + GEOMETRY_TABLE;
  if (ends > 0) at += 4 + 4 * ends;
  if (points === 0) return at;
  at = align(at + 4, 8) + 16 * points;
  if (hasZ) at = align(at + 4, 8) + 8 * points;
  if (hasM) at = align(at + 4, 8) + 8 * points;
  return at;
}

/** The next position that is a multiple of a power of two. */
function align(at: number, to: number): number {
  return Math.ceil(at / to) * to;
}

/** Writes features one behind the other. */
export class FeatureBytes {
  readonly out: ByteBuffer;
  #start = 0;

  constructor(out: ByteBuffer) {
    this.out = out;
  }

  /** @param properties the bytes of the feature's values: each its column's number (uint16) and the value. */
  write(geometry: FlatGeometry | null, properties: ByteBuffer): void {
    const { out } = this;
    const bytes = featureBytes(geometry, properties.length);
    const start = out.length;
    this.#start = start;
    out.reserve(bytes);
    out.bytes.fill(0, start, start + bytes);
    const { view } = out;
    view.setUint32(start, bytes - 4, true);
    view.setUint32(start + 4, 12, true);
    // The vtable: its own size, the table's, and where in the table the two offsets are.
    view.setUint16(start + 8, 8, true);
    view.setUint16(start + 10, 12, true);
    if (geometry) view.setUint16(start + 12, 4, true);
    view.setUint16(start + 14, 8, true);
    view.setInt32(start + 16, 8, true);
    let at = start + FEATURE_BYTES;
    if (geometry) at = this.#geometry(geometry, at);
    at = start + align(at - start, 4);
    view.setUint32(start + 24, at - (start + 24), true);
    view.setUint32(at, properties.length, true);
    out.bytes.set(properties.bytes.subarray(0, properties.length), at + 4);
    out.length = start + bytes;
  }

  /** Gives where it ends. */
  #geometry(geometry: FlatGeometry, start: number): number {
    const { view } = this.out;
    const table = this.#table(start, typeNumber(geometry.type));
    view.setUint32(this.#start + 20, table - (this.#start + 20), true);
    if (geometry.type !== 'MultiPolygon') return this.#part(geometry, table, 0, geometry.count, 0, geometry.endCount);
    let at = table + GEOMETRY_TABLE;
    if (geometry.polygonCount === 0) return at;
    this.#point(table, AT.parts, 7, at);
    view.setUint32(at, geometry.polygonCount, true);
    const offsets = at + 4;
    at = offsets + 4 * geometry.polygonCount;
    let ring = 0;
    let from = 0;
    for (let i = 0; i < geometry.polygonCount; i++) {
      const last = geometry.polygons[i] ?? 0;
      const to = last === 0 ? 0 : (geometry.ends[last - 1] ?? 0);
      const part = this.#table(at, POLYGON);
      view.setUint32(offsets + 4 * i, part - (offsets + 4 * i), true);
      at = this.#part(geometry, part, from, to, ring, last);
      ring = last;
      from = to;
    }
    return at;
  }

  /** A geometry's vtable and table, with its type alone; gives where the table is. */
  #table(start: number, type: number): number {
    const { view } = this.out;
    const vtable = this.#start + align(start - this.#start, 4);
    const table = vtable + GEOMETRY_VTABLE;
    view.setUint16(vtable, GEOMETRY_VTABLE, true);
    view.setUint16(vtable + 2, GEOMETRY_TABLE, true);
    view.setUint16(vtable + 4 + 2 * 6, AT.type, true);
    view.setInt32(table, GEOMETRY_VTABLE, true);
    view.setUint8(table + AT.type, type);
    return table;
  }

  /** Points a table's slot to a vector. */
  #point(table: number, field: number, slot: number, to: number): void {
    const { view } = this.out;
    view.setUint16(table - GEOMETRY_VTABLE + 4 + 2 * slot, field, true);
    view.setUint32(table + field, to - (table + field), true);
  }

  /** The vectors of a geometry that has positions itself. */
  #part(geometry: FlatGeometry, table: number, from: number, to: number, firstRing: number, lastRing: number): number {
    const { view } = this.out;
    let at = table + GEOMETRY_TABLE;
    const ends = endsOf(geometry, firstRing, lastRing);
    if (ends > 0) {
      this.#point(table, AT.ends, 0, at);
      view.setUint32(at, ends, true);
      for (let i = 0; i < ends; i++) view.setUint32(at + 4 + 4 * i, (geometry.ends[firstRing + i] ?? 0) - from, true);
      at += 4 + 4 * ends;
    }
    if (to === from) return at;
    at = this.#float64s(table, AT.xy, 1, at, geometry.xy, 2 * from, 2 * to);
    if (geometry.hasZ) at = this.#float64s(table, AT.z, 2, at, geometry.z, from, to);
    if (geometry.hasM) at = this.#float64s(table, AT.m, 3, at, geometry.m, from, to);
    return at;
  }

  #float64s(table: number, field: number, slot: number, start: number, values: Float64Array, from: number, to: number): number {
    const data = this.#start + align(start - this.#start + 4, 8);
    this.#point(table, field, slot, data - 4);
    this.out.view.setUint32(data - 4, to - from, true);
    this.out.bytes.set(new Uint8Array(values.buffer, values.byteOffset + 8 * from, 8 * (to - from)), data);
    return data + 8 * (to - from);
  }
}
