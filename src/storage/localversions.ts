import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '../store/layout.ts';
import { faultOf, filesOf } from './folderfiles.ts';
import { takeOver } from './ownership.ts';
import type { Versions } from './versions.ts';

/** Versions as folders of the data directory. */
export class LocalVersions implements Versions {
  readonly areHere = true;
  readonly #layout: Pick<Layout, 'storeDir' | 'versionDir'>;

  constructor(layout: Pick<Layout, 'storeDir' | 'versionDir'>) {
    this.#layout = layout;
  }

  async add(content: string, dir: string): Promise<void> {
    const { storeDir } = this.#layout;
    const target = this.#layout.versionDir(content);
    await mkdir(storeDir, { recursive: true, mode: 0o711 });
    if ((await faultOf(target, await filesOf(dir))) === null) return;
    await rm(target, { recursive: true, force: true });
    await takeOver(dir);
    for (const entry of await readdir(dir, { withFileTypes: true })) if (entry.isDirectory()) await syncFolder(join(dir, entry.name));
    await syncFolder(dir);
    await rename(dir, target);
    await syncFolder(storeDir);
  }

  async open(content: string): Promise<string> {
    return this.#layout.versionDir(content);
  }

  hold(): () => void {
    return () => {};
  }

  faultOf(content: string, files: ReadonlyMap<string, number | null>): Promise<string | null> {
    return faultOf(this.#layout.versionDir(content), files);
  }

  async *list(): AsyncGenerator<{ content: string; modified: Date }> {
    const { storeDir } = this.#layout;
    for (const content of await readdir(storeDir).catch(() => [])) {
      const modified = await newest(join(storeDir, content));
      if (modified) yield { content, modified };
    }
  }

  async remove(content: string): Promise<void> {
    // Not by versionDir: what lies there without the name of a version is to go too.
    await rm(join(this.#layout.storeDir, content), { recursive: true, force: true });
  }
}

/** When anything in a file or folder was last changed; null where it has gone. */
async function newest(path: string): Promise<Date | null> {
  const info = await stat(path).catch(() => null);
  if (!info) return null;
  let last = info.mtime;
  if (!info.isDirectory()) return last;
  for (const name of await readdir(path)) {
    const within = await newest(join(path, name));
    if (within && within > last) last = within;
  }
  return last;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
