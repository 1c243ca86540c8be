import { type FileHandle, open } from 'node:fs/promises';
import type { Geometry, Value } from './feature.ts';
import { Bytes } from './flatbuffer.ts';
import { type FileHeader, MAGIC, writeFeature, writeHeader } from './flatgeobuf.ts';

/** What is gathered before it is written. */
const CHUNK = 1 << 21;

/** Writes an unindexed FlatGeobuf, front to back. */
export class FlatGeobufWriter {
  readonly #file: FileHandle;
  readonly #columns: FileHeader['columns'];
  readonly #out = new Bytes();

  private constructor(file: FileHandle, columns: FileHeader['columns']) {
    this.#file = file;
    this.#columns = columns;
  }

  /** `featureCount` may be 0 when it is not known. */
  static async create(path: string, header: Omit<FileHeader, 'indexNodeSize'>): Promise<FlatGeobufWriter> {
    const writer = new FlatGeobufWriter(await open(path, 'wx'), header.columns);
    writer.#out.raw(MAGIC);
    writeHeader(writer.#out, { ...header, indexNodeSize: 0 });
    return writer;
  }

  /** A promise when enough has gathered to go to the disk. */
  write(geometry: Geometry | null, values: readonly Value[]): void | Promise<void> {
    writeFeature(this.#out, geometry, values, this.#columns);
    if (this.#out.length >= CHUNK) return this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#file.writeFile(this.#out.take());
  }

  async close(): Promise<void> {
    try {
      if (this.#out.length > 0) await this.#flush();
    } finally {
      await this.#file.close();
    }
  }
}
