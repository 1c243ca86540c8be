// The syntax of PDF objects (ISO 32000-2 section 7.3).

/** A name, such as `/Type`. */
export class Name {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}

/** A text for people, or a string of bytes where it is ASCII alone (section 7.9.2.2). */
export class Text {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}

/** Bytes, written in hexadecimal. */
export class Bytes {
  readonly value: Uint8Array;
  constructor(value: Uint8Array) {
    this.value = value;
  }
}

/** An indirect object. */
export class Ref {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

export type PdfValue = number | boolean | null | Name | Text | Bytes | Ref | readonly PdfValue[] | PdfDict;
export interface PdfDict {
  /** What is undefined is left out. */
  readonly [key: string]: PdfValue | undefined;
}

/** A value as it stands in a file. */
export function serialized(value: PdfValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return decimal(value);
  if (value instanceof Name) return nameOf(value.value);
  if (value instanceof Text) return textOf(value.value);
  if (value instanceof Bytes) return `<${Buffer.from(value.value).toString('hex')}>`;
  if (value instanceof Ref) return `${value.id} 0 R`;
  if (isList(value)) return `[${value.map(serialized).join(' ')}]`;
  const entries = Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [`${nameOf(key)} ${serialized(one)}`]));
  return `<<${entries.join(' ')}>>`;
}

function isList(value: PdfDict | readonly PdfValue[]): value is readonly PdfValue[] {
  return Array.isArray(value);
}

/** Decimals that coordinates on Earth need: in degrees, far below a millimetre. */
const DECIMALS = 12;

/** A number without an exponent, which PDF does not know. */
export function decimal(value: number, decimals = DECIMALS): string {
  if (!Number.isFinite(value)) throw new Error('PDF has no such number.');
  const text = value.toFixed(decimals);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' || short === '' ? '0' : short;
}

function nameOf(value: string): string {
  // Section 7.3.5: what is no regular character is written as its number.
  const escaped = [...Buffer.from(value)].map((byte) =>
    byte > 0x20 && byte < 0x7f && !'#()<>[]{}/%'.includes(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `#${byte.toString(16).padStart(2, '0')}`,
  );
  return `/${escaped.join('')}`;
}

function textOf(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return `(${value.replace(/[\\()]/g, (character) => `\\${character}`)})`;
  // A byte order mark tells that it is UTF-16.
  const bytes = Buffer.from(`\ufeff${value}`, 'utf16le').swap16();
  return `<${bytes.toString('hex')}>`;
}
