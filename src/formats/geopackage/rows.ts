import { LeafPacking } from './leaves.ts';
import { LEAF_HEADER, lockBytePage, writeLeafHeader } from './pages.ts';
import {
  type BlobSource,
  blobType,
  doubleType,
  FLOAT64,
  headerBytes,
  INT8,
  INT16,
  INT24,
  INT32,
  INT48,
  INT64,
  int64Type,
  integerType,
  NULL,
  type RowSink,
  textType,
} from './record.ts';
import { writeVarint } from './varint.ts';

const FIRST_CAPACITY = 1 << 20;
/** Bytes that are kept for the next batch. */
const MOST_KEPT = 16 << 20;
/** From so many bytes on, copying by a view is faster than byte by byte. */
const LONG_COPY = 48;
const UTF8 = new TextEncoder();

/**
 * Writes rows to whole table leaf pages and their overflow pages (SQLite file format, section 1.6), ready to stand in a file from a given page on.
 * A row is written behind the pages and moved to its cell when its size is known. One instance writes many batches.
 */
export class RowPages implements RowSink {
  readonly #pageSize: number;
  readonly #lockBytePage: number;
  /** Room for the largest header of a record. */
  readonly #headerRoom: number;
  readonly #types: Uint32Array;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #firstPage = 0;
  #packing: LeafPacking;
  /** The end of the pages so far. */
  #end = 0;
  /** The leaf page that is being filled, its cells, and where the last of them starts, from the page's start. */
  #leaf = -1;
  #cells = 0;
  #content = 0;
  /** The row that is being written. */
  #rowId = 0;
  #columns = 0;
  #typeBytes = 0;
  #body = 0;
  #at = 0;

  /** @param columns of the table, with the key. */
  constructor(columns: number, pageSize: number) {
    this.#pageSize = pageSize;
    this.#lockBytePage = lockBytePage(pageSize);
    this.#types = new Uint32Array(columns);
    this.#headerRoom = 3 + 5 * columns;
    this.#packing = new LeafPacking(0, pageSize);
  }

  /** Begins a batch; the pages of the one before are no longer needed. */
  start(firstPage: number): void {
    this.#firstPage = firstPage;
    this.#packing = new LeafPacking(firstPage, this.#pageSize);
    this.#end = 0;
    this.#leaf = -1;
  }

  /** @returns the batch's pages, to be used before the next batch begins. */
  finish(): Uint8Array {
    this.#closeLeaf();
    return this.#bytes.subarray(0, this.#end);
  }

