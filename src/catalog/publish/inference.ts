import type { FieldType } from '../../store/profile.ts';

const INTEGER = /^-?(?:0|[1-9]\d{0,18})$/;
const REAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const DATE_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?$/;
const INT32 = 2n ** 31n;
const INT64 = 2n ** 63n;
/** What a 64-bit float holds of any decimal number. */
const DIGITS = 15;

/**
 * Finds the type that all texts of a column have, from every one of them. A type is only given where no text changes by it:
 * `007` and numbers of more digits than a float holds stay text.
 */
export class TypeInference {
  #integer = true;
  #real = true;
  #date = true;
  #dateTime = true;
  #wide = false;
  #any = false;

  add(text: string): void {
    if (text === '') return;
    this.#any = true;
    if (this.#integer) this.#integer = INTEGER.test(text) && this.#fits(text);
    if (this.#real) this.#real = REAL.test(text) && text.replace(/[eE].*|[-.]/g, '').replace(/^0+/, '').length <= DIGITS;
    if (this.#date) this.#date = DATE.test(text);
    if (this.#dateTime) this.#dateTime = DATE_TIME.test(text);
  }

  #fits(text: string): boolean {
    const value = BigInt(text);
    this.#wide ||= value >= INT32 || value < -INT32;
    return value < INT64 && value >= -INT64;
  }

  get type(): FieldType {
    if (!this.#any) return 'string';
    if (this.#integer) return this.#wide ? 'integer64' : 'integer';
    if (this.#real) return 'real';
    if (this.#date) return 'date';
    return this.#dateTime ? 'datetime' : 'string';
  }
}
