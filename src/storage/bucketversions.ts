import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Layout } from '../store/layout.ts';
import type { Bucket } from './bucket.ts';
import { VersionCache } from './cache.ts';
import { type Entry, exists, FETCHES, fetchFile, interrupted, notThere, pause, Spoilt } from './fetch.ts';
import { faultOf, filesOf } from './folderfiles.ts';
import { takeOver } from './ownership.ts';
import type { Versions } from './versions.ts';

const STORE = 'store/';
/** Written last, so that a version has all its files once this is there. */
const INDEX = 'index.json';
const AT_ONCE = 4;
const INDEXES_KEPT = 200;

/** The files of a version, by name. */
type Index = Map<string, Entry>;

/** Versions as objects of a bucket, below `store/<content>/`, of which this machine keeps those that it needs. */
export class BucketVersions implements Versions {
  readonly areHere = false;
  readonly #bucket: Bucket;
  readonly #layout: Pick<Layout, 'storeDir' | 'versionDir'>;
  readonly #cache: VersionCache;
  readonly #fetching = new Map<string, Promise<void>>();
  readonly #indexes = new Map<string, Promise<Index>>();

  /** @param cacheBytes how much this machine keeps; null: what its disk has room for. */
  constructor(bucket: Bucket, layout: Pick<Layout, 'storeDir' | 'versionDir' | 'cacheDir'>, cacheBytes: number | null) {
    this.#bucket = bucket;
    this.#layout = layout;
    this.#cache = new VersionCache(layout.cacheDir, cacheBytes);
  }

