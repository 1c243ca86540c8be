/** Bytes that grow, little-endian, for writers that go from front to back. Nothing is allocated but room. */
export class ByteBuffer {
  bytes: Buffer<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  length = 0;

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
    if (this.#short(value)) return;
    this.ascii(String(value));
  }

  /** Most coordinates and measurements have few decimals; of those the digits are found without a division by ten for each. */
  #short(value: number): boolean {
    const thousandths = Math.round(value * 1000);
    // Up to 15 digits every decimal number is the shortest text of its own float64.
    if (!(Math.abs(thousandths) < 1e15) || thousandths / 1000 !== value) return false;
    this.scaled(thousandths, 3);
    return true;
  }

  /** A whole number divided by a power of ten, without trailing zeros. At most 15 digits. */
  scaled(value: number, decimals: number): void {
    this.reserve(24);
    const { bytes } = this;
    let rest = value;
    if (rest < 0) {
      bytes[this.length++] = 0x2d;
      rest = -rest;
    }
    let left = decimals;
    while (left > 0 && rest % 10 === 0) {
      rest /= 10;
      left--;
    }
    // Digits from the last to the first; below 2^31 the arithmetic is that of integers.
    let digits = 1;
    for (let power = 10; power <= rest && digits < 16; power *= 10) digits++;
    if (digits <= left) digits = left + 1;
    let at = this.length + digits + (left > 0 ? 1 : 0);
    this.length = at;
    const put = (digit: number) => {
      bytes[--at] = 0x30 + digit;
    };
    let done = 0;
    while (rest >= 0x7fffffff) {
      const next = Math.floor(rest / 10);
      put(rest - next * 10);
      rest = next;
      if (++done === left && left > 0) bytes[--at] = 0x2e;
    }
    let small = rest | 0;
    while (done < digits) {
      const next = (small / 10) | 0;
      put(small - next * 10);
      small = next;
      if (++done === left && left > 0) bytes[--at] = 0x2e;
    }
  }
}
