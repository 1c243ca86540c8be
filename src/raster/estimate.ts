import { DATA_BYTES, type RasterProfile } from '../store/rasterprofile.ts';
import { isContinuous } from './plan.ts';
import type { PixelShare } from './share.ts';
import { bandNumbers } from './source.ts';
import type { RasterWriter } from './writer.ts';

/** About how many bytes a pixel of a version has in a format, the whole of it. */
export function bytesPerPixel(profile: RasterProfile, writer: RasterWriter): number {
  const { size, bytes, overviews } = profile;
  const stored = bytes / Math.max(1, size[0] * size[1]);
  // Overviews have a third of what the full image has.
  return pixelBytes(profile, writer.weight, writer.weight.overviews || overviews.length === 0 ? stored : stored * 0.75);
}

function pixelBytes({ lossy }: RasterProfile, weight: Pick<RasterWriter['weight'], 'lossy' | 'lossless'>, stored: number): number {
  const [factor, power] = lossy ? weight.lossy : weight.lossless;
  return factor * stored ** power;
}

/** Of JPEG, whole MCUs of 16 x 16 pixels are kept: half of each that the outline goes through lies outside, for each pixel of the outline so many. */
const MCU_HALF = 8;

/**
 * About how many bytes a raster item has in the archive.
 * @param multiplier how much larger pixels become.
 * @param moves whether it is brought to another CRS.
 */
export function estimateRaster(
  profile: RasterProfile,
  writer: RasterWriter,
  share: PixelShare,
  { multiplier, moves }: { multiplier: number; moves: boolean },
): number {
  const { pixels, boxPixels, levels, tiles, crossed } = share;
  const { weight } = writer;
  const copies = writer.isStored && !moves;
  const outline = crossed.rows + crossed.columns;
  const grown = (level: number) => (copies && profile.lossy ? 1 + (MCU_HALF * outline * 2 ** level) / pixels : 1);
  const storedAt = (level: number) => {
    const all = levels.map((bytes, index) => bytes * grown(index)).slice(level, weight.overviews ? undefined : level + 1);
    return all.reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, pixels / 4 ** level);
  };
  // Pixels of a size between those of two overviews have something between what theirs have.
  const [size, last] = [Math.log2(multiplier), Math.max(0, levels.length - 1)];
  const [finer, coarser] = [Math.min(Math.floor(size), last), Math.min(Math.ceil(size), last)];
  const stored = storedAt(finer) ** (1 - (size % 1)) * storedAt(coarser) ** (size % 1);
  const [inside, outside] = [pixels / multiplier ** 2, Math.max(0, boxPixels - pixels) / multiplier ** 2];
  const files = (writer.oneImage ? 1 : tiles) * weight.file;
  if (weight.pyramid) {
    // A layer that is turned by a projection has places without data all around.
    const around = outline > 0 || !moves ? outline : 2 * (profile.size[0] + profile.size[1]);
    return Math.ceil(files + pyramidBytes(profile, weight, weight.pyramid, { inside, outline: around / multiplier, stored }));
  }
  // What stays as it is stored has the bytes that it has there, and so have classes wherever they come to lie.
  const each = copies || (writer.isStored && !isContinuous(profile)) ? stored : pixelBytes(profile, weight, stored);
  const image = inside * each + outside * weight.blank + (crossed.rows / multiplier) * weight.edge;
  const values = profile.bands.reduce((sum, { data_type: type }) => sum + DATA_BYTES[type], 0) * (inside + outside);
  return Math.ceil(Math.min(image, (weight.most ?? Number.POSITIVE_INFINITY) * values) + files);
}

/** Level by level of a pyramid: images that the outline goes across have places without data, and about half of their pixels inside. */
function pyramidBytes(
  profile: RasterProfile,
  weight: RasterWriter['weight'],
  pyramid: NonNullable<RasterWriter['weight']['pyramid']>,
  { inside, outline, stored }: { inside: number; outline: number; stored: number },
): number {
  const imagePixels = pyramid.side ** 2;
  let sum = 0;
  for (let [level, pixels] = [0, inside]; ; level++, pixels /= 4) {
    const cut = outline > 0 ? outline / 2 ** level / pyramid.side + 1 : 0;
    const partly = Math.min(pixels, (cut * imagePixels) / 2);
    const images = Math.max(1, cut, (pixels - partly) / imagePixels + cut);
    sum += partly * pixelBytes(profile, pyramid, stored) + (pixels - partly) * pixelBytes(profile, weight, stored) + images * pyramid.image;
    if (pixels <= imagePixels) return sum;
  }
}

/** Seconds for a file that GDAL makes, whatever it holds, and more for one that is cropped or brought to another CRS; for one of copied blocks. */
const [MADE, CROPPED, MOVED, COPIED] = [0.2, 0.1, 0.5, 0.02];
/** Values that are read and written in a second, of which pixels of several bands have several; interpolated ones; and bytes that are copied. */
const [PACE, MOVED_PACE, COPY_PACE] = [12_000_000, 5_000_000, 60_000_000];

/** About how many seconds a raster item takes to be made. Measured by `npm run bench -- estimates`. */
export function rasterSeconds(
  profile: RasterProfile,
  writer: RasterWriter,
  { pixels, boxPixels, tiles }: PixelShare,
  { multiplier, moves, crops, bytes }: { multiplier: number; moves: boolean; crops: boolean; bytes: number },
): number {
  const files = writer.oneImage ? 1 : tiles;
  const hasLevel = multiplier === 1 || profile.overviews.includes(multiplier);
  if (writer.isStored && !moves && hasLevel) return files * COPIED + bytes / COPY_PACE;
  const values = (Math.max(pixels, boxPixels) / multiplier ** 2) * bandNumbers(profile).data.length;
  return files * (MADE + (crops ? CROPPED : 0) + (moves ? MOVED : 0)) + values / (moves ? MOVED_PACE : PACE);
}
