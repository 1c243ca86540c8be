import { imageOf, type TiffImage } from './image.ts';
import { SUBFILE, TAG } from './tags.ts';
import { numbersOf, type Tiff } from './tiff.ts';

/** An image with its mask: the full one, or an overview. */
export interface PyramidLevel {
  image: TiffImage;
  mask: TiffImage | null;
}

/** The images of a TIFF. */
export interface Pyramid {
  full: PyramidLevel;
  /** From the largest to the smallest. */
  overviews: PyramidLevel[];
}

/**
 * Sorts the images of a TIFF by what they are to each other (TIFF 6.0 section 8, NewSubfileType). The first is the full one; a mask belongs to the image
 * of its size. Further images that are no overviews of it are left out.
 * @throws {TiffError} when one is not tiled, or what it says cannot be.
 */
export function pyramidOf(tiff: Tiff): Pyramid {
  const images: TiffImage[] = [];
  const masks: TiffImage[] = [];
  for (const [index, directory] of tiff.directories.entries()) {
    const kind = numbersOf(directory.get(TAG.newSubfileType), tiff.littleEndian)[0] ?? 0;
    if (index > 0 && (kind & (SUBFILE.reduced | SUBFILE.mask)) === 0) continue;
    ((kind & SUBFILE.mask) !== 0 ? masks : images).push(imageOf(tiff, directory));
  }
  const levels = images.map((image) => ({
    image,
    mask: masks.find(({ width, height }) => width === image.width && height === image.height) ?? null,
  }));
  const [full, ...overviews] = levels;
  if (!full) return { full: { image: imageOf(tiff, tiff.directories[0] ?? new Map()), mask: null }, overviews: [] };
  return { full, overviews: overviews.sort((a, b) => b.image.width - a.image.width) };
}
