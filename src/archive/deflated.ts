import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { constants, crc32, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { deflateWords } from './wordsdeflated.ts';

/** A file's content, deflated (RFC 1951): one stream in a temporary file. */
export interface DeflatedContent {
  /** Of the temporary file. */
  path: string;
  compressedSize: number;
  /** Of the content, uncompressed, with its CRC-32 and its SHA-256 in lower-case hexadecimal. */
  size: number;
  crc: number;
  sha256: string;
}

/** A level below zlib's: by `deflateWords`, which is faster where content is of 32-bit words. */
export const WORDS = 0;
/** An empty last block (RFC 1951 section 3.2.3), behind parts that each end at a byte. */
const END = Uint8Array.of(3, 0);

/**
 * A piece of content as a part of a deflate stream: it ends at a byte with an empty stored block, and looks at nothing before it.
 * @param level zlib's, 1 to 9, or `WORDS`.
 * @returns a part of a buffer that is larger, which nothing else uses.
 */
export function deflatePart(content: Uint8Array, level: number): Uint8Array<ArrayBuffer> {
  return level === WORDS ? deflateWords(content) : deflateRawSync(content, optionsFor(content, level));
}

/** The same in another thread, by a level of zlib's. */
export function deflatePartAside(content: Uint8Array, level: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    deflateRaw(content, optionsFor(content, level), (error, deflated) => (error ? reject(error) : resolve(deflated)));
  });
}

function optionsFor({ length }: Uint8Array, level: number): ZlibOptions {
  // Room for all of the output, so that it is one buffer.
  return { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: length + (length >> 9) + 64 };
}

/** Gives a large buffer's memory back at once; the garbage collector, which does not feel its size, would let many of them pile up. */
export function release({ buffer }: Uint8Array): void {
  // Smaller ones may share their memory with others.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}

/** Joins deflated parts to one stream. */
export class DeflatedFile {
  readonly #path: string;
  readonly #file: number;
  readonly #hash: Hash = createHash('sha256');
  #size = 0;
  #compressedSize = 0;
  #crc = 0;
  #closed = false;

  /** @param path a temporary file, which the caller removes. */
  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'wx', 0o600);
  }

  get size(): number {
    return this.#size;
  }

  /** @param deflated the content by `deflatePart`. */
  append(content: Uint8Array, deflated: Uint8Array): void {
    this.#hash.update(content);
    this.#crc = crc32(content, this.#crc);
    this.#size += content.length;
    this.#write(deflated);
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.#compressedSize += bytes.length;
  }

  finish(): DeflatedContent {
    this.#write(END);
    this.close();
    return {
      path: this.#path,
      compressedSize: this.#compressedSize,
      size: this.#size,
      crc: this.#crc,
      sha256: this.#hash.digest('hex'),
    };
  }

  /** It may be called again. */
  close(): void {
    if (!this.#closed) closeSync(this.#file);
    this.#closed = true;
  }
}
