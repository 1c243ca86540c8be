import { isCodable } from '../../store/cog/codec.ts';
import { nodataOf } from '../../store/cog/gdaltags.ts';
import { type BlockShape, samplesInBlock, type TiffImage } from '../../store/cog/image.ts';
import type { Pyramid, PyramidLevel } from '../../store/cog/pyramid.ts';
import { sampleBytes } from '../../store/cog/samples.ts';
import { COMPRESSION, PHOTOMETRIC, TAG } from '../../store/cog/tags.ts';
import { numbersOf, TiffError } from '../../store/cog/tiff.ts';
import type { Coverage } from './coverage.ts';
import { isMaskCodable } from './mask.ts';

/** Blocks that can be copied, from which on the output begins where a block of the source does: fewer are packed again as fast. */
export const WORTH_COPYING = 16;
/** The part of the output's width, or height, that may be added so that overviews can be copied as well. */
const MOST_ADDED = 1 / 8;
/** An image up to this many pixels wide and high needs no overview. */
const SMALL = 512;

/** An image of the output. */
export interface LevelPlan {
  /** A pixel is 2^shift pixels of the full image wide and high. */
  shift: number;
  /** In pixels, and in blocks. */
  width: number;
  height: number;
  columns: number;
  rows: number;
  /** An image that has its blocks and tags like this one. */
  like: TiffImage;
  /** The image that its pixels are from, which begin at `x`, `y` there; null where they are made of the level before. */
  source: (PyramidLevel & { x: number; y: number }) | null;
}

/** What is done with the pixels outside. */
export interface Outside {
  /** A sample's bytes. */
  sample: Uint8Array<ArrayBuffer>;
  /** The value that says nothing, as samples have it; null where none does. */
  nodata: number | null;
  /** Whether the output has a mask. */
  mask: boolean;
  /** The alpha band, from 0; -1 where there is none. */
  alpha: number;
}

export interface CropPlan {
  /** The pixel of the source that the output begins at. */
  column: number;
  row: number;
  outside: Outside;
  /** From the full image to the smallest overview. */
  levels: LevelPlan[];
}

/** The box of pixels that holds all of a crop, as gdalwarp's -crop_to_cutline: to whole pixels, as far as there is an image. */
export function boxOf(coverage: Coverage, { width, height }: TiffImage): { left: number; top: number; right: number; bottom: number } {
  const { minX, minY, maxX, maxY } = coverage.bounds;
  // What sticks out by no more than rounding does not count.
  const slack = 1e-5;
  return {
    left: Math.max(0, Math.floor(minX + slack)),
    top: Math.max(0, Math.floor(minY + slack)),
    right: Math.min(width, Math.ceil(maxX - slack)),
    bottom: Math.min(height, Math.ceil(maxY - slack)),
  };
}

/**
 * Says where the output begins and what its levels are made of. Blocks can be copied only where the output's grid of blocks is the source's, so the
 * output begins at a block's corner, up to a block left of and above the crop; of a large crop at that of a block of an overview, so that
 * blocks of overviews can be copied too.
 * @param copyable blocks of the full image that lie inside; of many not all are counted.
 * @throws {TiffError} when it is of a kind that cannot be cropped here.
 */
export function planCrop(pyramid: Pyramid, box: ReturnType<typeof boxOf>, copyable: number): CropPlan {
  const { image } = pyramid.full;
  const outside = outsideOf(pyramid, copyable === image.columns * image.rows);
  const isJpeg = image.compression === COMPRESSION.jpeg;
  if (!isJpeg && !isCodable(image)) throw new TiffError('The compression or the type of the samples of this TIFF is not known here.');
  if (isJpeg) checkJpeg(image, outside);
  const aligned = isJpeg || copyable >= WORTH_COPYING;
  const column = startOf(box.left, box.right, image.blockWidth, aligned, isJpeg);
  const row = startOf(box.top, box.bottom, image.blockHeight, aligned, isJpeg);
  const full = levelOf(0, box.right - column, box.bottom - row, image, { ...pyramid.full, x: column, y: row });
  const levels = [full];
  const small = Math.min(SMALL, Math.max(image.blockWidth, image.blockHeight));
  for (let last = full; last.width > small || last.height > small; ) {
    const shift = last.shift + 1;
    const source = sourceOf(pyramid, shift, column, row, outside.mask);
    // JPEG is never decoded to pixels, of which an overview could be made.
    if (!source && isJpeg) break;
    last = levelOf(shift, Math.max(1, last.width >> 1), Math.max(1, last.height >> 1), source?.image ?? last.like, source);
    levels.push(last);
  }
  return { column, row, outside, levels };
}

