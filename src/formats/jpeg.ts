import { bandNumbers } from '../raster/source.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
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
    ...picture(['Byte'], false),
    holds: { nodata: false, alpha: false, mask: false },
    most: () => ({ side: SIDE, pixels: PIXELS }),
    options: () => [`QUALITY=${QUALITY}`],
    beside: (image) => worldFiles(image, 'jgw'),
    remarks: () => ['JPEG is lossy: values differ a little from the source’s.'],
    bytesPerPixel: (profile, stored) => (profile.lossy ? 0.9 * stored : Math.min(stored, 0.18 * samples(profile))),
  },
};

function samples(profile: RasterProfile): number {
  return Math.min(3, bandNumbers(profile).data.length);
}
