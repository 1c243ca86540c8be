import { type FileHandle, open } from 'node:fs/promises';
import { GEOMETRY_TYPES, type GeometryType } from '../store/profile.ts';
import type { Geometry } from './geometry.ts';
import type { Value } from './writer.ts';

/** FlatGeobuf column types, by their number in the format's header.fbs. */
export const COLUMN_TYPES = [
  'Byte',
  'UByte',
  'Bool',
  'Short',
  'UShort',
  'Int',
  'UInt',
  'Long',
  'ULong',
  'Float',
  'Double',
  'String',
  'Json',
  'DateTime',
  'Binary',
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

export interface FileHeader {
  /** The layer's name, which GDAL asks for. */
  name: string;
  /** Null: any type. */
  geometryType: GeometryType | null;
  hasZ: boolean;
  hasM: boolean;
  columns: { name: string; type: ColumnType }[];
  featureCount: number;
  crs: { org: string; code: number; wkt: string } | null;
}

const MAGIC = Uint8Array.of(0x66, 0x67, 0x62, 0x03, 0x66, 0x67, 0x62, 0x00);

/** A flatbuffers table: finds its fields through the vtable (flatbuffers internals, "Tables"). */
class Table {
  readonly view: DataView;
  readonly at: number;
  constructor(view: DataView, at: number) {
    this.view = view;
    this.at = at;
  }

  static root(view: DataView): Table {
    // After the size prefix.
    return new Table(view, 4 + view.getUint32(4, true));
  }

  /** The position of a field's value; 0 when it is absent. */
  field(slot: number): number {
    const vtable = this.at - this.view.getInt32(this.at, true);
    const entry = 4 + 2 * slot;
    const offset = entry < this.view.getUint16(vtable, true) ? this.view.getUint16(vtable + entry, true) : 0;
    return offset === 0 ? 0 : this.at + offset;
  }

  /** Where a vector's or string's elements start and how many they are. */
  vector(slot: number): { start: number; length: number } | null {
    const at = this.field(slot);
    if (at === 0) return null;
    const vector = at + this.view.getUint32(at, true);
    return { start: vector + 4, length: this.view.getUint32(vector, true) };
  }

  table(slot: number): Table | null {
    const at = this.field(slot);
    return at === 0 ? null : new Table(this.view, at + this.view.getUint32(at, true));
  }

  tables(slot: number): Table[] {
    const vector = this.vector(slot);
    return Array.from({ length: vector?.length ?? 0 }, (_, i) => {
      const at = (vector?.start ?? 0) + 4 * i;
      return new Table(this.view, at + this.view.getUint32(at, true));
    });
  }

  uint8(slot: number): number {
    const at = this.field(slot);
    return at === 0 ? 0 : this.view.getUint8(at);
  }

  text(slot: number): string {
    const vector = this.vector(slot);
    return vector ? text(this.view, vector.start, vector.length) : '';
  }

  float64s(slot: number): Float64Array | null {
    const vector = this.vector(slot);
    if (!vector || vector.length === 0) return null;
    const from = this.view.byteOffset + vector.start;
    return new Float64Array(this.view.buffer.slice(from, from + 8 * vector.length));
  }
}

function text(view: DataView, start: number, length: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, length).toString('utf8');
}

/** One feature's bytes, decoded only as far as asked for. */
export class RawFeature {
  /** Its place in the file, from 0: the id that GDAL gives it. */
  readonly index: number;
  readonly #table: Table;
  readonly #columns: FileHeader['columns'];
  readonly #type: GeometryType | null;

  constructor(index: number, view: DataView, header: FileHeader) {
    this.index = index;
    this.#table = Table.root(view);
    this.#columns = header.columns;
    this.#type = header.geometryType;
  }