function levelOf(shift: number, width: number, height: number, like: TiffImage, source: LevelPlan['source']): LevelPlan {
  return { shift, width, height, columns: Math.ceil(width / like.blockWidth), rows: Math.ceil(height / like.blockHeight), like, source };
}

function startOf(from: number, to: number, block: number, aligned: boolean, isJpeg: boolean): number {
  if (!aligned) return from;
  let step = block;
  while (2 * step <= (to - from) * MOST_ADDED) step *= 2;
  // Overviews of JPEG are moved by whole MCUs, of up to 32 pixels.
  if (isJpeg) while (step * 512 < (to - from) * 32) step *= 2;
  return from - (from % step);
}

/** The overview that a level's pixels can be taken from: half a pixel off at most at its far end, as GDAL's own are for odd sizes. */
function sourceOf(pyramid: Pyramid, shift: number, column: number, row: number, mask: boolean): LevelPlan['source'] {
  const { image, mask: fullMask } = pyramid.full;
  const scale = 2 ** shift;
  if (column % scale !== 0 || row % scale !== 0) return null;
  const found = pyramid.overviews.find(
    ({ image: overview }) =>
      Math.abs(image.width / scale - overview.width) <= 0.5 && Math.abs(image.height / scale - overview.height) <= 0.5,
  );
  if (!found || (mask && fullMask && !found.mask) || !isAlike(found.image, image)) return null;
  if (found.mask && !isMaskCodable(found.mask)) return null;
  return { ...found, x: column / scale, y: row / scale };
}

function isAlike(a: TiffImage, b: TiffImage): boolean {
  const same =
    a.samples === b.samples && a.bits === b.bits && a.format === b.format && a.planes === b.planes && a.photometric === b.photometric;
  const jpeg = a.compression === COMPRESSION.jpeg;
  return same && jpeg === (b.compression === COMPRESSION.jpeg) && (jpeg || isCodable(a));
}

/** @param all whether nothing of the image is outside. */
function outsideOf({ full: { image, mask } }: Pyramid, all: boolean): Outside {
  if (mask && !isMaskCodable(mask)) throw new TiffError('The mask of this TIFF is not of a known kind.');
  const alpha = alphaOf(image);
  const value = nodataOf(image.directory);
  const sample = value === null ? null : sampleBytes(value, image);
  // Without a value that says nothing, a mask does: it adds no band, so blocks can still be copied.
  return {
    sample: sample ?? new Uint8Array(Math.ceil(image.bits / 8)),
    nodata: sample ? value : null,
    mask: mask !== null || (sample === null && alpha < 0 && !all),
    alpha,
  };
}

/** TIFF 6.0 section 18, ExtraSamples: 1 and 2 are alpha. */
function alphaOf({ directory, samples, littleEndian }: TiffImage): number {
  const extra = numbersOf(directory.get(TAG.extraSamples), littleEndian);
  const found = extra.findIndex((kind) => kind === 1 || kind === 2);
  return found < 0 ? -1 : samples - extra.length + found;
}

function checkJpeg(image: TiffImage, { nodata, alpha }: Outside): void {
  const colours =
    image.photometric === PHOTOMETRIC.yCbCr || image.photometric === PHOTOMETRIC.rgb || image.photometric === PHOTOMETRIC.blackIsZero;
  // What is lossy at the edges cannot say sharply where they are.
  if (!colours || image.planes !== 1 || image.bits !== 8 || nodata !== null || alpha >= 0)
    throw new TiffError('JPEG of this kind is not known here.');
}

/** Bytes of a pixel in a block. */
export function pixelBytes(shape: BlockShape): number {
  return (samplesInBlock(shape) * shape.bits) / 8;
}
