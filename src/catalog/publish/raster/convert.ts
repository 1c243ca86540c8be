import { constants, existsSync } from 'node:fs';
import { copyFile, open, readFile, rm, writeFile } from 'node:fs/promises';
import type { GdalBand, GdalRaster } from '../../../gdal/describeraster.ts';
import { runGdal } from '../../../gdal/process.ts';
import { bandWords, metadataXml, SIGNED } from '../../../store/vrt.ts';
import type { Place } from './arrange.ts';
import { hasMask } from './bands.ts';
import { claimsStatistics, dropStatistics } from './claims.ts';
import { jpegQuality } from './jpegquality.ts';
import { valueBands } from './kind.ts';
import type { SourceTile } from './source.ts';

/** How the tiles of a dataset are stored. */
export interface Storing {
  /** `average` for pictures and measured values, `nearest` for what has no mean: palettes and classes. */
  resampling: 'average' | 'nearest';
  /** The CRS as GDAL takes it, where the source's own does not stand; else null. */
  crs: string | null;
  /** What GDAL has to be told is nodata (`none`: nothing is); null where the source says it itself. */
  nodata: string | null;
}

export interface ConvertOptions {
  /** Of GDAL; more tiles at once need fewer each. */
  threads: number;
  signal: AbortSignal | undefined;
  onProgress: (fraction: number) => void;
}

/** A tile's blocks, in pixels. */
export const BLOCK = 512;
/** In megabytes, of each process. */
const CACHE = '256';
/** Where the source does not say its own. */
const JPEG_QUALITY = 95;

/** What is known of a stored tile without opening it. */
export interface StoredAs {
  /** `DEFLATE`, `JPEG`, … */
  compression: string;
  /** How much larger the pixels of each overview are. */
  overviews: number[];
}

/**
 * Stores a raster as a Cloud Optimized GeoTIFF with overviews. One that is there already is copied (where the file system can, without its
 * bytes), never encoded again.
 */
export async function storeTile(
  { dataset, raster }: SourceTile,
  place: Place,
  storing: Storing,
  target: string,
  options: ConvertOptions,
): Promise<StoredAs> {
  if (canBeCopied(raster, place, storing)) {
    // Not linked: a source that is edited in place would change the version.
    await copyFile(dataset, target, constants.COPYFILE_FICLONE);
    if (claimsStatistics(raster)) await dropStatistics(target);
    await sync(target);
    options.onProgress(1);
    const overviews = raster.bands[0]?.overviews.map(([width]) => Math.round(raster.size[0] / width)) ?? [];
    return { compression: (raster.structure.COMPRESSION ?? 'NONE').replace('YCbCr ', ''), overviews };
  }
  const { signal, onProgress } = options;
  const source = place.turned ? await turned(dataset, raster, place, `${target}.vrt`, options) : dataset;
  // The warper has a mask become alpha.
  const masked = place.turned && hasMask(raster.bands);
  const said = [
    ...(masked ? [...raster.bands.flatMap((_, index) => ['-b', String(index + 1)]), '-mask', String(raster.bands.length + 1)] : []),
    ...(storing.crs === null ? [] : ['-a_srs', storing.crs]),
    ...(storing.nodata === null ? [] : ['-a_nodata', storing.nodata]),
  ];
  const layout = [`BLOCKSIZE=${BLOCK}`, 'BIGTIFF=IF_SAFER', 'OVERVIEWS=IGNORE_EXISTING', `NUM_THREADS=${options.threads}`];
  const { compression, parameter } = await compressionFor(dataset, raster);
  const creation = [...layout, `OVERVIEW_RESAMPLING=${storing.resampling}`, `COMPRESS=${compression}`, parameter].flatMap((option) => [
    '-co',
    option,
  ]);
  await runGdal('gdal_translate', ['-of', 'COG', '-norat', ...said, ...creation, source, target], {
    ...(signal ? { signal } : {}),
    onProgress,
    config: { GDAL_CACHEMAX: CACHE },
  });
  await Promise.all(['.aux.xml', '.vrt'].map((ending) => rm(target + ending, { force: true })));
  if (claimsStatistics(raster)) await dropStatistics(target);
  await sync(target);
  return { compression, overviews: overviewsOf(raster.size) };
}

