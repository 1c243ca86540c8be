import { chmod, chown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes all in a folder this process's own, to be read by those who get to it: where it is root's, GDAL has made the files as another user, who
 * could change them later.
 * @throws where something is neither a file nor a folder: a link would show what lies elsewhere.
 */
export async function takeOver(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  for (const { name } of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, name);
    const info = await lstat(path);
    if (info.isDirectory()) await takeOver(path);
    else if (!info.isFile()) throw new Error(`${name} is no file.`);
    else await take(path, 0o644);
  }
  await take(folder, 0o755);
}

async function take(path: string, mode: number): Promise<void> {
  await chown(path, 0, 0);
  await chmod(path, mode);
}
