import { ByteBuffer } from '../store/bytes.ts';
import { GEOMETRY_TYPES } from '../store/feature.ts';
import { FeatureBytes, featureBytes } from '../store/featurebytes.ts';
import { FlatGeometry } from '../store/flat.ts';
import { Bytes } from '../store/flatbuffer.ts';
import { type ColumnType, MAGIC, writeFeature, writeHeader } from '../store/flatgeobuf.ts';
import { Numbers } from '../store/numbers.ts';
import type { FieldType } from '../store/profile.ts';
import { NODE_SIZE, treeParts } from '../store/rtree.ts';
import { emptyBox, extendBox } from '../store/shape.ts';
import { asIs } from '../vector/columns.ts';
import type { Encoder, EncoderTarget, Layout, Shape } from '../vector/encoder.ts';
import type { BatchMeasure, KeptMeasure } from '../vector/measure.ts';
import { Is, type Row } from '../vector/row.ts';
import { ANY_GEOMETRY, ANY_NAME, type FeatureFormat, neverRefuse } from './format.ts';

/** FlatGeobuf 3 with its R-tree. Features without geometry come last. */
export const flatgeobuf: FeatureFormat = {
  mimetype: 'application/flatgeobuf',
  aliases: ['application/vnd.flatgeobuf'],
  kinds: ['vector'],
  displayName: 'FlatGeobuf',
  shortName: 'FGB',
  linkNames: ['fgb', 'flatgeobuf'],
  extension: 'fgb',
  driver: null,
  fixedCrs: null,
  crsOptional: false,
  refuse: neverRefuse,
  writer: {
    // GDAL (3.6) takes a file with a geometry without points for damaged.
    geometry: { ...ANY_GEOMETRY, empties: 'none' },
    names: ANY_NAME,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: true,
    texts: null,
    blanksAreNulls: false,
    column: asIs,
    encoded: {
      measures: 'rows',
      levels: [1],
      encoder: (target) => new FlatGeobufEncoder(target),
      layout: async (target, measures) => layout(target, measures),
    },
  },
};

/** The format has one type for dates and times together; a time alone is none. */
const COLUMNS: Record<FieldType, ColumnType> = {
  boolean: 'Bool',
  int16: 'Short',
  integer: 'Int',
  integer64: 'Long',
  float32: 'Float',
  real: 'Double',
  string: 'String',
  json: 'Json',
  date: 'DateTime',
  time: 'String',
  datetime: 'DateTime',
  binary: 'Binary',
};

/** Bytes of a value that is no text, where they are not 8. */
const NUMBER_BYTES: Partial<Record<ColumnType, number>> = { Bool: 1, Short: 2, Int: 4, Float: 4 };

class FlatGeobufEncoder implements Encoder {
  readonly #types: ColumnType[];
  readonly #numberBytes: number[];
  readonly #columns: { name: string; type: ColumnType }[];
  readonly #properties = new ByteBuffer(1 << 12);
  readonly #features = new FeatureBytes(new ByteBuffer(1 << 20));
  readonly #collections = new Bytes();
  /** Of the feature at hand. */
  readonly #box = emptyBox();
  readonly #boxes = new Numbers();
  readonly #sizes = new Numbers();
  /** How many features have each type, by its number; at 0 those without geometry. */
  readonly #counts = new Float64Array(GEOMETRY_TYPES.length + 1);

  constructor({ columns }: EncoderTarget) {
    this.#types = columns.map(({ as }) => COLUMNS[as]);
    this.#numberBytes = this.#types.map((type) => NUMBER_BYTES[type] ?? 8);
    this.#columns = columns.map(({ name, as }) => ({ name, type: COLUMNS[as] }));
  }

  measure(shape: Shape, row: Row): void {
    const box = this.#box;
    box[0] = box[1] = Number.POSITIVE_INFINITY;
    box[2] = box[3] = Number.NEGATIVE_INFINITY;
    if (shape instanceof FlatGeometry || shape === null) {
      shape?.extendBox(box);
      this.#sizes.push(featureBytes(shape, this.#propertyBytes(row)));
    } else {
      extendBox(box, shape);
      this.#writeProperties(row);
      this.#sizes.push(this.#collection(shape).length);
    }
    const type = shape ? GEOMETRY_TYPES.indexOf(shape.type) + 1 : 0;
    this.#counts[type] = (this.#counts[type] ?? 0) + 1;
    for (let i = 0; i < 4; i++) this.#boxes.push(box[i] ?? 0);
  }

