import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Storage } from '../storage/storage.ts';
import type { Layout } from '../store/layout.ts';
import { countDue, expireArchives, isArchiveOfAny } from './expiry.ts';

export interface Collected {
  expired: number;
  archives: number;
  versions: number;
  temporary: number;
}

/** Younger than this, a file may be one that some process is just about to record. */
const GRACE_MS = 3_600_000;

/**
 * Removes what nothing needs any more: expired archives, archives and versions without a row in the database (a crash came
 * between the two), and the temporary folders of processes that ended.
 * @param dryRun counts only.
 */
export async function collectGarbage(db: Kysely<Schema>, storage: Storage, layout: Layout, now: Date, dryRun = false): Promise<Collected> {
  const before = now.getTime() - GRACE_MS;
  const remove = async (path: string) => {
    if (!dryRun) await rm(path, { recursive: true, force: true });
  };
  const expired = dryRun ? await countDue(db, now) : await expireArchives(db, storage, now);
  const collected: Collected = { expired, archives: 0, versions: 0, temporary: 0 };

  for await (const { key, modified } of storage.list()) {
    if (modified.getTime() > before) continue;
    if (await isArchiveOfAny(db, key)) continue;
    if (!dryRun) await storage.remove(key);
    collected.archives++;
  }
  for (const { path, name } of await olderThan(layout.storeDir, before)) {
    const row = await db.selectFrom('versions').select('id').where('content', '=', name).executeTakeFirst();
    if (row) continue;
    await remove(path);
    collected.versions++;
  }
  for (const dir of [layout.publishingDir, layout.exportingDir, layout.previewDir, layout.uploadDir]) {
    for (const { path } of await olderThan(dir, before)) {
      await remove(path);
      collected.temporary++;
    }
  }
  return collected;
}

/** What lies in a folder and was not touched since a time (milliseconds). */
async function olderThan(dir: string, before: number): Promise<{ name: string; path: string }[]> {
  const names = await readdir(dir).catch(() => []);
  const found: { name: string; path: string }[] = [];
  for (const name of names) {
    const path = join(dir, name);
    if (await untouched(path, before)) found.push({ name, path });
  }
  return found;
}

/** A folder is in use while anything directly in it is being written. */
async function untouched(path: string, before: number): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  if (!info || info.mtimeMs > before) return false;
  if (!info.isDirectory()) return true;
  for (const name of await readdir(path)) {
    if (!(await untouched(join(path, name), before))) return false;
  }
  return true;
}
