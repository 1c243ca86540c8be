import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { dirname, extname, isAbsolute } from 'node:path';
import type { GdalRaster } from '../../../gdal/describeraster.ts';
import { TAG } from '../../../store/cog/tags.ts';
import { numbersOf, openTiff, readInto, type Tiff, TiffError } from '../../../store/cog/tiff.ts';

/** What may differ between two tiles of which GDAL says the same: where their pixels are, in the file and on Earth, and when it was written. */
const OWN: ReadonlySet<number> = new Set([
  TAG.stripOffsets,
  TAG.stripByteCounts,
  TAG.tileOffsets,
  TAG.tileByteCounts,
  TAG.modelTiepoint,
  TAG.dateTime,
]);
/** Room for the header and GDAL's "ghost area" behind it, which tells of the layout. */
const HEAD_BYTES = 512;

/** What a TIFF says of itself, but for its place. */
interface Header {
  key: string;
  /** As GDAL says it where pixels are areas. */
  geoTransform: [number, number, number, number, number, number];
}

/**
 * Describes rasters by GDAL, but for GeoTIFFs whose headers are the same as those of one before, to the last byte but their places: many tiles are so,
 * and each start of GDAL takes longer than reading a header.
 */
export class AlikeRasters {
  readonly #known = new Map<string, GdalRaster>();
  readonly #folders = new Map<string, Promise<boolean>>();

  /** @param describe asks GDAL; throws as that does. */
  async describe(dataset: string, describe: () => Promise<GdalRaster>): Promise<GdalRaster> {
    const header = await this.#headerOf(dataset);
    const known = header && this.#known.get(header.key);
    if (header && known) return { ...known, files: [dataset], geoTransform: header.geoTransform };
    const raster = await describe();
    if (header && isPlain(raster, dataset, header)) this.#known.set(header.key, raster);
    return raster;
  }

  /** Null where the file is no GeoTIFF that is placed by one point, or other files may say more of it. */
  async #headerOf(dataset: string): Promise<Header | null> {
    if (!isAbsolute(dataset) || dataset.startsWith('/vsi') || !isTiff(dataset)) return null;
    const folder = dirname(dataset);
    const alone = this.#folders.get(folder) ?? readdir(folder).then((names) => names.every(isTiff));
    this.#folders.set(folder, alone);
    if (!(await alone)) return null;
    try {
      return headerOf(await openTiff(dataset), await headBytes(dataset));
    } catch (error) {
      // GDAL says what is wrong with it.
      if (error instanceof TiffError || (error instanceof Error && 'code' in error)) return null;
      throw error;
    }
  }
}

function isTiff(name: string): boolean {
  return ['.tif', '.tiff'].includes(extname(name).toLowerCase());
}

async function headBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return await readInto(file, 0, Buffer.alloc(Math.min(size, HEAD_BYTES)));
  } finally {
    await file.close();
  }
}

function headerOf({ big, littleEndian, directories }: Tiff, head: Buffer): Header | null {
  const [first] = directories;
  // GeoTIFF 1.1 section 7.1: of the tie point i, j, k, x, y, z; of a pixel its width, height, depth.
  const [column = NaN, row = NaN, , x = NaN, y = NaN] = numbersOf(first?.get(TAG.modelTiepoint), littleEndian);
  const [across = NaN, down = NaN] = numbersOf(first?.get(TAG.modelPixelScale), littleEndian);
  if (first?.get(TAG.modelTiepoint)?.count !== 6 || first.has(TAG.modelTransformation)) return null;
  const geoTransform: Header['geoTransform'] = [x - column * across, across, 0, y + row * down, 0, -down];
  if (!geoTransform.every(Number.isFinite)) return null;
  const hash = createHash('sha256');
  const start = big ? 16 : 8;
  hash.update(head.subarray(0, 4));
  const ghost = /^GDAL_STRUCTURAL_METADATA_SIZE=(\d{6}) bytes\n/.exec(head.toString('latin1', start, start + 64));
  if (ghost) hash.update(head.subarray(start, start + ghost[0].length + Number(ghost[1])));
  for (const directory of directories) {
    hash.update(`directory ${directory.size}\n`);
    for (const [tag, { type, count, bytes }] of directory) {
      hash.update(`${tag} ${type} ${OWN.has(tag) ? '' : count}\n`);
      if (!OWN.has(tag)) hash.update(bytes);
    }
  }
  return { key: hash.digest('hex'), geoTransform };
}

/** Whether GDAL says of it only what its header says, and places it there. */
function isPlain({ driver, files, geoTransform, subdatasets, rat }: GdalRaster, dataset: string, header: Header): boolean {
  const placed = geoTransform?.every((number, index) => number === header.geoTransform[index]) === true;
  return driver === 'GTiff' && files.length === 1 && files[0] === dataset && subdatasets.length === 0 && rat === null && placed;
}
