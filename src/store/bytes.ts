const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Digits that a float64 surely holds. */
const DIGITS = 15;
const MOST_SCALED = 10 ** DIGITS;
/** Numbers are written as two, each of which fits an integer. */
const LOW = 10 ** 7;
/** The digits of all numbers of four. */
const FOUR = new Uint8Array(40_000);
for (let number = 0; number < 10_000; number++) {
  let rest = number;
  for (let digit = 3; digit >= 0; digit--) {
    FOUR[4 * number + digit] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

/** Bytes that grow, little-endian, for writers that go from front to back. Nothing is allocated but room. */
export class ByteBuffer {
  bytes: Buffer<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  length = 0;
  readonly #scratch = new Uint8Array(DIGITS);
  readonly #one = new Float64Array(1);

  constructor(size = 1 << 16) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for so many bytes more; whoever writes without asking has asked for them before. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** What was written, until more is: the buffer begins anew, in the same place. */
  written(): Uint8Array<ArrayBuffer> {
    const written = this.bytes.subarray(0, this.length);
    this.length = 0;
    return written;
  }

  /** What was written, which is then the caller's; the buffer begins anew with as much room. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = Buffer.allocUnsafeSlow(this.bytes.length);
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
    return taken;
  }

  uint8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** A number of an array: in hot loops, where numbers that are passed on would be allocated. */
  float64At(values: Float64Array, index: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, values[index] ?? Number.NaN, true);
    this.length += 8;
  }

  raw(bytes: Uint8Array, from = 0, to = bytes.length): void {
    this.reserve(to - from);
    if (to - from < 32) for (let i = from; i < to; i++) this.bytes[this.length++] = bytes[i] ?? 0;
    else {
      this.bytes.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), this.length);
      this.length += to - from;
    }
  }

  /** A text as UTF-8. */
  text(value: string): void {
    this.reserve(value.length * 3);
    this.length += this.bytes.write(value, this.length);
  }

  /** A text of ASCII alone, which is short. */
  ascii(value: string): void {
    const { length } = value;
    this.reserve(length);
    for (let i = 0; i < length; i++) this.bytes[this.length++] = value.charCodeAt(i);
  }

  /** A number as JavaScript writes it: the shortest text that reads back as the same. */
  number(value: number): void {
    this.#one[0] = value;
    this.numberAt(this.#one, 0);
  }

  /** The same for a number of an array: in hot loops, where numbers that are passed on would be allocated. */
  numberAt(values: Float64Array, index: number): void {
    const value = values[index] ?? Number.NaN;
    // Most have few decimals. Up to 15 digits every decimal number is the shortest text of its own float64.
    const thousandths = Math.round(value * 1000);
    const size = Math.abs(thousandths);
    if (size < MOST_SCALED && thousandths / 1000 === value) {
      const high = Math.floor(size / LOW);
      this.#digits(high, size - high * LOW, 3, thousandths < 0);
    } else this.ascii(String(value));
  }

  /** A number of an array, rounded to some decimals, without trailing zeros. */
  roundedAt(values: Float64Array, index: number, factor: number, decimals: number): void {
    const scaled = Math.round((values[index] ?? Number.NaN) * factor);
    const size = Math.abs(scaled);
    if (size < MOST_SCALED) {
      const high = Math.floor(size / LOW);
      this.#digits(high, size - high * LOW, decimals, scaled < 0);
    } else this.ascii(String(scaled / factor));
  }

  /** A whole number divided by a power of ten, without trailing zeros; of its digits `high` holds the first 8 and `low` 7. */
  #digits(high: number, low: number, decimals: number, negative: boolean): void {
    const digits = this.#scratch;
    putFour(digits, 0, (high / 10_000) | 0);
    putFour(digits, 4, (high % 10_000) | 0);
    const upper = (low / 10_000) | 0;
    digits[8] = FOUR[4 * upper + 1] ?? 0;
    digits[9] = FOUR[4 * upper + 2] ?? 0;
    digits[10] = FOUR[4 * upper + 3] ?? 0;
    putFour(digits, 11, (low % 10_000) | 0);
    const point = DIGITS - decimals;
    let first = 0;
    while (first < point - 1 && digits[first] === ZERO) first++;
    let last = DIGITS;
    while (last > point && digits[last - 1] === ZERO) last--;
    this.reserve(DIGITS + 2);
    const { bytes } = this;
    let at = this.length;
    if (negative) bytes[at++] = MINUS;
    for (let i = first; i < last; i++) {
      if (i === point) bytes[at++] = POINT;
      bytes[at++] = digits[i] ?? ZERO;
    }
    this.length = at;
  }
}

/** Copies four digits of a number below 10,000. */
function putFour(into: Uint8Array, at: number, number: number): void {
  const from = 4 * number;
  into[at] = FOUR[from] ?? 0;
  into[at + 1] = FOUR[from + 1] ?? 0;
  into[at + 2] = FOUR[from + 2] ?? 0;
  into[at + 3] = FOUR[from + 3] ?? 0;
}
