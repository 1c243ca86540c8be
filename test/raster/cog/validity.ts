import { readFileSync } from 'node:fs';
import { imageOf, type TiffImage } from '../../../src/store/cog/image.ts';
import { TAG } from '../../../src/store/cog/tags.ts';
import { numbersOf, openTiff } from '../../../src/store/cog/tiff.ts';
import { infoOf } from './pixels.ts';

/**
 * What makes a file no Cloud Optimized GeoTIFF: the checks of GDAL's validate_cloud_optimized_geotiff.py with --full-check=yes, and that blocks overlap
 * neither each other nor the directories. Empty for a valid one.
 */
export async function cogErrors(path: string): Promise<string[]> {
  const errors: string[] = [];
  const tiff = await openTiff(path);
  const bytes = readFileSync(path);
  const uint = (at: number, length: number) => {
    if (length === 8) return Number(tiff.littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    return tiff.littleEndian ? bytes.readUIntLE(at, length) : bytes.readUIntBE(at, length);
  };
  const ghost = /^GDAL_STRUCTURAL_METADATA_SIZE=(\d{6}) bytes\n/.exec(bytes.toString('latin1', tiff.big ? 16 : 8, 100));
  let firstDirectory = tiff.big ? 16 : 8;
  const structure = ghost ? bytes.toString('latin1', firstDirectory, firstDirectory + ghost[0].length + Number(ghost[1])) : '';
  firstDirectory += structure.length;
  firstDirectory += firstDirectory % 2;
  const directoryOffsets: number[] = [];
  for (let at = tiff.big ? uint(8, 8) : uint(4, 4); at !== 0; ) {
    directoryOffsets.push(at);
    const entries = uint(at, tiff.big ? 8 : 2);
    at = tiff.big ? uint(at + 8 + entries * 20, 8) : uint(at + 2 + entries * 12, 4);
  }
  if (directoryOffsets[0] !== firstDirectory) errors.push(`The first directory is at ${directoryOffsets[0]}, not at ${firstDirectory}.`);
  if (directoryOffsets.some((offset, index) => offset < (directoryOffsets[index - 1] ?? 0)))
    errors.push('The directories are not in order.');
  const images = tiff.directories.map((directory) => imageOf(tiff, directory));
  const kind = ({ directory }: TiffImage) => numbersOf(directory.get(TAG.newSubfileType), tiff.littleEndian)[0] ?? 0;
  const visible = images.filter((image) => (kind(image) & 4) === 0);
  const masks = images.filter((image) => (kind(image) & 4) !== 0);
  const [full] = visible;
  if (full && Math.max(full.width, full.height) > 512 && visible.length === 1) errors.push('It has no overviews.');
  visible.forEach((image, index) => {
    const larger = visible[index - 1];
    if (larger && (image.width > larger.width || image.height > larger.height))
      errors.push(`Overview ${index} is larger than the one before.`);
    const first = (of: TiffImage | undefined) => of?.offsets.find((offset) => offset > 0) ?? 0;
    if (first(image) > 0 && first(larger) > 0 && first(larger) < first(image))
      errors.push(`Overview ${index} comes behind a larger image.`);
    if (first(image) > 0 && first(image) < (directoryOffsets.at(-1) ?? 0)) errors.push('Blocks come before directories.');
    const mask = masks.find(({ width, height }) => width === image.width && height === image.height);
    errors.push(...blockErrors(bytes, image, `Image ${index}`));
    if (mask) errors.push(...blockErrors(bytes, mask, `Mask ${index}`));
    if (mask && structure.includes('MASK_INTERLEAVED_WITH_IMAGERY=YES')) {
      image.offsets.forEach((offset, block) => {
        const expected = offset + (image.counts[block] ?? 0) + 8;
        if (offset > 0 && mask.offsets[block] !== expected) errors.push(`The mask of block ${block} of image ${index} does not follow it.`);
      });
    }
  });
  for (const part of ['LAYOUT=IFDS_BEFORE_DATA', 'BLOCK_ORDER=ROW_MAJOR', 'KNOWN_INCOMPATIBLE_EDITION=NO'])
    if (!structure.includes(part)) errors.push(`It does not say ${part}.`);
  const spans = images.flatMap(({ offsets, counts }) =>
    [...offsets].map((offset, block) => [offset - 4, offset + (counts[block] ?? 0) + 4] as const),
  );
  const kept = spans.filter(([start]) => start > 0).sort(([a], [b]) => a - b);
  kept.forEach(([start], index) => {
    if (start < (kept[index - 1]?.[1] ?? 0)) errors.push('Blocks overlap.');
  });
  if ((kept.at(-1)?.[1] ?? bytes.length) !== bytes.length) errors.push('Something follows the last block.');
  if (infoOf(path).metadata.IMAGE_STRUCTURE?.LAYOUT !== 'COG') errors.push('GDAL does not see it as a COG.');
  return errors;
}

function blockErrors(bytes: Buffer, { offsets, counts, columns, rows }: TiffImage, name: string): string[] {
  const errors: string[] = [];
  offsets.forEach((offset, block) => {
    const count = counts[block] ?? 0;
    if (offset === 0) return;
    const before = block % (columns * rows) === 0 ? 0 : (offsets[block - 1] ?? 0);
    if (offset < before) errors.push(`${name}: block ${block} is not in order.`);
    if (bytes.readUInt32LE(offset - 4) !== count) errors.push(`${name}: the size before block ${block} is not its own.`);
    if (bytes.readUInt32LE(offset + count - 4) !== bytes.readUInt32LE(offset + count))
      errors.push(`${name}: what is behind block ${block} is not its end.`);
  });
  return errors;
}