  geometry(): Geometry | null {
    const table = this.#table.table(0);
    return table && decodeGeometry(table, this.#type);
  }

  values(): Value[] {
    const values: Value[] = this.#columns.map(() => null);
    const properties = this.#table.vector(1);
    if (!properties) return values;
    const { view } = this.#table;
    const end = properties.start + properties.length;
    for (let at = properties.start; at < end; ) {
      const column = view.getUint16(at, true);
      const type = this.#columns[column]?.type;
      if (!type) throw new Error('A FlatGeobuf feature names a column that is not in the header.');
      const [value, size] = decodeValue(view, at + 2, type);
      values[column] = value;
      at += 2 + size;
    }
    return values;
  }
}

function decodeGeometry(table: Table, fallback: GeometryType | null): Geometry {
  const type = GEOMETRY_TYPES[table.uint8(6) - 1] ?? fallback;
  if (!type) throw new Error('A FlatGeobuf geometry has a type that Geocrate does not know.');
  const ends = table.vector(0);
  const memberType: GeometryType | null = type === 'MultiPolygon' ? 'Polygon' : null;
  return {
    type,
    xy: table.float64s(1) ?? new Float64Array(),
    z: table.float64s(2),
    m: table.float64s(3),
    ends: ends ? Uint32Array.from({ length: ends.length }, (_, i) => table.view.getUint32(ends.start + 4 * i, true)) : null,
    parts: table.tables(7).map((part) => decodeGeometry(part, memberType)),
  };
}

function decodeValue(view: DataView, at: number, type: ColumnType): [Value, number] {
  switch (type) {
    case 'Byte':
      return [view.getInt8(at), 1];
    case 'UByte':
      return [view.getUint8(at), 1];
    case 'Bool':
      return [view.getUint8(at) !== 0, 1];
    case 'Short':
      return [view.getInt16(at, true), 2];
    case 'UShort':
      return [view.getUint16(at, true), 2];
    case 'Int':
      return [view.getInt32(at, true), 4];
    case 'UInt':
      return [view.getUint32(at, true), 4];
    case 'Long':
      return [view.getBigInt64(at, true), 8];
    case 'ULong':
      return [view.getBigUint64(at, true), 8];
    case 'Float':
      return [view.getFloat32(at, true), 4];
    case 'Double':
      return [view.getFloat64(at, true), 8];
    case 'String':
    case 'Json':
    case 'DateTime': {
      const length = view.getUint32(at, true);
      return [text(view, at + 4, length), 4 + length];
    }
    case 'Binary': {
      const length = view.getUint32(at, true);
      return [new Uint8Array(view.buffer.slice(view.byteOffset + at + 4, view.byteOffset + at + 4 + length)), 4 + length];
    }
  }
}

/** What is read at once. */
const CHUNK = 1 << 21;

/** A FlatGeobuf read from its first feature to its last, in the file's order. */
export class FlatGeobufFile {
  readonly header: FileHeader;
  readonly #file: FileHandle;
  readonly #start: number;

  private constructor(file: FileHandle, header: FileHeader, start: number) {
    this.#file = file;
    this.header = header;
    this.#start = start;
  }

