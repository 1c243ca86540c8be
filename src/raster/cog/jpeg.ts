import { TiffError } from '../../store/cog/tiff.ts';
import { bestTable, type HuffmanReader, type HuffmanSpec, type HuffmanWriter, readerOf, writerOf } from './huffman.ts';

// JPEG, as far as tiles of a TIFF need it: baseline, all components in one scan. Coefficients are read and written as they are, never turned into
// pixels and back, so that nothing is lost. Sections are those of ITU-T T.81; that of tables apart from tiles is TIFF Technical Note 2.

const NOT_KNOWN = 'The JPEG of this TIFF is not of a known kind.';
const DAMAGED = 'A tile of this TIFF is damaged.';
const [SOF0, SOF1, DHT, SOI, EOI, SOS, DQT, DRI] = [0xc0, 0xc1, 0xc4, 0xd8, 0xd9, 0xda, 0xdb, 0xdd];
/** Coefficients of 8 by 8 pixels. */
const UNIT = 64;

/** Tables by number: those for DC are 0 to 3, those for AC 16 to 19 (B.2.4.2). */
export interface JpegTables {
  huffman: ReadonlyMap<number, HuffmanSpec>;
  /** DQT segments by number. */
  quantization: ReadonlyMap<number, Quantization>;
}

interface Quantization {
  /** Divisor of the DC coefficient. */
  dc: number;
  /** The table as the segment has it. */
  bytes: Uint8Array;
}

interface Component {
  /** Units beside and below each other in an MCU. */
  across: number;
  down: number;
  quantization: number;
  dcTable: number;
  acTable: number;
}

/** A tile's coefficients: MCU by MCU, each its components' units, each 64 in zigzag order. DC is no difference here. */
export interface JpegTile {
  coefficients: Int16Array;
  /** Of the tile, in MCUs. */
  columns: number;
  rows: number;
  /** Of an MCU, in pixels. */
  mcuWidth: number;
  mcuHeight: number;
  /** Units of an MCU. */
  units: number;
  components: readonly Component[];
  /** Segments before the scan but for Huffman tables and restarts, and the header of the scan. */
  head: Uint8Array;
  scan: Uint8Array;
  quantization: ReadonlyMap<number, Quantization>;
  /** Whether the tile brings its own Huffman tables. */
  ownHuffman: boolean;
}

/** Reads the tables that the tiles of an image share (TIFF Technical Note 2, JPEGTables). @throws {TiffError} when they are damaged. */
export function readTables(bytes: Uint8Array): JpegTables {
  const huffman = new Map<number, HuffmanSpec>();
  const quantization = new Map<number, Quantization>();
  for (const { marker, body } of segments(bytes)) {
    if (marker === DHT) readHuffman(body, huffman);
    else if (marker === DQT) readQuantization(body, quantization);
  }
  return { huffman, quantization };
}

/** Marker segments up to the start of a scan's data or the end of the image. `end` is where the segment ends. */
function* segments(bytes: Uint8Array): Generator<{ marker: number; body: Uint8Array; whole: Uint8Array; end: number }> {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) throw new TiffError(DAMAGED);
  for (let at = 2; at + 1 < bytes.length; ) {
    if (bytes[at] !== 0xff) throw new TiffError(DAMAGED);
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++; // a fill byte (B.1.1.2)
      continue;
    }
    if (marker === EOI) return;
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) throw new TiffError(DAMAGED);
    yield { marker, body: bytes.subarray(at + 4, end), whole: bytes.subarray(at, end), end };
    if (marker === SOS) return;
    at = end;
  }
}

function readHuffman(body: Uint8Array, tables: Map<number, HuffmanSpec>): void {
  for (let at = 0; at < body.length; ) {
    const lengths = body.slice(at + 1, at + 17);
    const count = lengths.reduce((a, b) => a + b, 0);
    if (lengths.length < 16 || count > 256 || at + 17 + count > body.length) throw new TiffError(DAMAGED);
    tables.set(body[at] ?? 0, { lengths, symbols: body.slice(at + 17, at + 17 + count) });
    at += 17 + count;
  }
}

function readQuantization(body: Uint8Array, tables: Map<number, Quantization>): void {
  for (let at = 0; at < body.length; ) {
    const wide = (body[at] ?? 0) >> 4 !== 0;
    const end = at + 1 + (wide ? 2 : 1) * UNIT;
    if (end > body.length) throw new TiffError(DAMAGED);
    const dc = wide ? ((body[at + 1] ?? 0) << 8) | (body[at + 2] ?? 0) : (body[at + 1] ?? 0);
    if (dc === 0) throw new TiffError(DAMAGED);
    tables.set((body[at] ?? 0) & 15, { dc, bytes: body.slice(at, end) });
    at = end;
  }
}

