import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Stores } from '../storage/open.ts';
import type { Layout } from '../store/layout.ts';
import { removeLeftAttempts } from './attemptdir.ts';
import { countDue, expireArchives, isArchiveOfAny } from './expiry.ts';
import { forgetKeys } from './exports.ts';
import { isPartOfAny } from './split.ts';

export interface Collected {
  expired: number;
  archives: number;
  /** Of the store, and of what this machine keeps of it. */
  versions: number;
  temporary: number;
  /** Uploads in parts that never ended. */
  uploads: number;
}

/** Younger than this, a file may be one that some process is just about to record. */
const GRACE_MS = 3_600_000;
/** Uploads are recorded when they end, and large ones take hours. */
const UPLOAD_GRACE_MS = 24 * 3_600_000;

/**
 * Removes what nothing needs any more: expired archives, archives and versions without a row in the database (a crash came
 * between the two), uploads that were broken off, the temporary folders of processes that ended, and
 * what processes made for others that ended.
 * @param dryRun counts only.
 */
export async function collectGarbage(db: Kysely<Schema>, stores: Stores, layout: Layout, dryRun = false): Promise<Collected> {
  const { storage, versions } = stores;
  const now = await earliestClock(db);
  const before = now - GRACE_MS;
  const remove = async (path: string) => {
    if (!dryRun) await rm(path, { recursive: true, force: true });
  };
  const expired = dryRun ? await countDue(db) : await expireArchives(db, storage);
  const collected: Collected = { expired, archives: 0, versions: 0, temporary: 0, uploads: 0 };
  const isPublished = async (content: string) =>
    (await db.selectFrom('versions').select('id').where('content', '=', content).executeTakeFirst()) !== undefined;

  for await (const { key, modified } of storage.list()) {
    if (modified.getTime() > before) continue;
    if (await isArchiveOfAny(db, key)) continue;
    if (!dryRun) await storage.remove(key);
    collected.archives++;
  }
  for await (const { key, modified } of stores.parts?.list() ?? []) {
    if (modified.getTime() > before || (await isPartOfAny(db, key))) continue;
    if (!dryRun) await stores.parts?.remove(key);
    collected.temporary++;
  }
  for await (const { content, modified } of versions.list()) {
    if (modified.getTime() > before || (await isPublished(content))) continue;
    if (!dryRun) await versions.remove(content);
    collected.versions++;
  }
  collected.versions += await stores.cleanCache(before, isPublished, dryRun);
  if (!dryRun) await forgetKeys(db);
  for (const dir of [layout.publishingDir, layout.previewDir, layout.uploadDir]) {
    for (const path of await olderThan(dir, before)) {
      await remove(path);
      collected.temporary++;
    }
  }
  collected.temporary += await removeLeftAttempts(layout.exportingDir, dryRun);
  collected.uploads = await storage.removeUploads(new Date(now - UPLOAD_GRACE_MS), dryRun);
  return collected;
}

/** The database's clock or this machine's, whichever is behind, in milliseconds since 1970: where one is wrong, what is young seems no older. */
async function earliestClock(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ now: Date }>`select now()`.execute(db);
  return Math.min(Date.now(), rows[0]?.now.getTime() ?? 0);
}

/** What lies in a folder and was not touched since a time (milliseconds). */
async function olderThan(dir: string, before: number): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  const found: string[] = [];
  for (const name of names) {
    const path = join(dir, name);
    if (await untouched(path, before)) found.push(path);
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
