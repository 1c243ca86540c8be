import { open } from 'node:fs/promises';

const END_OF_CENTRAL_DIRECTORY = 0x06054b50;
const CENTRAL_HEADER = 0x02014b50;
/** What GDAL opens by its name, the most telling first. */
const SOURCES = ['shp', 'gpkg', 'tab', 'mif', 'fgb', 'geojson', 'json', 'kml', 'csv', 'dxf', 'xlsx', 'gml', 'sqlite'];

/**
 * The data in a ZIP file that lie in folders of it, as paths for GDAL (`/vsizip/…`), which itself looks no deeper than the top.
 * A File Geodatabase is the folder that ends in `.gdb`. Empty when there is none.
 */
export async function sourcesInZip(path: string): Promise<string[]> {
  return sourcesAmong(await entryNames(path)).map((name) => `/vsizip/{${path}}/${name}`);
}

/** Which of the names in a folder are layers for GDAL: Geodatabases, or else the files of the most telling ending. */
export function sourcesAmong(names: readonly string[]): string[] {
  const folders = names.flatMap((name) => /^((?:.*\/)?[^/]+\.gdb)\//i.exec(name)?.[1] ?? []);
  const geodatabases = [...new Set(folders)];
  const extension = SOURCES.find((one) => names.some((name) => name.toLowerCase().endsWith(`.${one}`)));
  const found = geodatabases.length > 0 ? geodatabases : names.filter((name) => extension && name.toLowerCase().endsWith(`.${extension}`));
  return found.filter((name) => !/(^|\/)(__MACOSX\/|\.)/.test(name));
}

/** The names in a ZIP file's central directory (APPNOTE 4.3.12). */
export async function entryNames(path: string): Promise<string[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, 0xffff + 22));
    await file.read(tail, 0, tail.length, size - tail.length);
    let end = tail.length - 22;
    while (end >= 0 && tail.readUInt32LE(end) !== END_OF_CENTRAL_DIRECTORY) end--;
    if (end < 0) return [];
    const directory = Buffer.alloc(Math.min(tail.readUInt32LE(end + 12), size));
    await file.read(directory, 0, directory.length, tail.readUInt32LE(end + 16));
    const names: string[] = [];
    for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === CENTRAL_HEADER; ) {
      const [name, extra, comment] = [directory.readUInt16LE(at + 28), directory.readUInt16LE(at + 30), directory.readUInt16LE(at + 32)];
      names.push(directory.toString('utf8', at + 46, at + 46 + name));
      at += 46 + name + extra + comment;
    }
    return names;
  } finally {
    await file.close();
  }
}
