import { closeSync, openSync, readSync, writeSync } from 'node:fs';

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
