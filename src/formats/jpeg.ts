import { picture, type RasterFormat, worldFiles } from './format.ts';

/** Pixels a side: what the format's 16-bit numbers hold (ITU-T T.81, section B.2.2). */
const SIDE = 65_535;
/** In all: GDAL's driver holds about four bytes of each in memory until the last. */
const PIXELS = 2 ** 27;
const QUALITY = 90;

/** JPEG with a world file, a .prj and GDAL's .aux.xml: grey, or red, green and blue, of 8 bits. */
export const jpeg: RasterFormat = {
  mimetype: 'image/jpeg',
  aliases: ['image/jpg'],
  kinds: ['raster'],
  displayName: 'JPEG',
  shortName: 'JPEG',
  linkNames: ['jpeg', 'jpg'],
  extension: 'jpg',
  driver: 'JPEG',
  fixedCrs: null,
  crsOptional: false,
  raster: {
    ...picture(['Byte'], []),
    holds: { nodata: false, alpha: false, mask: false },
    most: () => ({ side: SIDE, pixels: PIXELS }),
    options: () => [`QUALITY=${QUALITY}`],
    beside: (image) => worldFiles(image, 'jgw'),
    remarks: () => ['JPEG is lossy: values differ a little from the source’s.'],
    weight: { lossless: [0.09, 0.3], lossy: [0.78, 1], overviews: false, blank: 0.04, edge: 0, file: 2200 },
  },
};
