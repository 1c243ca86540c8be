/** Keeps finished archives by key. Keys match `^[0-9A-Za-z._-]{1,200}$`, and are neither `.` nor `..`; any other is an error. */
export interface Storage {
  /**
   * Takes a finished file over: when this resolves it is durable under its key, and gone from `path`. A key that is there already is
   * replaced in one step.
   */
  put(key: string, path: string): Promise<void>;
  /** The absolute path of a key's file, whether it exists or not, to serve it from. */
  path(key: string): string;
  /** Its size in bytes; null when there is none. */
  stat(key: string): Promise<{ size: number } | null>;
  /** Removes it; no error when there is none. */
  remove(key: string): Promise<void>;
  /** All there is, with what an interrupted `put` left: to `remove` by the key given. */
  list(): AsyncIterable<{ key: string; modified: Date }>;
}
