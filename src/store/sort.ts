import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import type { Geometry, GeometryType, Value } from './feature.ts';
import { Bytes } from './flatbuffer.ts';
import { type FileHeader, MAGIC, writeFeature, writeHeader } from './flatgeobuf.ts';
import { hilbert } from './hilbert.ts';
import { Numbers } from './numbers.ts';
import type { Bounds } from './profile.ts';
import { NODE_SIZE, treeParts } from './rtree.ts';

/** What is written or copied at once. */
const CHUNK = 1 << 22;

/** What is known of the file before its features are. */
type SortedHeader = Omit<FileHeader, 'featureCount' | 'indexNodeSize' | 'geometryType'>;

/**
 * Gathers features in any order and writes them as one FlatGeobuf in Hilbert order behind a packed R-tree. Features without
 * geometry come last; tables keep their order and have no tree. Memory: some 50 bytes a feature.
 */
export class FeatureSorter {
  readonly #spool: number;
  readonly #spoolPath: string;
  readonly #header: SortedHeader;
  readonly #out = new Bytes();
  readonly #boxes = new Numbers();
  readonly #starts = new Numbers();
  #spooled = 0;

  /** @param spoolPath a temporary file of the size of the output; the caller removes it. */
  constructor(spoolPath: string, header: SortedHeader) {
    this.#spoolPath = spoolPath;
    this.#spool = openSync(spoolPath, 'w+');
    this.#header = header;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** @param box of the geometry; null when it has no position. */
  add(geometry: Geometry | null, box: Bounds | null, values: readonly Value[]): void {
    this.#starts.push(this.#spooled + this.#out.length);
    for (let k = 0; k < 4; k++) this.#boxes.push(box?.[k] ?? (k < 2 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY));
    writeFeature(this.#out, geometry, values, this.#header.columns);
    if (this.#out.length >= CHUNK) this.#flush();
  }

  #flush(): void {
    this.#spooled += this.#out.length;
    this.#out.drain((bytes) => writeAll(this.#spool, bytes));
  }

  /**
   * Writes the file and closes the temporary one.
   * @param onProgress 0..1.
   * @returns its size in bytes and SHA-256.
   */
  finish(
    path: string,
    {
      geometryType,
      indexed,
      extent,
      onProgress,
    }: { geometryType: GeometryType | null; indexed: boolean; extent: Bounds | null; onProgress: (fraction: number) => void },
  ): { bytes: number; sha256: string } {
    this.#flush();
    const count = this.count;
    const order = indexed ? this.#order(extent) : null;
    const starts = this.#starts.values;
    const sizeOf = (i: number) => (i + 1 < count ? (starts[i + 1] ?? 0) : this.#spooled) - (starts[i] ?? 0);
    const file = openSync(path, 'wx');
    const hash = createHash('sha256');
    let written = 0;
    const write = (bytes: Uint8Array) => {
      hash.update(bytes);
      writeAll(file, bytes);
      written += bytes.length;
    };
    try {
      const head = new Bytes();
      head.raw(MAGIC);
      writeHeader(head, { ...this.#header, geometryType, featureCount: count, indexNodeSize: indexed && count > 0 ? NODE_SIZE : 0 });
      write(head.take());
      if (order) for (const part of this.#tree(order, sizeOf)) write(part);
      const chunk = new Uint8Array(CHUNK);
      let filled = 0;
      for (let n = 0; n < count; n++) {
        const i = order ? (order[n] ?? 0) : n;
        const size = sizeOf(i);
        if (filled + size > CHUNK && filled > 0) {
          write(chunk.subarray(0, filled));
          filled = 0;
          onProgress(n / count);
        }
        if (size > CHUNK) {
          const large = new Uint8Array(size);
          readAll(this.#spool, large, starts[i] ?? 0);
          write(large);
          continue;
        }
        readAll(this.#spool, chunk.subarray(filled, filled + size), starts[i] ?? 0);
        filled += size;
      }
      if (filled > 0) write(chunk.subarray(0, filled));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return { bytes: written, sha256: hash.digest('hex') };
  }

  /** Closes the temporary file; it may be called after `finish` or instead of it. */
  close(): string {
    closeSync(this.#spool);
    return this.#spoolPath;
  }

  /** Feature numbers by their place on the Hilbert curve over the extent; equal places keep their order. */
  #order(extent: Bounds | null): Float64Array {
    const count = this.count;
    const boxes = this.#boxes.values;
    const [minX, minY, maxX, maxY] = extent ?? [0, 0, 0, 0];
    const scale = (from: number, to: number) => (to > from ? 0xffff / (to - from) : 0);
    const [scaleX, scaleY] = [scale(minX, maxX), scale(minY, maxY)];
    // One number a feature holds its place on the curve (33 bits: those without geometry lie behind) and its number.
    const numberBits = Math.max(1, Math.ceil(Math.log2(Math.max(2, count))));
    const coarser = 2 ** Math.max(0, 33 + numberBits - 53);
    const keys = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const [west = 0, south = 0, east = 0, north = 0] = boxes.subarray(4 * i, 4 * i + 4);
      const place =
        west > east ? 2 ** 32 : hilbert(Math.floor(((west + east) / 2 - minX) * scaleX), Math.floor(((south + north) / 2 - minY) * scaleY));
      keys[i] = Math.floor(place / coarser) * 2 ** numberBits + i;
    }
    keys.sort();
    return keys.map((key) => key % 2 ** numberBits);
  }

  /** The tree's pieces, for the features in an order. */
  #tree(order: Float64Array, sizeOf: (i: number) => number): Iterable<Uint8Array> {
    const boxes = this.#boxes.values;
    const sorted = new Float64Array(boxes.length);
    order.forEach((i, n) => {
      sorted.set(boxes.subarray(4 * i, 4 * i + 4), 4 * n);
    });
    return treeParts([{ boxes: sorted, sizes: order.map(sizeOf) }], order.length);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

function readAll(file: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(file, bytes, at, bytes.length - at, position + at);
    if (read === 0) throw new Error('The temporary file ended too soon.');
    at += read;
  }
}
