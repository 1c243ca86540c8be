import { open, rm } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { compress } from '../../../store/cog/codec.ts';
import { metadataOfPart, nodataOf } from '../../../store/cog/gdaltags.ts';
import { type BlockShape, blockBytes, type TiffImage } from '../../../store/cog/image.ts';
import { halveByAverage, halveByFirst, type Validity } from '../../../store/cog/overview.ts';
import { isPredictable, predict } from '../../../store/cog/predictor.ts';
import { sampleBytes, samplesOf } from '../../../store/cog/samples.ts';
import { emptyTable, put } from '../../../store/cog/table.ts';
import { COMPRESSION, FORMAT, OF_THE_FULL_IMAGE, PHOTOMETRIC, SUBFILE, TAG, TYPE } from '../../../store/cog/tags.ts';
import { fieldOf, numbersOf, openTiff, type Readable, type Tiff, TiffError } from '../../../store/cog/tiff.ts';
import { plainImageOf, readWhole } from '../../../store/cog/whole.ts';
import { BIG_FROM, type CogContent, writeCog } from '../../../store/cog/write.ts';
import { PIXELS } from '../../../store/pixels.ts';
import type { Place } from './arrange.ts';
import { BLOCK, canBeCopied, overviewsOf, type StoredAs, type Storing, sync } from './convert.ts';
import { bandMoments, type Moments } from './moments.ts';
import type { PixelLayout } from './pixellayout.ts';
import type { SourceTile } from './source.ts';

/** Of pixels, unpacked; larger ones are GDAL's, whose start is soon nothing beside its work. */
const MOST_BYTES = 16 << 20;

/** A tile that is stored, its pixels still in memory. */
interface PlainTile extends StoredAs {
  sha256: string;
  bytes: number;
  measure: (layout: PixelLayout) => Moments[];
}

/**
 * Stores a small GeoTIFF of a plain kind as GDAL would, without GDAL, whose start takes many times as long: all that is said of it stands in its tags,
 * its values have whole bytes, and its overviews have just half the pixels of what they are made of.
 * @returns null where it is of another kind; there is no file then.
 * @throws the system's error when the disk does not take it, the signal's reason when cancelled.
 */
export async function storePlainTile(
  tile: SourceTile,
  place: Place,
  storing: Storing,
  target: string,
  signal: AbortSignal | undefined,
): Promise<PlainTile | null> {
  if (!mayBePlain(tile, place, storing)) return null;
  try {
    return await store(tile, storing, target, signal);
  } catch (error) {
    if (!(error instanceof TiffError)) throw error;
    await rm(target, { force: true });
    return null;
  }
}

function mayBePlain({ dataset, raster, type }: SourceTile, place: Place, storing: Storing): boolean {
  const { driver, files, size, bands, rat, subdatasets, hasControlPoints, structure } = raster;
  if (driver !== 'GTiff' || !isAbsolute(dataset) || dataset.startsWith('/vsi') || files.length !== 1 || files[0] !== dataset) return false;
  if (rat !== null || subdatasets.length > 0 || hasControlPoints || place.turned) return false;
  if (storing.crs !== null || storing.nodata !== null || canBeCopied(raster, place, storing)) return false;
  if (/JPEG/.test(structure.COMPRESSION ?? '')) return false;
  const factor = overviewsOf(size).at(-1) ?? 1;
  const bytes = size[0] * size[1] * bands.length * PIXELS[type].bytes;
  return bytes <= MOST_BYTES && size.every((length) => length % factor === 0);
}

async function store(
  { dataset, raster, type }: SourceTile,
  { resampling }: Storing,
  target: string,
  signal: AbortSignal | undefined,
): Promise<PlainTile | null> {
  const tiff = await openTiff(dataset);
  const [directory = new Map()] = tiff.directories;
  const image = plainImageOf(tiff, directory);
  const overviews = overviewsOf(raster.size);
  if (!isPlain(tiff, image, raster.bands.length, overviews.length > 0)) return null;
  const handle = await open(dataset, 'r');
  let whole: Uint8Array<ArrayBuffer>;
  try {
    whole = await readWhole(handle, image, signal);
  } finally {
    await handle.close();
  }
  const content = await contentOf(tiff, image, whole, overviews, resampling);
  const { size, sha256 } = await writeCog(target, content, { signal, onBytes: () => {}, bigFrom: BIG_FROM });
  await sync(target);
  const values = PIXELS[type].view(whole.buffer);
  return { compression: 'DEFLATE', overviews, sha256, bytes: size, measure: (layout) => bandMoments(values, layout) };
}

function isPlain(tiff: Tiff, image: TiffImage, bands: number, hasOverviews: boolean): boolean {
  const { directory, littleEndian, photometric, planes, samples, format } = image;
  const masks = tiff.directories.some((one) => ((numbersOf(one.get(TAG.newSubfileType), littleEndian)[0] ?? 0) & SUBFILE.mask) !== 0);
  const known = [PHOTOMETRIC.blackIsZero, PHOTOMETRIC.rgb, PHOTOMETRIC.palette].some((one) => one === photometric);
  const real = [FORMAT.unsigned, FORMAT.signed, FORMAT.float].some((one) => one === format);
  const turned = (numbersOf(directory.get(TAG.fillOrder), littleEndian)[0] ?? 1) !== 1;
  // Alpha says how much a pixel counts in the mean of four.
  const hasAlpha = numbersOf(directory.get(TAG.extraSamples), littleEndian).some((kind) => kind === 1 || kind === 2);
  const packings = [COMPRESSION.none, COMPRESSION.lzw, COMPRESSION.deflate, COMPRESSION.oldDeflate, COMPRESSION.packBits, COMPRESSION.zstd];
  if (masks || !known || !real || turned || (hasAlpha && hasOverviews)) return false;
  if (samples !== bands || (planes !== 1 && samples > 1)) return false;
  return packings.some((one) => one === image.compression) && isPredictable(image);
}

