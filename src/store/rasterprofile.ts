import type { TransformModel } from '../crs/model.ts';
import type { Bounds, ProfileCrs } from './profile.ts';

/**
 * What publishing measures of a raster version once. It stands beside the tiles as `profile.json`; the tiles themselves are listed in
 * `tiles.json` (rastertiles.ts), since there may be a hundred thousand.
 */
export interface RasterProfile {
  /** The layout of this file; a reader refuses another. */
  format: 1;
  /** Imagery, one measured value a pixel, or classes with an attribute table. */
  kind: RasterKind;
  crs: ProfileCrs;
  /** Of all tiles, in the CRS's own units and x, y order: [min x, min y, max x, max y]. */
  extent: Bounds;
  /** [west, south, east, north] in degrees. `east` passes 180 where the dataset crosses the antimeridian, so west <= east always. */
  extent_wgs84: Bounds;
  /** Columns and rows of the whole mosaic. */
  size: [number, number];
  /** The upper left corner of the mosaic, in the CRS's units; rows go south. */
  origin: [number, number];
  /** Width and height of a pixel, in the CRS's units; both positive. */
  resolution: [number, number];
  bands: BandProfile[];
  /** What else its sources say, all the same: `ACQUISITION_DATE`, … Absent where they say nothing, and in versions from before it was kept. */
  metadata?: Record<string, string>;
  /** Whether places without data are told by an alpha band, by a mask beside the bands, by `nodata`, or by nothing. */
  transparency: 'alpha' | 'mask' | 'nodata' | 'none';
  /** True where the source was lossy (JPEG, WebP, lossy JPEG 2000): there is no use in keeping its every bit. */
  lossy: boolean;
  /** How the stored tiles are compressed, in GDAL's words: `DEFLATE`, `JPEG`, … */
  compression: string;
  /** How much larger the pixels of each overview are that every tile has: [2, 4, 8]. */
  overviews: number[];
  /** The attribute table of the first band; null where it has none. */
  rat: RasterAttributeTable | null;
  /** True where the dataset is several tiles that requests may name, even if it has only one. */
  tiled: boolean;
  tile_count: number;
  /** Of all tiles' files. */
  bytes: number;
  /** The way from longitude and latitude to `crs` without PROJ; null where there is none. Absent in versions published before. */
  transform?: TransformModel | null;
}

export const RASTER_KINDS = ['raster', 'grid', 'rat'] as const;
export type RasterKind = (typeof RASTER_KINDS)[number];

/** GDAL's names of what a pixel holds. Int8 is Byte with PIXELTYPE=SIGNEDBYTE before GDAL 3.7. */
export const DATA_TYPES = ['Byte', 'Int8', 'UInt16', 'Int16', 'UInt32', 'Int32', 'Float32', 'Float64'] as const;
export type DataType = (typeof DATA_TYPES)[number];
/** Bytes of a value, by type. */
export const DATA_BYTES: Readonly<Record<DataType, number>> = {
  Byte: 1,
  Int8: 1,
  UInt16: 2,
  Int16: 2,
  UInt32: 4,
  Int32: 4,
  Float32: 4,
  Float64: 8,
};

export interface BandProfile {
  data_type: DataType;
  /** GDAL's word: Red, Green, Blue, Alpha, Gray, Palette, Undefined, … */
  color_interpretation: string;
  /** As text, since JSON has neither NaN nor infinity: `-9999`, `nan`, `-inf`. Null where there is none. */
  nodata: string | null;
  description: string;
  /** Of the values, such as `metre`; empty where nobody says. */
  unit: string;
  /** value = pixel * scale + offset; null where they are not set. */
  scale: number | null;
  offset: number | null;
  /** [red, green, blue, alpha], 0..255 each, by pixel value; null where there is none. */
  palette: [number, number, number, number][] | null;
  /** What else is said of it: `wavelength`, … Absent as above. */
  metadata?: Record<string, string>;
  /** Of the valid pixels, exact; null where none is valid. */
  statistics: { min: number; max: number; mean: number; stddev: number } | null;
}

export interface RasterAttributeTable {
  columns: {
    name: string;
    type: (typeof ATTRIBUTE_TYPES)[number];
    usage: (typeof ATTRIBUTE_USAGES)[number];
  }[];
  rows: (number | string)[][];
  /** Row n is of the values from first + n * size on, up to the next row's. Absent where columns tell values, or row n is of value n. */
  bins?: { first: number; size: number };
}

/** GDAL's types of columns (GDALRATFieldType), in the order of its numbers. */
export const ATTRIBUTE_TYPES = ['integer', 'real', 'string'] as const;
/** What a column tells (GDALRATFieldUsage), in the order of its numbers and without the prefix of its names. */
export const ATTRIBUTE_USAGES = [
  ...(['Generic', 'PixelCount', 'Name', 'Min', 'Max', 'MinMax', 'Red', 'Green', 'Blue', 'Alpha'] as const),
  ...(['RedMin', 'GreenMin', 'BlueMin', 'AlphaMin', 'RedMax', 'GreenMax', 'BlueMax', 'AlphaMax'] as const),
];
