import { existsSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { describeDataset } from '../../../gdal/describe.ts';
import { describeRaster } from '../../../gdal/describeraster.ts';
import { CORES, eachInParallel } from '../../../gdal/parallel.ts';
import { GdalError } from '../../../gdal/process.ts';
import { entryNames } from '../zipped.ts';

/** Endings of files that hold pixels and nothing else. A file named by itself may have any. */
const RASTERS = new Set(
  (
    'tif tiff gtif gtiff btf tf8 jp2 j2k jpx jpf jpg jpeg png webp img asc grd flt bil bip bsq hgt dem dt0 dt1 dt2 ' +
    'ecw sid kea gif bmp pix rst ntf nitf grb grib grb2 vrt'
  ).split(' '),
);
/** Endings of what is published as layers, whatever lies beside it. */
const LAYERS = /\.(shp|gpkg|tab|mif|fgb|geojson|gml|dxf|kmz?|sqlite)$|\.gdb(\/|$)/i;

/** A file of a folder or of a ZIP file: its name there, and GDAL's for it. */
export interface ContainedFile {
  name: string;
  dataset: string;
}

/** Whether a source is not a file's path but a name that GDAL alone knows: a subdataset, or one of its file systems. */
export function isGdalName(source: string): boolean {
  return !existsSync(source) && (/^[A-Za-z][A-Za-z0-9_]+:/.test(source) || source.startsWith('/vsi'));
}

/** Whether a source holds files that are published together: a ZIP file, or a folder that is no raster itself. */
export async function isContainer(source: string): Promise<boolean> {
  if ((await stat(source)).isDirectory()) return !existsSync(join(source, 'hdr.adf')) && !existsSync(join(source, '.zgroup'));
  return extname(source).toLowerCase() === '.zip';
}

/** The rasters of a folder or of a ZIP file, at any depth, in the order of their names; and those that only show what others hold. */
export async function filesIn(source: string): Promise<{ files: ContainedFile[]; leftOut: string[] }> {
  const rasters = (await containedNames(source)).filter((name) => RASTERS.has(ending(name)));
  const mosaics = rasters.filter((name) => ending(name) === 'vrt');
  // A mosaic of the tiles beside it would double them.
  const leftOut = mosaics.length < rasters.length ? mosaics : [];
  const prefix = (await stat(source)).isDirectory() ? resolve(source) : `/vsizip/{${resolve(source)}}`;
  const files = rasters.filter((name) => !leftOut.includes(name)).map((name) => ({ name, dataset: `${prefix}/${name}` }));
  return { files, leftOut };
}

/** Which sources are rasters, where nobody says: those that GDAL opens as pixels and not as layers. */
export async function holdRasters(sources: readonly string[], signal: AbortSignal | undefined): Promise<boolean[]> {
  return eachInParallel(sources, CORES, signal, async (source, _index, either) => {
    const looks = await looksLike(source);
    if (looks !== 'either') return looks === 'rasters';
    const layers = await opens(() => describeDataset(source, { signal: either }));
    if (layers && layers.layers.length > 0) return false;
    return (await opens(() => describeRaster(source, { signal: either }))) !== null;
  });
}

async function opens<Description>(describe: () => Promise<Description>): Promise<Description | null> {
  try {
    return await describe();
  } catch (error) {
    if (error instanceof GdalError) return null;
    throw error;
  }
}

async function looksLike(source: string): Promise<'rasters' | 'layers' | 'either'> {
  if (/^(PG|MYSQL|OCI|MSSQL|ODBC|MongoDBv3):/i.test(source)) return 'layers';
  if (isGdalName(source)) return 'rasters';
  if (!existsSync(source)) return 'layers';
  if (await isContainer(source)) {
    const names = await containedNames(source);
    if (LAYERS.test(source) || names.some((name) => LAYERS.test(name))) return 'layers';
    return names.some((name) => RASTERS.has(ending(name))) ? 'rasters' : 'layers';
  }
  if (ending(source) === 'vrt') return (await startsWith(source, '<OGRVRT')) ? 'layers' : 'rasters';
  if (RASTERS.has(ending(source)) || (await stat(source)).isDirectory()) return 'rasters';
  return /\.(shp|tab|mif|fgb|geojson|csv|gml|dxf|xlsx?|ods|dbf)$/i.test(source) ? 'layers' : 'either';
}

async function startsWith(path: string, text: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    return buffer.toString('utf8', 0, bytesRead).includes(text);
  } finally {
    await file.close();
  }
}

async function containedNames(source: string): Promise<string[]> {
  const names = (await stat(source)).isDirectory() ? await readdir(source, { recursive: true }) : await entryNames(source);
  return names
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => !name.endsWith('/') && !/(^|\/)(__MACOSX\/|\.)/.test(name))
    .sort();
}

function ending(name: string): string {
  return extname(name).slice(1).toLowerCase();
}
