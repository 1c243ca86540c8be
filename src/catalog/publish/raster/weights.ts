import type { TiffImage } from '../../../store/cog/image.ts';
import { type PyramidLevel, pyramidOf } from '../../../store/cog/pyramid.ts';
import { openTiff, TiffError } from '../../../store/cog/tiff.ts';
import type { TileWeights } from '../../../store/rastertiles.ts';

/** Cells a side, at most. */
const MOST_CELLS = 8;

/** What the bytes of a stored tile are of, by its directories alone; undefined where it is of a kind that is not known here. */
export async function weightsOf(path: string): Promise<TileWeights | undefined> {
  try {
    const { full, overviews } = pyramidOf(await openTiff(path));
    const levels = [full, ...overviews].map(bytesOf);
    const { columns, rows } = full.image;
    return columns * rows > 1 ? { levels, cells: cellsOf(full.image) } : { levels };
  } catch (error) {
    if (error instanceof TiffError) return undefined;
    throw error;
  }
}

function bytesOf({ image, mask }: PyramidLevel): number {
  return [...image.counts, ...(mask?.counts ?? [])].reduce((sum, count) => sum + count, 0);
}

/** Bytes of a pixel in the parts of an image, in relation to the mean of all. */
function cellsOf({ width, height, blockWidth, blockHeight, columns, rows, counts }: TiffImage): number[][] {
  const [across, down] = [Math.min(MOST_CELLS, columns), Math.min(MOST_CELLS, rows)];
  const bytes = Array.from({ length: down }, () => new Array<number>(across).fill(0));
  const pixels = Array.from({ length: down }, () => new Array<number>(across).fill(0));
  for (const [index, count] of counts.entries()) {
    const [column, row] = [index % columns, Math.floor(index / columns) % rows];
    const [x, y] = [Math.floor((column * across) / columns), Math.floor((row * down) / rows)];
    const size = Math.min(blockWidth, width - column * blockWidth) * Math.min(blockHeight, height - row * blockHeight);
    const [ofBytes, ofPixels] = [bytes[y] ?? [], pixels[y] ?? []];
    ofBytes[x] = (ofBytes[x] ?? 0) + count;
    ofPixels[x] = (ofPixels[x] ?? 0) + size;
  }
  const mean = bytes.flat().reduce((sum, count) => sum + count, 0) / pixels.flat().reduce((sum, count) => sum + count, 0);
  const relative = (y: number, x: number) => (bytes[y]?.[x] ?? 0) / Math.max(1, pixels[y]?.[x] ?? 0) / Math.max(mean, Number.MIN_VALUE);
  return bytes.map((row, y) => row.map((_, x) => Number(relative(y, x).toPrecision(2))));
}
