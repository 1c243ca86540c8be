import { ByteBuffer } from '../store/bytes.ts';
import { FlatGeometry } from '../store/flat.ts';
import { asIs, asText } from '../vector/columns.ts';
import type { Encoder, EncoderTarget, Layout, Shape } from '../vector/encoder.ts';
import { Is, type Row } from '../vector/row.ts';
import type { Column } from '../vector/rules.ts';
import { ANY_GEOMETRY, ANY_NAME, type FeatureFormat, neverRefuse } from './format.ts';
import { freeName } from './names.ts';
import { writeWkt } from './wkt.ts';

/** CSV (RFC 4180, with LF), UTF-8 without a byte order mark. Layers have a column of WKT, and layers of points X, Y and Z besides. */
export const csv: FeatureFormat = {
  mimetype: 'text/csv',
  aliases: [],
  kinds: ['vector', 'table'],
  displayName: 'CSV',
  shortName: 'CSV',
  linkNames: ['csv'],
  extension: 'csv',
  driver: null,
  fixedCrs: null,
  crsOptional: false,
  refuse: neverRefuse,
  writer: {
    geometry: ANY_GEOMETRY,
    names: ANY_NAME,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: true,
    texts: null,
    blanksAreNulls: false,
    column: (field) =>
      field.type === 'boolean'
        ? asIs(field)
        : field.type === 'binary'
          ? asText(null, `Field “${field.name}” is binary, and was written as hexadecimal text.`)
          : asIs(field),
    encoded: { measures: null, levels: [4], encoder: (target) => new CsvEncoder(target), layout: async (target) => layout(target) },
  },
};

const COMMA = 0x2c;
const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

function layout(target: EncoderTarget): Layout {
  const isLayer = target.kind === 'vector';
  const names = [...geometryNames(target.columns, isLayer, axesOf(target)), ...target.columns.map(({ name }) => name)];
  const head = new ByteBuffer(1 << 10);
  names.forEach((name, index) => {
    if (index > 0) head.uint8(COMMA);
    const text = Buffer.from(name);
    writeText(head, text, 0, text.length);
  });
  head.uint8(LF);
  return {
    files: [{ path: `${target.name}.csv`, head: [head.take()], tail: [], separator: null }],
    batches: null,
    reordered: null,
    warnings: [],
  };
}

/** Columns for coordinates: only for layers of single points. */
function axesOf({ kind, profile, hasZ }: EncoderTarget): number {
  const types = Object.keys(profile.geometry_types);
  const pointsOnly = kind === 'vector' && types.length === 1 && types[0] === 'Point';
  return pointsOnly ? (hasZ ? 3 : 2) : 0;
}

function geometryNames(columns: readonly Column[], isLayer: boolean, axes: number): string[] {
  return isLayer ? ['WKT', ...['X', 'Y', 'Z'].slice(0, axes)].map((name) => freeName(columns, name)) : [];
}

/** 1 of the bytes that no field has without quotes. */
const NEEDS_QUOTES = new Uint8Array(256);
for (const byte of [QUOTE, COMMA, LF, CR]) NEEDS_QUOTES[byte] = 1;

class CsvEncoder implements Encoder {
  readonly #isLayer: boolean;
  readonly #axes: number;
  readonly #out = new ByteBuffer(1 << 20);

  constructor(target: EncoderTarget) {
    this.#isLayer = target.kind === 'vector';
    this.#axes = axesOf(target);
  }

  begin(): void {}

  write(shape: Shape, row: Row): void {
    const out = this.#out;
    if (this.#isLayer) this.#geometry(shape);
    const { is } = row;
    for (let column = 0; column < is.length; column++) {
      if (column > 0 || this.#isLayer) out.uint8(COMMA);
      switch (is[column]) {
        case Is.null:
          break;
        case Is.number:
          out.numberAt(row.numbers, column);
          break;
        case Is.bigint:
          out.ascii(String(row.bigints[column]));
          break;
        case Is.boolean:
          out.ascii(row.numbers[column] === 1 ? 'true' : 'false');
          break;
        default:
          writeText(out, row.source(column), row.from[column] ?? 0, row.to[column] ?? 0);
      }
    }
    out.uint8(LF);
  }

  #geometry(shape: Shape): void {
    const out = this.#out;
    if (shape) {
      out.uint8(QUOTE);
      writeWkt(out, shape);
      out.uint8(QUOTE);
    }
    for (let axis = 0; axis < this.#axes; axis++) {
      out.uint8(COMMA);
      if (!(shape instanceof FlatGeometry) || shape.count === 0) continue;
      out.number((axis === 2 ? shape.z[0] : shape.xy[axis]) ?? Number.NaN);
    }
  }

  end(): readonly ByteBuffer[] {
    return [this.#out];
  }
}

/** A text in quotes where it needs them (section 2); null is nothing, so an empty text is a pair of quotes. */
function writeText(out: ByteBuffer, bytes: Uint8Array, from: number, to: number): void {
  let needsQuotes = from === to || isSpace(bytes, from, to) ? 1 : 0;
  for (let i = from; i < to; i++) needsQuotes |= NEEDS_QUOTES[bytes[i] ?? 0] ?? 0;
  if (needsQuotes === 0) {
    out.raw(bytes, from, to);
    return;
  }
  out.reserve(2 * (to - from) + 2);
  const { bytes: into } = out;
  let at = out.length;
  into[at++] = QUOTE;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === QUOTE) into[at++] = QUOTE;
    into[at++] = byte;
  }
  into[at++] = QUOTE;
  out.length = at;
}

/** Whether a text begins or ends with white space, which some readers would trim; any beyond ASCII counts too. */
function isSpace(bytes: Uint8Array, from: number, to: number): boolean {
  const [first = 0, last = 0] = [bytes[from], bytes[to - 1]];
  if (first <= 0x20 || last <= 0x20) return true;
  if (first < 0x80 && last < 0x80) return false;
  return /^\s|\s$/.test(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString());
}
