/** A flatbuffers table: finds its fields through the vtable (flatbuffers internals, "Tables"). */
export class Table {
  readonly view: DataView;
  readonly at: number;
  constructor(view: DataView, at: number) {
    this.view = view;
    this.at = at;
  }

  static root(view: DataView): Table {
    // After the size prefix.
    return new Table(view, 4 + view.getUint32(4, true));
  }

  /** The position of a field's value; 0 when it is absent. */
  field(slot: number): number {
    const vtable = this.at - this.view.getInt32(this.at, true);
    const entry = 4 + 2 * slot;
    const offset = entry < this.view.getUint16(vtable, true) ? this.view.getUint16(vtable + entry, true) : 0;
    return offset === 0 ? 0 : this.at + offset;
  }

  /** Where a vector's or string's elements start and how many they are; null also where the bytes end before it. */
  vector(slot: number): { start: number; length: number } | null {
    const at = this.field(slot);
    if (at === 0) return null;
    const vector = at + this.view.getUint32(at, true);
    if (vector + 4 > this.view.byteLength) return null;
    return { start: vector + 4, length: this.view.getUint32(vector, true) };
  }

  table(slot: number): Table | null {
    const at = this.field(slot);
    return at === 0 ? null : new Table(this.view, at + this.view.getUint32(at, true));
  }

  tables(slot: number): Table[] {
    return Array.from({ length: this.vector(slot)?.length ?? 0 }, (_, i) => this.member(slot, i));
  }

  /** One of a vector of tables. */
  member(slot: number, index: number): Table {
    const at = (this.vector(slot)?.start ?? 0) + 4 * index;
    return new Table(this.view, at + this.view.getUint32(at, true));
  }

  uint8(slot: number): number {
    const at = this.field(slot);
    return at === 0 ? 0 : this.view.getUint8(at);
  }

  text(slot: number): string {
    const vector = this.vector(slot);
    return vector ? text(this.view, vector.start, vector.length) : '';
  }

  /** @param most numbers that are wanted, the first ones. */
  float64s(slot: number, most = Number.POSITIVE_INFINITY): Float64Array | null {
    const vector = this.vector(slot);
    if (!vector || vector.length === 0) return null;
    const from = this.view.byteOffset + vector.start;
    return new Float64Array(this.view.buffer.slice(from, from + 8 * Math.min(vector.length, most)));
  }
}

export function text(view: DataView, start: number, length: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, length).toString('utf8');
}

/** Bytes that grow. Every size-prefixed buffer starts at a multiple of 8 as flatbuffers wants it, counted from `base`. */
export class Bytes {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  length = 0;
  base = 0;

  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  /** Hands what was written to a function, without a copy; the next bytes begin anew. */
  drain(write: (bytes: Uint8Array) => void): void {
    write(this.#bytes.subarray(0, this.length));
    this.length = 0;
  }

  reserve(size: number): number {
    const at = this.length;
    if (at + size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, at + size));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#bytes.fill(0, at, at + size);
    this.length += size;
    return at;
  }

  align(size: number, ahead = 0): void {
    const over = (this.length - this.base + ahead) % size;
    if (over !== 0) this.reserve(size - over);
  }

  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  get view(): DataView {
    return this.#view;
  }

  setUint8(at: number, value: number): void {
    this.#view.setUint8(at, value);
  }
  setUint16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }
  setInt32(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }
  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  uint16(value: number): void {
    const at = this.reserve(2);
    this.setUint16(at, value);
  }

  /** Fills an offset field with the distance to what is written next. */
  pointHere(field: number): void {
    this.setUint32(field, this.length - field);
  }

  /** A table with its vtable before it; sizes are the fields' in bytes, 0 for absent ones. Gives the fields' positions. */
  table(sizes: readonly number[]): { at: number; fields: number[] } {
    const order = sizes.map((size, slot) => ({ size, slot })).filter(({ size }) => size > 0);
    // Widest first leaves no gaps; 8-byte fields need the table 4 past a multiple of 8.
    order.sort((a, b) => b.size - a.size);
    const offsets = sizes.map(() => 0);
    let size = 4;
    for (const field of order) {
      offsets[field.slot] = size;
      size += field.size;
    }
    this.align(4);
    const vtable = this.reserve(4 + 2 * sizes.length);
    // Keep the vtable where it is and align the table's first wide field.
    const ahead = order[0]?.size === 8 ? 4 : 0;
    this.align(ahead ? 8 : 4, ahead);
    const at = this.reserve(size);
    this.setUint16(vtable, 4 + 2 * sizes.length);
    this.setUint16(vtable + 2, size);
    offsets.forEach((offset, slot) => {
      this.setUint16(vtable + 4 + 2 * slot, offset);
    });
    this.setInt32(at, at - vtable);
    return { at, fields: offsets.map((offset) => at + offset) };
  }

  float64s(values: Float64Array): void {
    this.align(8, 4);
    const at = this.reserve(4 + 8 * values.length);
    this.setUint32(at, values.length);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at + 4);
  }

  uint32s(values: Uint32Array): void {
    this.align(4);
    const at = this.reserve(4 + 4 * values.length);
    this.setUint32(at, values.length);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at + 4);
  }

  string(text: string): void {
    const bytes = Buffer.from(text);
    this.align(4);
    const at = this.reserve(4 + bytes.length + 1);
    this.setUint32(at, bytes.length);
    this.#bytes.set(bytes, at + 4);
  }

  /** The fields of several tables' offsets, to be filled with `pointHere`. */
  offsets(count: number): number[] {
    this.align(4);
    const at = this.reserve(4 + 4 * count);
    this.setUint32(at, count);
    return Array.from({ length: count }, (_, i) => at + 4 + 4 * i);
  }
}

/** A size-prefixed flatbuffer around what `fill` writes from its root offset's position on. */
export function sizePrefixed(out: Bytes, fill: (root: number) => void): void {
  const start = out.length;
  out.base = start;
  out.reserve(8);
  fill(start + 4);
  out.align(8);
  out.setUint32(start, out.length - start - 4);
}

/** Fills an offset field with the position of a table that was just written. */
export function pointAt(out: Bytes, field: number, table: number): void {
  out.setUint32(field, table - field);
}
