import { promisify } from 'node:util';
import { constants, deflate, inflate, zstdCompress, zstdDecompress } from 'node:zlib';
import { type BlockShape, blockBytes, samplesInBlock, type TiffImage } from './image.ts';
import { packLzw, unpackLzw } from './lzw.ts';
import { packBits, unpackBits } from './packbits.ts';
import { isPredictable, predict, unpredict } from './predictor.ts';
import { COMPRESSION } from './tags.ts';
import { TiffError } from './tiff.ts';

const deflating = promisify<Uint8Array, object, Buffer>(deflate);
const inflating = promisify<Uint8Array, object, Buffer>(inflate);
const zstdCompressing = promisify<Uint8Array, object, Buffer>(zstdCompress);
const zstdDecompressing = promisify<Uint8Array, object, Buffer>(zstdDecompress);

const DAMAGED = 'A tile of this TIFF is damaged.';
/** GDAL's own. */
const ZSTD_LEVEL = 9;
const DEFLATE_LEVEL = 6;
/** The part of its samples' bytes that an image takes, below which runs are not all that deflate is to look for: of classes it would take twice the bytes. */
const REPETITIVE = 0.1;
/** Symbols are gathered in larger blocks, which have fewer tables: of differences that is a tenth of the time, and no size. */
const DEFLATE_MEMORY = 9;

/** Whether blocks can be unpacked to samples and packed again without loss. */
export function isCodable(shape: BlockShape): boolean {
  const { none, lzw, deflate, oldDeflate, packBits, zstd } = COMPRESSION;
  return [none, lzw, deflate, oldDeflate, packBits, zstd].some((known) => known === shape.compression) && isPredictable(shape);
}

/**
 * The samples of a block, in the byte order of this machine, those of a pixel next to each other.
 * @returns bytes of their own, beginning at a multiple of 8 in their buffer.
 * @throws {TiffError} when the block is damaged.
 */
export async function unpackBlock(packed: Uint8Array, shape: BlockShape): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await decompress(packed, shape.compression, blockBytes(shape));
  unpredict(bytes, shape);
  return bytes;
}

/** The way back of `unpackBlock`, for a block like those of an image; the samples are used up. */
export function packBlock(samples: Uint8Array<ArrayBuffer>, like: TiffImage): Promise<Uint8Array> {
  predict(samples, like);
  return packDifferences(samples, like);
}

/** The same for samples that are as the predictor left them. */
export function packDifferences(samples: Uint8Array<ArrayBuffer>, like: TiffImage): Promise<Uint8Array> {
  const rowBytes = (like.blockWidth * samplesInBlock(like) * like.bits) / 8;
  return compress(samples, like.compression, rowBytes, like.predictor !== 1 && !repeatsItself(like));
}

/** Whether an image's blocks take so few bytes that they must have the same differences again and again, as classes do. */
function repeatsItself(image: TiffImage): boolean {
  let [blocks, bytes] = [0, 0];
  for (const count of image.counts) {
    if (count > 0) blocks++;
    bytes += count;
  }
  return bytes < REPETITIVE * blocks * blockBytes(image);
}

/** Unpacks to so many bytes. @throws {TiffError} when there are fewer. */
export async function decompress(packed: Uint8Array, compression: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
  switch (compression) {
    case COMPRESSION.deflate:
    case COMPRESSION.oldDeflate:
      return exactly(await undamaged(inflating(packed, { chunkSize: size + 64, maxOutputLength: size + 64 })), size);
    case COMPRESSION.zstd:
      return exactly(await undamaged(zstdDecompressing(packed, { chunkSize: size + 64, maxOutputLength: size + 64 })), size);
    case COMPRESSION.lzw:
      return unpackLzw(packed, size);
    case COMPRESSION.packBits:
      return unpackBits(packed, size);
    default:
      return exactly(packed, size);
  }
}

/**
 * Packs bytes; not compressed, they are the same ones. There may be more room in their buffer.
 * @param byRuns whether deflate looks for runs only: of differences in imagery and elevations that takes a third of the time, and gives a size between
 * 8% less and 13% more.
 */
export async function compress(bytes: Uint8Array, compression: number, rowBytes: number, byRuns: boolean): Promise<Uint8Array> {
  const chunkSize = bytes.length + (bytes.length >> 9) + 64;
  switch (compression) {
    case COMPRESSION.deflate:
    case COMPRESSION.oldDeflate:
      return deflating(bytes, {
        level: DEFLATE_LEVEL,
        memLevel: DEFLATE_MEMORY,
        strategy: byRuns ? constants.Z_RLE : constants.Z_DEFAULT_STRATEGY,
        chunkSize,
      });
    case COMPRESSION.zstd:
      return zstdCompressing(bytes, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
    case COMPRESSION.lzw:
      return packLzw(bytes);
    case COMPRESSION.packBits:
      return packBits(bytes, rowBytes);
    default:
      return bytes;
  }
}

async function undamaged(unpacked: Promise<Buffer>): Promise<Buffer> {
  try {
    return await unpacked;
  } catch (error) {
    // What zlib says of bytes that are not its own, or of too many.
    if (error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_BUFFER_TOO_LARGE)/.test(String(error.code)))
      throw new TiffError(DAMAGED);
    throw error;
  }
}

/** The bytes in a buffer of their own that typed arrays can look at. */
function exactly(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  if (bytes.length < size) throw new TiffError(DAMAGED);
  const { buffer, byteOffset } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset % 8 === 0 && buffer.byteLength > Buffer.poolSize)
    return new Uint8Array(buffer, byteOffset, size);
  const own = new Uint8Array(size);
  own.set(bytes.subarray(0, size));
  return own;
}
