import { decompress } from './codec.ts';
import { type BlockShape, blockBytes, imageOf, samplesInBlock, type TiffImage } from './image.ts';
import { unpredict } from './predictor.ts';
import { TAG, TYPE } from './tags.ts';
import { fieldOf, numbersOf, type Readable, readExactly, type Tiff, type TiffDirectory, TiffError } from './tiff.ts';

/**
 * Reads what a directory says of its image, be it in tiles or in strips, which are tiles as wide as the image (TIFF 6.0 section 8, StripOffsets).
 * @throws {TiffError} when what it says cannot be.
 */
export function plainImageOf(tiff: Tiff, directory: TiffDirectory): TiffImage {
  const [offsets, counts] = [directory.get(TAG.stripOffsets), directory.get(TAG.stripByteCounts)];
  if (directory.has(TAG.tileWidth) || !offsets || !counts) return imageOf(tiff, directory);
  const { littleEndian } = tiff;
  const one = (tag: number) => numbersOf(directory.get(tag), littleEndian)[0];
  const [width = 0, height = 0] = [one(TAG.imageWidth), one(TAG.imageLength)];
  const size = (value: number) => fieldOf(TYPE.long, [value], littleEndian);
  const tiled = new Map(directory)
    .set(TAG.tileWidth, size(width))
    .set(TAG.tileLength, size(Math.min(height, one(TAG.rowsPerStrip) ?? height)))
    .set(TAG.tileOffsets, offsets)
    .set(TAG.tileByteCounts, counts);
  return imageOf(tiff, tiled);
}

/**
 * All samples of an image whose bands are interleaved, row by row, in the byte order of this machine.
 * @throws {TiffError} when a block is damaged or not kept; the signal's reason when cancelled.
 */
export async function readWhole(handle: Readable, image: TiffImage, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, blockWidth, blockHeight, columns, offsets, counts } = image;
  const pixelBytes = (samplesInBlock(image) * image.bits) / 8;
  const whole = new Uint8Array(width * height * pixelBytes);
  for (const [index, count] of counts.entries()) {
    signal?.throwIfAborted();
    if (count === 0) throw new TiffError('A tile of this TIFF is not kept.');
    const [left, top] = [(index % columns) * blockWidth, Math.floor(index / columns) * blockHeight];
    // The last strip has no more rows than the image; a tile always has all.
    const rows = blockWidth === width ? Math.min(blockHeight, height - top) : blockHeight;
    const shape: BlockShape = { ...image, blockHeight: rows };
    const packed = await readExactly(handle, offsets[index] ?? 0, count);
    const block = await decompress(packed, image.compression, blockBytes(shape));
    unpredict(block, shape);
    const across = Math.min(blockWidth, width - left) * pixelBytes;
    for (let y = 0; y < Math.min(rows, height - top); y++) {
      const from = y * blockWidth * pixelBytes;
      whole.set(block.subarray(from, from + across), ((top + y) * width + left) * pixelBytes);
    }
  }
  return whole;
}
