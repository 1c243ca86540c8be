import type { Pyramid } from '../../store/cog/pyramid.ts';
import { coarsePlacing } from './georeference.ts';

/**
 * The pyramid from one of its overviews on, as if that were the full image.
 * @param times how many pixels of the full image one of its pixels is, along each side.
 * @returns null where no overview is that, to the last pixel.
 */
export function coarserPyramid({ full, overviews }: Pyramid, times: number): Pyramid | null {
  const { width, height, directory, littleEndian } = full.image;
  const at = overviews.findIndex(({ image }) => image.width * times === width && image.height * times === height);
  const level = overviews[at];
  const placing = coarsePlacing(directory, littleEndian, times);
  if (!level || !placing || (full.mask && !level.mask)) return null;
  // What the overview says of its own blocks, and what is said of the whole once.
  const own = new Map([...directory, ...level.image.directory, ...placing]);
  return { full: { ...level, image: { ...level.image, directory: own } }, overviews: overviews.slice(at + 1) };
}
