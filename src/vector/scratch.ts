import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { BatchMeasure } from './encoder.ts';

/** A temporary file for what grows with a layer's features, so that no layer is too large for the memory. */
export class Scratch {
  readonly #path: string;
  #file: number | null = null;
  #end = 0;
  readonly #rooms = new Map<string, ArrayBuffer>();

  /** @param path is made when something is written; the caller removes it. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Gives a place for so many bytes. */
  reserve(bytes: number): number {
    const at = this.#end;
    this.#end += bytes;
    return at;
  }

  write({ buffer, byteOffset, byteLength }: ArrayBufferView, position: number): void {
    this.#file ??= openSync(this.#path, 'wx+', 0o600);
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let at = 0; at < byteLength; ) at += writeSync(this.#file, bytes, at, byteLength - at, position + at);
  }

  read(into: ArrayBufferView, position: number): void {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const read = this.#file === null ? 0 : readSync(this.#file, bytes, at, bytes.length - at, position + at);
      if (read === 0) throw new Error('The temporary file ended too soon.');
      at += read;
    }
  }

  /** Memory that is used again and again, since the garbage collector does not feel its size; zeros are not promised. */
  room(use: string, bytes: number): ArrayBuffer {
    const there = this.#rooms.get(use);
    if (there && there.byteLength >= bytes) return there;
    // A multiple of what any number takes.
    const room = new ArrayBuffer(8 * Math.ceil((1.25 * bytes) / 8));
    this.#rooms.set(use, room);
    return room;
  }

  /** It may be called again. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

/** What was measured of a batch, for as long as its scratch file is open. */
export interface KeptMeasure {
  figures: BatchMeasure['figures'];
  /** Reads one of the lists. It holds until the same list of any batch is read. */
  list(index: number): BatchMeasure['lists'][number];
}

/** Moves what was measured of each feature to a scratch file. */
export function keepMeasure({ figures, lists }: BatchMeasure, scratch: Scratch): KeptMeasure {
  const kept = lists.map((list) => {
    const at = scratch.reserve(list.byteLength);
    if (list.length > 0) scratch.write(list, at);
    return { make: listMaker(list), length: list.length, bytes: list.byteLength, at };
  });
  return {
    figures,
    list(index) {
      const { make, length, bytes, at } = kept[index] ?? { make: () => new Uint32Array(), length: 0, bytes: 0, at: 0 };
      const list = make(scratch.room(`list ${index}`, bytes), length);
      if (length > 0) scratch.read(list, at);
      return list;
    },
  };
}

function listMaker(list: BatchMeasure['lists'][number]): (room: ArrayBuffer, length: number) => BatchMeasure['lists'][number] {
  if (list instanceof Float64Array) return (room, length) => new Float64Array(room, 0, length);
  return list instanceof Float32Array
    ? (room, length) => new Float32Array(room, 0, length)
    : (room, length) => new Uint32Array(room, 0, length);
}
