import { varintBytes } from './varint.ts';

/** A blob that is written by whoever knows how. */
export interface BlobSource {
  /** In bytes. */
  readonly length: number;
  write(view: DataView, at: number): void;
}

/**
 * Takes rows column by column, in the table's order: `begin`, one call for each column after the key, `end`. What counts rows' sizes and
 * what writes them take the same calls, so that the two cannot differ.
 */
export interface RowSink {
  /** The key is the row's id, and stands in the record as a null (SQLite file format, section 2.3, "rowid tables"). */
  begin(rowId: number): void;
  null(): void;
  /** Whole, and exact in a number. */
  integer(value: number): void;
  /** 64 bits with sign: the high 32 with their sign, the low 32 without. */
  int64(high: number, low: number): void;
  /** Not-a-number becomes null, as SQLite has it. */
  double(value: number): void;
  string(value: string): void;
  /** UTF-8. */
  text(source: Uint8Array, from: number, to: number): void;
  blob(source: Uint8Array, from: number, to: number): void;
  blobFrom(source: BlobSource): void;
  /** The size of the row's record in bytes. */
  end(): number;
}

/** Serial types (section 2.1, "Record Format"). */
export const NULL = 0;
export const INT8 = 1;
export const INT16 = 2;
export const INT24 = 3;
export const INT32 = 4;
export const INT48 = 5;
export const INT64 = 6;
export const FLOAT64 = 7;
const ZERO = 8;
const ONE = 9;
/** The bytes of the types above. */
const TYPE_BYTES = Uint8Array.of(0, 1, 2, 3, 4, 6, 8, 8, 0, 0);

export function textType(bytes: number): number {
  return 13 + 2 * bytes;
}

export function blobType(bytes: number): number {
  return 12 + 2 * bytes;
}

/** The shortest type that holds a whole number. */
export function integerType(value: number): number {
  if (value === 0) return ZERO;
  if (value === 1) return ONE;
  const size = value < 0 ? -1 - value : value;
  if (size < 0x80) return INT8;
  if (size < 0x8000) return INT16;
  if (size < 0x800000) return INT24;
  if (size < 0x80000000) return INT32;
  return size < 0x800000000000 ? INT48 : INT64;
}

export function int64Type(high: number, low: number): number {
  if (high === low >> 31) return integerType(low | 0);
  return high >= -0x8000 && high < 0x8000 ? INT48 : INT64;
}

/** Whole numbers of up to 48 bits are kept as integers, as SQLite keeps them in columns of REAL affinity; the negative zero is not. */
export function doubleType(value: number): number {
  if (Number.isNaN(value)) return NULL;
  const size = value < 0 ? -value : value;
  return size < 0x800000000000 && Math.trunc(value) === value && !Object.is(value, -0) ? integerType(value) : FLOAT64;
}

/** A record's header: its own size, then the types, of which it is told the bytes. */
export function headerBytes(typeBytes: number): number {
  const bytes = typeBytes + 1;
  return bytes < 0x80 ? bytes : typeBytes + varintBytes(typeBytes + 2);
}

/** Tells the size of each row's record without writing it. */
export class RowSizes implements RowSink {
  #typeBytes = 0;
  #bodyBytes = 0;

  begin(): void {
    this.#typeBytes = 1;
    this.#bodyBytes = 0;
  }

  null(): void {
    this.#typeBytes++;
  }

  integer(value: number): void {
    this.#typeBytes++;
    this.#bodyBytes += TYPE_BYTES[integerType(value)] ?? 0;
  }

  int64(high: number, low: number): void {
    this.#typeBytes++;
    this.#bodyBytes += TYPE_BYTES[int64Type(high, low)] ?? 0;
  }

  double(value: number): void {
    this.#typeBytes++;
    this.#bodyBytes += TYPE_BYTES[doubleType(value)] ?? 0;
  }

  string(value: string): void {
    this.#bytes(textType(0), Buffer.byteLength(value));
  }

  text(_source: Uint8Array, from: number, to: number): void {
    this.#bytes(textType(0), to - from);
  }

  blob(_source: Uint8Array, from: number, to: number): void {
    this.#bytes(blobType(0), to - from);
  }

  blobFrom({ length }: BlobSource): void {
    this.#bytes(blobType(0), length);
  }

  #bytes(type: number, length: number): void {
    this.#typeBytes += varintBytes(type + 2 * length);
    this.#bodyBytes += length;
  }

  end(): number {
    return headerBytes(this.#typeBytes) + this.#bodyBytes;
  }
}
