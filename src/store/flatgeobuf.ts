import { GEOMETRY_TYPES, type Geometry, type GeometryType, type Value } from './feature.ts';
import { type Bytes, pointAt, sizePrefixed, Table, text } from './flatbuffer.ts';
import { positionsOf } from './thin.ts';

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
  /** Children of a node of the R-tree; 0: there is no tree. */
  indexNodeSize: number;
  crs: { org: string; code: number; wkt: string } | null;
}

export const MAGIC = Uint8Array.of(0x66, 0x67, 0x62, 0x03, 0x66, 0x67, 0x62, 0x00);

/** One feature's bytes, decoded only as far as asked for. */
export class RawFeature {
  /** Its place in the file, from 0: the id that GDAL gives it. */
  readonly index: number;
  readonly #table: Table;
  readonly #columns: FileHeader['columns'];
  readonly #type: GeometryType | null;
  readonly #dimensions: Pick<FileHeader, 'hasZ' | 'hasM'>;

  constructor(index: number, view: DataView, header: FileHeader) {
    this.index = index;
    this.#table = Table.root(view);
    this.#columns = header.columns;
    this.#type = header.geometryType;
    this.#dimensions = header;
  }

  /** @param most positions that are wanted: then its first parts, and of the last one its first positions, so that a ring may stay open. */
  geometry(most = Number.POSITIVE_INFINITY): Geometry | null {
    const table = this.#table.table(0);
    return table && decodeGeometry(table, this.#type, this.#dimensions, most);
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

function decodeGeometry(
  table: Table,
  fallback: GeometryType | null,
  dimensions: Pick<FileHeader, 'hasZ' | 'hasM'>,
  most: number,
): Geometry {
  const type = GEOMETRY_TYPES[table.uint8(6) - 1] ?? fallback;
  if (!type) throw new Error('A FlatGeobuf geometry has a type that Geocrate does not know.');
  const memberType: GeometryType | null = type === 'MultiPolygon' ? 'Polygon' : null;
  const xy = table.float64s(1, 2 * most) ?? new Float64Array();
  const { hasZ, hasM } = dimensions;
  const parts: Geometry[] = [];
  const count = table.vector(7)?.length ?? 0;
  for (let left = most; left > 0 && parts.length < count; ) {
    const part = decodeGeometry(table.member(7, parts.length), memberType, dimensions, left);
    left -= Math.max(1, positionsOf(part));
    parts.push(part);
  }
  return {
    type,
    xy,
    z: table.float64s(2, most) ?? (hasZ ? new Float64Array(xy.length / 2) : null),
    m: table.float64s(3, most) ?? (hasM ? new Float64Array(xy.length / 2) : null),
    ends: endsOf(table, xy.length / 2),
    parts,
  };
}

/** Where rings or lines end, the last one where the positions do. */
function endsOf(table: Table, positions: number): Uint32Array | null {
  const vector = table.vector(0);
  if (!vector) return null;
  const ends = Uint32Array.from({ length: vector.length }, (_, i) => table.view.getUint32(vector.start + 4 * i, true));
  const within = ends.findIndex((end) => end > positions);
  if (within < 0) return ends;
  ends[within] = positions;
  const last = (ends[within - 1] ?? 0) < positions ? within + 1 : within;
  return ends.slice(0, last);
}

/** A value and how many bytes it takes. */
export function decodeValue(view: DataView, at: number, type: ColumnType): [Value, number] {
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

export function writeHeader(out: Bytes, header: FileHeader): void {
  sizePrefixed(out, (root) => {
    //            name envelope type z m t tm columns count node crs
    const table = out.table([4, 0, 1, 1, 1, 0, 0, 4, 8, 2, header.crs ? 4 : 0]);
    const field = (slot: number) => table.fields[slot] ?? 0;
    pointAt(out, root, table.at);
    out.setUint8(field(2), header.geometryType ? GEOMETRY_TYPES.indexOf(header.geometryType) + 1 : 0);
    out.setUint8(field(3), header.hasZ ? 1 : 0);
    out.setUint8(field(4), header.hasM ? 1 : 0);
    out.view.setBigUint64(field(8), BigInt(header.featureCount), true);
    out.setUint16(field(9), header.indexNodeSize);
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

/** @param properties the bytes of the values, where they are there already. */
export function writeFeature(
  out: Bytes,
  geometry: Geometry | null,
  values: readonly Value[],
  columns: FileHeader['columns'],
  properties: Uint8Array | null = null,
): void {
  sizePrefixed(out, (root) => {
    const table = out.table([geometry ? 4 : 0, 4]);
    pointAt(out, root, table.at);
    if (geometry) writeGeometry(out, geometry, table.fields[0] ?? 0);
    out.align(4);
    out.pointHere(table.fields[1] ?? 0);
    const length = out.reserve(4);
    if (properties) out.raw(properties);
    else
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
  const table = out.table([
    offset(ends !== null),
    offset(xy.length > 0),
    offset(z !== null),
    offset(m !== null),
    0,
    0,
    1,
    offset(parts.length > 0),
  ]);
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