/**
 * Reads a tile's coefficients.
 * @param shared the image's tables.
 * @throws {TiffError} when it is damaged or of another kind than baseline in one scan.
 */
export function readTile(bytes: Uint8Array, shared: JpegTables): JpegTile {
  const huffman = new Map(shared.huffman);
  const quantization = new Map(shared.quantization);
  const head: Uint8Array[] = [Uint8Array.of(0xff, SOI)];
  let frame: Uint8Array | null = null;
  let scan: Uint8Array | null = null;
  let ownHuffman = false;
  let restart = 0;
  let start = 0;
  for (const { marker, body, whole, end } of segments(bytes)) {
    if (marker === DHT) {
      readHuffman(body, huffman);
      ownHuffman = true;
    } else if (marker === DRI) restart = ((body[0] ?? 0) << 8) | (body[1] ?? 0);
    else if (marker === SOS) {
      scan = whole;
      start = end;
    } else {
      if (marker === DQT) readQuantization(body, quantization);
      else if (marker === SOF0 || marker === SOF1) frame = body;
      // Other frames: progressive, lossless, arithmetic (table B.1).
      else if (marker >= 0xc0 && marker <= 0xcf) throw new TiffError(NOT_KNOWN);
      head.push(whole);
    }
  }
  if (!frame || !scan) throw new TiffError(NOT_KNOWN);
  const components = componentsOf(frame, scan);
  const mcuWidth = 8 * Math.max(...components.map(({ across }) => across));
  const mcuHeight = 8 * Math.max(...components.map(({ down }) => down));
  const [height, width] = [((frame[1] ?? 0) << 8) | (frame[2] ?? 0), ((frame[3] ?? 0) << 8) | (frame[4] ?? 0)];
  const tile = {
    columns: Math.ceil(width / mcuWidth),
    rows: Math.ceil(height / mcuHeight),
    mcuWidth,
    mcuHeight,
    units: components.reduce((sum, { across, down }) => sum + across * down, 0),
    components,
    head: Buffer.concat(head),
    scan,
    quantization,
    ownHuffman,
  };
  return { ...tile, coefficients: readCoefficients(bytes.subarray(start), tile, huffman, restart) };
}

/** B.2.2, B.2.3. */
function componentsOf(frame: Uint8Array, scan: Uint8Array): Component[] {
  const count = frame[5] ?? 0;
  // 8 bits; the scan has all components, all coefficients, all bits.
  const whole = scan[4] === count && scan[5 + 2 * count] === 0 && scan[6 + 2 * count] === 63 && scan[7 + 2 * count] === 0;
  if (frame[0] !== 8 || count < 1 || count > 4 || !whole) throw new TiffError(NOT_KNOWN);
  return Array.from({ length: count }, (_, index) => {
    const [id = 0, sampling = 0, quantization = 0] = frame.subarray(6 + 3 * index);
    const [selected = 0, tables = 0] = scan.subarray(5 + 2 * index);
    const [across, down] = count === 1 ? [1, 1] : [sampling >> 4, sampling & 15];
    if (id !== selected || !(across >= 1 && across <= 4 && down >= 1 && down <= 4)) throw new TiffError(NOT_KNOWN);
    return { across, down, quantization, dcTable: tables >> 4, acTable: 16 + (tables & 15) };
  });
}

/** The component of each unit of an MCU. */
function unitComponents(components: readonly Component[]): number[] {
  return components.flatMap(({ across, down }, index) => new Array<number>(across * down).fill(index));
}

type Layout = Pick<JpegTile, 'columns' | 'rows' | 'units' | 'components'>;

