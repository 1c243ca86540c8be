import { COMPRESSION, FORMAT, TAG } from './tags.ts';
import { numbersOf, type Tiff, type TiffDirectory, TiffError } from './tiff.ts';

/** How the samples of a block are kept. */
export interface BlockShape {
  /** Of a block, in pixels. */
  blockWidth: number;
  blockHeight: number;
  /** Samples a pixel, of all bands. */
  samples: number;
  /** Bits a sample; the same for all bands. */
  bits: number;
  /** As SampleFormat: 1 unsigned, 2 signed, 3 floating point; 5 and 6 are complex. */
  format: number;
  /** As Compression. */
  compression: number;
  /** As Predictor: 1 none, 2 horizontal differences, 3 floating point. */
  predictor: number;
  /** Planes that blocks are kept in: 1 where bands are interleaved by pixel, else one a band. */
  planes: number;
  littleEndian: boolean;
}

/** A tiled image of a TIFF. Blocks are counted row by row, then plane by plane. */
export interface TiffImage extends BlockShape {
  directory: TiffDirectory;
  /** In pixels. */
  width: number;
  height: number;
  /** Blocks beside and below each other. */
  columns: number;
  rows: number;
  photometric: number;
  /** Where each block begins in the file, and its bytes; both 0 for one that is not kept because it holds nothing. */
  offsets: Float64Array;
  counts: Float64Array;
}

/** The most pixels along a side, and bytes of a block when unpacked, that are worked with. */
const MOST_PIXELS = 2 ** 31 - 1;
const MOST_BLOCK_BYTES = 32 << 20;
/** How many times larger packing may make a block, and what its tables may take. */
const MOST_GROWTH = 2;
const SPARE_BYTES = 1 << 16;

/**
 * Reads what a directory says of its image.
 * @throws {TiffError} when it is not tiled, or what it says cannot be.
 */
export function imageOf(tiff: Tiff, directory: TiffDirectory): TiffImage {
  const { littleEndian } = tiff;
  const one = (tag: number, missing: number) => numbersOf(directory.get(tag), littleEndian)[0] ?? missing;
  const same = (tag: number, missing: number, what: string) => {
    const values = numbersOf(directory.get(tag), littleEndian);
    if (values.some((value) => value !== values[0])) throw new TiffError(`The bands of this TIFF differ in ${what}.`);
    return values[0] ?? missing;
  };
  if (!directory.has(TAG.tileWidth)) throw new TiffError('This TIFF is not tiled.');
  const size = (tag: number, what: string) => {
    const value = one(tag, 0);
    if (!(value >= 1 && value <= MOST_PIXELS)) throw new TiffError(`This TIFF has no ${what} that can be.`);
    return value;
  };
  const width = size(TAG.imageWidth, 'width');
  const height = size(TAG.imageLength, 'height');
  const blockWidth = size(TAG.tileWidth, 'width of a tile');
  const blockHeight = size(TAG.tileLength, 'height of a tile');
  const samples = one(TAG.samplesPerPixel, 1);
  const bits = same(TAG.bitsPerSample, 1, 'their bits');
  const planes = one(TAG.planarConfiguration, 1) === 2 ? samples : 1;
  if (!(samples >= 1 && samples <= 65535 && bits >= 1 && bits <= 128)) throw new TiffError('This TIFF has no bands that can be.');
  const columns = Math.ceil(width / blockWidth);
  const rows = Math.ceil(height / blockHeight);
  const blocks = columns * rows * planes;
  const lists = [TAG.tileOffsets, TAG.tileByteCounts].map((tag) => directory.get(tag));
  // Before they are read, as they may be long.
  if (lists.some((list) => list?.count !== blocks))
    throw new TiffError('The list of tiles of this TIFF has another length than its size asks for.');
  const [offsets = new Float64Array(), counts = new Float64Array()] = lists.map((list) => numbersOf(list, littleEndian));
  if (offsets.length !== blocks || counts.length !== blocks) throw new TiffError('The list of tiles of this TIFF holds no numbers.');
  for (let block = 0; block < blocks; block++) {
    const [offset = 0, count = 0] = [offsets[block], counts[block]];
    if (offset + count > tiff.size) throw new TiffError('A tile of this TIFF lies beyond its end.');
    if (offset === 0 || count === 0) offsets[block] = counts[block] = 0;
  }
  const shape = {
    blockWidth,
    blockHeight,
    samples,
    bits,
    format: same(TAG.sampleFormat, FORMAT.unsigned, 'the type of their samples'),
    compression: one(TAG.compression, COMPRESSION.none),
    predictor: one(TAG.predictor, 1),
    planes,
    littleEndian,
  };
  const unpacked = blockBytes(shape);
  if (blockWidth * blockHeight > MOST_BLOCK_BYTES || unpacked > MOST_BLOCK_BYTES)
    throw new TiffError('The tiles of this TIFF are too large.');
  if (counts.some((count) => count > MOST_GROWTH * unpacked + SPARE_BYTES))
    throw new TiffError('A tile of this TIFF has more bytes than its pixels can take.');
  return { ...shape, directory, width, height, columns, rows, photometric: one(TAG.photometric, 0), offsets, counts };
}

/** Samples of a pixel that one block holds. */
export function samplesInBlock({ samples, planes }: BlockShape): number {
  return planes === 1 ? samples : 1;
}

/** Bytes of a block when unpacked; rows begin at a byte. */
export function blockBytes(shape: BlockShape): number {
  return Math.ceil((shape.blockWidth * samplesInBlock(shape) * shape.bits) / 8) * shape.blockHeight;
}