  /** Gives the memory of a large batch back; nothing is left of its pages. */
  free(): void {
    if (this.#bytes.length > MOST_KEPT) this.#resize(FIRST_CAPACITY);
  }

  begin(rowId: number): void {
    this.#rowId = rowId;
    this.#columns = 0;
    this.#typeBytes = 0;
    // The row may begin a leaf page, and that may be behind the lock-byte page.
    this.#body = this.#end + 2 * this.#pageSize + this.#headerRoom;
    this.#at = this.#body;
    this.#reserve(0);
    this.null();
  }

  null(): void {
    this.#type(NULL);
  }

  integer(value: number): void {
    const type = integerType(value);
    this.#type(type);
    this.#integer(type, Math.floor(value / 0x100000000), value | 0);
  }

  int64(high: number, low: number): void {
    const type = int64Type(high, low);
    this.#type(type);
    this.#integer(type, high, low | 0);
  }

  double(value: number): void {
    const type = doubleType(value);
    this.#type(type);
    if (type === NULL) return;
    if (type !== FLOAT64) {
      this.#integer(type, Math.floor(value / 0x100000000), value | 0);
      return;
    }
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  string(value: string): void {
    // A UTF-16 unit is at most three bytes.
    this.#reserve(3 * value.length);
    const { written } = UTF8.encodeInto(value, this.#bytes.subarray(this.#at));
    this.#type(textType(written));
    this.#at += written;
  }

  text(source: Uint8Array, from: number, to: number): void {
    this.#type(textType(to - from));
    this.#copy(source, from, to);
  }

  blob(source: Uint8Array, from: number, to: number): void {
    this.#type(blobType(to - from));
    this.#copy(source, from, to);
  }

  blobFrom(source: BlobSource): void {
    const { length } = source;
    this.#type(blobType(length));
    this.#reserve(length);
    source.write(this.#view, this.#at);
    this.#at += length;
  }

  end(): number {
    const header = headerBytes(this.#typeBytes);
    const start = this.#body - header;
    const bytes = this.#at - start;
    const packing = this.#packing;
    if (packing.add(this.#rowId, bytes)) this.#openLeaf();
    this.#writeHeader(start, header);
    this.#content -= packing.cellBytes;
    let at = this.#leaf + this.#content;
    this.#view.setUint16(this.#leaf + LEAF_HEADER + 2 * this.#cells, this.#content);
    this.#cells++;
    at = writeVarint(this.#bytes, at, bytes);
    at = writeVarint(this.#bytes, at, this.#rowId);
    const local = start + packing.localBytes;
    this.#bytes.copyWithin(at, start, local);
    if (packing.overflowPages > 0) this.#overflow(at + packing.localBytes, local);
    return bytes;
  }

  /**
   * Moves the rest of a record to pages that each begin with the next one's number.
   * @param pointer where the first one's number stands.
   */
  #overflow(pointer: number, rest: number): void {
    const { overflowPages } = this.#packing;
    const full = this.#pageSize - 4;
    // What is before it grows by four bytes a page, and perhaps by the lock-byte page.
    const shift = 4 * overflowPages + this.#pageSize;
    this.#reserve(shift + this.#pageSize);
    this.#bytes.copyWithin(rest + shift, rest, this.#at);
    const to = this.#at + shift;
    let link = pointer;
    for (let from = rest + shift; from < to; from += full) {
      const page = this.#takePage();
      this.#view.setUint32(link, this.#firstPage + page / this.#pageSize);
      link = page;
      const end = Math.min(from + full, to);
      this.#bytes.copyWithin(page + 4, from, end);
      this.#bytes.fill(0, page + 4 + end - from, page + this.#pageSize);
    }
    this.#view.setUint32(link, 0);
  }

  /** Where a new page is. */
  #takePage(): number {
    if (this.#firstPage + this.#end / this.#pageSize === this.#lockBytePage) {
      this.#bytes.fill(0, this.#end, this.#end + this.#pageSize);
      this.#end += this.#pageSize;
    }
    this.#end += this.#pageSize;
    return this.#end - this.#pageSize;
  }

  #openLeaf(): void {
    this.#closeLeaf();
    this.#leaf = this.#takePage();
    this.#cells = 0;
    this.#content = this.#pageSize;
  }

  #closeLeaf(): void {
    if (this.#leaf < 0) return;
    writeLeafHeader(this.#view, this.#leaf, this.#cells, this.#content);
    this.#bytes.fill(0, this.#leaf + LEAF_HEADER + 2 * this.#cells, this.#leaf + this.#content);
    this.#leaf = -1;
  }

  #writeHeader(start: number, bytes: number): void {
    let at = writeVarint(this.#bytes, start, bytes);
    for (let i = 0; i < this.#columns; i++) {
      const type = this.#types[i] ?? NULL;
      if (type < 0x80) this.#bytes[at++] = type;
      else at = writeVarint(this.#bytes, at, type);
    }
  }

  #type(type: number): void {
    this.#types[this.#columns++] = type;
    this.#typeBytes += type < 0x80 ? 1 : type < 0x4000 ? 2 : type < 0x200000 ? 3 : type < 0x10000000 ? 4 : 5;
  }

  /** Big-endian, of as many bytes as the type has. */
  #integer(type: number, high: number, low: number): void {
    this.#reserve(8);
    const view = this.#view;
    switch (type) {
      case INT8:
        view.setInt8(this.#at, low);
        this.#at += 1;
        break;
      case INT16:
        view.setInt16(this.#at, low);
        this.#at += 2;
        break;
      case INT24:
        view.setInt8(this.#at, low >> 16);
        view.setUint16(this.#at + 1, low & 0xffff);
        this.#at += 3;
        break;
      case INT32:
        view.setInt32(this.#at, low);
        this.#at += 4;
        break;
      case INT48:
        view.setInt16(this.#at, high);
        view.setInt32(this.#at + 2, low);
        this.#at += 6;
        break;
      case INT64:
        view.setInt32(this.#at, high);
        view.setInt32(this.#at + 4, low);
        this.#at += 8;
        break;
    }
  }

  #copy(source: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    if (to - from >= LONG_COPY) {
      this.#bytes.set(source.subarray(from, to), this.#at);
      this.#at += to - from;
      return;
    }
    for (let i = from; i < to; i++) this.#bytes[this.#at++] = source[i] ?? 0;
  }

  /** What it was before is given back at once. */
  #resize(bytes: number): void {
    const buffer = this.#bytes.buffer.transfer(bytes);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    this.#resize(Math.max(this.#at + bytes, 2 * this.#bytes.length));
  }
}
