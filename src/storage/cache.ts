import { mkdir, readdir, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Touched whenever a version's files are asked for. */
const USED_FILE = 'used';
/** What is being fetched. */
export const PART = '.part';
/** What was asked for so lately may be read right now, by another process too. */
const IN_USE_MS = 10 * 60_000;
const TOUCH_MS = 60_000;
/** Without a setting, so much of the disk stays free: this share of it, and this many bytes at least. */
const FREE_SHARE = 0.05;
const FREE_BYTES = 1 << 30;

/** Files of versions that are kept on this machine for as long as there is room, a folder a version; several processes may share it. */
export class VersionCache {
  readonly #root: string;
  readonly #most: number | null;
  readonly #touched = new Map<string, number>();
  readonly #holders = new Map<string, number>();
  #making: Promise<void> = Promise.resolve();

  /** @param most bytes that it may have; null: as many as the disk has room for. */
  constructor(root: string, most: number | null) {
    this.#root = root;
    this.#most = most;
  }

  dir(content: string): string {
    return join(this.#root, content);
  }

  /** Says that a version's files are about to be read. */
  async use(content: string): Promise<void> {
    const now = Date.now();
    if (now - (this.#touched.get(content) ?? 0) < TOUCH_MS) return;
    this.#touched.set(content, now);
    await mkdir(this.dir(content), { recursive: true, mode: 0o755 });
    const file = join(this.dir(content), USED_FILE);
    await writeFile(file, '');
    await utimes(file, now / 1000, now / 1000);
  }

  /** Keeps versions until the function that is given back is called. */
  hold(contents: readonly string[]): () => void {
    const add = (by: number) => {
      for (const content of contents) this.#holders.set(content, (this.#holders.get(content) ?? 0) + by);
    };
    add(1);
    // Other processes only see the file.
    const timer = setInterval(() => {
      for (const content of contents) this.use(content).catch(() => {});
    }, TOUCH_MS).unref();
    let held = true;
    return () => {
      if (held) add(-1);
      held = false;
      clearInterval(timer);
    };
  }

  /** Makes room for so many bytes: those versions go first that nobody asked for the longest time. Where that is not enough, there is no more to do. */
  makeRoom(bytes: number): Promise<void> {
    // One after the other, so that two do not count on the same room.
    this.#making = this.#making.catch(() => {}).then(() => this.#makeRoom(bytes));
    return this.#making;
  }

  async #makeRoom(bytes: number): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o711 });
    const kept = await this.#kept();
    let lacking = bytes - (await this.#room(kept.reduce((sum, { size }) => sum + size, 0)));
    for (const { content, size } of kept.sort((a, b) => a.used - b.used)) {
      if (lacking <= 0) return;
      if ((this.#holders.get(content) ?? 0) > 0 || (await this.#usedAt(content)) > Date.now() - IN_USE_MS) continue;
      this.#touched.delete(content);
      await rm(this.dir(content), { recursive: true, force: true });
      lacking -= size;
    }
  }

  async #room(size: number): Promise<number> {
    if (this.#most !== null) return this.#most - size;
    const { blocks, bavail, bsize } = await statfs(this.#root);
    return bavail * bsize - Math.max(FREE_BYTES, FREE_SHARE * blocks * bsize);
  }

  /**
   * Removes what was left by processes that ended while they fetched, and versions that are no longer published.
   * @param isKnown whether a version is.
   * @returns how many versions were, or would be, removed.
   */
  async clean(before: number, isKnown: (content: string) => Promise<boolean>, dryRun: boolean): Promise<number> {
    let count = 0;
    for (const { content, used, parts } of await this.#kept()) {
      if (used < before && !(await isKnown(content))) {
        if (!dryRun) await rm(this.dir(content), { recursive: true, force: true });
        count++;
      } else if (!dryRun) {
        for (const { path, modified } of parts) if (modified < before) await rm(path, { force: true });
      }
    }
    return count;
  }

  async #usedAt(content: string): Promise<number> {
    const info = (await stat(join(this.dir(content), USED_FILE)).catch(() => null)) ?? (await stat(this.dir(content)).catch(() => null));
    return info?.mtimeMs ?? 0;
  }

  async #kept(): Promise<Kept[]> {
    const kept: Kept[] = [];
    for (const content of await readdir(this.#root).catch(() => [])) {
      const entry: Kept = { content, used: await this.#usedAt(content), size: 0, parts: [] };
      const names = await readdir(this.dir(content), { recursive: true }).catch(() => []);
      for (const name of names) {
        const path = join(this.dir(content), name);
        const info = await stat(path).catch(() => null);
        if (!info?.isFile()) continue;
        entry.size += info.size;
        if (name.endsWith(PART)) entry.parts.push({ path, modified: info.mtimeMs });
      }
      kept.push(entry);
    }
    return kept;
  }
}

/** A version's folder in the cache. */
interface Kept {
  content: string;
  /** When it was last asked for; milliseconds since 1970. */
  used: number;
  /** In bytes. */
  size: number;
  parts: { path: string; modified: number }[];
}
