import { constants } from 'node:fs';
import { copyFile, open, rm } from 'node:fs/promises';
import type { StoredContent } from '../../archive/ready.ts';
import { boundsPolygon } from '../../geometry/bounds.ts';
import type { MultiPolygon } from '../../geometry/polygons.ts';
import { metadataOfPart } from '../../store/cog/gdaltags.ts';
import type { TiffImage } from '../../store/cog/image.ts';
import { pyramidOf } from '../../store/cog/pyramid.ts';
import { OF_THE_FULL_IMAGE, PHOTOMETRIC, TAG } from '../../store/cog/tags.ts';
import { openTiff, TiffError, type TiffField } from '../../store/cog/tiff.ts';
import { BIG_FROM, writeCog } from '../../store/cog/write.ts';
import { coarserPyramid } from './coarser.ts';
import { Coverage } from './coverage.ts';
import { geoTransformOf, movedPlacing, toPixels } from './georeference.ts';
import type { LevelTables } from './level.ts';
import { makeLevels } from './levels.ts';
import { boxOf, type CropPlan, planCrop, WORTH_COPYING } from './plan.ts';
import { Spill } from './spill.ts';

export interface CropOptions {
  /** The path of a tiled GeoTIFF. */
  source: string;
  /** What is kept, in the coordinates of the source's CRS; null: all. Polygons are valid. */
  crop: MultiPolygon | null;
  /** Of a file that is not there yet. Another beside it, `….blocks`, is used meanwhile. */
  outPath: string;
  /** How much larger pixels become, 1 unless told: for more, the overview of that size is taken, where there is one. */
  times?: number;
  /** How pixels of overviews are made that the source has none of: by default `average`, for palettes `nearest`. */
  resampling?: 'average' | 'nearest';
  /** Ends the work within a second; `cropCog` then rejects with its reason. */
  signal?: AbortSignal;
  /** Fraction done, 0..1, never falling. */
  onProgress?: (fraction: number) => void;
  /** From this size on the output is a BigTIFF; only tests set it. */
  bigFrom?: number;
}

/** What became of a crop. */
export type CropResult =
  /** The output is a copy of the source. */
  | { kind: 'copied'; size: number }
  | {
      kind: 'cropped';
      file: StoredContent;
      /** Of the image, in pixels. */
      width: number;
      height: number;
      /** Blocks of all levels: copied as they are, made, and wholly outside. */
      copied: number;
      made: number;
      blank: number;
    }
  /** No pixel's centre lies inside; there is no file. */
  | { kind: 'empty' }
  /** The source is of a kind that is not known here, and GDAL may do it; there is no file. */
  | { kind: 'unsupported'; reason: string };

/** The part of the work that making blocks is, before the file is written. */
const MAKING = 0.7;
/** The least that progress rises by before it is told: each time wakes other threads. */
const STEP = 1 / 256;
const COPY_BYTES = 8 << 20;

/**
 * Crops a GeoTIFF to polygons, without resampling, into a Cloud Optimized GeoTIFF of the same bands, compression and pixel grid. Blocks that lie
 * wholly inside are copied byte for byte. Pixels whose centre lies outside have the nodata value, or 0 and no alpha, or 0 and are
 * hidden by a mask. All pixels inside are those of the source.
 * @throws the system's error when a file cannot be read or written, the signal's reason when cancelled; there is no file then.
 */
export async function cropCog(options: CropOptions): Promise<CropResult> {
  try {
    return await crop(options);
  } catch (error) {
    // What was there before is not ours.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) await rm(options.outPath, { force: true });
    if (error instanceof TiffError) return { kind: 'unsupported', reason: error.message };
    throw error;
  }
}

async function crop({
  source,
  crop,
  outPath,
  times = 1,
  resampling,
  signal,
  onProgress,
  bigFrom = BIG_FROM,
}: CropOptions): Promise<CropResult> {
  signal?.throwIfAborted();
  const progress = rising(onProgress);
  if (crop === null && times === 1) return copy(source, outPath, signal, progress);
  const tiff = await openTiff(source);
  const pyramid = times === 1 ? pyramidOf(tiff) : coarserPyramid(pyramidOf(tiff), times);
  if (!pyramid) return { kind: 'unsupported', reason: `This TIFF has no overview of pixels ${times} times as large.` };
  const { image } = pyramid.full;
  const coverage = new Coverage(crop ? toPixels(crop, geoTransformOf(image.directory, tiff.littleEndian)) : allOf(image));
  const box = boxOf(coverage, image);
  if (box.right <= box.left || box.bottom <= box.top) return { kind: 'empty' };
  const { covered, inside } = await countBlocks(coverage, image, box, signal);
  if (!covered) return { kind: 'empty' };
  if (inside === image.columns * image.rows && times === 1) return copy(source, outPath, signal, progress);
  const plan = planCrop(pyramid, box, inside);
  const average = (resampling ?? (image.photometric === PHOTOMETRIC.palette ? 'nearest' : 'average')) === 'average';
  const handle = await open(source, 'r');
  try {
    const spill = new Spill(`${outPath}.blocks`);
    try {
      const blocks = plan.levels.reduce((sum, { columns, rows }) => sum + columns * rows, 0);
      let done = 0;
      const handles = [handle, spill];
      const work = { handles, spill, coverage, plan, source: image, average, signal, onBlock: () => progress((MAKING * ++done) / blocks) };
      const levels = await makeLevels(work);
      let written = 0;
      const onBytes = (bytes: number, total: number) => {
        written += bytes;
        progress(MAKING + ((1 - MAKING) * written) / total);
      };
      const content = { littleEndian: tiff.littleEndian, levels, fields: ownFields(image, plan), handles };
      const file = await writeCog(outPath, content, { signal, onBytes, bigFrom });
      return { kind: 'cropped', file, ...summary(levels) };
    } finally {
      await spill.close();
    }
  } finally {
    await handle.close();
  }
}

