import { ByteBuffer } from '../store/bytes.ts';
import type { FeatureCursor } from '../store/cursor.ts';
import type { ColumnType } from '../store/flatgeobuf.ts';
import type { ColumnConverter, ColumnLosses } from './columns.ts';
import type { Column, FormatRules } from './rules.ts';

/** What a value of a row is. */
export const Is = { null: 0, number: 1, bigint: 2, boolean: 3, text: 4, bytes: 5 } as const;

/** What makes a column's values fit to be written: nothing but reading them, or the converter. */
type Way =
  | 'bytes'
  | 'date'
  | 'datetime'
  | 'boolean'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'converted';

/**
 * The values of one feature after another, as a format's columns want them. Texts that need no change stay the bytes that they are in the store.
 */
export class Row {
  /** `Is`, by column. */
  readonly is: Uint8Array;
  /** Numbers, and 0 or 1 for booleans. */
  readonly numbers: Float64Array;
  readonly bigints: bigint[];
  /** Where a text (UTF-8) or binary value is in `source(column)`. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly #ways: Way[];
  readonly #mostBytes: number[];
  readonly #infinities: boolean;
  readonly #losses: readonly ColumnLosses[];
  readonly #converter: ColumnConverter;
  readonly #cursor: FeatureCursor;
  /** Texts that were converted. */
  readonly #made = new ByteBuffer(1 << 12);
  readonly #isMade: Uint8Array;

  constructor(
    columns: readonly Column[],
    stored: readonly { type: ColumnType }[],
    writer: Pick<FormatRules, 'texts' | 'infinities'>,
    converter: ColumnConverter,
    cursor: FeatureCursor,
  ) {
    this.is = new Uint8Array(columns.length);
    this.numbers = new Float64Array(columns.length);
    this.bigints = columns.map(() => 0n);
    this.from = new Int32Array(columns.length);
    this.to = new Int32Array(columns.length);
    this.#isMade = new Uint8Array(columns.length);
    this.#ways = columns.map((column, index) => wayOf(column, stored[index]?.type ?? 'String', writer));
    this.#mostBytes = columns.map(({ max }) => max?.count ?? Number.POSITIVE_INFINITY);
    this.#infinities = writer.infinities;
    this.#losses = converter.losses;
    this.#converter = converter;
    this.#cursor = cursor;
  }

  /** The bytes that a column's text or binary value is in. */
  source(column: number): Uint8Array {
    return this.#isMade[column] === 1 ? this.#made.bytes : this.#cursor.bytes;
  }

  /** Reads the feature that the cursor is at. */
  load(): void {
    if (this.is.length === 0) return;
    const { view, at } = this.#cursor;
    this.#cursor.findValues();
    this.#made.length = 0;
    for (let column = 0; column < this.is.length; column++) {
      const position = at[column] ?? 0;
      if (position === 0) {
        this.is[column] = Is.null;
        this.#lost(column).nulls++;
        continue;
      }
      switch (this.#ways[column]) {
        case 'bytes':
        case 'date':
        case 'datetime':
          this.#text(column, position);
          break;
        case 'boolean':
          this.is[column] = Is.boolean;
          this.numbers[column] = view.getUint8(position) === 0 ? 0 : 1;
          break;
        case 'int8':
          this.#number(column, view.getInt8(position));
          break;
        case 'uint8':
          this.#number(column, view.getUint8(position));
          break;
        case 'int16':
          this.#number(column, view.getInt16(position, true));
          break;
        case 'uint16':
          this.#number(column, view.getUint16(position, true));
          break;
        case 'int32':
          this.#number(column, view.getInt32(position, true));
          break;
        case 'uint32':
          this.#number(column, view.getUint32(position, true));
          break;
        case 'float32':
          this.#float(column, view.getFloat32(position, true));
          break;
        case 'float64':
          this.#float(column, view.getFloat64(position, true));
          break;
        case 'int64': {
          const high = view.getInt32(position + 4, true);
          // Within 2^53 a float64 is the same number.
          if (high >= -0x200000 && high < 0x200000) this.#number(column, high * 0x1_0000_0000 + view.getUint32(position, true));
          else {
            this.is[column] = Is.bigint;
            this.bigints[column] = view.getBigInt64(position, true);
          }
          break;
        }
        default:
          this.#convert(column);
      }
    }
  }

