import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { TiffImage } from './image.ts';
import type { BlockTable } from './table.ts';
import { COMPRESSION, FORMAT, PHOTOMETRIC, SUBFILE, TAG, TYPE, TYPE_BYTES } from './tags.ts';
import { fieldOf, type Readable, readInto, type TiffField } from './tiff.ts';

// The layout is that of GDAL's COG driver (https://gdal.org/drivers/raster/cog.html, "Header ghost area" and "Tile data leader and trailer").

/** What is read and written at a time, but for larger blocks. */
const PIECE_BYTES = 4 << 20;
/** Blocks of the source with no more than this between them are read together. */
const GAP_BYTES = 64;
/** Around each block: its size before it, its last bytes again behind it. */
const AROUND = 4;
const MAX_4_BYTES = 0xffffffff;

/** Tags of an image that its overviews share with it. */
const SHARED = [
  TAG.bitsPerSample,
  TAG.compression,
  TAG.photometric,
  TAG.fillOrder,
  TAG.samplesPerPixel,
  TAG.planarConfiguration,
  TAG.predictor,
  TAG.colorMap,
  TAG.tileWidth,
  TAG.tileLength,
  TAG.extraSamples,
  TAG.sampleFormat,
  TAG.jpegTables,
  TAG.yCbCrCoefficients,
  TAG.yCbCrSubSampling,
  TAG.yCbCrPositioning,
  TAG.referenceBlackWhite,
];

/** An image of the file that is to be written. */
interface OutImage {
  fields: Map<number, TiffField>;
  blocks: BlockTable;
  /** Where the blocks are in the file. */
  offsets: Float64Array;
}

/** An image with its mask, the full one or an overview, and where its blocks are. */
interface CogLevel {
  plan: {
    /** A pixel is 2^shift pixels of the full image wide and high. */
    shift: number;
    /** In pixels. */
    width: number;
    height: number;
    /** An image that has its blocks and tags like this one. */
    like: Pick<TiffImage, 'directory' | 'blockWidth' | 'blockHeight' | 'planes'>;
  };
  blocks: BlockTable;
  mask: BlockTable | null;
}

/** A file that was written, summed up. */
export interface WrittenFile {
  path: string;
  size: number;
  /** CRC-32. */
  crc: number;
  /** Lower-case hexadecimal. */
  sha256: string;
}

export interface CogContent {
  littleEndian: boolean;
  /** From the full image to the smallest overview. */
  levels: readonly CogLevel[];
  /** Tags of the full image alone: where it lies, what it is. */
  fields: ReadonlyMap<number, TiffField>;
  /** The files that block tables speak of. */
  handles: readonly Readable[];
}

export interface WriteOptions {
  signal: AbortSignal | undefined;
  /** Called with the bytes written since the last call, and how many there will be in all. */
  onBytes: (bytes: number, total: number) => void;
  /** From this size on it is a BigTIFF. Lower than the format's own limit only to test it. */
  bigFrom: number;
}

export const BIG_FROM = MAX_4_BYTES + 1;

/**
 * Writes a Cloud Optimized GeoTIFF: directories first, then the blocks, the smallest overview first, each image row by row.
 * @param path of a file that is not there yet.
 */
export async function writeCog(path: string, content: CogContent, options: WriteOptions): Promise<WrittenFile> {
  const layout = layOut(content, false, options.bigFrom) ?? layOut(content, true, options.bigFrom);
  if (!layout) throw new Error('A BigTIFF has no limit.');
  const out = await open(path, 'wx', 0o644);
  try {
    const writer = new PieceWriter(out, layout.size, options);
    await writer.add(layout.head);
    await copyBlocks(layout.order, content.handles, writer);
    return { path, size: layout.size, ...(await writer.finish()) };
  } finally {
    await out.close();
  }
}

interface Layout {
  head: Buffer;
  size: number;
  /** The blocks in the order of the file. */
  order: { file: Uint8Array; offset: Float64Array; count: Float64Array; length: number };
}

