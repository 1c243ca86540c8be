import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../disk.ts';

/** The end of the name of what is being copied. */
const PART = '.part';

/**
 * Copies what a folder holds that never changes once it has its name: files and folders alike, each under its name only when it is whole.
 * What is there already is left as it is.
 * @returns how many were copied.
 */
export async function copyNew(from: string, to: string): Promise<number> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const there = new Set(await readdir(to));
  let count = 0;
  for (const entry of await readdir(from, { withFileTypes: true }).catch(() => [])) {
    if (there.has(entry.name) || entry.name.endsWith(PART)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    try {
      if (entry.isDirectory()) await copyTree(source, target + PART);
      else await copyFile(source, target + PART, constants.COPYFILE_FICLONE);
    } catch (error) {
      await rm(target + PART, { recursive: true, force: true });
      // Its time came while it was copied.
      if (isMissing(error)) continue;
      throw error;
    }
    await rename(target + PART, target);
    count++;
  }
  return count;
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else await copyFile(source, target, constants.COPYFILE_FICLONE);
  }
}
