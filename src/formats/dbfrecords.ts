import { ByteBuffer } from '../store/bytes.ts';
import { Is, type Row } from '../vector/row.ts';
import type { Column } from '../vector/rules.ts';

// The bytes are those of dBASE III (Esri's white paper on Shapefiles refers to it); nulls stand as GDAL and Shapelib write them.

const SPACE = 0x20;
const ASTERISK = 0x2a;
const ZERO = 0x30;
/** Ends the header, and the file. */
const HEADER_END = 0x0d;
export const FILE_END = 0x1a;
/** Bytes of a date: YYYYMMDD. */
const DATE = 8;

/** The width of the field of a table that has none of its own: dBASE wants one, so it is the record's number, as GDAL makes it. */
const FID_WIDTH = 11;

/** Bytes of a record: a mark that it is not deleted, and its fields. */
export function dbfRecordBytes(columns: readonly Column[]): number {
  return columns.length === 0 ? 1 + FID_WIDTH : columns.reduce((sum, column) => sum + widthOf(column), 1);
}

function widthOf({ as, width }: Column): number {
  return as === 'date' ? DATE : width;
}

/** The header of a .dbf. */
export function dbfHeader(columns: readonly Column[], records: number, modified: Date): Uint8Array {
  const fields = columns.length === 0 ? [{ name: 'FID', type: 'N', width: FID_WIDTH, precision: 0 }] : columns.map(fieldOf);
  const bytes = Buffer.alloc(32 + 32 * fields.length + 1);
  bytes.writeUInt8(3, 0);
  bytes.writeUInt8(Math.max(0, Math.min(255, modified.getUTCFullYear() - 1900)), 1);
  bytes.writeUInt8(modified.getUTCMonth() + 1, 2);
  bytes.writeUInt8(modified.getUTCDate(), 3);
  bytes.writeUInt32LE(records, 4);
  bytes.writeUInt16LE(bytes.length, 8);
  bytes.writeUInt16LE(dbfRecordBytes(columns), 10);
  fields.forEach(({ name, type, width, precision }, index) => {
    const at = 32 + 32 * index;
    bytes.write(name, at, 11);
    bytes.write(type, at + 11, 'latin1');
    bytes.writeUInt8(width, at + 16);
    bytes.writeUInt8(precision, at + 17);
  });
  bytes.writeUInt8(HEADER_END, bytes.length - 1);
  return bytes;
}

function fieldOf(column: Column): { name: string; type: string; width: number; precision: number } {
  const { name, as, precision } = column;
  const type = as === 'date' ? 'D' : as === 'string' ? 'C' : 'N';
  return { name, type, width: widthOf(column), precision: as === 'real' ? precision : 0 };
}

/** Writes records. */
export class DbfRecords {
  readonly out = new ByteBuffer(1 << 20);
  readonly #columns: readonly Column[];
  readonly #recordBytes: number;
  readonly #text = new ByteBuffer(64);
  #number = 0;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#recordBytes = dbfRecordBytes(columns);
  }

  /** @param records those before, in the file. */
  begin(records: number): void {
    this.#number = records;
  }

  write(row: Row): void {
    const { out } = this;
    out.reserve(this.#recordBytes);
    const start = out.length;
    out.bytes.fill(SPACE, start, start + this.#recordBytes);
    let at = start + 1;
    const columns = this.#columns;
    if (columns.length === 0) this.#rightAligned(String(this.#number), at, FID_WIDTH);
    this.#number++;
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index];
      if (!column) continue;
      const width = widthOf(column);
      this.#value(row, index, column, at, width);
      at += width;
    }
    out.length = start + this.#recordBytes;
  }

  #value(row: Row, index: number, { as, precision }: Column, at: number, width: number): void {
    const { bytes } = this.out;
    switch (row.is[index]) {
      case Is.null:
        if (as === 'date') bytes.fill(ZERO, at, at + width);
        else if (as !== 'string') bytes.fill(ASTERISK, at, at + width);
        return;
      case Is.text: {
        const source = row.source(index);
        const from = row.from[index] ?? 0;
        const to = Math.min(row.to[index] ?? 0, from + width);
        if (as === 'date') copyDate(bytes, at, source, from);
        else for (let i = from; i < to; i++) bytes[at + i - from] = source[i] ?? 0;
        return;
      }
      case Is.bigint:
        this.#rightAligned(String(row.bigints[index]), at, width);
        return;
      default: {
        const value = row.numbers[index] ?? 0;
        if (as === 'real') this.#real(value, at, width, precision);
        else this.#whole(value, at, width);
      }
    }
  }

  #whole(value: number, at: number, width: number): void {
    if (value < 0 || value > 0x7fffffff) {
      this.#rightAligned(String(value), at, width);
      return;
    }
    const { bytes } = this.out;
    let rest = value | 0;
    let position = at + width;
    do {
      const next = (rest / 10) | 0;
      bytes[--position] = ZERO + rest - next * 10;
      rest = next;
    } while (rest > 0);
  }

  /** As many decimals as the field has: the number's own with zeros behind, or rounded. */
  #real(value: number, at: number, width: number, precision: number): void {
    const text = this.#text;
    text.length = 0;
    text.number(value);
    const { bytes, length } = text;
    let point = -1;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i];
      if (byte === 0x2e) point = i;
      // An exponent.
      else if (byte === 0x65) {
        this.#rightAligned(fixed(value, precision), at, width);
        return;
      }
    }
    const decimals = point < 0 ? 0 : length - point - 1;
    if (decimals > precision) {
      this.#rightAligned(fixed(value, precision), at, width);
      return;
    }
    const whole = point < 0 ? length : point;
    const start = at + width - (whole + (precision > 0 ? precision + 1 : 0));
    const into = this.out.bytes;
    for (let i = 0; i < whole; i++) into[start + i] = bytes[i] ?? 0;
    if (precision === 0) return;
    into[start + whole] = 0x2e;
    for (let i = 0; i < precision; i++) into[start + whole + 1 + i] = i < decimals ? (bytes[point + 1 + i] ?? ZERO) : ZERO;
  }

  #rightAligned(text: string, at: number, width: number): void {
    const start = at + Math.max(0, width - text.length);
    const { bytes } = this.out;
    for (let i = 0; i < Math.min(width, text.length); i++) bytes[start + i] = text.charCodeAt(i);
  }
}

/** YYYY-MM-DD without its dashes. */
function copyDate(into: Uint8Array, at: number, from: Uint8Array, start: number): void {
  let to = at;
  for (let i = 0; i < 10; i++) if (i !== 4 && i !== 7) into[to++] = from[start + i] ?? ZERO;
}

/** A number with so many decimals; what lies just between two goes to the even one, as C's printf has it. */
function fixed(value: number, precision: number): string {
  // A float64 lies between two only if it is a whole number of so many halves.
  const halves = value * 2 ** (precision + 1);
  if (!Number.isInteger(halves) || Number.isInteger(halves / 2)) return value.toFixed(precision);
  const [lower, digit] = [value.toFixed(precision + 1).slice(0, -1), value.toFixed(precision + 1).at(-1)];
  const last = Number(lower.replace('.', '').at(-1));
  return digit === '5' && last % 2 === 0 ? lower.replace(/\.$/, '') : value.toFixed(precision);
}
