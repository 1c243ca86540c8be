import { type FileHandle, open } from 'node:fs/promises';

/** Characters that are gathered before they are written. */
const CHUNK = 1 << 20;

/** A UTF-8 text file, written front to back. */
export class TextFile {
  readonly #file: FileHandle;
  #gathered = '';

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<TextFile> {
    return new TextFile(await open(path, 'wx'));
  }

  /** A promise when enough has gathered to go to the disk. */
  write(text: string): void | Promise<void> {
    this.#gathered += text;
    if (this.#gathered.length >= CHUNK) return this.#flush();
  }

  async #flush(): Promise<void> {
    const text = this.#gathered;
    this.#gathered = '';
    await this.#file.writeFile(text);
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.#file.close();
    }
  }

  /** Closes it without what has gathered. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }
}
