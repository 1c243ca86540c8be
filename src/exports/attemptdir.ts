import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFile } from '../db/lock.ts';

const LOCK = '.lock';
/** A lock without a folder is one that is just being made, unless it is older. */
const MAKING_MS = 60_000;
/** A folder without a lock is of a version that had none. */
const LOCKLESS_MS = 3_600_000;

/**
 * Makes the empty folder of an attempt. Beside it lies a lock for as long as this process lives, so that others can tell the folder from what a
 * process that ended has left.
 * @param name never used before.
 * @returns removes it with all that is in it.
 */
export async function makeAttemptDir(parent: string, name: string): Promise<() => Promise<void>> {
  const dir = join(parent, name);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const lock = lockFile(`${dir}${LOCK}`);
  const remove = async () => {
    await rm(dir, { recursive: true, force: true });
    lock?.release();
    await rm(`${dir}${LOCK}`, { force: true });
  };
  try {
    await mkdir(dir, { mode: 0o700 });
  } catch (error) {
    // Nobody else would take the lock away for as long as this process lives.
    await remove();
    throw error;
  }
  return remove;
}

/**
 * Removes the folders of attempts whose processes have ended, however they did.
 * @returns how many were, or would be, removed.
 */
export async function removeLeftAttempts(parent: string, dryRun = false): Promise<number> {
  const names = new Set(await readdir(parent).catch(() => []));
  let count = 0;
  for (const name of names) {
    const path = join(parent, name);
    if (name.endsWith(LOCK) && (names.has(name.slice(0, -LOCK.length)) || (await isYounger(path, MAKING_MS)))) continue;
    const lock = name.endsWith(LOCK) ? path : `${path}${LOCK}`;
    const isLeft = names.has(`${name}${LOCK}`) || name.endsWith(LOCK) ? isFree(lock) : !(await isYounger(path, LOCKLESS_MS));
    if (!isLeft) continue;
    if (!name.endsWith(LOCK)) count++;
    if (dryRun) continue;
    await rm(path, { recursive: true, force: true });
    await rm(lock, { force: true });
  }
  return count;
}

/** Whether no process holds a lock; false where that cannot be told. */
function isFree(path: string): boolean {
  try {
    const lock = lockFile(path);
    lock?.release();
    return lock !== null;
  } catch {
    return false;
  }
}

/** Whether a file or folder was changed within so many milliseconds, or has gone. */
async function isYounger(path: string, milliseconds: number): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  return !info || info.mtimeMs > Date.now() - milliseconds;
}
