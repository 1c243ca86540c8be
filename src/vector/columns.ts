import type { Value } from '../store/feature.ts';
import type { FieldProfile, FieldType, Profile } from '../store/profile.ts';
import { cutText, fitNames, type RenamedField } from './names.ts';
import type { Column, ColumnPlan, FormatRules } from './rules.ts';

/** A field kept as it is. */
export function asIs(field: FieldProfile): ColumnPlan {
  return {
    as: fitsDate(field) ? field.type : 'string',
    width: field.width,
    precision: field.precision,
    max: null,
    decimals: null,
    toUtc: false,
    warning: fitsDate(field) ? null : `Field “${field.name}” has years that are not of four digits, so it is text.`,
  };
}

/** A field kept as text of at most so many bytes or characters (null: any). */
export function asText(max: ColumnPlan['max'], warning: string | null = null): ColumnPlan {
  return { as: 'string', width: 0, precision: 0, max, decimals: null, toUtc: false, warning };
}

/** Whether a number field's values all lie within ±limit. A field without values does. */
export function within(field: FieldProfile, limit: bigint): boolean {
  if (field.min === null || field.max === null) return true;
  return BigInt(field.min) >= -limit && BigInt(field.max) <= limit;
}

/** The largest whole number up to which a 64-bit float holds every whole number. */
export const EXACT_IN_FLOAT = 2n ** 53n;

/** Years before 1 or past 9999 are beyond what GDAL's and most formats' dates hold. */
function fitsDate(field: FieldProfile): boolean {
  if (field.type !== 'date' && field.type !== 'datetime') return true;
  return [field.min, field.max].every((value) => value === null || /^\d{4}-/.test(value));
}

/** The columns of an output and what became of the names. */
export function planColumns(writer: FormatRules, profile: Profile): { columns: Column[]; renamed: RenamedField[]; warnings: string[] } {
  if (!writer.attributes) {
    const { length } = profile.fields;
    return {
      columns: [],
      renamed: [],
      warnings: length === 0 ? [] : [`The format holds geometry alone: all ${length} fields were left out.`],
    };
  }
  const { names, renamed } = fitNames(
    profile.fields.map((field) => field.name),
    writer.names,
  );
  const columns = profile.fields.map((field, index) => ({ ...writer.column(field, profile), name: names[index] ?? field.name, field }));
  return { columns, renamed, warnings: columns.flatMap(({ warning }) => warning ?? []) };
}

/** What a column's values lost so far: plain data, to be summed up over threads. */
export interface ColumnLosses {
  nulls: number;
  blanks: number;
  cut: number;
  moved: number;
  unreadable: number;
  rounded: number;
  infinite: number;
  replaced: number;
}

function noLosses(): ColumnLosses {
  return { nulls: 0, blanks: 0, cut: 0, moved: 0, unreadable: 0, rounded: 0, infinite: 0, replaced: 0 };
}

/** Turns values into what the columns hold, and counts what that loses. */
export class ColumnConverter {
  readonly #columns: readonly Column[];
  readonly #infinities: boolean;
  readonly #texts: FormatRules['texts'];
  /** One a column. */
  readonly losses: ColumnLosses[];

  constructor(columns: readonly Column[], { infinities, texts }: Pick<FormatRules, 'infinities' | 'texts'>) {
    this.#columns = columns;
    this.#infinities = infinities;
    this.#texts = texts;
    this.losses = columns.map(noLosses);
  }

  /** The losses so far; they are counted from 0 again. */
  takeLosses(): ColumnLosses[] {
    return this.losses.splice(0, this.losses.length, ...this.losses.map(noLosses));
  }

  /** Adds what another converter of the same columns lost. */
  add(losses: readonly ColumnLosses[]): void {
    this.losses.forEach((own, index) => {
      const other = losses[index];
      if (!other) return;
      own.nulls += other.nulls;
      own.blanks += other.blanks;
      own.cut += other.cut;
      own.moved += other.moved;
      own.unreadable += other.unreadable;
      own.rounded += other.rounded;
      own.infinite += other.infinite;
      own.replaced += other.replaced;
    });
  }

  convert(values: readonly Value[]): Value[] {
    return this.#columns.map((_, index) => this.one(index, values[index] ?? null));
  }