  measured(): BatchMeasure {
    const figures = this.#counts.slice();
    this.#counts.fill(0);
    return { figures, lists: [this.#boxes.take(), this.#sizes.take()] };
  }

  begin(): void {}

  write(shape: Shape, row: Row): void {
    this.#writeProperties(row);
    if (shape instanceof FlatGeometry || shape === null) this.#features.write(shape, this.#properties);
    else this.#features.out.raw(this.#collection(shape));
  }

  /** A collection with the properties that were just written. */
  #collection(shape: Exclude<Shape, FlatGeometry | null>): Uint8Array {
    writeFeature(this.#collections, shape, [], this.#columns, this.#properties.bytes.subarray(0, this.#properties.length));
    return this.#collections.take();
  }

  /** As many as `#writeProperties` writes. */
  #propertyBytes({ is, from, to }: Row): number {
    let bytes = 0;
    for (let column = 0; column < this.#types.length; column++) {
      if (is[column] === Is.null) continue;
      const isText = is[column] === Is.text || is[column] === Is.bytes;
      bytes += 2 + (isText ? 4 + (to[column] ?? 0) - (from[column] ?? 0) : (this.#numberBytes[column] ?? 0));
    }
    return bytes;
  }

  #writeProperties(row: Row): void {
    const out = this.#properties;
    out.length = 0;
    for (let column = 0; column < this.#types.length; column++) {
      const is = row.is[column];
      if (is === Is.null) continue;
      out.reserve(12);
      out.view.setUint16(out.length, column, true);
      out.length += 2;
      if (is === Is.text || is === Is.bytes) {
        const [from, to] = [row.from[column] ?? 0, row.to[column] ?? 0];
        out.uint32(to - from);
        out.raw(row.source(column), from, to);
      } else this.#number(this.#types[column] ?? 'Double', row.numbers[column] ?? 0, is === Is.bigint ? (row.bigints[column] ?? 0n) : null);
    }
  }

  #number(type: ColumnType, value: number, large: bigint | null): void {
    const out = this.#properties;
    switch (type) {
      case 'Bool':
        out.uint8(value);
        return;
      case 'Short':
        out.view.setInt16(out.length, value, true);
        out.length += 2;
        return;
      case 'Int':
        out.view.setInt32(out.length, value, true);
        out.length += 4;
        return;
      case 'Long':
        if (large === null) {
          out.view.setUint32(out.length, value >>> 0, true);
          out.view.setInt32(out.length + 4, Math.floor(value / 0x1_0000_0000), true);
        } else out.view.setBigInt64(out.length, large, true);
        out.length += 8;
        return;
      case 'Float':
        out.view.setFloat32(out.length, value, true);
        out.length += 4;
        return;
      default:
        out.float64(value);
    }
  }

  end(): readonly ByteBuffer[] {
    return [this.#features.out];
  }
}

function layout(target: EncoderTarget, measures: readonly KeptMeasure[]): Layout {
  const { name, hasZ, hasM, crs, columns } = target;
  const parts = measures.map((measure) => ({
    get boxes() {
      return measure.list(0);
    },
    get sizes() {
      return measure.list(1);
    },
  }));
  const featureCount = measures.reduce((sum, { figures }) => figures.reduce((all, count) => all + count, sum), 0);
  const types = GEOMETRY_TYPES.filter((_, index) => measures.some(({ figures }) => (figures[index + 1] ?? 0) > 0));
  const [org = '', code = '0'] = crs?.id?.split(':') ?? [];
  const out = new Bytes();
  out.raw(MAGIC);
  writeHeader(out, {
    name,
    geometryType: types.length === 1 ? (types[0] ?? null) : null,
    hasZ,
    hasM,
    columns: columns.map((column) => ({ name: column.name, type: COLUMNS[column.as] })),
    featureCount,
    indexNodeSize: featureCount > 0 ? NODE_SIZE : 0,
    crs: crs && { org, code: Number(code), wkt: crs.wkt },
  });
  const header = out.take();
  const head = {
    *[Symbol.iterator]() {
      yield header;
      yield* treeParts(parts, featureCount);
    },
  };
  return { files: [{ path: `${name}.fgb`, head, tail: [], separator: null }], batches: null, reordered: null, warnings: [] };
}
