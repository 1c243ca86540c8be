import { ByteBuffer } from '../store/bytes.ts';
import type { FlatGeometry } from '../store/flat.ts';
import type { Dimension } from '../store/shape.ts';
import { isCounterClockwise } from './rings.ts';

// The bytes are those of the ESRI Shapefile Technical Description, July 1998; its page is in brackets.

/** Bytes of the header of a .shp and a .shx [p. 3]. */
export const HEADER_BYTES = 100;
/** Bytes of a record's header in a .shp, and of a record in a .shx [p. 5, 23]. */
export const RECORD_HEADER_BYTES = 8;
/** "Any floating point number smaller than -10^38 is considered to represent a no data value" [p. 2]. */
const NO_DATA = -1e39;

/** What a .shp holds: one kind of shapes. */
export interface ShapeKind {
  dimension: Dimension;
  /** Points only: each record may have several. */
  multi: boolean;
  hasZ: boolean;
  hasM: boolean;
}

/** The shape type [p. 4]: those with Z are 10 more, those with M alone 20. */
function shapeType({ dimension, multi, hasZ, hasM }: ShapeKind): number {
  const flat = dimension === 0 ? (multi ? 8 : 1) : dimension === 1 ? 3 : 5;
  return flat + (hasZ ? 10 : hasM ? 20 : 0);
}

/** Bytes of a record in a .shp with its header; null and empty geometries are null shapes [p. 6]. */
export function recordBytes(kind: ShapeKind, geometry: FlatGeometry | null): number {
  if (!geometry || geometry.count === 0) return RECORD_HEADER_BYTES + 4;
  const { dimension, multi, hasZ, hasM } = kind;
  const { count } = geometry;
  // A point with Z has its M in any case [p. 15].
  if (dimension === 0 && !multi) return RECORD_HEADER_BYTES + 4 + 16 + (hasZ ? 16 : hasM ? 8 : 0);
  const parts = dimension === 0 ? 0 : 4 + 4 * geometry.endCount;
  const values = 16 + 8 * count;
  return RECORD_HEADER_BYTES + 4 + 32 + parts + 4 + 16 * count + (hasZ ? values : 0) + (hasM ? values : 0);
}

/** The range of a file's or a record's positions: x, y, z and m, each smallest first. */
export class Ranges {
  /** min x, min y, max x, max y, min z, max z, min m, max m. */
  readonly values = new Float64Array(8);

  constructor() {
    this.clear();
  }

  clear(): void {
    const { values } = this;
    values[0] = values[1] = values[4] = values[6] = Number.POSITIVE_INFINITY;
    values[2] = values[3] = values[5] = values[7] = Number.NEGATIVE_INFINITY;
  }

  add({ xy, z, m, count, hasZ, hasM }: FlatGeometry): void {
    const { values } = this;
    // Numbered one by one: an iterator a feature takes longer than all the rest.
    let minX = values[0] ?? 0;
    let minY = values[1] ?? 0;
    let maxX = values[2] ?? 0;
    let maxY = values[3] ?? 0;
    for (let i = 0; i < 2 * count; i += 2) {
      const x = xy[i] ?? 0;
      const y = xy[i + 1] ?? 0;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
    }
    values[0] = minX;
    values[1] = minY;
    values[2] = maxX;
    values[3] = maxY;
    if (hasZ) this.#extend(4, z, count);
    if (hasM) this.#extend(6, m, count);
  }

  #extend(at: number, numbers: Float64Array, count: number): void {
    const { values } = this;
    for (let i = 0; i < count; i++) {
      const value = numbers[i] ?? 0;
      if (value < (values[at] ?? 0)) values[at] = value;
      if (value > (values[at + 1] ?? 0)) values[at + 1] = value;
    }
  }

  /** Extends by other ranges. */
  extend(other: ArrayLike<number>): void {
    const { values } = this;
    for (const k of [0, 1, 4, 6]) values[k] = Math.min(values[k] ?? 0, other[k] ?? 0);
    for (const k of [2, 3, 5, 7]) values[k] = Math.max(values[k] ?? 0, other[k] ?? 0);
  }
}

/** The header of a .shp or .shx [p. 3]; a file without positions has zeros for its ranges. */
export function fileHeader(kind: ShapeKind, bytes: number, { values }: Ranges): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32BE(9994, 0);
  header.writeInt32BE(bytes / 2, 24);
  header.writeInt32LE(1000, 28);
  header.writeInt32LE(shapeType(kind), 32);
  values.forEach((value, k) => {
    if (Number.isFinite(value)) header.writeDoubleLE(value, 36 + 8 * k);
  });
  return header;
}

/** Writes records of a .shp, and what its .shx says of them. */
export class ShapeRecords {
  readonly shapes = new ByteBuffer(1 << 20);
  readonly index = new ByteBuffer(1 << 16);
  readonly #kind: ShapeKind;
  readonly #type: number;
  readonly #ranges = new Ranges();
  #number = 0;
  #offset = 0;

