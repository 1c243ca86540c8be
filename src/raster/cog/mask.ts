import { compress, decompress } from '../../store/cog/codec.ts';
import { type BlockShape, blockBytes } from '../../store/cog/image.ts';
import { COMPRESSION } from '../../store/cog/tags.ts';
import { TiffError } from '../../store/cog/tiff.ts';

/** How a mask's blocks are written: a bit a pixel, deflated, as GDAL does. */
export function maskShape({ blockWidth, blockHeight, littleEndian }: BlockShape): BlockShape {
  return {
    blockWidth,
    blockHeight,
    samples: 1,
    bits: 1,
    format: 1,
    compression: COMPRESSION.deflate,
    predictor: 1,
    planes: 1,
    littleEndian,
  };
}

/** Whether a mask's blocks can be read: one sample of 1 or 8 bits. */
export function isMaskCodable({ samples, bits, predictor, compression }: BlockShape): boolean {
  return (
    samples === 1 &&
    (bits === 1 || bits === 8) &&
    predictor === 1 &&
    Object.values(COMPRESSION).some((known) => known === compression && known !== COMPRESSION.jpeg)
  );
}

/** The pixels of a mask's block: 1 where it says that the image is to be seen (TIFF 6.0, NewSubfileType), row by row. */
export async function unpackMask(packed: Uint8Array, shape: BlockShape): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await decompress(packed, shape.compression, blockBytes(shape));
  const { blockWidth, blockHeight } = shape;
  const marks = new Uint8Array(blockWidth * blockHeight);
  if (shape.bits === 8) for (let i = 0; i < marks.length; i++) marks[i] = bytes[i] === 0 ? 0 : 1;
  else if (shape.bits === 1) {
    const rowBytes = Math.ceil(blockWidth / 8);
    for (let y = 0; y < blockHeight; y++)
      for (let x = 0; x < blockWidth; x++) marks[y * blockWidth + x] = ((bytes[y * rowBytes + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1;
  } else throw new TiffError('The mask of this TIFF is not a known one.');
  return marks;
}

/** The way back, into bits. */
export function packMask(marks: Uint8Array, { blockWidth, blockHeight, compression }: BlockShape): Promise<Uint8Array> {
  const rowBytes = Math.ceil(blockWidth / 8);
  const bytes = new Uint8Array(rowBytes * blockHeight);
  for (let y = 0; y < blockHeight; y++) {
    for (let x = 0; x < blockWidth; x++) {
      if (marks[y * blockWidth + x] !== 0) bytes[y * rowBytes + (x >> 3)] = (bytes[y * rowBytes + (x >> 3)] ?? 0) | (0x80 >> (x & 7));
    }
  }
  return compress(bytes, compression, rowBytes, false);
}