  #lost(column: number): ColumnLosses {
    const losses = this.#losses[column];
    if (!losses) throw new Error('A row has more values than the output has columns.');
    return losses;
  }

  /** Text that may stay as it is, or nearly so. */
  #text(column: number, position: number): void {
    const way = this.#ways[column];
    const length = this.#cursor.view.getUint32(position, true);
    const stays =
      way === 'bytes'
        ? length <= (this.#mostBytes[column] ?? 0)
        : isPlainTime(this.#cursor.bytes, position + 4, way === 'date' ? 10 : 19, length);
    if (!stays) {
      this.#convert(column);
      return;
    }
    if (length === 0) this.#lost(column).blanks++;
    this.is[column] = Is.text;
    this.#isMade[column] = 0;
    this.from[column] = position + 4;
    this.to[column] = position + 4 + length;
  }

  #number(column: number, value: number): void {
    this.is[column] = Is.number;
    this.numbers[column] = value;
  }

  #float(column: number, value: number): void {
    if (this.#infinities || Number.isFinite(value)) {
      this.#number(column, value);
      return;
    }
    this.is[column] = Is.null;
    const losses = this.#lost(column);
    losses.infinite++;
    losses.nulls++;
  }

  #convert(column: number): void {
    const value = this.#converter.one(column, this.#cursor.value(column));
    if (value === null) this.is[column] = Is.null;
    else if (typeof value === 'number') this.#number(column, value);
    else if (typeof value === 'boolean') {
      this.is[column] = Is.boolean;
      this.numbers[column] = Number(value);
    } else if (typeof value === 'bigint') {
      if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) this.#number(column, Number(value));
      else {
        this.is[column] = Is.bigint;
        this.bigints[column] = value;
      }
    } else {
      this.is[column] = typeof value === 'string' ? Is.text : Is.bytes;
      this.#isMade[column] = 1;
      this.from[column] = this.#made.length;
      if (typeof value === 'string') this.#made.text(value);
      else this.#made.raw(value);
      this.to[column] = this.#made.length;
    }
  }
}

const READ: Record<ColumnType, Way> = {
  Byte: 'int8',
  UByte: 'uint8',
  Bool: 'boolean',
  Short: 'int16',
  UShort: 'uint16',
  Int: 'int32',
  UInt: 'uint32',
  Long: 'int64',
  ULong: 'converted',
  Float: 'float32',
  Double: 'float64',
  String: 'bytes',
  Json: 'bytes',
  DateTime: 'datetime',
  Binary: 'converted',
};

/** Whether the converter would give what is stored, so that it need not be asked. */
function wayOf({ as, field, max, decimals, toUtc }: Column, stored: ColumnType, { texts }: Pick<FormatRules, 'texts'>): Way {
  const read = READ[stored];
  const isText = as === 'string' || as === 'json';
  const isNumber = as === 'int16' || as === 'integer' || as === 'integer64' || as === 'float32' || as === 'real';
  switch (read) {
    case 'bytes':
      return isText && (field.type === 'string' || field.type === 'json') && texts === null && max?.unit !== 'characters'
        ? 'bytes'
        : 'converted';
    case 'datetime':
      if (max !== null && max.count < 19) return 'converted';
      if (field.type === 'date' && (as === 'date' || isText)) return 'date';
      return field.type === 'datetime' && !toUtc && (as === 'datetime' || isText) ? 'datetime' : 'converted';
    case 'boolean':
      return as === 'boolean' || isNumber ? 'boolean' : 'converted';
    case 'float32':
    case 'float64':
      return decimals === null && (as === 'real' || as === 'float32') ? read : 'converted';
    default:
      return isNumber ? read : 'converted';
  }
}

/** Whether a text is just `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`. */
function isPlainTime(bytes: Uint8Array, at: number, expected: number, length: number): boolean {
  if (length !== expected) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[at + i] ?? 0;
    const wanted = i === 4 || i === 7 ? 0x2d : i === 10 ? 0x54 : i === 13 || i === 16 ? 0x3a : 0;
    if (wanted === 0 ? byte < 0x30 || byte > 0x39 : byte !== wanted) return false;
  }
  return true;
}