  /** A column's value. */
  one(index: number, value: Value): Value {
    const [column, losses] = [this.#columns[index], this.losses[index]];
    if (!column || !losses) return null;
    if (value === null) {
      losses.nulls++;
      return null;
    }
    const converted = convertValue(column.field.type, column.as, value);
    if (converted === null) {
      losses.unreadable++;
      return null;
    }
    if (typeof converted === 'number') {
      if (!this.#infinities && !Number.isFinite(converted)) {
        losses.infinite++;
        losses.nulls++;
        return null;
      }
      if (column.decimals !== null && losesDigits(converted, column.decimals)) losses.rounded++;
      return converted;
    }
    if (typeof converted !== 'string') return converted;
    if (converted === '') losses.blanks++;
    if (column.toUtc) {
      const utc = toUtc(converted);
      if (utc !== converted) losses.moved++;
      return utc;
    }
    const allowed = this.#allowed(converted, losses);
    if (!column.max) return allowed;
    const short = cutText(allowed, column.max);
    if (short.length < allowed.length) losses.cut++;
    return short;
  }

  #allowed(text: string, losses: ColumnLosses): string {
    if (!this.#texts) return text;
    const allowed = text.replace(this.#texts.forbidden, this.#texts.replacement);
    if (allowed !== text) losses.replaced++;
    return allowed;
  }

  /** Sentences on what was lost. */
  warnings({ nullsAs, blanksAreNulls }: Pick<FormatRules, 'nullsAs' | 'blanksAreNulls'>): string[] {
    const named = (lost: (losses: ColumnLosses) => number, only: (column: Column) => boolean) =>
      this.#columns
        .filter((column, index) => {
          const losses = this.losses[index];
          return losses && lost(losses) > 0 && only(column);
        })
        .map(({ name }) => `“${name}”`);
    // What dates do with nulls is the same everywhere: they stay empty.
    const nulls =
      nullsAs === null
        ? []
        : named(
            (of) => of.nulls,
            ({ as }) => !['date', 'time', 'datetime'].includes(as),
          );
    const blanks = blanksAreNulls
      ? named(
          (of) => of.blanks,
          () => true,
        )
      : [];
    return [
      ...this.#values(),
      ...(nulls.length === 0 ? [] : [`Nulls of ${fields(nulls)} were written as ${nullsAs}, because the format has no nulls.`]),
      ...(blanks.length === 0 ? [] : [`Empty texts of ${fields(blanks)} cannot be told from nulls in this format.`]),
    ];
  }

  #values(): string[] {
    return this.#columns.flatMap((column, index) => {
      const losses = this.losses[index];
      if (!losses) return [];
      const { cut, moved, unreadable, rounded, infinite, replaced } = losses;
      const of = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'} of field “${column.field.name}”`;
      const was = (n: number) => (n === 1 ? 'was' : 'were');
      const sentences: string[] = [];
      if (replaced > 0 && this.#texts)
        sentences.push(
          `${of(replaced, 'text')} had ${this.#texts.what}, which the format cannot hold; they became “${this.#texts.replacement}”.`,
        );
      if (infinite > 0) sentences.push(`${of(infinite, 'infinite number')} ${was(infinite)} left out, because the format has none.`);
      if (rounded > 0) sentences.push(`${of(rounded, 'number')} ${was(rounded)} rounded to ${column.decimals} decimals.`);
      if (cut > 0) sentences.push(`${of(cut, 'text')} longer than ${column.max?.count} ${column.max?.unit} ${was(cut)} cut.`);
      if (moved > 0) sentences.push(`${of(moved, 'time')} ${was(moved)} moved to UTC, because the format keeps no time zone.`);
      if (unreadable > 0) sentences.push(`${of(unreadable, 'value')} ${was(unreadable)} left out, being no valid ${column.as}.`);
      return sentences;
    });
  }
}

/** `2 fields (“a”, “b”)`, at most ten by name. */
function fields(names: readonly string[]): string {
  const more = names.length > 10 ? `, and ${names.length - 10} more` : '';
  return `${names.length} ${names.length === 1 ? 'field' : 'fields'} (${names.slice(0, 10).join(', ')}${more})`;
}

/** A value of one type as another; null when it cannot be. */
function convertValue(from: FieldType, to: FieldType, value: Value): Value {
  switch (to) {
    case 'string':
    case 'json':
      if (from === 'date' || from === 'time' || from === 'datetime') return isoText(from, String(value));
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
    case 'date':
    case 'time':
    case 'datetime':
      return isoText(to, String(value));
    case 'integer64':
      return typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(Math.trunc(value)) : value ? 1n : 0n;
    case 'int16':
    case 'integer':
    case 'float32':
    case 'real':
      return Number(value);
    case 'boolean':
      return Boolean(value);
    case 'binary':
      return value instanceof Uint8Array ? value : null;
  }
}

/** Whether rounding to so many decimals changes a number by more than a billionth of it. */
function losesDigits(value: number, decimals: number): boolean {
  const size = Math.abs(value);
  if (size === 0 || size >= 10 ** (9 - decimals)) return false;
  const power = 10 ** decimals;
  if (Math.round(value * power) / power === value) return false;
  return Math.abs(Number(value.toFixed(decimals)) - value) > size * 1e-9;
}

const ISO = /^(?:([+-]?\d{4,})[-/](\d\d)[-/](\d\d))?[T ]?(?:(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** ISO 8601 text of a date, time or datetime, whatever of the three the text holds; null when it is none. */
function isoText(type: 'date' | 'time' | 'datetime', text: string): string | null {
  const match = ISO.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute = '00', second = '00', zone = ''] = match;
  if (type === 'date') return year === undefined ? null : `${year}-${month}-${day}`;
  const time = `${hour ?? '00'}:${minute}:${second}`;
  if (type === 'time') return hour === undefined ? null : time + zone;
  return year === undefined ? null : `${year}-${month}-${day}T${time}${zone}`;
}

/** The same moment without its offset, in UTC; a text without an offset stays as it is. */
export function toUtc(text: string): string {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)$/.exec(text);
  if (!match) return text;
  const [, moment = '', fraction = '', zone = 'Z'] = match;
  if (zone === 'Z') return moment + fraction;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return new Date(Date.parse(`${moment}Z`) - offset * 60_000).toISOString().slice(0, 19) + fraction;
}
