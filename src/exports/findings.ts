/** The codes of API.md (`invalid_reasons`). */
export const REASON_CODES = [
  'outside-extent',
  'not-found',
  'no-format-for-kind',
  'format-not-available',
  'format-not-for-kind',
  'crs-required',
  'crs-unknown',
  'crs-unsupported',
  'extent-invalid',
  'extent-too-complex',
  'extent-empty',
  'tile-unknown',
  'not-tiled',
  'color-invalid',
  'option-invalid',
  'no-items',
  'too-many-items',
  'duplicate-item',
  'too-large',
  'quota-exceeded',
  'unknown-field',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** Gathers all that is wrong with a request, so that it is reported at once. */
export class Findings {
  /** The request's own codes. */
  readonly reasons = new Set<ReasonCode>();
  /** Codes by item. */
  readonly itemReasons = new Map<number, Set<ReasonCode>>();
  /** Sentences by field path (`items[0].color`). */
  readonly errors: Record<string, string[]> = {};

  add(code: ReasonCode, path: string, sentence: string): void {
    this.reasons.add(code);
    this.#say(path, sentence);
  }

  addToItem(item: number, code: ReasonCode, path: string, sentence: string): void {
    const codes = this.itemReasons.get(item) ?? new Set();
    this.itemReasons.set(item, codes.add(code));
    this.#say(`items[${item}]${path}`, sentence);
  }

  /** The codes of one item. */
  ofItem(item: number): ReasonCode[] {
    return [...(this.itemReasons.get(item) ?? [])];
  }

  get any(): boolean {
    return this.reasons.size > 0 || this.itemReasons.size > 0;
  }

  #say(path: string, sentence: string): void {
    // A key of the request may be `__proto__`.
    const known = Object.hasOwn(this.errors, path) ? this.errors[path] : undefined;
    if (known) known.push(sentence);
    else Object.defineProperty(this.errors, path, { value: [sentence], enumerable: true });
  }
}
