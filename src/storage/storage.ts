/** Keeps finished archives by key. Keys match `^[0-9A-Za-z._-]{1,200}$`, and are neither `.` nor `..`; any other is an error. */
export interface Storage {
  /**
   * Takes a finished file over: when this resolves it is durable under its key, and gone from `path`. A key that is there already is
   * replaced in one step.
   * @param signal ends it early; nothing is left under the key then.
   * @throws {StorageError} where it is kept elsewhere and that place does not take it; the signal's reason when cancelled.
   */
  put(key: string, path: string, signal?: AbortSignal): Promise<void>;
  /**
   * Takes a file over while it is still being written, so that what there is of it need not wait for the rest; null: that gains nothing, `put` it
   * when it is whole. The file stays at `path`.
   */
  follow(key: string, path: string, signal: AbortSignal): Following | null;
  /** Its bytes from the first to the last that are asked for, both inclusive. A piece is good until the next is asked for. */
  read(key: string, from: number, to: number): Promise<AsyncIterable<Buffer>>;
  /** An address elsewhere that gives the file to whoever has it, by that method alone; null: it is only here, to be `read`. */
  address(key: string, download: Presigned): Promise<string | null>;
  /** Its size in bytes; null when there is none. */
  stat(key: string): Promise<{ size: number } | null>;
  /** Removes it; no error when there is none. */
  remove(key: string): Promise<void>;
  /** All there is, with what an interrupted `put` left: to `remove` by the key given. */
  list(): AsyncIterable<{ key: string; modified: Date }>;
  /** @throws where it cannot be reached, or not be written to. */
  check(): Promise<void>;
  /** Removes the parts of uploads that were begun before a time and never ended, those of versions too; gives back how many uploads. */
  removeUploads(before: Date, dryRun: boolean): Promise<number>;
}

/** A file on its way to the storage while it is written. */
export interface Following {
  /**
   * So many bytes from a position on are in the file as they stay. Each is told of once, in any order.
   * @param most how many bytes the file will have at most, more or less.
   */
  written(position: number, bytes: number, most: number): void;
  /** The file is whole: when this resolves it is durable under its key. Rejects as `put` does. */
  finish(): Promise<void>;
  /** Takes back what has gone, unless all has. */
  abort(): Promise<void>;
}

/** How an archive is handed out by an address. */
export interface Presigned {
  method: 'GET' | 'HEAD';
  /** What it is saved as. */
  filename: string;
  /** For so many milliseconds from now, cut to the second. */
  validFor: number;
}

const KEY = /^[0-9A-Za-z._-]{1,200}$/;

/** Whether a text can be a key. */
export function isKey(key: string): boolean {
  return KEY.test(key) && key !== '.' && key !== '..';
}

/** @throws where a text cannot be a key. */
export function checkKey(key: string): string {
  if (!isKey(key)) throw new Error(`"${key.slice(0, 200)}" cannot be a key of the storage.`);
  return key;
}

/** What a storage elsewhere did not do. Its sentence is for the operator and says what to look at. */
export class StorageError extends Error {}
