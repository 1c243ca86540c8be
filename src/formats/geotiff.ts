import { isTransparent } from '../raster/emptiness.ts';
import { ALL_TYPES, NO_LIMIT, type RasterFormat } from './format.ts';

/** Side of a tile inside the file, in pixels. */
const BLOCK = 512;
/** Of JPEG, where the source was lossy already. */
const QUALITY = 90;

/** GeoTIFF (OGC 19-008r4) as a Cloud Optimized GeoTIFF: tiles, and overviews at the front. */
export const geotiff: RasterFormat = {
  mimetype: 'image/tiff;subtype=geotiff',
  aliases: ['image/tiff', 'image/tiff;application=geotiff', 'image/tiff;application=geotiff;profile=cloud-optimized'],
  kinds: ['raster', 'grid', 'rat'],
  displayName: 'GeoTIFF',
  shortName: 'GTIFF',
  linkNames: ['gtiff', 'geotiff', 'tif', 'tiff', 'cog'],
  extension: 'tif',
  driver: 'COG',
  fixedCrs: null,
  crsOptional: false,
  raster: {
    dataTypes: ALL_TYPES,
    bands: 'all',
    palettes: ['Byte', 'UInt16'],
    holds: { nodata: true, alpha: true, mask: true },
    finiteNodata: false,
    signedBytes: true,
    tableByValue: false,
    descriptionBytes: Number.POSITIVE_INFINITY,
    greyAlpha: true,
    oneImage: false,
    isStored: true,
    most: () => NO_LIMIT,
    options({ bands, lossy, continuous }) {
      const [first] = bands;
      const colours = bands.every(({ data_type: type, palette }) => type === 'Byte' && palette === null);
      const asJpeg = lossy && colours && (bands.length === 1 || bands.length === 3);
      return [
        ...(asJpeg
          ? ['COMPRESS=JPEG', `QUALITY=${QUALITY}`]
          : ['COMPRESS=DEFLATE', 'LEVEL=6', `PREDICTOR=${continuous || first?.data_type === 'Int8' ? 'YES' : 'NO'}`]),
        `BLOCKSIZE=${BLOCK}`,
        'BIGTIFF=IF_SAFER',
        'OVERVIEWS=IGNORE_EXISTING',
        `OVERVIEW_RESAMPLING=${continuous ? 'AVERAGE' : 'NEAREST'}`,
        'NUM_THREADS=ALL_CPUS',
      ];
    },
    beside: async () => [],
    remarks: ({ bands: [first] }) =>
      isTransparent(first) ? ['Colours of the palette that were transparent are opaque: a GeoTIFF’s colours have no transparency.'] : [],
    weight: { lossless: [1.05, 0.85], lossy: [0.78, 1], overviews: true, blank: 0.005, edge: 9, file: 900 },
  },
};
