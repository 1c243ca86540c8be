import { stat } from 'node:fs/promises';
import { basename, extname, resolve, sep } from 'node:path';
import { describeRaster, type GdalRaster } from '../../../gdal/describeraster.ts';
import { CORES, eachInParallel } from '../../../gdal/parallel.ts';
import { GdalError } from '../../../gdal/process.ts';
import { DATA_TYPES, type DataType } from '../../../store/rasterprofile.ts';
import { PublishError } from '../failure.ts';
import { sentence } from '../source.ts';
import { AlikeRasters } from './alike.ts';
import { filesIn, isContainer, isGdalName } from './files.ts';

/** A raster that is to be a tile, as GDAL opens it. */
export interface SourceTile {
  /** What the publisher named, for messages. */
  shown: string;
  /** A path or another name for GDAL. */
  dataset: string;
  /** The file's name with its ending. */
  fileName: string;
  /** Its folder, from the folder that the publisher named; empty where it lies there. */
  folder: string;
  raster: GdalRaster;
  type: DataType;
}

/** Rasters that are published together, as one dataset. */
export interface RasterSource {
  shown: string;
  /** What it is called where nobody says. */
  name: string;
  tiles: SourceTile[];
  /** Whether its tiles can be asked for one by one. */
  tiled: boolean;
  notes: string[];
}

/** What holds for rasters that anybody may have made. */
export interface UntrustedSource {
  /** The folder out of which none may show anything: its overviews, or what it is made of, may be named as other files. */
  folder: string;
  /** The most that the pixels of one may take without compression: a file of some bytes can say that it has millions of millions. */
  pixelBytes: number;
}

export interface RasterSourceOptions {
  /** Tiles that can be asked for, even where there is one file. */
  tiled?: boolean | undefined;
  untrusted?: UntrustedSource | undefined;
  signal?: AbortSignal | undefined;
  onProgress: (fraction: number) => void;
}

/** Subdatasets and left-out files that a sentence names. */
const NAMED = 10;

/**
 * Opens the rasters of all sources: files, folders and ZIP files of them, or names that GDAL knows (`NETCDF:"a.nc":tas`).
 * @throws {PublishError} when one cannot be read, or holds what no raster dataset can.
 */
export async function openRasters(sources: readonly string[], options: RasterSourceOptions): Promise<RasterSource> {
  const { signal, onProgress } = options;
  const notes: string[] = [];
  const found: Omit<SourceTile, 'raster' | 'type'>[] = [];
  let several = sources.length > 1;
  for (const source of sources) {
    if (!isGdalName(source)) await requireThere(source);
    if (isGdalName(source) || !(await isContainer(source))) {
      const dataset = isGdalName(source) ? source : resolve(source);
      found.push({ shown: source, dataset, fileName: nameIn(source), folder: '' });
      continue;
    }
    const { files, leftOut } = await filesIn(source);
    if (files.length === 0) throw new PublishError(`${source} holds no rasters that GDAL reads. Name the files themselves.`);
    if (leftOut.length > 0) notes.push(`Left out, as they show what other files hold: ${someOf(leftOut)}.`);
    if (files.length > 1) several = true;
    for (const { name, dataset } of files) {
      const folder = name.slice(0, Math.max(0, name.lastIndexOf('/')));
      found.push({ shown: `${source.replace(/\/+$/, '')}/${name}`, dataset, fileName: basename(name), folder });
    }
  }
  let opened = 0;
  const alike = new AlikeRasters();
  const tiles = await eachInParallel(found, CORES, signal, async (tile, _index, either): Promise<SourceTile> => {
    const raster = await alike.describe(tile.dataset, () => openRaster(tile, either));
    if (options.untrusted) refuseUntrusted(tile.shown, raster, options.untrusted);
    onProgress(++opened / found.length);
    return { ...tile, raster, type: dataType(tile.shown, raster) };
  });
  for (const { shown, raster } of tiles) {
    if (raster.structure.MINISWHITE === 'YES' && raster.bands[0]?.palette === null)
      notes.push(`${shown} says that 0 is white. Its values are kept, and programs that take 0 for black show it the other way round.`);
    if (raster.subdatasets.length > 0) notes.push(`${shown} also holds ${someOf(raster.subdatasets.map(({ name }) => name))}.`);
  }
  const [first = ''] = sources;
  // Whose name has no ending, whatever points are in it.
  const isFolder = found[0]?.dataset.startsWith(`${resolve(first)}/`);
  return {
    shown: several && sources.length > 1 ? `${first} and ${sources.length - 1} more` : first,
    name: isFolder ? nameIn(first) : basename(nameIn(first), extname(nameIn(first))),
    tiles,
    tiled: several || options.tiled === true,
    notes,
  };
}