/** Null where the file would be too large for the offsets. */
function layOut({ littleEndian, levels, fields }: CogContent, big: boolean, bigFrom: number): Layout | null {
  const images: OutImage[] = [];
  const masks: OutImage[] = [];
  for (const [index, level] of levels.entries()) {
    const image = imageFields(level, littleEndian);
    const nodata = levels[0]?.plan.like.directory.get(TAG.gdalNodata);
    if (nodata) image.set(TAG.gdalNodata, nodata);
    if (index === 0) for (const [tag, field] of fields) image.set(tag, field);
    images.push(outImage(image, level.blocks));
    if (level.mask) masks.push(outImage(maskFields(level, littleEndian), level.mask));
  }
  // As GDAL: the full image, its mask, the overviews, their masks.
  const directories = [images[0], masks[0], ...images.slice(1), ...masks.slice(1)].filter((image) => image !== undefined);
  const interleaved = masks.length > 0 && levels.every(({ plan }) => plan.like.planes === 1);
  const ghost = ghostArea(interleaved);
  const start = (big ? 16 : 8) + ghost.length;
  const sizes = directories.map(({ fields }) => directoryBytes(fields, big));
  const headBytes = sizes.reduce((sum, size) => sum + size, start);
  const { size, order } = placeBlocks(images, masks, interleaved, headBytes);
  if (!big && size >= bigFrom) return null;
  const head = Buffer.alloc(headBytes);
  writeHeader(head, littleEndian, big, start);
  ghost.copy(head, big ? 16 : 8);
  let at = start;
  for (const [index, { fields, blocks, offsets }] of directories.entries()) {
    fields.set(TAG.tileOffsets, fieldOf(big ? TYPE.long8 : TYPE.long, offsets, littleEndian));
    fields.set(TAG.tileByteCounts, fieldOf(TYPE.long, blocks.counts, littleEndian));
    const end = at + (sizes[index] ?? 0);
    writeDirectory(head, at, fields, index + 1 < directories.length ? end : 0, littleEndian, big);
    at = end;
  }
  return { head, size, order };
}

function outImage(fields: Map<number, TiffField>, blocks: BlockTable): OutImage {
  // Their numbers are not known yet, but their lengths are.
  const count = blocks.counts.length;
  fields.set(TAG.tileOffsets, { type: TYPE.long, count, bytes: Buffer.alloc(0) });
  fields.set(TAG.tileByteCounts, { type: TYPE.long, count, bytes: Buffer.alloc(0) });
  return { fields, blocks, offsets: new Float64Array(count) };
}

/** "Header ghost area" of GDAL's COG driver; a space more in the line of the edition leaves room for "YES". */
function ghostArea(interleaved: boolean): Buffer {
  const lines = [
    'LAYOUT=IFDS_BEFORE_DATA',
    'BLOCK_ORDER=ROW_MAJOR',
    'BLOCK_LEADER=SIZE_AS_UINT4',
    'BLOCK_TRAILER=LAST_4_BYTES_REPEATED',
    'KNOWN_INCOMPATIBLE_EDITION=NO',
  ];
  const text = `${lines.join('\n')}\n ${interleaved ? 'MASK_INTERLEAVED_WITH_IMAGERY=YES\n' : ''}`;
  const ghost = `GDAL_STRUCTURAL_METADATA_SIZE=${String(text.length).padStart(6, '0')} bytes\n${text}`;
  return Buffer.from(ghost.length % 2 === 0 ? ghost : `${ghost}\0`);
}

function imageFields({ plan }: CogLevel, littleEndian: boolean): Map<number, TiffField> {
  const fields = new Map<number, TiffField>();
  for (const tag of SHARED) {
    const field = plan.like.directory.get(tag);
    if (field) fields.set(tag, field);
  }
  if (plan.shift > 0) fields.set(TAG.newSubfileType, fieldOf(TYPE.long, [SUBFILE.reduced], littleEndian));
  fields.set(TAG.imageWidth, fieldOf(TYPE.long, [plan.width], littleEndian));
  fields.set(TAG.imageLength, fieldOf(TYPE.long, [plan.height], littleEndian));
  return fields;
}

/** A mask of one bit a pixel (TIFF 6.0 section 8, NewSubfileType and PhotometricInterpretation 4). */
function maskFields({ plan }: CogLevel, littleEndian: boolean): Map<number, TiffField> {
  const short = (value: number) => fieldOf(TYPE.short, [value], littleEndian);
  const long = (value: number) => fieldOf(TYPE.long, [value], littleEndian);
  return new Map([
    [TAG.newSubfileType, long(SUBFILE.mask | (plan.shift > 0 ? SUBFILE.reduced : 0))],
    [TAG.imageWidth, long(plan.width)],
    [TAG.imageLength, long(plan.height)],
    [TAG.bitsPerSample, short(1)],
    [TAG.compression, short(COMPRESSION.deflate)],
    [TAG.photometric, short(PHOTOMETRIC.mask)],
    [TAG.samplesPerPixel, short(1)],
    [TAG.planarConfiguration, short(1)],
    [TAG.predictor, short(1)],
    [TAG.tileWidth, long(plan.like.blockWidth)],
    [TAG.tileLength, long(plan.like.blockHeight)],
    [TAG.sampleFormat, short(FORMAT.unsigned)],
  ]);
}