/** F.2.2. */
function readCoefficients(
  data: Uint8Array,
  { columns, rows, units, components }: Layout,
  huffman: ReadonlyMap<number, HuffmanSpec>,
  restart: number,
): Int16Array {
  const readers = (number: number): HuffmanReader => {
    const spec = huffman.get(number);
    if (!spec) throw new TiffError(DAMAGED);
    return readerOf(spec);
  };
  const dc = components.map(({ dcTable }) => readers(dcTable));
  const ac = components.map(({ acTable }) => readers(acTable));
  const owners = unitComponents(components);
  const coefficients = new Int16Array(columns * rows * units * UNIT);
  const before = new Int32Array(components.length);
  let at = 0;
  let held = 0;
  let heldBits = 0;
  const need = (count: number) => {
    while (heldBits < count) {
      let byte = data[at] ?? 0;
      // B.1.1.5: after a byte of ones a 0 is left out; a marker ends the data, and zeros follow.
      if (byte === 0xff) {
        if (data[at + 1] === 0) at += 2;
        else byte = 0;
      } else at++;
      held = ((held & 0xffff) << 8) | byte;
      heldBits += 8;
    }
  };
  const decode = ({ fast, largest, shift, symbols }: HuffmanReader): number => {
    need(16);
    const hit = fast[(held >>> (heldBits - 9)) & 0x1ff] ?? 0;
    if (hit !== 0) {
      heldBits -= hit >> 8;
      return hit & 255;
    }
    for (let length = 10; length <= 16; length++) {
      const code = (held >>> (heldBits - length)) & ((1 << length) - 1);
      if (code <= (largest[length] ?? -1)) {
        heldBits -= length;
        return symbols[code + (shift[length] ?? 0)] ?? 0;
      }
    }
    throw new TiffError(DAMAGED);
  };
  const receive = (size: number): number => {
    if (size === 0) return 0;
    need(size);
    heldBits -= size;
    const value = (held >>> heldBits) & ((1 << size) - 1);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value; // F.2.2.1, EXTEND
  };
  let to = 0;
  for (let mcu = 0; mcu < columns * rows; mcu++) {
    if (restart > 0 && mcu > 0 && mcu % restart === 0) {
      // E.2.4: the rest of the byte is left, the marker skipped, and all begins anew.
      heldBits = 0;
      while (at + 1 < data.length && !(data[at] === 0xff && (data[at + 1] ?? 0) >= 0xd0 && (data[at + 1] ?? 0) <= 0xd7)) at++;
      at += 2;
      before.fill(0);
    }
    for (const owner of owners) {
      const [dcReader, acReader] = [dc[owner], ac[owner]];
      if (!dcReader || !acReader) throw new TiffError(DAMAGED);
      before[owner] = (before[owner] ?? 0) + receive(decode(dcReader) & 15);
      coefficients[to] = before[owner] ?? 0;
      for (let k = 1; k < UNIT; k++) {
        const symbol = decode(acReader);
        const size = symbol & 15;
        if (size === 0) {
          if (symbol !== 0xf0) break;
          k += 15;
          continue;
        }
        k += symbol >> 4;
        if (k >= UNIT) throw new TiffError(DAMAGED);
        coefficients[to + k] = receive(size);
      }
      to += UNIT;
    }
  }
  return coefficients;
}

/** An MCU of black pixels, for images of brightness and colour (`yCbCr`) or of components that are all dark at 0. */
export function blackMcu({ components, units, quantization }: JpegTile, yCbCr: boolean): Int16Array {
  const mcu = new Int16Array(units * UNIT);
  unitComponents(components).forEach((owner, unit) => {
    const dc = quantization.get(components[owner]?.quantization ?? 0)?.dc ?? 1;
    // A.3.1, A.3.3: a sample of 0 is -128, and the DC coefficient eight times that.
    mcu[unit * UNIT] = yCbCr && owner > 0 ? 0 : -Math.ceil(1024 / dc);
  });
  return mcu;
}

/** Whether coefficients of one tile mean the same in the other. */
export function areAlike(a: JpegTile, b: JpegTile): boolean {
  const same = (x: Uint8Array | undefined, y: Uint8Array | undefined) => x !== undefined && y !== undefined && Buffer.compare(x, y) === 0;
  return (
    a.columns === b.columns &&
    a.rows === b.rows &&
    a.components.length === b.components.length &&
    a.components.every((component, index) => {
      const other = b.components[index];
      if (!other || component.across !== other.across || component.down !== other.down) return false;
      return same(a.quantization.get(component.quantization)?.bytes, b.quantization.get(other.quantization)?.bytes);
    })
  );
}

/**
 * Writes a tile with other coefficients. Huffman tables are its own, and the best for it, where the tile read had its own; else they are
 * the image's, which a tile must not change for those after it.
 * @throws {TiffError} when the image's tables do not serve.
 */
