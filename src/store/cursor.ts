import { GEOMETRY_TYPES, type Geometry, type GeometryType, type Value } from './feature.ts';
import type { FlatGeometry, FlatType } from './flat.ts';
import { type ColumnType, decodeValue, type FileHeader, RawFeature } from './flatgeobuf.ts';

/** Bytes of a column's values; 0 where each says its own length. */
const VALUE_BYTES: Record<ColumnType, number> = {
  Byte: 1,
  UByte: 1,
  Bool: 1,
  Short: 2,
  UShort: 2,
  Int: 4,
  UInt: 4,
  Long: 8,
  ULong: 8,
  Float: 4,
  Double: 8,
  String: 0,
  Json: 0,
  DateTime: 0,
  Binary: 0,
};

/** Numbers that are copied one by one sooner than as a block. */
const FEW = 128;
/** Numbers of which there is to be no copy. */
const MANY = 1 << 20;

/** Slots of FlatGeobuf's tables (feature.fbs). */
const FEATURE = { geometry: 0, properties: 1 } as const;
const GEOMETRY = { ends: 0, xy: 1, z: 2, m: 3, type: 6, parts: 7 } as const;

/** Goes through the features in a piece of a FlatGeobuf without making anything of them that is not asked for. */
export class FeatureCursor {
  readonly #header: FileHeader;
  readonly #sizes: Uint8Array;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  view: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(0));
  #doubles = new Float64Array();
  /** Where each column's value starts in `bytes`; 0 where it is null. Texts begin with their length (uint32). */
  readonly at: Int32Array;
  #start = 0;
  #root = 0;

  constructor(header: FileHeader) {
    this.#header = header;
    this.#sizes = Uint8Array.from(header.columns, ({ type }) => VALUE_BYTES[type]);
    this.at = new Int32Array(header.columns.length);
  }

  /** The bytes that features are looked for in. */
  open(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#doubles = new Float64Array(bytes.buffer, 0, Math.floor(bytes.buffer.byteLength / 8));
  }

  /** Bytes of the feature that starts at a position. */
  sizeAt(start: number): number {
    return 4 + this.view.getUint32(start, true);
  }

  /** Moves to the feature that starts at a position; gives where the next one starts. */
  move(start: number): number {
    this.#start = start;
    this.#root = start + 4 + this.view.getUint32(start + 4, true);
    return start + this.sizeAt(start);
  }

  /** Finds where the values are. */
  findValues(): void {
    const { at, view } = this;
    at.fill(0);
    const field = this.#field(this.#root, FEATURE.properties);
    if (field === 0) return;
    const vector = field + view.getUint32(field, true);
    const end = vector + 4 + view.getUint32(vector, true);
    for (let position = vector + 4; position < end; ) {
      const column = view.getUint16(position, true);
      const size = this.#sizes[column];
      if (size === undefined) throw new Error('A FlatGeobuf feature names a column that is not in the header.');
      at[column] = position + 2;
      position += 2 + (size === 0 ? 4 + view.getUint32(position + 2, true) : size);
    }
  }

