import { access, constants, readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** The files of a folder and those below it, by name (`tiles/a.tif`), with their sizes in bytes. None where there is no folder. */
export async function filesOf(dir: string): Promise<Map<string, number>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = new Map<string, number>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(dir.length + 1).split(sep);
    files.set(name.join('/'), (await stat(path)).size);
  }
  return files;
}

/** What is wrong with a folder that should have some files, of some sizes where these are known; null: nothing. */
export async function faultOf(dir: string, files: ReadonlyMap<string, number | null>): Promise<string | null> {
  for (const [name, size] of files) {
    const path = join(dir, name);
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error) return found.code === 'ENOENT' ? `${path} is missing` : `${path} cannot be read (${found.code})`;
    if (size !== null && found.size !== size) return `${path} has ${found.size} bytes in place of ${size}`;
    const refused = await access(path, constants.R_OK).then(
      () => null,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (refused) return `${path} cannot be read (${refused})`;
  }
  return null;
}