export function writeTile(tile: JpegTile, coefficients: Int16Array, shared: JpegTables): Uint8Array {
  const { components, head, scan } = tile;
  const owners = unitComponents(components);
  const numbers = [...new Set(components.flatMap(({ dcTable, acTable }) => [dcTable, acTable]))].sort((a, b) => a - b);
  let specs: ReadonlyMap<number, HuffmanSpec> = shared.huffman;
  const parts: Uint8Array[] = [head];
  if (tile.ownHuffman) {
    const counts = new Map(numbers.map((number) => [number, new Uint32Array(256)]));
    const of = (number: number) => counts.get(number) ?? new Uint32Array(256);
    eachSymbol(
      coefficients,
      owners,
      components.map(({ dcTable }) => of(dcTable)),
      components.map(({ acTable }) => of(acTable)),
      (count, symbol) => {
        count[symbol] = (count[symbol] ?? 0) + 1;
      },
    );
    const made = new Map<number, HuffmanSpec>();
    for (const [number, count] of counts) {
      const spec = bestTable(count);
      made.set(number, spec);
      const length = 19 + spec.symbols.length;
      parts.push(Uint8Array.of(0xff, DHT, length >> 8, length & 255, number), spec.lengths, spec.symbols);
    }
    specs = made;
  }
  const writers = (number: number): HuffmanWriter => {
    const spec = specs.get(number);
    if (!spec) throw new TiffError(NOT_KNOWN);
    return writerOf(spec);
  };
  const data = writeCoefficients(
    coefficients,
    owners,
    components.map(({ dcTable }) => writers(dcTable)),
    components.map(({ acTable }) => writers(acTable)),
  );
  return Buffer.concat([...parts, scan, data, Uint8Array.of(0xff, EOI)]);
}

/** F.1.2: each symbol with the bits that follow it; `size` of them. */
function eachSymbol<Table>(
  coefficients: Int16Array,
  owners: readonly number[],
  dc: readonly Table[],
  ac: readonly Table[],
  use: (table: Table, symbol: number, value: number, size: number) => void,
): void {
  const before = new Int32Array(dc.length);
  for (let at = 0, unit = 0; at < coefficients.length; at += UNIT, unit++) {
    const owner = owners[unit % owners.length] ?? 0;
    const [dcTable, acTable] = [dc[owner], ac[owner]];
    if (dcTable === undefined || acTable === undefined) return;
    const value = coefficients[at] ?? 0;
    const difference = value - (before[owner] ?? 0);
    before[owner] = value;
    const size = 32 - Math.clz32(Math.abs(difference));
    use(dcTable, size, difference, size);
    let zeros = 0;
    for (let k = 1; k < UNIT; k++) {
      const coefficient = coefficients[at + k] ?? 0;
      if (coefficient === 0) {
        zeros++;
        continue;
      }
      for (; zeros > 15; zeros -= 16) use(acTable, 0xf0, 0, 0);
      const bits = 32 - Math.clz32(Math.abs(coefficient));
      use(acTable, (zeros << 4) | bits, coefficient, bits);
      zeros = 0;
    }
    if (zeros > 0) use(acTable, 0, 0, 0);
  }
}

function writeCoefficients(coefficients: Int16Array, owners: readonly number[], dc: HuffmanWriter[], ac: HuffmanWriter[]): Uint8Array {
  let out = new Uint8Array(coefficients.length + 1024);
  let to = 0;
  let held = 0;
  let heldBits = 0;
  const put = (value: number, size: number) => {
    held = (held << size) | value;
    heldBits += size;
    while (heldBits >= 8) {
      heldBits -= 8;
      const byte = (held >>> heldBits) & 255;
      out[to++] = byte;
      if (byte === 0xff) out[to++] = 0; // B.1.1.5
    }
    held &= (1 << heldBits) - 1;
  };
  eachSymbol(coefficients, owners, dc, ac, ({ codes, lengths }, symbol, value, size) => {
    if (to + 16 > out.length) {
      const larger = new Uint8Array(2 * out.length);
      larger.set(out);
      out = larger;
    }
    const length = lengths[symbol] ?? 0;
    if (length === 0) throw new TiffError(NOT_KNOWN);
    put(codes[symbol] ?? 0, length);
    if (size > 0) put(value < 0 ? value + (1 << size) - 1 : value, size);
  });
  if (heldBits > 0) put((1 << (8 - heldBits)) - 1, 8 - heldBits); // F.1.2.3: ones to the end of the byte
  return out.subarray(0, to);
}
