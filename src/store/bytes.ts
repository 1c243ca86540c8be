const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Whole parts below this are twice four digits. With seven decimals more they are still the shortest text of the float64 that is nearest. */
const MOST_WHOLE = 10 ** 8;
/** The digits of all numbers of four, the first one in the lowest byte. */
const FOUR = Uint32Array.from({ length: 10_000 }, (_, number) => Buffer.from(String(number).padStart(4, '0')).readUint32LE());

/** Bytes that grow, little-endian, for writers that go from front to back. Nothing is allocated but room. */
export class ByteBuffer {
  bytes: Buffer<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  length = 0;
  readonly #one = new Float64Array(1);

  constructor(size = 1 << 16) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for so many bytes more; whoever writes without asking has asked for them before. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    // What it was before is given back at once.
    const buffer = this.bytes.buffer.transfer(Math.max(needed, this.bytes.length * 2));
    this.bytes = Buffer.from(buffer);
    this.view = new DataView(buffer);
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

  /** Gives its memory back at once; what was written is gone. */
  free(): void {
    this.bytes.buffer.transfer(0);
    this.bytes = Buffer.allocUnsafeSlow(0);
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
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
    const { bytes: into, length } = this;
    if (to - from < 32) for (let i = from; i < to; i++) into[length + i - from] = bytes[i] ?? 0;
    else into.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), length);
    this.length += to - from;
  }

  /** A text as UTF-8. */
  text(value: string): void {
    this.reserve(value.length * 3);
    this.length += this.bytes.write(value, this.length);
  }

  /** A text of ASCII alone, which is short. */
  ascii(value: string): void {
    this.reserve(value.length);
    const { bytes, length } = this;
    for (let i = 0; i < value.length; i++) bytes[length + i] = value.charCodeAt(i);
    this.length += value.length;
  }

  /** A number as JavaScript writes it: the shortest text that reads back as the same. */
  number(value: number): void {
    this.#one[0] = value;
    this.numberAt(this.#one, 0);
  }

  /** The same for a number of an array: in hot loops, where numbers that are passed on would be allocated. */
  numberAt(values: Float64Array, index: number): void {
    const value = values[index] ?? Number.NaN;
    // Most have few decimals.
    const scaled = Math.round(value * 1000);
    const size = Math.abs(scaled);
    const whole = Math.floor(size / 1000);
    if (whole < MOST_WHOLE && scaled / 1000 === value) this.#decimal(whole | 0, (size - whole * 1000) | 0, 0, scaled < 0);
    else this.ascii(String(value));
  }

  /** A number of an array, rounded to 7 decimals, without trailing zeros. */
  roundedAt(values: Float64Array, index: number): void {
    const scaled = Math.round((values[index] ?? Number.NaN) * 1e7);
    const size = Math.abs(scaled);
    const whole = Math.floor(size / 1e7);
    const rest = (size - whole * 1e7) | 0;
    const decimals = (rest / 10_000) | 0;
    if (whole < MOST_WHOLE) this.#decimal(whole | 0, decimals, rest - 10_000 * decimals, scaled < 0);
    else this.ascii(String(scaled / 1e7));
  }

  /** A number without trailing zeros: its whole part, three decimals and the four after them. */
  #decimal(whole: number, decimals: number, more: number, negative: boolean): void {
    this.reserve(24);
    const { bytes, view } = this;
    let at = this.length;
    if (negative) bytes[at++] = MINUS;
    const high = (whole / 10_000) | 0;
    const low = whole - 10_000 * high;
    if (high === 0) at = putShort(view, at, low);
    else {
      at = putShort(view, at, high);
      view.setUint32(at, FOUR[low] ?? 0, true);
      at += 4;
    }
    if (decimals !== 0 || more !== 0) {
      bytes[at] = POINT;
      view.setUint32(at + 1, (FOUR[decimals] ?? 0) >>> 8, true);
      at += 4;
      if (more !== 0) {
        view.setUint32(at, FOUR[more] ?? 0, true);
        at += 4;
      }
      while (bytes[at - 1] === ZERO) at--;
    }
    this.length = at;
  }
}

/** Writes a number below 10,000 without leading zeros, and after it what the next write covers; gives where it ends. */
function putShort(view: DataView, at: number, number: number): number {
  const zeros = number < 10 ? 3 : number < 100 ? 2 : number < 1000 ? 1 : 0;
  view.setUint32(at, (FOUR[number] ?? 0) >>> (8 * zeros), true);
  return at + 4 - zeros;
}
