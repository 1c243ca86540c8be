import { ByteBuffer } from '../store/bytes.ts';
import type { Geometry } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import { asIs, asText, EXACT_IN_FLOAT, within } from '../vector/columns.ts';
import type { Encoder, EncoderTarget, Layout, Shape } from '../vector/encoder.ts';
import { Is, type Row } from '../vector/row.ts';
import { ANY_GEOMETRY, ANY_NAME, type FeatureFormat, neverRefuse } from './format.ts';
import { isCounterClockwise } from './rings.ts';

/** GeoJSON (RFC 7946): EPSG:4326, outer rings counter-clockwise, cut at the antimeridian, 7 decimals. */
export const geojson: FeatureFormat = {
  mimetype: 'application/geo+json',
  aliases: ['application/vnd.geo+json'],
  kinds: ['vector'],
  displayName: 'GeoJSON',
  shortName: 'GEOJSON',
  linkNames: ['geojson', 'json'],
  extension: 'geojson',
  driver: null,
  fixedCrs: 'EPSG:4326',
  crsOptional: false,
  refuse: neverRefuse,
  writer: {
    geometry: { ...ANY_GEOMETRY, m: false },
    names: ANY_NAME,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: false,
    texts: null,
    blanksAreNulls: false,
    column(field) {
      if (field.type === 'integer64' && !within(field, EXACT_IN_FLOAT)) {
        return {
          ...asIs(field),
          warning: `Field “${field.name}” has whole numbers past 2^53; they are written in full, but many programs read them rounded.`,
        };
      }
      if (field.type === 'binary') return asText(null, `Field “${field.name}” is binary, and was written as hexadecimal text.`);
      return asIs(field);
    },
    encoded: { measures: null, levels: [3], encoder: (target) => new GeoJsonEncoder(target), layout: async ({ name }) => layout(name) },
  },
};