/** The last part of a path, or of a name that is none: `tas` of `NETCDF:"a.nc":tas`. */
function nameIn(source: string): string {
  const name = isGdalName(source) && !source.startsWith('/vsi') ? (source.split(':').at(-1) ?? source) : source;
  return basename(name).replaceAll('"', '') || source;
}

async function requireThere(source: string): Promise<void> {
  await stat(source).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') throw new PublishError(`${source} may not be read by this user.`);
    throw new PublishError(`${source} does not exist.`);
  });
}

async function openRaster({ shown, dataset }: Pick<SourceTile, 'shown' | 'dataset'>, signal: AbortSignal): Promise<GdalRaster> {
  try {
    return await describeRaster(dataset, { signal });
  } catch (error) {
    if (!(error instanceof GdalError)) throw error;
    if (/not recognized as|No such file/.test(error.message))
      throw new PublishError(`${shown} cannot be read: it is nothing that GDAL opens as a raster.`);
    throw new PublishError(`${shown} cannot be read: ${sentence(error.message)}`);
  }
}

function refuseUntrusted(shown: string, { files, size, bands }: GdalRaster, { folder, pixelBytes }: UntrustedSource): void {
  if (files.some((file) => !resolve(file).startsWith(folder + sep)))
    throw new PublishError(`${shown} shows what other files hold. Upload those files.`);
  // Eight bytes are the most that a value has.
  if (size[0] * size[1] * bands.length * 8 > pixelBytes)
    throw new PublishError(
      `${shown} has ${size.join(' × ')} pixels, more than are taken here. Publish it in tiles, or with \`geocrate publish\`.`,
    );
}

/** @throws {PublishError} where the raster has no bands, or bands that cannot be stored. */
function dataType(shown: string, { bands, subdatasets }: GdalRaster): DataType {
  const [first] = bands;
  if (!first) {
    if (subdatasets.length === 0) throw new PublishError(`${shown} has no bands.`);
    throw new PublishError(
      `${shown} holds several rasters. Publish one of them by its name: ${someOf(subdatasets.map(({ name }) => name))}.`,
    );
  }
  const other = bands.find(({ type }) => type !== first.type);
  if (other) {
    const types = `${first.type} and ${other.type}`;
    throw new PublishError(`${shown} has bands of different data types, ${types}. Give them one with gdal_translate -ot ${widest(types)}.`);
  }
  const type = DATA_TYPES.find((one) => one === first.type);
  if (type) return type;
  if (/^C(Int|Float)/.test(first.type))
    throw new PublishError(`${shown} holds complex numbers (${first.type}), which no format here takes. Publish their amplitude or phase.`);
  throw new PublishError(`${shown} holds ${first.type} values. Convert them with gdal_translate -ot Int32, or -ot Float64.`);
}

function widest(types: string): string {
  return types.includes('Float64') ? 'Float64' : types.includes('Float') ? 'Float32' : types.includes('Int') ? 'Int32' : 'Byte';
}

function someOf(names: readonly string[]): string {
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : '';
  return names.slice(0, NAMED).join(', ') + more;
}
