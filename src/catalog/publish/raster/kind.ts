import type { GdalAttributeTable, GdalBand, GdalRaster } from '../../../gdal/describeraster.ts';
import type { RasterKind } from '../../../store/rasterprofile.ts';

/** GDALRATFieldUsage: pixel count, name, min, max, min-max, and the colours from 6 on. */
const [PIXEL_COUNT, MIN, MAX, MIN_MAX, FIRST_COLOR] = [1, 3, 4, 5, 6];
const MEASURED = ['Int16', 'UInt16', 'Int32', 'UInt32', 'Float32', 'Float64', 'Int8'];

/**
 * What a raster is to those who export it: classes where its attribute table says something of its values; else one band of measured values is
 * a grid, and all else (several bands, a palette, shades of gray in 8 bits) a picture.
 */
export function kindOf({ bands, rat }: Pick<GdalRaster, 'bands' | 'rat'>): RasterKind {
  const [band, ...more] = valueBands(bands);
  if (!band || more.length > 0) return 'raster';
  if (rat && saysSomething(rat)) return 'rat';
  if (band.palette || bands.length > 1) return 'raster';
  if (MEASURED.includes(band.type)) return 'grid';
  // A unit or a scale is what only a measurement has.
  return band.unit !== '' || (band.scale ?? 1) !== 1 || (band.offset ?? 0) !== 0 ? 'grid' : 'raster';
}

/** All bands but those of alpha. */
export function valueBands<Band extends Pick<GdalBand, 'colorInterpretation'>>(bands: readonly Band[]): Band[] {
  return bands.filter(({ colorInterpretation }) => colorInterpretation !== 'Alpha');
}

/** ERDAS Imagine files have a table with nothing but a histogram, or a palette's colours, for any band. */
export function saysSomething({ columns, rows }: GdalAttributeTable): boolean {
  const values: readonly number[] = [PIXEL_COUNT, MIN, MAX, MIN_MAX];
  return rows.length > 0 && columns.some(({ usage }) => !values.includes(usage) && usage < FIRST_COLOR);
}
