/** A value of a feature's property, as a tile holds it. */
export type TileValue = string | number | boolean;

/** What a feature is in a tile (Mapbox Vector Tile 2.1, section 4.3.4). */
export type TileGeometry = 'point' | 'line' | 'polygon';

/** Units of a tile's side. */
export const EXTENT = 4096;

const TYPE_NUMBERS: Readonly<Record<TileGeometry, number>> = { point: 1, line: 2, polygon: 3 };
const [MOVE_TO, LINE_TO, CLOSE_PATH] = [1, 2, 7];

/** One layer of a vector tile in the making (Mapbox Vector Tile specification 2.1). */
export class TileLayer {
  readonly #name: string;
  readonly #features = new Protobuf();
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<TileValue, number>();
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get bytes(): number {
    return this.#features.length;
  }

  /**
   * Adds a feature.
   * @param parts x and y of each point, whole numbers in tile units. Points: one part. Lines: one part a line. Polygons: rings without their closing
   * point; exterior ones clockwise as they are seen (a positive area where y goes down), the others after theirs the other way.
   */
  add(type: TileGeometry, parts: readonly ArrayLike<number>[], properties: Readonly<Record<string, TileValue>>, id?: number): void {
    const tags: number[] = [];
    for (const [key, value] of Object.entries(properties)) tags.push(numberOf(this.#keys, key), numberOf(this.#values, value));
    const feature = new Protobuf();
    if (id !== undefined) feature.varintField(1, id);
    feature.packedField(2, tags);
    feature.varintField(3, TYPE_NUMBERS[type]);
    feature.packedField(4, commands(type, parts));
    this.#features.bytesField(2, feature.bytes());
    this.#count++;
  }

  /** The layer as a field of a tile; nothing where it has no feature, since a layer must have some. */
  encode(): Uint8Array {
    if (this.#count === 0) return new Uint8Array();
    const layer = new Protobuf();
    layer.varintField(15, 2);
    layer.textField(1, this.#name);
    layer.raw(this.#features.bytes());
    for (const key of this.#keys.keys()) layer.textField(3, key);
    for (const value of this.#values.keys()) layer.bytesField(4, encodeValue(value));
    layer.varintField(5, EXTENT);
    const tile = new Protobuf();
    tile.bytesField(3, layer.bytes());
    return tile.bytes();
  }
}

function numberOf<Key>(numbers: Map<Key, number>, key: Key): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  const number = numbers.size;
  numbers.set(key, number);
  return number;
}

/** Geometry as commands with differences between points (section 4.3). */
function commands(type: TileGeometry, parts: readonly ArrayLike<number>[]): number[] {
  const out: number[] = [];
  let [x, y] = [0, 0];
  const difference = (part: ArrayLike<number>, i: number) => {
    const [nextX, nextY] = [part[2 * i] ?? 0, part[2 * i + 1] ?? 0];
    out.push(zigzag(nextX - x), zigzag(nextY - y));
    [x, y] = [nextX, nextY];
  };
  for (const part of parts) {
    const count = part.length / 2;
    const moves = type === 'point' ? count : 1;
    out.push((moves << 3) | MOVE_TO);
    for (let i = 0; i < moves; i++) difference(part, i);
    if (type === 'point') continue;
    out.push(((count - 1) << 3) | LINE_TO);
    for (let i = 1; i < count; i++) difference(part, i);
    if (type === 'polygon') out.push((1 << 3) | CLOSE_PATH);
  }
  return out;
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function encodeValue(value: TileValue): Uint8Array {
  const out = new Protobuf();
  if (typeof value === 'string') out.textField(1, value);
  else if (typeof value === 'boolean') out.varintField(7, value ? 1 : 0);
  else if (Number.isSafeInteger(value) && value >= 0) out.varintField(5, value);
  else out.doubleField(3, value);
  return out.bytes();
}

/** Writes the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding). */
class Protobuf {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  varintField(field: number, value: number): void {
    this.#varint(field << 3);
    this.#varint(value);
  }

  doubleField(field: number, value: number): void {
    this.#varint((field << 3) | 1);
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  textField(field: number, value: string): void {
    this.bytesField(field, new TextEncoder().encode(value));
  }

  bytesField(field: number, value: Uint8Array): void {
    this.#varint((field << 3) | 2);
    this.#varint(value.length);
    this.raw(value);
  }

  packedField(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const packed = new Protobuf();
    for (const value of values) packed.#varint(value);
    this.bytesField(field, packed.bytes());
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.length);
    this.length += value.length;
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.length++] = rest;
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + more));
    grown.set(this.bytes());
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