/** In pixels. */
function allOf({ width, height }: TiffImage): MultiPolygon {
  return [boundsPolygon([0, 0, width, height])];
}

function summary(levels: readonly LevelTables[]): Omit<Extract<CropResult, { kind: 'cropped' }>, 'kind' | 'file'> {
  const sum = (of: (level: LevelTables) => number) => levels.reduce((total, level) => total + of(level), 0);
  return {
    width: levels[0]?.plan.width ?? 0,
    height: levels[0]?.plan.height ?? 0,
    copied: sum(({ copied }) => copied),
    made: sum(({ made }) => made),
    blank: sum(({ blank }) => blank),
  };
}

/** Whether any pixel of an image lies inside, and how many of its blocks do with all their pixels: where not all do, counted up to what is worth it. */
async function countBlocks(
  coverage: Coverage,
  { width, height, blockWidth, blockHeight }: TiffImage,
  box: ReturnType<typeof boxOf>,
  signal: AbortSignal | undefined,
): Promise<{ covered: boolean; inside: number }> {
  const marks = new Uint8Array(blockWidth * blockHeight);
  let covered = false;
  let inside = 0;
  let all = box.left === 0 && box.top === 0 && box.right === width && box.bottom === height;
  for (let y = box.top - (box.top % blockHeight); y < box.bottom; y += blockHeight) {
    // A turn for others, and for the signal.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    for (let x = box.left - (box.left % blockWidth); x < box.right; x += blockWidth) {
      const [across, down] = [Math.min(blockWidth, width - x), Math.min(blockHeight, height - y)];
      const where = coverage.classify(x, y, across, down);
      const count = where === 'edge' ? coverage.mark(marks, blockWidth, x, y, across, down, 0) : where === 'inside' ? across * down : 0;
      if (count > 0) covered = true;
      if (count === across * down) inside++;
      else all = false;
      if (!all && inside >= WORTH_COPYING) return { covered, inside };
    }
  }
  return { covered, inside };
}

function ownFields({ directory, littleEndian }: TiffImage, { column, row }: CropPlan): Map<number, TiffField> {
  const fields = movedPlacing(directory, littleEndian, column, row);
  for (const tag of OF_THE_FULL_IMAGE) {
    const field = directory.get(tag);
    if (field) fields.set(tag, field);
  }
  const metadata = metadataOfPart(directory.get(TAG.gdalMetadata));
  if (metadata) fields.set(TAG.gdalMetadata, metadata);
  return fields;
}

/** Copies a file: at no cost where the file system can share its content. */
async function copy(
  source: string,
  outPath: string,
  signal: AbortSignal | undefined,
  progress: (fraction: number) => void,
): Promise<CropResult> {
  const shared = await copyFile(source, outPath, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL).then(
    () => true,
    () => false, // Reading and writing, below, says what is wrong.
  );
  const from = await open(source, 'r');
  try {
    const { size } = await from.stat();
    if (!shared) {
      const to = await open(outPath, 'wx', 0o644);
      try {
        const bytes = Buffer.allocUnsafeSlow(COPY_BYTES);
        for (let at = 0; at < size; ) {
          signal?.throwIfAborted();
          const { bytesRead } = await from.read(bytes, 0, bytes.length, at);
          if (bytesRead === 0) throw new TiffError('The TIFF ends early.');
          for (let done = 0; done < bytesRead; ) done += (await to.write(bytes, done, bytesRead - done, at + done)).bytesWritten;
          at += bytesRead;
          progress(at / size);
        }
      } finally {
        await to.close();
      }
    }
    progress(1);
    return { kind: 'copied', size };
  } finally {
    await from.close();
  }
}

function rising(onProgress: ((fraction: number) => void) | undefined): (fraction: number) => void {
  let last = -1;
  return (fraction) => {
    if (fraction < Math.min(1, last + STEP) || last === 1) return;
    last = fraction;
    onProgress?.(fraction);
  };
}