/** The levels of what is to be written, with their blocks in memory. */
async function contentOf(
  { littleEndian }: Tiff,
  image: TiffImage,
  whole: Uint8Array<ArrayBuffer>,
  overviews: readonly number[],
  resampling: Storing['resampling'],
): Promise<CogContent> {
  const shape: BlockShape = {
    ...image,
    blockWidth: BLOCK,
    blockHeight: BLOCK,
    planes: 1,
    compression: COMPRESSION.deflate,
    predictor: image.format === FORMAT.float ? 3 : 2,
  };
  const like = { ...shape, directory: blockTags(image, shape) };
  const blocks = new Blocks();
  const levels: CogContent['levels'][number][] = [];
  let [pixels, width, height] = [whole, image.width, image.height];
  for (const shift of [0, ...overviews.keys().map((index) => index + 1)]) {
    if (shift > 0) {
      [width, height] = [width / 2, height / 2];
      pixels = halved(pixels, width, height, image, resampling);
    }
    const table = emptyTable(Math.ceil(width / BLOCK) * Math.ceil(height / BLOCK));
    let index = 0;
    for (const bytes of cut(pixels, width, height, shape)) {
      predict(bytes, shape);
      // The store's files are read far more often than they are written.
      const packed = await compress(bytes, shape.compression, blockBytes(shape) / BLOCK, false);
      put(table, index++, 0, blocks.append(packed), packed.length);
      // At once: the garbage collector would come for every few tiles, and go through all that this process has.
      for (const { buffer } of [bytes, packed])
        if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
    }
    levels.push({ plan: { shift, width, height, like }, blocks: table, mask: null });
  }
  return { littleEndian, levels, fields: fullTags(image), handles: [blocks] };
}

/** Tags that say how blocks are kept, of which those of the file's own layout are others now. */
function blockTags({ directory, littleEndian }: TiffImage, { predictor }: BlockShape): TiffImage['directory'] {
  const short = (value: number) => fieldOf(TYPE.short, [value], littleEndian);
  const tags = new Map(directory);
  for (const tag of [TAG.jpegTables, TAG.fillOrder]) tags.delete(tag);
  return tags
    .set(TAG.compression, short(COMPRESSION.deflate))
    .set(TAG.predictor, short(predictor))
    .set(TAG.planarConfiguration, short(1))
    .set(TAG.tileWidth, short(BLOCK))
    .set(TAG.tileLength, short(BLOCK));
}

function fullTags({ directory }: TiffImage): CogContent['fields'] {
  const fields = new Map();
  for (const tag of [...OF_THE_FULL_IMAGE, TAG.modelPixelScale, TAG.modelTiepoint, TAG.modelTransformation, TAG.gdalNodata]) {
    const field = directory.get(tag);
    if (field) fields.set(tag, field);
  }
  const metadata = metadataOfPart(directory.get(TAG.gdalMetadata));
  return metadata ? fields.set(TAG.gdalMetadata, metadata) : fields;
}

/** Pixels of twice the size; `width` and `height` are those afterwards. */
function halved(
  from: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
  image: TiffImage,
  resampling: Storing['resampling'],
): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(from.length / 4);
  const [all, some] = [samplesOf(from, image), samplesOf(to, image)];
  if (resampling === 'average' && all && some)
    halveByAverage({ from: all, to: some, width, height, samples: image.samples }, validityOf(image));
  else halveByFirst(from, to, width, height, (image.samples * image.bits) / 8);
  return to;
}

function validityOf(image: TiffImage): Validity {
  const value = nodataOf(image.directory);
  const sample = value === null ? null : sampleBytes(value, image);
  const nodata = sample && samplesOf(sample, image)?.[0];
  return nodata === undefined || nodata === null ? { by: 'all' } : { by: 'nodata', value: nodata };
}

/** The blocks of an image, row by row; beyond the image they are 0. */
function* cut(pixels: Uint8Array, width: number, height: number, shape: BlockShape): Generator<Uint8Array<ArrayBuffer>> {
  const pixelBytes = (shape.samples * shape.bits) / 8;
  for (let top = 0; top < height; top += BLOCK) {
    for (let left = 0; left < width; left += BLOCK) {
      const block = new Uint8Array(blockBytes(shape));
      const across = Math.min(BLOCK, width - left) * pixelBytes;
      for (let y = 0; y < Math.min(BLOCK, height - top); y++) {
        const from = ((top + y) * width + left) * pixelBytes;
        block.set(pixels.subarray(from, from + across), y * BLOCK * pixelBytes);
      }
      yield block;
    }
  }
}

/** Packed blocks one after the other, read like a file. */
class Blocks implements Readable {
  #bytes = Buffer.alloc(0);
  #size = 0;

  /** @returns where they are. */
  append(bytes: Uint8Array): number {
    const at = this.#size;
    this.#size += bytes.length;
    if (this.#size > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes.subarray(0, at)], 2 * this.#size);
    this.#bytes.set(bytes, at);
    return at;
  }

  async read(into: Buffer, at: number, length: number, position: number): Promise<{ bytesRead: number }> {
    return { bytesRead: this.#bytes.copy(into, at, position, Math.min(position + length, this.#size)) };
  }
}
