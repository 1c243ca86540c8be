import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { GEOMETRY_TYPES } from './feature.ts';
import { Table } from './flatbuffer.ts';
import { COLUMN_TYPES, type FileHeader, MAGIC, RawFeature } from './flatgeobuf.ts';
import { leafOffset, type TreeFile, treeBytes } from './rtree.ts';

/** What is read at once. */
const CHUNK = 1 << 21;

/** A FlatGeobuf read from its first feature to its last, in the file's order. */
export class FlatGeobufFile {
  readonly header: FileHeader;
  /** Its R-tree, for `walkTree`. */
  readonly tree: TreeFile;
  readonly #file: FileHandle;
  /** Where the features begin. */
  readonly #start: number;

  private constructor(file: FileHandle, header: FileHeader, tree: TreeFile) {
    this.#file = file;
    this.header = header;
    this.tree = tree;
    this.#start = tree.start + treeBytes(tree.items, tree.nodeSize);
  }

  static async open(path: string): Promise<FlatGeobufFile> {
    const file = await open(path);
    try {
      const head = await readAt(file, 0, 12);
      if (MAGIC.subarray(0, 3).some((byte, i) => head.getUint8(i) !== byte)) throw new Error('Not a FlatGeobuf.');
      const size = head.getUint32(8, true);
      const view = await readAt(file, 8, 4 + size);
      const table = Table.root(view);
      const count = table.field(8);
      const featureCount = count === 0 ? 0 : Number(view.getBigUint64(count, true));
      const node = table.field(9);
      const nodeSize = node === 0 ? 16 : view.getUint16(node, true);
      const crs = table.table(10);
      const header: FileHeader = {
        name: table.text(0),
        geometryType: GEOMETRY_TYPES[table.uint8(2) - 1] ?? null,
        hasZ: table.uint8(3) !== 0,
        hasM: table.uint8(4) !== 0,
        columns: table.tables(7).map((column) => ({ name: column.text(0), type: COLUMN_TYPES[column.uint8(1)] ?? 'String' })),
        featureCount,
        indexNodeSize: nodeSize,
        crs: crs && { org: crs.text(0), code: crs.field(1) === 0 ? 0 : view.getInt32(crs.field(1), true), wkt: crs.text(4) },
      };
      const start = 12 + size;
      const featureBytes = (await file.stat()).size - start - treeBytes(featureCount, nodeSize);
      return new FlatGeobufFile(file, header, { path, start, items: featureCount, nodeSize, featureBytes });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Features in batches, so that the waiting is for the disk and not for each feature. */
  async *batches(): AsyncGenerator<RawFeature[]> {
    let position = this.#start;
    let index = 0;
    let size = CHUNK;
    for (;;) {
      const view = await readAt(this.#file, position, size, true);
      if (view.byteLength === 0) return;
      const batch: RawFeature[] = [];
      let length = 0;
      let at = 0;
      for (; at + 4 <= view.byteLength; at += length) {
        length = 4 + view.getUint32(at, true);
        if (at + length > view.byteLength) break;
        batch.push(new RawFeature(index++, new DataView(view.buffer, view.byteOffset + at, length), this.header));
      }
      if (at === 0) {
        if (view.byteLength < size) throw new Error('The FlatGeobuf ends in the middle of a feature.');
        // A feature larger than what is read at once.
        size = length;
        continue;
      }
      yield batch;
      size = CHUNK;
      position += at;
    }
  }

  /** Places between features, in bytes after the tree, each about so many bytes after the one before; the last is the end. For files without a tree. */
  async ends(apart: number): Promise<number[]> {
    const ends: number[] = [];
    const { featureBytes } = this.tree;
    const bytes = new Uint8Array(CHUNK);
    const view = new DataView(bytes.buffer);
    let last = 0;
    for (let at = 0; at < featureBytes; ) {
      const { bytesRead } = await this.#file.read(bytes, 0, CHUNK, this.#start + at);
      if (bytesRead < 4) throw new Error('The FlatGeobuf ends in the middle of a feature.');
      let within = 0;
      while (within + 4 <= bytesRead) {
        within += 4 + view.getUint32(within, true);
        if (at + within - last < apart) continue;
        last = at + within;
        ends.push(last);
      }
      at += within;
    }
    if (last < featureBytes) ends.push(featureBytes);
    return ends;
  }

  /** Reads bytes after the tree, at once. */
  read(into: Uint8Array, at: number, offset: number, bytes: number): void {
    for (let read = 0; read < bytes; ) {
      const more = readSync(this.#file.fd, into, at + read, bytes - read, this.#start + offset + read);
      if (more === 0) throw new Error('The FlatGeobuf ends in the middle of a feature.');
      read += more;
    }
  }

  /** One feature, by its place in the order and where it lies in bytes after the tree; at once, since many are read in a row. */
  feature(index: number, offset: number, bytes: number): RawFeature {
    const content = new Uint8Array(bytes);
    this.read(content, 0, offset, bytes);
    return new RawFeature(index, new DataView(content.buffer), this.header);
  }

  /**
   * The features from one on, as many as lie whole in so many bytes, and at least that one.
   * @param isWhole that one too; else of a large one only its first positions are there: parts and rings stand in their order in what Geocrate writes,
   * behind no more than where each begins.
   */
  async run(index: number, bytes: number, isWhole = true): Promise<RawFeature[]> {
    const offset = index === 0 ? 0 : leafOffset(this.tree, index);
    const first = 4 + (await readAt(this.#file, this.#start + offset, 4)).getUint32(0, true);
    const read = isWhole ? first : Math.min(first, CHUNK + Math.floor(first / 8));
    const view = await readAt(this.#file, this.#start + offset, Math.max(read, bytes), true);
    if (view.byteLength < first) return isWhole ? [] : [new RawFeature(index, view, this.header)];
    const features: RawFeature[] = [];
    for (let at = 0; at + 4 <= view.byteLength; ) {
      const length = 4 + view.getUint32(at, true);
      if (at + length > view.byteLength) break;
      features.push(new RawFeature(index + features.length, new DataView(view.buffer, at, length), this.header));
      at += length;
    }
    return features;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number, upToEnd = false): Promise<DataView> {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  if (read < length && !upToEnd) throw new Error('Not a FlatGeobuf.');
  return new DataView(bytes.buffer, 0, read);
}