/** Gives each block its place, the smallest image first; a mask's block follows its image's where bands are interleaved. */
function placeBlocks(
  images: readonly OutImage[],
  masks: readonly OutImage[],
  interleaved: boolean,
  start: number,
): Pick<Layout, 'size' | 'order'> {
  const total = [...images, ...masks].reduce((sum, { offsets }) => sum + offsets.length, 0);
  const order = { file: new Uint8Array(total), offset: new Float64Array(total), count: new Float64Array(total), length: 0 };
  let at = start;
  const place = ({ blocks, offsets }: OutImage, block: number) => {
    const count = blocks.counts[block] ?? 0;
    if (count === 0) return;
    offsets[block] = at + AROUND;
    at += count + 2 * AROUND;
    order.file[order.length] = blocks.files[block] ?? 0;
    order.offset[order.length] = blocks.offsets[block] ?? 0;
    order.count[order.length] = count;
    order.length++;
  };
  for (let level = images.length - 1; level >= 0; level--) {
    const [image, mask] = [images[level], masks[level]];
    if (!image) continue;
    for (let block = 0; block < image.offsets.length; block++) {
      place(image, block);
      if (mask && interleaved) place(mask, block);
    }
    if (mask && !interleaved) for (let block = 0; block < mask.offsets.length; block++) place(mask, block);
  }
  return { size: at, order };
}

/** Bytes of a directory with the values that do not fit into its entries, each at an even place (TIFF 6.0 section 2). */
function directoryBytes(fields: ReadonlyMap<number, TiffField>, big: boolean): number {
  let size = big ? 16 + 20 * fields.size : 6 + 12 * fields.size;
  for (const [tag, { type, count }] of fields) {
    const bytes = count * (TYPE_BYTES[big && tag === TAG.tileOffsets ? TYPE.long8 : type] ?? 0);
    if (bytes > (big ? 8 : 4)) size += bytes + (bytes % 2);
  }
  return size;
}

function writeHeader(head: Buffer, little: boolean, big: boolean, start: number): void {
  head.write(little ? 'II' : 'MM', 'latin1');
  uint(head, 2, 2, big ? 43 : 42, little);
  if (big) {
    uint(head, 4, 2, 8, little);
    uint(head, 8, 8, start, little);
  } else uint(head, 4, 4, start, little);
}

function writeDirectory(
  head: Buffer,
  at: number,
  fields: ReadonlyMap<number, TiffField>,
  next: number,
  little: boolean,
  big: boolean,
): void {
  const [countBytes, entryBytes, offsetBytes] = big ? [8, 20, 8] : [2, 12, 4];
  uint(head, at, countBytes, fields.size, little);
  let entry = at + countBytes;
  let free = entry + fields.size * entryBytes + offsetBytes;
  for (const [tag, { type, count, bytes }] of [...fields].sort(([a], [b]) => a - b)) {
    uint(head, entry, 2, tag, little);
    uint(head, entry + 2, 2, type, little);
    uint(head, entry + 4, offsetBytes, count, little);
    const place = entry + 4 + offsetBytes;
    if (bytes.length <= offsetBytes) bytes.copy(head, place);
    else {
      uint(head, place, offsetBytes, free, little);
      bytes.copy(head, free);
      free += bytes.length + (bytes.length % 2);
    }
    entry += entryBytes;
  }
  uint(head, entry, offsetBytes, next, little);
}

function uint(bytes: Buffer, at: number, length: number, value: number, little: boolean): void {
  if (length === 8) {
    if (little) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeBigUInt64BE(BigInt(value), at);
  } else if (little) bytes.writeUIntLE(value, at, length);
  else bytes.writeUIntBE(value, at, length);
}

/** Blocks that follow each other in their file, which are read at once: from `first` to before `next` in the order, with what lies between them. */
interface Run {
  first: number;
  next: number;
  from: number;
  bytes: number;
}

