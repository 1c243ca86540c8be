import type { Image } from '../raster/writer.ts';
import { picture, type RasterFormat } from './format.ts';

/** Pixels in all of one overlay: some thousand small images. */
const PIXELS = 2 ** 30;

/** KML super-overlay (OGC 12-007r2) as a .kmz: small images that a globe loads as they are seen, always longitude and latitude of WGS 84. */
export const superOverlay: RasterFormat = {
  mimetype: 'application/vnd.google-earth.kml+xml',
  aliases: ['application/vnd.google-earth.kmz'],
  kinds: ['raster'],
  displayName: 'KML',
  shortName: 'KML',
  linkNames: ['kml', 'kmz'],
  extension: 'kmz',
  driver: 'KMLSUPEROVERLAY',
  fixedCrs: 'EPSG:4326',
  crsOptional: true,
  raster: {
    ...picture(['Byte'], []),
    holds: { nodata: false, alpha: true, mask: false },
    greyAlpha: false,
    oneImage: true,
    most: () => ({ side: Number.POSITIVE_INFINITY, pixels: PIXELS }),
    options: ({ title, extentWgs84 }) => [
      `NAME=${title}`,
      // Those with places without data become PNG, the others JPEG.
      'FORMAT=AUTO',
      ...(extentWgs84[2] > 180 ? ['FIX_ANTIMERIDIAN=YES'] : []),
    ],
    beside: async () => [],
    remarks: ({ bands }) => [
      'A KML super-overlay is made of JPEG images, which are lossy.',
      ...(bands.some(isDescribed) ? ['KML keeps no descriptions, units, scales and other metadata of bands.'] : []),
    ],
    weight: {
      ...{ lossless: [0.06, 0.3], lossy: [0.6, 1], overviews: false, blank: 0, edge: 0, file: 1500 },
      // A JPEG's tables, and the KML that names the image.
      pyramid: { side: 256, image: 900, lossless: [0.93, 0.96], lossy: [3.8, 0.78] },
    },
  },
};

function isDescribed({ description, unit, scale, offset, metadata }: Image['bands'][number]): boolean {
  return description !== '' || unit !== '' || scale !== null || offset !== null || metadata !== undefined;
}