  static async open(path: string): Promise<FlatGeobufFile> {
    const file = await open(path);
    try {
      const head = await readAt(file, 0, 12);
      if (MAGIC.subarray(0, 3).some((byte, i) => head.getUint8(i) !== byte)) throw new Error('Not a FlatGeobuf.');
      const size = head.getUint32(8, true);
      const view = await readAt(file, 8, 4 + size);
      const table = Table.root(view);
      const count = table.field(8);
      const featureCount = count === 0 ? 0 : Number(view.getBigUint64(count, true));
      const node = table.field(9);
      const nodeSize = node === 0 ? 16 : view.getUint16(node, true);
      const crs = table.table(10);
      const header: FileHeader = {
        name: table.text(0),
        geometryType: GEOMETRY_TYPES[table.uint8(2) - 1] ?? null,
        hasZ: table.uint8(3) !== 0,
        hasM: table.uint8(4) !== 0,
        columns: table.tables(7).map((column) => ({ name: column.text(0), type: COLUMN_TYPES[column.uint8(1)] ?? 'String' })),
        featureCount,
        crs: crs && { org: crs.text(0), code: crs.field(1) === 0 ? 0 : view.getInt32(crs.field(1), true), wkt: crs.text(4) },
      };
      return new FlatGeobufFile(file, header, 12 + size + indexSize(featureCount, nodeSize));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Features in batches, so that the waiting is for the disk and not for each feature. */
  async *batches(): AsyncGenerator<RawFeature[]> {
    let position = this.#start;
    let index = 0;
    let size = CHUNK;
    for (;;) {
      const view = await readAt(this.#file, position, size, true);
      const batch: RawFeature[] = [];
      let at = 0;
      while (at + 4 <= view.byteLength) {
        const length = 4 + view.getUint32(at, true);
        if (at + length > view.byteLength) {
          // A feature larger than what is read at once.
          if (at === 0) size = length;
          break;
        }
        batch.push(new RawFeature(index++, new DataView(view.buffer, view.byteOffset + at, length), this.header));
        at += length;
      }
      if (batch.length > 0) yield batch;
      if (view.byteLength < size && at === 0) {
        if (view.byteLength > 0) throw new Error('The FlatGeobuf ends in the middle of a feature.');
        return;
      }
      if (at > 0) size = CHUNK;
      position += at;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** The packed Hilbert R-tree's size in bytes; 40 a node (FlatGeobuf, "Spatial index"). */
function indexSize(items: number, nodeSize: number): number {
  if (nodeSize === 0 || items === 0) return 0;
  let level = items;
  let nodes = items;
  do {
    level = Math.ceil(level / nodeSize);
    nodes += level;
  } while (level !== 1);
  return nodes * 40;
}

async function readAt(file: FileHandle, position: number, length: number, upToEnd = false): Promise<DataView> {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  if (read < length && !upToEnd) throw new Error('Not a FlatGeobuf.');
  return new DataView(bytes.buffer, 0, read);
}

/** Writes an unindexed FlatGeobuf, front to back. */
export class FlatGeobufWriter {
  readonly #file: FileHandle;
  readonly #columns: FileHeader['columns'];
  readonly #out = new Bytes();

  private constructor(file: FileHandle, columns: FileHeader['columns']) {
    this.#file = file;
    this.#columns = columns;
  }

  /** `featureCount` may be 0 when it is not known. */
  static async create(path: string, header: FileHeader): Promise<FlatGeobufWriter> {
    const writer = new FlatGeobufWriter(await open(path, 'wx'), header.columns);
    writer.#out.raw(MAGIC);
    writeHeader(writer.#out, header);
    return writer;
  }

  /** A promise when enough has gathered to go to the disk. */
  write(geometry: Geometry | null, values: readonly Value[]): void | Promise<void> {
    writeFeature(this.#out, geometry, values, this.#columns);
    if (this.#out.length >= CHUNK) return this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#file.writeFile(this.#out.take());
  }

  async close(): Promise<void> {
    try {
      if (this.#out.length > 0) await this.#flush();
    } finally {
      await this.#file.close();
    }
  }
}

/** Bytes that grow. Every size-prefixed buffer starts at a multiple of 8 as flatbuffers wants it, counted from `base`. */
class Bytes {
  #bytes = new Uint8Array(CHUNK * 2);
  #view = new DataView(this.#bytes.buffer);
  length = 0;
  base = 0;

  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  reserve(size: number): number {
    const at = this.length;
    if (at + size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, at + size));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#bytes.fill(0, at, at + size);
    this.length += size;
    return at;
  }

  align(size: number, ahead = 0): void {
    const over = (this.length - this.base + ahead) % size;
    if (over !== 0) this.reserve(size - over);
  }

  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  get view(): DataView {
    return this.#view;
  }

  setUint8(at: number, value: number): void {
    this.#view.setUint8(at, value);
  }
  setUint16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }
  setInt32(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }
  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  uint16(value: number): void {
    const at = this.reserve(2);
    this.setUint16(at, value);
  }

  /** Fills an offset field with the distance to what is written next. */
  pointHere(field: number): void {
    this.setUint32(field, this.length - field);
  }

  /** A table with its vtable before it; sizes are the fields' in bytes, 0 for absent ones. Gives the fields' positions. */
  table(sizes: readonly number[]): { at: number; fields: number[] } {
    const order = sizes.map((size, slot) => ({ size, slot })).filter(({ size }) => size > 0);
    // Widest first leaves no gaps; 8-byte fields need the table 4 past a multiple of 8.
    order.sort((a, b) => b.size - a.size);
    const offsets = sizes.map(() => 0);
    let size = 4;
    for (const field of order) {
      offsets[field.slot] = size;
      size += field.size;
    }
    this.align(4);
    const vtable = this.reserve(4 + 2 * sizes.length);
    // Keep the vtable where it is and align the table's first wide field.
    const ahead = order[0]?.size === 8 ? 4 : 0;
    this.align(ahead ? 8 : 4, ahead);
    const at = this.reserve(size);
    this.setUint16(vtable, 4 + 2 * sizes.length);
    this.setUint16(vtable + 2, size);
    offsets.forEach((offset, slot) => {
      this.setUint16(vtable + 4 + 2 * slot, offset);
    });
    this.setInt32(at, at - vtable);
    return { at, fields: offsets.map((offset) => at + offset) };
  }

  float64s(values: Float64Array): void {
    this.align(8, 4);
    const at = this.reserve(4 + 8 * values.length);
    this.setUint32(at, values.length);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at + 4);
  }

  uint32s(values: Uint32Array): void {
    this.align(4);
    const at = this.reserve(4 + 4 * values.length);
    this.setUint32(at, values.length);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at + 4);
  }

  string(text: string): void {
    const bytes = Buffer.from(text);
    this.align(4);
    const at = this.reserve(4 + bytes.length + 1);
    this.setUint32(at, bytes.length);
    this.#bytes.set(bytes, at + 4);
  }

  /** The fields of several tables' offsets, to be filled with `pointHere`. */
  offsets(count: number): number[] {
    this.align(4);
    const at = this.reserve(4 + 4 * count);
    this.setUint32(at, count);
    return Array.from({ length: count }, (_, i) => at + 4 + 4 * i);
  }
}

/** A size-prefixed flatbuffer around what `fill` writes from its root offset's position on. */
function sizePrefixed(out: Bytes, fill: (root: number) => void): void {
  const start = out.length;
  out.base = start;
  out.reserve(8);
  fill(start + 4);
  out.align(8);
  out.setUint32(start, out.length - start - 4);
}

/** Fills an offset field with the position of a table that was just written. */
function pointAt(out: Bytes, field: number, table: number): void {
  out.setUint32(field, table - field);
}

function writeHeader(out: Bytes, header: FileHeader): void {
  sizePrefixed(out, (root) => {
    //            name envelope type z m t tm columns count node crs
    const table = out.table([4, 0, 1, 1, 1, 0, 0, 4, 8, 2, header.crs ? 4 : 0]);
    const field = (slot: number) => table.fields[slot] ?? 0;
    pointAt(out, root, table.at);
    out.setUint8(field(2), header.geometryType ? GEOMETRY_TYPES.indexOf(header.geometryType) + 1 : 0);
    out.setUint8(field(3), header.hasZ ? 1 : 0);
    out.setUint8(field(4), header.hasM ? 1 : 0);
    out.view.setBigUint64(field(8), BigInt(header.featureCount), true);
    out.setUint16(field(9), 0); // no index
    out.align(4);
    out.pointHere(field(0));
    out.string(header.name);
    out.align(4);
    out.pointHere(field(7));
    const columns = out.offsets(header.columns.length);
    header.columns.forEach(({ name, type }, index) => {
      const column = out.table([4, 1]);
      pointAt(out, columns[index] ?? 0, column.at);
      out.setUint8(column.fields[1] ?? 0, COLUMN_TYPES.indexOf(type));
      out.align(4);
      out.pointHere(column.fields[0] ?? 0);
      out.string(name);
    });
    if (!header.crs) return;
    //          org code name description wkt
    const crs = out.table([4, 4, 0, 0, 4]);
    pointAt(out, field(10), crs.at);
    out.setInt32(crs.fields[1] ?? 0, header.crs.code);
    out.align(4);
    out.pointHere(crs.fields[0] ?? 0);
    out.string(header.crs.org);
    out.align(4);
    out.pointHere(crs.fields[4] ?? 0);
    out.string(header.crs.wkt);
  });
}

function writeFeature(out: Bytes, geometry: Geometry | null, values: readonly Value[], columns: FileHeader['columns']): void {
  sizePrefixed(out, (root) => {
    const table = out.table([geometry ? 4 : 0, 4]);
    pointAt(out, root, table.at);
    if (geometry) writeGeometry(out, geometry, table.fields[0] ?? 0);
    out.align(4);
    out.pointHere(table.fields[1] ?? 0);
    const length = out.reserve(4);
    columns.forEach(({ type }, index) => {
      const value = values[index] ?? null;
      if (value === null) return;
      out.uint16(index);
      writeValue(out, type, value);
    });
    out.setUint32(length, out.length - length - 4);
  });
}

function writeGeometry(out: Bytes, geometry: Geometry, field: number): void {
  const { type, xy, z, m, ends, parts } = geometry;
  const offset = (present: boolean) => (present ? 4 : 0);
  const table = out.table([offset(ends !== null), offset(xy.length > 0), offset(z !== null), offset(m !== null), 0, 0, 1, offset(parts.length > 0)]);
  const at = (slot: number) => table.fields[slot] ?? 0;
  pointAt(out, field, table.at);
  out.setUint8(at(6), GEOMETRY_TYPES.indexOf(type) + 1);
  if (ends) {
    out.align(4);
    out.pointHere(at(0));
    out.uint32s(ends);
  }
  [xy.length > 0 ? xy : null, z, m].forEach((array, i) => {
    if (!array) return;
    out.align(8, 4);
    out.pointHere(at(i + 1));
    out.float64s(array);
  });
  if (parts.length === 0) return;
  out.align(4);
  out.pointHere(at(7));
  const offsets = out.offsets(parts.length);
  parts.forEach((part, index) => {
    writeGeometry(out, part, offsets[index] ?? 0);
  });
}

function writeValue(out: Bytes, type: ColumnType, value: Exclude<Value, null>): void {
  switch (type) {
    case 'Byte':
    case 'UByte':
    case 'Bool':
      out.setUint8(out.reserve(1), Number(value));
      return;
    case 'Short':
    case 'UShort':
      out.uint16(Number(value) & 0xffff);
      return;
    case 'Int':
    case 'UInt': {
      const at = out.reserve(4);
      out.setInt32(at, Number(value));
      return;
    }
    case 'Long':
    case 'ULong': {
      const at = out.reserve(8);
      out.view.setBigInt64(at, typeof value === 'bigint' ? value : BigInt(Number(value)), true);
      return;
    }
    case 'Float': {
      const at = out.reserve(4);
      out.view.setFloat32(at, Number(value), true);
      return;
    }
    case 'Double': {
      const at = out.reserve(8);
      out.view.setFloat64(at, Number(value), true);
      return;
    }
    case 'String':
    case 'Json':
    case 'DateTime':
    case 'Binary': {
      const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value));
      const at = out.reserve(4);
      out.setUint32(at, bytes.length);
      out.raw(bytes);
    }
  }
}
