import type { DataType } from '../../../store/rasterprofile.ts';

/** How the pixels of a raster are kept that is to be measured. */
export interface PixelLayout {
  width: number;
  type: DataType;
  /** As text; by band. */
  nodata: readonly (string | null)[];
  /** The index of the band that is alpha; null where there is none. */
  alpha: number | null;
  /** Whether a mask stands beside the bands. */
  masked: boolean;
}