function layout(name: string): Layout {
  const head = Buffer.from('{"type":"FeatureCollection","features":[\n');
  const file = { path: `${name}.geojson`, head: [head], tail: [Buffer.from('\n]}\n')], separator: Buffer.from(',\n') };
  return { files: [file], batches: null, reordered: null, warnings: [] };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const HEXADECIMAL = '0123456789abcdef';

class GeoJsonEncoder implements Encoder {
  readonly #out = new ByteBuffer(1 << 20);
  /** Each column's name with what stands around it. */
  readonly #keys: Buffer[];
  readonly #isJson: boolean[];
  readonly #isReal: boolean[];
  readonly #hasZ: boolean;
  #isFirst = true;

  constructor({ columns, hasZ }: EncoderTarget) {
    this.#keys = columns.map(({ name }, index) => Buffer.from(`${index === 0 ? '' : ','}${JSON.stringify(name)}:`));
    this.#isJson = columns.map(({ as }) => as === 'json');
    this.#isReal = columns.map(({ as }) => as === 'real' || as === 'float32');
    this.#hasZ = hasZ;
  }

  begin(): void {
    this.#isFirst = true;
  }

  write(shape: Shape, row: Row): void {
    const out = this.#out;
    out.ascii(this.#isFirst ? '{"type":"Feature","properties":{' : ',\n{"type":"Feature","properties":{');
    this.#isFirst = false;
    for (let column = 0; column < this.#keys.length; column++) {
      const key = this.#keys[column];
      if (key) out.raw(key);
      this.#value(row, column);
    }
    out.ascii('},"geometry":');
    if (shape) this.#geometry(shape);
    else out.ascii('null');
    out.ascii('}');
  }

  #value(row: Row, column: number): void {
    const out = this.#out;
    switch (row.is[column]) {
      case Is.null:
        out.ascii('null');
        return;
      case Is.number: {
        const value = row.numbers[column] ?? 0;
        // Digits alone GDAL takes for a whole number, which ends at 2^63.
        if (this.#isReal[column] && Math.abs(value) > Number.MAX_SAFE_INTEGER) out.ascii(value.toExponential());
        else out.numberAt(row.numbers, column);
        return;
      }
      case Is.bigint:
        out.ascii(String(row.bigints[column]));
        return;
      case Is.boolean:
        out.ascii(row.numbers[column] === 1 ? 'true' : 'false');
        return;
      default: {
        const [source, from, to] = [row.source(column), row.from[column] ?? 0, row.to[column] ?? 0];
        if (this.#isJson[column] && isJsonText(source, from, to)) out.raw(source, from, to);
        else writeString(out, source, from, to);
      }
    }
  }

  #geometry(shape: FlatGeometry | Geometry): void {
    const out = this.#out;
    if (shape instanceof FlatGeometry) {
      out.ascii(`{"type":"${shape.type}","coordinates":`);
      if (shape.count === 0) out.ascii('[]');
      else this.#coordinates(shape);
      out.ascii('}');
      return;
    }
    const flat = new FlatGeometry();
    out.ascii('{"type":"GeometryCollection","geometries":[');
    shape.parts.forEach((part, index) => {
      if (index > 0) out.uint8(COMMA);
      if (part.type === 'GeometryCollection') this.#geometry(part);
      else {
        flat.set(part);
        this.#geometry(flat);
      }
    });
    out.ascii(']}');
  }

  #coordinates(flat: FlatGeometry): void {
    const out = this.#out;
    switch (flat.type) {
      case 'Point':
        this.#position(flat, 0);
        return;
      case 'LineString':
      case 'MultiPoint':
        this.#positions(flat, 0, flat.count, false);
        return;
      case 'MultiLineString':
        this.#lines(flat, 0, flat.endCount, false);
        return;
      case 'Polygon':
        this.#lines(flat, 0, flat.endCount, true);
        return;
      case 'MultiPolygon':
        out.uint8(OPEN);
        for (let i = 0, first = 0; i < flat.polygonCount; i++) {
          if (i > 0) out.uint8(COMMA);
          const last = flat.polygons[i] ?? 0;
          this.#lines(flat, first, last, true);
          first = last;
        }
        out.uint8(CLOSE);
    }
  }

  /** Section 3.1.6: outer rings run counter-clockwise, holes clockwise. */
  #lines(flat: FlatGeometry, first: number, last: number, areRings: boolean): void {
    const out = this.#out;
    out.uint8(OPEN);
    for (let line = first; line < last; line++) {
      if (line > first) out.uint8(COMMA);
      const [from, to] = [line === 0 ? 0 : (flat.ends[line - 1] ?? 0), flat.ends[line] ?? 0];
      this.#positions(flat, from, to, areRings && isCounterClockwise(flat.xy, from, to) !== (line === first));
    }
    out.uint8(CLOSE);
  }

  #positions(flat: FlatGeometry, from: number, to: number, reversed: boolean): void {
    const out = this.#out;
    out.uint8(OPEN);
    for (let i = from; i < to; i++) {
      if (i > from) out.uint8(COMMA);
      this.#position(flat, reversed ? to - 1 - (i - from) : i);
    }
    out.uint8(CLOSE);
  }

  #position({ xy, z }: FlatGeometry, i: number): void {
    const out = this.#out;
    out.uint8(OPEN);
    // About a centimetre: what RFC 7946 section 11.2 calls enough is 6 decimals.
    out.roundedAt(xy, 2 * i);
    out.uint8(COMMA);
    out.roundedAt(xy, 2 * i + 1);
    if (this.#hasZ) {
      out.uint8(COMMA);
      out.numberAt(z, i);
    }
    out.uint8(CLOSE);
  }

  end(): readonly ByteBuffer[] {
    return [this.#out];
  }
}

/** A string (RFC 8259 section 7): what must be escaped is, and UTF-8 stays as it is. */
function writeString(out: ByteBuffer, source: Uint8Array, from: number, to: number): void {
  out.reserve((to - from) * 6 + 2);
  const { bytes } = out;
  let at = out.length;
  bytes[at++] = QUOTE;
  for (let i = from; i < to; i++) {
    const byte = source[i] ?? 0;
    if (byte < 0x20) at += bytes.write(`\\u00${HEXADECIMAL[byte >> 4]}${HEXADECIMAL[byte & 15]}`, at, 'latin1');
    else {
      if (byte === QUOTE || byte === BACKSLASH) bytes[at++] = BACKSLASH;
      bytes[at++] = byte;
    }
  }
  bytes[at++] = QUOTE;
  out.length = at;
}

function isJsonText(bytes: Uint8Array, from: number, to: number): boolean {
  try {
    JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString());
    return true;
  } catch {
    return false;
  }
}