function* runsOf({ file, offset, count, length }: Layout['order']): Generator<Run, undefined> {
  for (let first = 0; first < length; ) {
    const from = offset[first] ?? 0;
    let end = from + (count[first] ?? 0);
    let next = first + 1;
    for (; next < length; next++) {
      const gap = (offset[next] ?? 0) - end;
      const bytes = gap + (count[next] ?? 0);
      if (file[next] !== file[first] || gap < 0 || gap > GAP_BYTES || end + bytes - from > PIECE_BYTES) break;
      end += bytes;
    }
    yield { first, next, from, bytes: end - from };
    first = next;
  }
}

/** Writes the blocks with what is around them, those of a run while the next is read. */
async function copyBlocks(order: Layout['order'], handles: readonly Readable[], writer: PieceWriter): Promise<void> {
  const buffers = [Buffer.alloc(0), Buffer.alloc(0)];
  const read = (run: Run, turn: number): Promise<Buffer> => {
    const handle = handles[order.file[run.first] ?? 0];
    if (!handle) throw new Error('A block is in no file.');
    let buffer = buffers[turn % 2] ?? Buffer.alloc(0);
    if (buffer.length < run.bytes) buffer = Buffer.allocUnsafeSlow(Math.max(run.bytes, Math.min(PIECE_BYTES, 4 * buffer.length)));
    buffers[turn % 2] = buffer;
    const reading = readInto(handle, run.from, buffer.subarray(0, run.bytes));
    // Its failure is seen when it is waited for.
    reading.catch(() => {});
    return reading;
  };
  const runs = runsOf(order);
  const begin = (turn: number) => {
    const { value: run } = runs.next();
    return run ? { run, reading: read(run, turn) } : null;
  };
  // Little-endian whatever the file's byte order.
  const size = Buffer.alloc(AROUND);
  let ahead = begin(0);
  try {
    for (let turn = 1; ahead; turn++) {
      const { run, reading } = ahead;
      const bytes = await reading;
      ahead = begin(turn);
      await writeRun(run, bytes);
    }
  } finally {
    // The caller closes the files.
    await ahead?.reading.catch(() => {});
  }

  async function writeRun({ first, next, from }: Run, read: Buffer): Promise<void> {
    for (let block = first; block < next; block++) {
      const start = (order.offset[block] ?? 0) - from;
      const bytes = read.subarray(start, start + (order.count[block] ?? 0));
      size.writeUInt32LE(bytes.length);
      await writer.add(size);
      await writer.add(bytes);
      await writer.add(bytes.length < AROUND ? Buffer.concat([bytes, size.fill(0)], AROUND) : bytes.subarray(-AROUND));
    }
  }
}

/** Gathers pieces, and writes one while the next is read and summed up. */
class PieceWriter {
  readonly #out: FileHandle;
  readonly #total: number;
  readonly #options: WriteOptions;
  /** The piece that is gathered, and the one that is written meanwhile. */
  #piece: Buffer;
  #spare: Buffer;
  #filled = 0;
  #at = 0;
  #writing: Promise<void> = Promise.resolve();
  readonly #sha256 = createHash('sha256');
  #crc = 0;

  constructor(out: FileHandle, total: number, options: WriteOptions) {
    this.#out = out;
    this.#total = total;
    this.#options = options;
    this.#piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, total));
    // What fits one piece needs no other.
    this.#spare = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, total - this.#piece.length));
  }

  /** @param bytes may be others afterwards. */
  async add(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const copied = bytes.copy(this.#piece, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === this.#piece.length) await this.#flush();
    }
  }

  async finish(): Promise<Pick<WrittenFile, 'crc' | 'sha256'>> {
    await this.#flush();
    await this.#writing;
    return { crc: this.#crc, sha256: this.#sha256.digest('hex') };
  }

  /** Begins to write what was gathered when the last write has ended. */
  async #flush(): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const piece = this.#piece.subarray(0, this.#filled);
    this.#sha256.update(piece);
    this.#crc = crc32(piece, this.#crc);
    await this.#writing;
    this.#writing = this.#write(piece, this.#at);
    // Its failure is seen when it is waited for.
    this.#writing.catch(() => {});
    this.#at += piece.length;
    [this.#piece, this.#spare] = [this.#spare, this.#piece];
    this.#filled = 0;
  }

  async #write(piece: Buffer, at: number): Promise<void> {
    for (let done = 0; done < piece.length; ) done += (await this.#out.write(piece, done, piece.length - done, at + done)).bytesWritten;
    this.#options.onBytes(piece.length, this.#total);
  }
}