  /**
   * Reads the geometry. The positions of a large one are not copied: they stay where they were read to, and hold as long as what is there.
   * @returns false where there is none (`none`), or it is a collection, which has no flat form (`collection`).
   */
  readGeometry(into: FlatGeometry): 'flat' | 'none' | 'collection' {
    const field = this.#field(this.#root, FEATURE.geometry);
    if (field === 0) return 'none';
    const table = field + this.view.getUint32(field, true);
    const type = this.#typeOf(table, this.#header.geometryType);
    if (type === 'GeometryCollection') return 'collection';
    into.clear(type, this.#header.hasZ, this.#header.hasM);
    const parts = type === 'MultiPolygon' ? this.#field(table, GEOMETRY.parts) : 0;
    if (parts === 0) {
      this.#borrow(table, into);
      this.#readPart(table, type, into);
      return 'flat';
    }
    const vector = parts + this.view.getUint32(parts, true);
    const length = this.view.getUint32(vector, true);
    // All at once rather than part by part: the feature's bytes are hardly more than its positions.
    into.reserve(Math.floor(this.view.getUint32(this.#start, true) / (16 + (into.hasZ ? 8 : 0) + (into.hasM ? 8 : 0))));
    for (let i = 0; i < length; i++) {
      const part = vector + 4 + 4 * i;
      this.#readPart(part + this.view.getUint32(part, true), 'Polygon', into);
    }
    return 'flat';
  }

  #typeOf(table: number, fallback: GeometryType | null): FlatType | 'GeometryCollection' {
    const field = this.#field(table, GEOMETRY.type);
    const type = (field === 0 ? null : GEOMETRY_TYPES[this.view.getUint8(field) - 1]) ?? fallback;
    if (!type) throw new Error('A FlatGeobuf geometry has a type that Geocrate does not know.');
    return type;
  }

  #readPart(table: number, type: FlatType, into: FlatGeometry): void {
    const { view } = this;
    const before = into.count;
    const points = this.#length(table, GEOMETRY.xy) / 2;
    if (points === 0) return;
    into.reserve(points);
    if (!into.isBorrowed) this.#copy(table, GEOMETRY.xy, into.xy, 2 * before, 2 * points);
    if (into.hasZ) this.#copy(table, GEOMETRY.z, into.z, before, points);
    if (into.hasM) this.#copy(table, GEOMETRY.m, into.m, before, points);
    if (type === 'Point' || type === 'MultiPoint') {
      into.count = before + points;
      return;
    }
    const field = this.#field(table, GEOMETRY.ends);
    const vector = field === 0 ? 0 : field + view.getUint32(field, true);
    const length = vector === 0 ? 0 : view.getUint32(vector, true);
    for (let i = 0; i < length; i++) {
      into.count = before + view.getUint32(vector + 4 + 4 * i, true);
      into.endRing();
    }
    into.count = before + points;
    if (length === 0) into.endRing();
    if (type === 'Polygon' || type === 'MultiPolygon') into.endPolygon();
  }

  #borrow(table: number, into: FlatGeometry): void {
    const length = this.#length(table, GEOMETRY.xy);
    if (length < MANY) return;
    const field = this.#field(table, GEOMETRY.xy);
    const first = (this.bytes.byteOffset + field + this.view.getUint32(field, true) + 4) / 8;
    if (Number.isInteger(first)) into.borrow(this.#doubles.subarray(first, first + length));
  }

  /** Numbers of a vector; zeros where the geometry has none. */
  #copy(table: number, slot: number, into: Float64Array, at: number, length: number): void {
    const field = this.#field(table, slot);
    if (field === 0) {
      into.fill(0, at, at + length);
      return;
    }
    const start = field + this.view.getUint32(field, true) + 4;
    const aligned = (this.bytes.byteOffset + start) / 8;
    if (length <= FEW && Number.isInteger(aligned)) {
      const doubles = this.#doubles;
      for (let i = 0; i < length; i++) into[at + i] = doubles[aligned + i] ?? 0;
      return;
    }
    const bytes = new Uint8Array(into.buffer, 8 * at, 8 * length);
    bytes.set(this.bytes.subarray(start, start + 8 * length));
  }

  #length(table: number, slot: number): number {
    const field = this.#field(table, slot);
    return field === 0 ? 0 : this.view.getUint32(field + this.view.getUint32(field, true), true);
  }

  /** Where a field of a flatbuffers table is; 0 when it is absent. */
  #field(table: number, slot: number): number {
    const { view } = this;
    const vtable = table - view.getInt32(table, true);
    const entry = 4 + 2 * slot;
    const offset = entry < view.getUint16(vtable, true) ? view.getUint16(vtable + entry, true) : 0;
    return offset === 0 ? 0 : table + offset;
  }

  /** The feature, to be decoded as a whole. */
  #raw(): RawFeature {
    const { view } = this;
    const length = 4 + view.getUint32(this.#start, true);
    return new RawFeature(-1, new DataView(view.buffer, view.byteOffset + this.#start, length), this.#header);
  }

  geometry(): Geometry | null {
    return this.#raw().geometry();
  }

  values(): Value[] {
    return this.#raw().values();
  }

  /** One column's value, once `findValues` has found it. */
  value(column: number): Value {
    const at = this.at[column] ?? 0;
    const type = this.#header.columns[column]?.type;
    return at === 0 || !type ? null : decodeValue(this.view, at, type)[0];
  }
}
