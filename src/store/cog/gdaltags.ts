import { TAG, TYPE } from './tags.ts';
import { type TiffDirectory, type TiffField, textOf } from './tiff.ts';

/** Items that are of the whole image only: measures of its pixels, and the grid of web tiles that it fills. */
const OF_THE_WHOLE = /\s*<Item name="STATISTICS_[^>]*>[^<]*<\/Item>|\s*<Item [^>]*domain="TILING_SCHEME"[^>]*>[^<]*<\/Item>/g;

/** GDAL_METADATA of a part of an image; null where there is nothing to say. */
export function metadataOfPart(field: TiffField | undefined): TiffField | null {
  const text = textOf(field);
  if (text === null) return null;
  const kept = text.replace(OF_THE_WHOLE, '');
  if (!kept.includes('<Item')) return null;
  const bytes = Buffer.from(`${kept}\0`);
  return { type: TYPE.ascii, count: bytes.length, bytes };
}

/** The number that stands for no value, as GDAL writes it; null where there is none. */
export function nodataOf(directory: TiffDirectory): number | null {
  const text = textOf(directory.get(TAG.gdalNodata))?.trim();
  if (!text) return null;
  if (/^-?nan$/i.test(text)) return Number.NaN;
  const infinite = /^([-+]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}