  constructor(kind: ShapeKind) {
    this.#kind = kind;
    this.#type = shapeType(kind);
  }

  /**
   * @param records those before, in the file.
   * @param offset where the next one begins, in bytes.
   */
  begin(records: number, offset: number): void {
    this.#number = records;
    this.#offset = offset;
  }

  write(geometry: FlatGeometry | null): void {
    const { shapes, index } = this;
    const bytes = recordBytes(this.#kind, geometry);
    index.reserve(8);
    index.view.setInt32(index.length, this.#offset / 2);
    index.view.setInt32(index.length + 4, (bytes - RECORD_HEADER_BYTES) / 2);
    index.length += 8;
    shapes.reserve(bytes);
    shapes.view.setInt32(shapes.length, ++this.#number);
    shapes.view.setInt32(shapes.length + 4, (bytes - RECORD_HEADER_BYTES) / 2);
    shapes.length += RECORD_HEADER_BYTES;
    this.#offset += bytes;
    if (!geometry || geometry.count === 0) {
      shapes.uint32(0);
      return;
    }
    shapes.uint32(this.#type);
    if (this.#kind.dimension === 0 && !this.#kind.multi) this.#point(geometry);
    else this.#positions(geometry);
  }

  #point({ xy, z, m }: FlatGeometry): void {
    const { shapes } = this;
    const { hasZ, hasM } = this.#kind;
    shapes.float64(xy[0] ?? 0);
    shapes.float64(xy[1] ?? 0);
    if (hasZ) shapes.float64(z[0] ?? 0);
    if (hasZ || hasM) shapes.float64(hasM ? (m[0] ?? 0) : NO_DATA);
  }

  /** MultiPoint [p. 5], PolyLine [p. 7], Polygon [p. 8], and those with Z and M [p. 11 to 20]. */
  #positions(geometry: FlatGeometry): void {
    const { shapes } = this;
    const { dimension, hasZ, hasM } = this.#kind;
    const ranges = this.#ranges;
    ranges.clear();
    ranges.add(geometry);
    const { values } = ranges;
    for (let k = 0; k < 4; k++) shapes.float64At(values, k);
    if (dimension > 0) shapes.uint32(geometry.endCount);
    shapes.uint32(geometry.count);
    if (dimension > 0) for (let i = 0; i < geometry.endCount; i++) shapes.uint32(i === 0 ? 0 : (geometry.ends[i - 1] ?? 0));
    if (dimension === 2) this.#eachRing(geometry, (from, to, reversed) => copyPairs(shapes, geometry.xy, from, to, reversed));
    else copyPairs(shapes, geometry.xy, 0, geometry.count, false);
    if (hasZ) {
      shapes.float64At(values, 4);
      shapes.float64At(values, 5);
      this.#values(geometry, geometry.z);
    }
    if (hasM) {
      shapes.float64At(values, 6);
      shapes.float64At(values, 7);
      this.#values(geometry, geometry.m);
    }
  }

  /** Outer rings run clockwise, holes the other way [p. 8]: calls back with the positions of each, and whether they have to be turned round. */
  #eachRing({ xy, ends, polygons, polygonCount }: FlatGeometry, copy: (from: number, to: number, reversed: boolean) => void): void {
    let ring = 0;
    let from = 0;
    for (let polygon = 0; polygon < polygonCount; polygon++) {
      const last = polygons[polygon] ?? 0;
      for (const first = ring; ring < last; ring++) {
        const to = ends[ring] ?? 0;
        copy(from, to, isCounterClockwise(xy, from, to) === (ring === first));
        from = to;
      }
    }
  }

  /** Z or M, in the order of the positions. */
  #values(geometry: FlatGeometry, values: Float64Array): void {
    if (this.#kind.dimension < 2) copySingles(this.shapes, values, 0, geometry.count, false);
    else this.#eachRing(geometry, (from, to, reversed) => copySingles(this.shapes, values, from, to, reversed));
  }
}

/** Copies x and y of positions. Room was made before. */
function copyPairs(out: ByteBuffer, xy: Float64Array, from: number, to: number, reversed: boolean): void {
  if (!reversed) {
    out.bytes.set(new Uint8Array(xy.buffer, 16 * from, 16 * (to - from)), out.length);
    out.length += 16 * (to - from);
    return;
  }
  const { view } = out;
  let at = out.length;
  for (let i = to - 1; i >= from; i--, at += 16) {
    view.setFloat64(at, xy[2 * i] ?? 0, true);
    view.setFloat64(at + 8, xy[2 * i + 1] ?? 0, true);
  }
  out.length = at;
}

function copySingles(out: ByteBuffer, values: Float64Array, from: number, to: number, reversed: boolean): void {
  const { view } = out;
  let at = out.length;
  for (let i = from; i < to; i++, at += 8) view.setFloat64(at, values[reversed ? to - 1 - (i - from) : i] ?? 0, true);
  out.length = at;
}
