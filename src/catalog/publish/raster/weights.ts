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

/** Bytes of a pixel in the parts of an image, all of the same size, in relation to the mean of all. A block's bytes are spread over its pixels. */
function cellsOf({ width, height, blockWidth, blockHeight, columns, rows, counts }: TiffImage): number[][] {
  const [across, down] = [Math.min(MOST_CELLS, columns), Math.min(MOST_CELLS, rows)];
  const bytes = Array.from({ length: down }, () => new Array<number>(across).fill(0));
  for (const [index, count] of counts.entries()) {
    const [column, row] = [index % columns, Math.floor(index / columns) % rows];
    const besides = sharesOf(column * blockWidth, Math.min(width, (column + 1) * blockWidth), width, across);
    for (const [y, below] of sharesOf(row * blockHeight, Math.min(height, (row + 1) * blockHeight), height, down)) {
      const line = bytes[y] ?? [];
      for (const [x, beside] of besides) line[x] = (line[x] ?? 0) + count * beside * below;
    }
  }
  const mean = bytes.flat().reduce((sum, some) => sum + some, 0) / (across * down);
  return bytes.map((line) => line.map((some) => Number((some / Math.max(mean, Number.MIN_VALUE)).toPrecision(2))));
}

/** Which of the equal cells of a whole an interval meets, and which share of it each has. */
function sharesOf(from: number, to: number, whole: number, cells: number): [cell: number, share: number][] {
  const size = whole / cells;
  const first = Math.floor(from / size);
  return Array.from({ length: Math.min(cells, Math.ceil(to / size)) - first }, (_, i) => {
    const [start, end] = [Math.max(from, (first + i) * size), Math.min(to, (first + i + 1) * size)];
    return [first + i, (end - start) / (to - from)];
  });
}
