import type { OgrField } from '../../gdal/describe.ts';
import type { Value } from '../../store/feature.ts';
import type { ColumnType } from '../../store/flatgeobuf.ts';
import type { FieldProfile, FieldType } from '../../store/profile.ts';

/** A value as SQLite gives it, with whole numbers as bigint. */
export type StoredValue = null | number | bigint | string | Uint8Array;

/** The column type of `features.fgb` that keeps a field type. */
export const COLUMN_OF: Record<FieldType, ColumnType> = {
  boolean: 'Bool',
  int16: 'Short',
  integer: 'Int',
  integer64: 'Long',
  float32: 'Float',
  real: 'Double',
  string: 'String',
  json: 'Json',
  date: 'DateTime',
  time: 'DateTime',
  datetime: 'DateTime',
  binary: 'Binary',
};

/** A field's true type, by OGR's. Lists become JSON arrays. */
export function fieldType({ type, subType }: Pick<OgrField, 'type' | 'subType'>): FieldType {
  switch (type) {
    case 'Integer':
      return subType === 'Boolean' ? 'boolean' : subType === 'Int16' ? 'int16' : 'integer';
    case 'Integer64':
      return 'integer64';
    case 'Real':
      return subType === 'Float32' ? 'float32' : 'real';
    case 'Date':
      return 'date';
    case 'Time':
      return 'time';
    case 'DateTime':
      return 'datetime';
    case 'Binary':
      return 'binary';
    case 'String':
      return subType === 'JSON' ? 'json' : 'string';
    default:
      return 'json';
  }
}

/** A stored value as a value of a field's type; what cannot be one becomes null. */
export function readValue(type: FieldType, stored: StoredValue): Value {
  if (stored === null) return null;
  switch (type) {
    case 'boolean':
      return typeof stored === 'string' ? stored === 'true' : Number(stored) !== 0;
    case 'int16':
    case 'integer':
      return number(stored);
    case 'integer64':
      return typeof stored === 'bigint' ? stored : typeof stored === 'string' ? BigInt(stored) : BigInt(Math.trunc(Number(stored)));
    case 'float32':
    case 'real':
      return number(stored);
    case 'date':
    case 'time':
    case 'datetime':
      return isoText(String(stored));
    case 'binary':
      return stored instanceof Uint8Array ? stored : Buffer.from(String(stored));
    case 'string':
    case 'json':
      return stored instanceof Uint8Array ? Buffer.from(stored).toString() : String(stored);
  }
}

function number(stored: StoredValue): number | null {
  const value = Number(stored);
  return Number.isNaN(value) ? null : value;
}

/** OGR's text of a date, a time or both (`2020/01/02 03:04:05.250+0530`) as ISO 8601. */
function isoText(text: string): string | null {
  const match = /^(?:(-?)(\d+)[/-](\d\d)[/-](\d\d))?(?:[ T]?(\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(text);
  if (!match || text === '') return null;
  const [, sign = '', year, month, day, time, zone = ''] = match;
  const date = year === undefined ? '' : `${sign}${year.padStart(4, '0')}-${month}-${day}`;
  const offset =
    zone === '' || /^(Z|[+-]00(:?00)?)$/.test(zone)
      ? zone === ''
        ? ''
        : 'Z'
      : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  return `${date}${date && time ? 'T' : ''}${time ?? ''}${offset}`;
}

/** Measures a field while its values go by. */
export class FieldMeasure {
  readonly #field: Omit<FieldProfile, 'null_count' | 'longest_bytes' | 'min' | 'max'>;
  #nulls = 0;
  #longest = 0;
  #min: number | bigint | string | null = null;
  #max: number | bigint | string | null = null;

  constructor(field: Omit<FieldProfile, 'null_count' | 'longest_bytes' | 'min' | 'max'>) {
    this.#field = field;
  }

  /** @returns the bytes that a text or a binary value has; 0 for all else. */
  add(value: Value): number {
    if (value === null) {
      this.#nulls++;
      return 0;
    }
    const { type } = this.#field;
    let bytes = 0;
    if (typeof value === 'string') {
      bytes = Buffer.byteLength(value);
      if (bytes > this.#longest) this.#longest = bytes;
      if (type === 'string' || type === 'json') return bytes;
    } else if (value instanceof Uint8Array) {
      this.#longest = Math.max(this.#longest, value.length);
      return value.length;
    } else if (typeof value === 'boolean' || (typeof value === 'number' && !Number.isFinite(value))) return 0;
    if (this.#min === null || value < this.#min) this.#min = value;
    if (this.#max === null || value > this.#max) this.#max = value;
    return bytes;
  }

  profile(): FieldProfile {
    const text = (value: number | bigint | string | null) => (value === null ? null : String(value));
    return { ...this.#field, null_count: this.#nulls, longest_bytes: this.#longest, min: text(this.#min), max: text(this.#max) };
  }
}
