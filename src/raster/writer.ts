import type { Bounds, ProfileCrs } from '../store/profile.ts';
import type { BandProfile, DataType, RasterAttributeTable, RasterProfile } from '../store/rasterprofile.ts';
import type { Grid } from './grid.ts';

/** A raster as it is about to be written in a format. */
export interface Image {
  grid: Grid;
  crs: ProfileCrs;
  /** Without the alpha band or the mask. */
  bands: readonly BandProfile[];
  /** Of the first band; null where there is none. */
  rat: RasterAttributeTable | null;
  /** How places without data are told; see `Emptiness`. */
  emptiness: Emptiness;
  /** True where averages make sense of its pixels; false for palettes and classes. */
  continuous: boolean;
  /** True where the source was lossy. */
  lossy: boolean;
  /** Degrees; `east` may pass 180. */
  extentWgs84: Bounds;
  title: string;
}

/** How an image tells places without data. */
export type Emptiness =
  /** It has none. */
  | { by: 'nothing' }
  | { by: 'nodata'; value: string }
  /** A band behind the others. */
  | { by: 'alpha' }
  | { by: 'mask' }
  /** They are white. */
  | { by: 'white' };

/** A file of Geocrate's own beside an image: the ending behind the image's name, and what it holds. */
export interface Beside {
  extension: string;
  text: string;
}

/** Pixels a side and in all. */
export interface Most {
  side: number;
  pixels: number;
}

/** Bytes of a pixel are factor * stored ** power, where `stored` is what one has in the stored tiles: in the full image, or the overview that it is made of. */
type Power = readonly [factor: number, power: number];

/** What a format's files take of the archive, in bytes. Fitted to what `npm run bench -- estimates` measures. */
interface RasterWeight {
  /** Of the source's pixels where they were compressed without loss, and where not. */
  lossless: Power;
  lossy: Power;
  /** The part of the values' own bytes that the format is told to take at most. */
  most?: number;
  /** Whether the files have overviews, as the stored tiles do, which then count. */
  overviews: boolean;
  /** A pixel outside of the area, in the box around it. */
  blank: number;
  /** A row that the area's outline goes across: what is before and behind it has nothing to do with the row before. */
  edge: number;
  /** A file, whatever it holds, with those beside it. */
  file: number;
  /** Of a pyramid of small images, `side` pixels each, which are of another kind where they have places without data. */
  pyramid?: { side: number; image: number; lossless: Power; lossy: Power };
}

/** What a format is to the raster engine. */
export interface RasterWriter {
  /** What pixels may be; others are refused. */
  dataTypes: readonly DataType[];
  /** `picture`: grey, or red, green and blue. */
  bands: 'all' | 'picture';
  /** Pixels that may have a palette; others become red, green and blue. */
  palettes: readonly DataType[];
  /** How it tells places without data. */
  holds: { nodata: boolean; alpha: boolean; mask: boolean };
  /** Whether nodata must be a number that every reader knows. */
  finiteNodata: boolean;
  /** False where signed bytes have to become 16-bit numbers. */
  signedBytes: boolean;
  /** True where an attribute table's rows are the values themselves: row n is of value n. */
  tableByValue: boolean;
  /** How long a band's description may be, in bytes. */
  descriptionBytes: number;
  /** Whether grey may have an alpha band; where not, it becomes red, green and blue. */
  greyAlpha: boolean;
  /** True where all tiles become one image where its size allows that. */
  oneImage: boolean;
  /** Whether the stored tiles are files of this format already. */
  isStored: boolean;
  /** How large one file may be. */
  most: (profile: RasterProfile) => Most;
  /** Creation options of the driver, `NAME=value`. */
  options: (image: Image) => readonly string[];
  beside: (image: Image) => Promise<Beside[]>;
  /** Sentences on what it cannot hold of any image, such as that it is lossy. */
  remarks: (image: Image) => string[];
  /** How much of the archive its files take. */
  weight: RasterWeight;
}
