import { open } from 'node:fs/promises';
import { isCodable, unpackBlock } from '../../../store/cog/codec.ts';
import type { TiffImage } from '../../../store/cog/image.ts';
import { pyramidOf } from '../../../store/cog/pyramid.ts';
import { FORMAT } from '../../../store/cog/tags.ts';
import { openTiff, readExactly, TiffError } from '../../../store/cog/tiff.ts';
import { PIXELS } from '../../../store/pixels.ts';
import type { DataType } from '../../../store/rasterprofile.ts';
import { bandMoments, type Moments, NONE, together } from './moments.ts';
import type { PixelLayout } from './pixellayout.ts';

/** For more blocks than this, a process of GDAL's, which goes on beside this one, is worth its start. */
const FEW = 16;

/**
 * Measures a stored tile of few blocks without GDAL, whose start takes far longer than they do.
 * @returns null where it is not of a plain kind, which GDAL has to read.
 * @throws the signal's reason when cancelled.
 */
export async function measureBlocks(path: string, layout: PixelLayout, signal?: AbortSignal): Promise<Moments[] | null> {
  try {
    const { full } = pyramidOf(await openTiff(path));
    return full.mask === null && isPlain(full.image, layout) ? await measure(path, full.image, layout, signal) : null;
  } catch (error) {
    if (error instanceof TiffError) return null;
    throw error;
  }
}

function isPlain(image: TiffImage, { type, nodata, masked }: PixelLayout): boolean {
  const { columns, rows, planes, samples, bits, format, counts } = image;
  const small = columns * rows <= FEW && planes === 1 && counts.every((count) => count > 0);
  return small && !masked && samples === nodata.length && bits === 8 * PIXELS[type].bytes && format === formatOf(type) && isCodable(image);
}

function formatOf(type: DataType): number {
  if (type.startsWith('Float')) return FORMAT.float;
  return type.startsWith('Int') ? FORMAT.signed : FORMAT.unsigned;
}

async function measure(path: string, image: TiffImage, layout: PixelLayout, signal: AbortSignal | undefined): Promise<Moments[]> {
  const { width, height, blockWidth, blockHeight, columns, samples, offsets, counts } = image;
  const { bytes, view } = PIXELS[layout.type];
  let moments = layout.nodata.map(() => NONE);
  const file = await open(path, 'r');
  try {
    for (const [index, count] of counts.entries()) {
      signal?.throwIfAborted();
      const packed = await readExactly(file, offsets[index] ?? 0, count);
      const block = await unpackBlock(packed, image);
      const [across, down] = [
        Math.min(blockWidth, width - (index % columns) * blockWidth),
        Math.min(blockHeight, height - Math.floor(index / columns) * blockHeight),
      ];
      // Without what a block has beyond the image.
      const row = across * samples * bytes;
      const within = new Uint8Array(row * down);
      for (let y = 0; y < down; y++) {
        const from = y * blockWidth * samples * bytes;
        within.set(block.subarray(from, from + row), y * row);
      }
      const ofBlock = bandMoments(view(within.buffer), layout);
      moments = moments.map((before, band) => together(before, ofBlock[band] ?? NONE));
    }
  } finally {
    await file.close();
  }
  return moments;
}