  async add(content: string, dir: string, signal?: AbortSignal): Promise<void> {
    const key = keyOf(content, INDEX);
    await takeOver(dir);
    const known = await this.#whole(content);
    const index = known ?? (await this.#upload(content, dir, signal));
    this.#indexes.delete(content);
    // Written again where it is there: a collection of garbage that goes on now then sees that it is wanted.
    await this.#bucket.putText(key, writeIndex(index));
    if (known || (await exists(this.#cache.dir(content)))) return;
    await mkdir(dirname(this.#cache.dir(content)), { recursive: true, mode: 0o711 });
    await rename(dir, this.#cache.dir(content));
    await this.#cache.use(content);
  }

  /** The index of a version all of whose files are in the bucket; null where there is none. */
  async #whole(content: string): Promise<Index | null> {
    const index = await this.#readIndex(content).catch((error) => {
      if (error instanceof Spoilt) return null;
      throw error;
    });
    return index && (await this.#lackOf(content, index)) === null ? index : null;
  }

  /** What the bucket lacks of a version, in words; null: nothing. */
  async #lackOf(content: string, index: Index): Promise<string | null> {
    const sizes = new Map<string, number>();
    for await (const { key, size } of this.#bucket.list(`${STORE}${content}/`)) sizes.set(key, size);
    for (const [name, { size }] of index) {
      const key = keyOf(content, name);
      const found = sizes.get(key);
      if (found === undefined) return `${key} is not in the bucket`;
      if (found !== size) return `${key} has ${found} bytes in the bucket in place of ${size}`;
    }
    return null;
  }

  async faultOf(content: string, files: ReadonlyMap<string, number | null>): Promise<string | null> {
    const here = this.#layout.versionDir(content);
    if (await exists(join(here, 'profile.json'))) return faultOf(here, files);
    const index = await this.#readIndex(content).catch((error) => {
      if (error instanceof Spoilt) return error.message.replace(/\.$/, '');
      throw error;
    });
    if (typeof index === 'string') return index;
    if (!index) return `${keyOf(content, INDEX)} is not in the bucket`;
    for (const [name, size] of files) {
      const entry = index.get(name);
      if (!entry || (size !== null && entry.size !== size)) return `${keyOf(content, INDEX)} tells of another ${name}, or of none`;
    }
    const lack = await this.#lackOf(content, index);
    if (lack !== null) return lack;
    // What was fetched is used as it is.
    const kept = [...(await filesOf(this.#cache.dir(content))).keys()].filter((name) => index.has(name));
    return faultOf(this.#cache.dir(content), new Map(kept.map((name) => [name, index.get(name)?.size ?? null])));
  }

  async #upload(content: string, dir: string, signal: AbortSignal | undefined): Promise<Index> {
    const index: Index = new Map();
    await inParallel([...(await filesOf(dir)).keys()], async (name) => {
      const path = join(dir, name);
      const hash = createHash('sha256');
      await pipeline(createReadStream(path), hash, { signal });
      index.set(name, { size: (await stat(path)).size, sha256: hash.digest('hex') });
      await this.#bucket.putFile(keyOf(content, name), path, 'application/octet-stream', signal);
    });
    return new Map([...index].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async open(content: string, files: readonly string[]): Promise<string> {
    // What was published before there was a bucket.
    const here = this.#layout.versionDir(content);
    if (await exists(join(here, 'profile.json'))) return here;
    await this.#cache.use(content);
    const dir = this.#cache.dir(content);
    const missing: string[] = [];
    for (const name of files) if (!(await exists(join(dir, inside(name))))) missing.push(name);
    if (missing.length === 0) return dir;
    const index = await this.#index(content);
    const entries = missing.map((name) => [name, index.get(name) ?? notThere(name)] as const);
    await this.#cache.makeRoom(entries.reduce((sum, [, { size }]) => sum + size, 0));
    await inParallel(entries, ([name, entry]) => this.#fetchOnce(content, name, entry));
    return dir;
  }

  hold(contents: readonly string[]): () => void {
    return this.#cache.hold(contents);
  }

  async *list(): AsyncGenerator<{ content: string; modified: Date }> {
    let last: { content: string; modified: Date } | undefined;
    // Keys come in order, so those of a version come together.
    for await (const { key, modified } of this.#bucket.list(STORE)) {
      const [content = ''] = key.slice(STORE.length).split('/');
      if (last?.content === content) {
        if (modified > last.modified) last.modified = modified;
        continue;
      }
      if (last) yield last;
      last = { content, modified };
    }
    if (last) yield last;
  }

  async remove(content: string): Promise<void> {
    this.#indexes.delete(content);
    // Without it there is no version, whatever is left when this is interrupted.
    await this.#bucket.remove(keyOf(content, INDEX));
    const keys: string[] = [];
    for await (const { key } of this.#bucket.list(`${STORE}${content}/`)) keys.push(key);
    await inParallel(keys, (key) => this.#bucket.remove(key));
  }

  /** Removes from this machine what it need not have; gives back how many versions went. */
  async clean(before: number, isKnown: (content: string) => Promise<boolean>, dryRun: boolean): Promise<number> {
    return this.#cache.clean(before, isKnown, dryRun);
  }

  /** Those who ask for the same file at once wait for one fetch. */
  #fetchOnce(content: string, name: string, entry: Entry): Promise<void> {
    const key = keyOf(content, name);
    const known = this.#fetching.get(key);
    if (known) return known;
    const fetching = fetchFile(this.#bucket, key, join(this.#cache.dir(content), inside(name)), entry).finally(() =>
      this.#fetching.delete(key),
    );
    this.#fetching.set(key, fetching);
    return fetching;
  }

  #index(content: string): Promise<Index> {
    const known = this.#indexes.get(content);
    if (known) return known;
    const index = this.#readIndex(content).then((found) => found ?? notThere(content));
    this.#indexes.set(content, index);
    index.catch(() => this.#indexes.delete(content));
    for (const oldest of this.#indexes.keys()) {
      if (this.#indexes.size <= INDEXES_KEPT) break;
      this.#indexes.delete(oldest);
    }
    return index;
  }

  async #readIndex(content: string): Promise<Index | null> {
    const key = keyOf(content, INDEX);
    for (let fetch = 1; ; fetch++) {
      try {
        const stream = await this.#bucket.read(key);
        if (!stream) return null;
        const chunks: Buffer[] = [];
        for await (const chunk of interrupted(stream, key)) chunks.push(chunk);
        return parseIndex(Buffer.concat(chunks).toString(), key);
      } catch (error) {
        if (fetch === FETCHES || !(error instanceof Spoilt)) throw error;
        await pause(fetch);
      }
    }
  }
}

/** An index as text, with a checksum over what it says: without it a spoilt one would make every file seem spoilt. */
function writeIndex(index: Index): string {
  const files = Object.fromEntries(index);
  return JSON.stringify({ files, sha256: sha256(JSON.stringify(files)) });
}

/** @throws {Spoilt} when it is not what was written. */
function parseIndex(text: string, key: string): Index {
  try {
    // Earlier ones have no checksum.
    const { files, sha256: sum } = JSON.parse(text);
    if (sum !== undefined && sum !== sha256(JSON.stringify(files))) throw new Error('its checksum is another');
    return new Map(
      Object.entries(files).map(([name, entry]) => {
        const { size, sha256: ofFile } = Object(entry);
        if (typeof size !== 'number' || typeof ofFile !== 'string') throw new Error('no entry');
        return [name, { size, sha256: ofFile }];
      }),
    );
  } catch (error) {
    throw new Spoilt(`${key} in the bucket is not what was written there. Publish the layer again.`, { cause: error });
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A name of a file that lies in its version's folder, and nowhere else. */
function inside(name: string): string {
  if (name.startsWith('/') || name.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw new Error(`${name} cannot be a file of a version.`);
  return name;
}

function keyOf(content: string, name: string): string {
  return `${STORE}${content}/${inside(name)}`;
}

/** Does something for each, some at once; the first failure ends it. */
async function inParallel<T extends object | string>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const workOn = async () => {
    try {
      for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
    } catch (error) {
      next = items.length;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, workOn));
}
