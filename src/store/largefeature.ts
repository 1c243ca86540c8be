import { GEOMETRY_TYPES, type GeometryType } from './feature.ts';
import { type FlatType, isFlat } from './flat.ts';
import type { FlatGeobufFile } from './reader.ts';

/** What is read at once. */
const WINDOW = 1 << 18;
/** What a window begins with before what is asked for: a table's own table of fields stands before it. */
const BEFORE = 64;

/** Slots of FlatGeobuf's tables (feature.fbs). */
const FEATURE = { geometry: 0 } as const;
const GEOMETRY = { ends: 0, xy: 1, type: 6, parts: 7 } as const;

/** A part of a geometry: a polygon, lines, or points. */
export interface LargePart {
  type: FlatType;
  /** The number of the collection's member that it belongs to; 0 where there is no collection. */
  member: number;
  /** Of its positions. */
  count: number;
  /** The number of positions up to the end of each ring or line. */
  ends: Uint32Array;
  /** Where its positions stand, in bytes after the feature's beginning. */
  at: number;
}

/** The geometry of a feature that is too large to be read at once: it stays in its file, and is read from front to back, as it was written. */
export class LargeFeature {
  readonly #file: FlatGeobufFile;
  readonly #offset: number;
  readonly #size: number;
  readonly #window: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  /** Where the window begins, and ends, in bytes after the feature's beginning. */
  #from = 0;
  #to = 0;
  readonly #geometry: number;

  /** @param offset in bytes after the tree. */
  constructor(file: FlatGeobufFile, offset: number, size: number) {
    this.#file = file;
    this.#offset = offset;
    this.#size = size;
    this.#window = new Uint8Array(Math.min(WINDOW, size));
    this.#view = new DataView(this.#window.buffer);
    const field = this.#field(4 + this.#uint32(4), FEATURE.geometry);
    this.#geometry = field === 0 ? 0 : this.#target(field);
  }

  /** Null where it has no geometry. */
  get type(): GeometryType | null {
    return this.#geometry === 0 ? null : (this.#typeOf(this.#geometry) ?? this.#file.header.geometryType);
  }

  /** The polygons of a MultiPolygon, and what the members of a collection are made of; all others are one part. */
  *parts(): Generator<LargePart> {
    let member = 0;
    const { type } = this;
    for (const { table, type: one, isMember } of this.#leaves(this.#geometry, type, false)) {
      if (isMember) member++;
      if (isFlat(one)) yield this.#part(table, one, member);
    }
  }

  /** The tables with positions of a geometry. Each member of a collection, also of one in it, begins with one that is told as such. */
  *#leaves(
    table: number,
    type: GeometryType | null,
    isMember: boolean,
  ): Generator<{ table: number; type: GeometryType | null; isMember: boolean }> {
    const field = type === 'MultiPolygon' || type === 'GeometryCollection' ? this.#field(table, GEOMETRY.parts) : 0;
    if (field === 0) {
      yield { table, type, isMember };
      return;
    }
    const vector = this.#target(field);
    for (const [index, offset] of this.#uint32s(vector).entries()) {
      const part = vector + 4 + 4 * index + offset;
      if (type === 'MultiPolygon') yield { table: part, type: 'Polygon', isMember: isMember && index === 0 };
      else yield* this.#leaves(part, this.#typeOf(part), true);
    }
  }

  #typeOf(table: number): GeometryType | null {
    const field = this.#field(table, GEOMETRY.type);
    return (field === 0 ? null : GEOMETRY_TYPES[this.#uint8(field) - 1]) ?? null;
  }

  /** Reads some of a part's positions: x and y of each, to a place in an array. */
  positions({ at }: LargePart, from: number, to: number, into: Float64Array<ArrayBuffer>, index: number): void {
    this.#bytes(at + 16 * from, new Uint8Array(into.buffer, into.byteOffset + 8 * index, 16 * (to - from)));
  }

  #part(table: number, type: FlatType, member: number): LargePart {
    const [xy, ends] = [this.#field(table, GEOMETRY.xy), this.#field(table, GEOMETRY.ends)];
    const vector = xy === 0 ? 0 : this.#target(xy);
    const count = vector === 0 ? 0 : this.#uint32(vector) / 2;
    const own = ends === 0 ? new Uint32Array() : this.#uint32s(this.#target(ends));
    return { type, member, count, ends: own.length > 0 ? own : Uint32Array.of(count), at: vector + 4 };
  }

  /** Where a field's value is; 0 when it is absent. */
  #field(table: number, slot: number): number {
    const vtable = table - this.#look(table, 4).getInt32(table - this.#from, true);
    const entry = 4 + 2 * slot;
    const offset = entry < this.#uint16(vtable) ? this.#uint16(vtable + entry) : 0;
    return offset === 0 ? 0 : table + offset;
  }

  #target(field: number): number {
    return field + this.#uint32(field);
  }

  #uint8(at: number): number {
    return this.#look(at, 1).getUint8(at - this.#from);
  }

  #uint16(at: number): number {
    return this.#look(at, 2).getUint16(at - this.#from, true);
  }

  #uint32(at: number): number {
    return this.#look(at, 4).getUint32(at - this.#from, true);
  }

  #uint32s(vector: number): Uint32Array {
    const values = new Uint32Array(this.#uint32(vector));
    this.#bytes(vector + 4, new Uint8Array(values.buffer));
    return values;
  }

  /** The window, with some bytes of the feature in it. */
  #look(at: number, bytes: number): DataView {
    if (at >= this.#from && at + bytes <= this.#to) return this.#view;
    if (at < 0 || at + bytes > this.#size) throw new Error('A feature of the FlatGeobuf points past its end.');
    this.#from = Math.max(0, Math.min(at - BEFORE, this.#size - this.#window.length));
    this.#to = this.#from + this.#window.length;
    this.#file.read(this.#window, 0, this.#offset + this.#from, this.#window.length);
    return this.#view;
  }

  #bytes(at: number, into: Uint8Array): void {
    if (into.length > WINDOW - BEFORE) {
      if (at + into.length > this.#size) throw new Error('A feature of the FlatGeobuf points past its end.');
      this.#file.read(into, 0, this.#offset + at, into.length);
      return;
    }
    this.#look(at, into.length);
    into.set(this.#window.subarray(at - this.#from, at - this.#from + into.length));
  }
}
