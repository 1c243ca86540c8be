/** The files of published versions: each is a folder named by its content, which never changes. */
export interface Versions {
  /** Whether all files of all versions are on this machine's disk, so that `open` has nothing to do. */
  readonly areHere: boolean;
  /**
   * Takes a version's folder over: when this resolves all of it is durable. Where the same content is there already, as a whole, that stays.
   * @throws {StorageError} where versions are kept elsewhere and that place does not take it; the signal's reason when cancelled.
   */
  add(content: string, dir: string, signal?: AbortSignal): Promise<void>;
  /**
   * The folder of a version on this machine, with some of its files in it (`features.fgb`, `tiles/a.tif`).
   * @throws {StorageError} where they cannot be fetched; an error of code ENOENT where they are kept nowhere.
   */
  open(content: string, files: readonly string[]): Promise<string>;
  /** Keeps what of some versions is on this machine until the function that is given back is called. */
  hold(contents: readonly string[]): () => void;
  /**
   * What keeps this machine from having some files of a version, for people: one is missing, or not as long as it was made; null: nothing.
   * @param files their sizes in bytes; null: not known.
   * @throws {StorageError} where versions are kept elsewhere and that place does not answer.
   */
  faultOf(content: string, files: ReadonlyMap<string, number | null>): Promise<string | null>;
  /** All versions that are kept, with the time of the newest file of each. */
  list(): AsyncIterable<{ content: string; modified: Date }>;
  /** Removes a version; no error when there is none. */
  remove(content: string): Promise<void>;
}