/** The overviews that GDAL's COG driver makes: each of half the size, until one fits a block. */
export function overviewsOf([width, height]: [number, number]): number[] {
  const factors: number[] = [];
  for (let size = Math.max(width, height), factor = 2; size > BLOCK; factor *= 2) {
    factors.push(factor);
    size = Math.floor(size / 2);
  }
  return factors;
}

/** Whether the file is what would be made of it. */
export function canBeCopied({ driver, structure, files, bands, size }: GdalRaster, { turned }: Place, { crs, nodata }: Storing): boolean {
  const [band] = bands;
  if (!band || driver !== 'GTiff' || structure.LAYOUT !== 'COG' || turned || crs !== null || nodata !== null) return false;
  // What stands beside the file is not in it.
  if (files.length !== 1 || files[0]?.startsWith('/vsi')) return false;
  const small = Math.max(...size) <= Math.max(BLOCK, ...band.block);
  return band.block[0] === band.block[1] && (small || band.overviews.length > 0);
}

async function compressionFor(
  dataset: string,
  { driver, structure, bands }: GdalRaster,
): Promise<{ compression: 'JPEG' | 'DEFLATE'; parameter: string }> {
  const [band] = bands;
  if (isJpeg(structure) && band?.type === 'Byte' && [1, 3].includes(valueBands(bands).length) && !band.palette) {
    const own = driver === 'JPEG' && existsSync(dataset) ? await jpegQuality(dataset) : structure.JPEG_QUALITY;
    return { compression: 'JPEG', parameter: `QUALITY=${own ?? JPEG_QUALITY}` };
  }
  // libtiff's predictor knows whole bytes only.
  const predictor = band?.bits != null && band.bits % 8 !== 0 ? 'NO' : 'YES';
  return { compression: 'DEFLATE', parameter: `PREDICTOR=${predictor}` };
}

function isJpeg(structure: Record<string, string>): boolean {
  return /^(YCbCr )?JPEG$/.test(structure.COMPRESSION ?? '');
}

/** Whether something was lost when a raster was compressed. */
export function isLossy({ driver, structure }: Pick<GdalRaster, 'driver' | 'structure'>): boolean {
  return (
    isJpeg(structure) ||
    structure.COMPRESSION_REVERSIBILITY?.startsWith('LOSSY') === true ||
    (structure.COMPRESSION === 'WEBP' && structure.COMPRESSION_REVERSIBILITY !== 'LOSSLESS') ||
    ['ECW', 'JP2ECW', 'MrSID', 'JP2MrSID'].includes(driver)
  );
}

/** A raster whose rows go south and columns east, with the same pixels. */
async function turned(
  dataset: string,
  { size, bands }: GdalRaster,
  { extent }: Place,
  target: string,
  { signal }: ConvertOptions,
): Promise<string> {
  const grid = ['-te', ...extent.map(String), '-ts', ...size.map(String)];
  const alpha = hasMask(bands) ? ['-dstalpha'] : [];
  await runGdal('gdalwarp', ['-q', '-overwrite', '-of', 'VRT', '-r', 'near', ...alpha, ...grid, dataset, target], signal ? { signal } : {});
  // The warper forgets what bands say of themselves where it makes alpha of a mask, and before GDAL 3.7 that bytes have a sign.
  const said = (band: GdalBand) =>
    `${alpha.length > 0 ? bandWords(band) + metadataXml(band.metadata) : ''}${band.type === 'Int8' ? SIGNED : ''}`;
  const made = await readFile(target, 'utf8');
  await writeFile(
    target,
    made.replaceAll(/<VRTRasterBand [^>]*band="(\d+)"[^>]*>/g, (tag, number) => {
      const band = bands[Number(number) - 1];
      return band ? tag + said(band) : tag;
    }),
  );
  return target;
}

export async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
