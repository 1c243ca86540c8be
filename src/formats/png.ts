import { picture, type RasterFormat, worldFiles } from './format.ts';

/** Pixels a side: what programs that open the format hold in memory, and JPEG's limit. */
const SIDE = 65_535;

/** PNG (ISO/IEC 15948) with a world file, a .prj and GDAL's .aux.xml: grey, palette, or red, green and blue, of 8 or 16 bits, transparent where there are no data. */
export const png: RasterFormat = {
  mimetype: 'image/png',
  aliases: [],
  kinds: ['raster'],
  displayName: 'PNG',
  shortName: 'PNG',
  linkNames: ['png'],
  extension: 'png',
  driver: 'PNG',
  fixedCrs: null,
  crsOptional: false,
  raster: {
    ...picture(['Byte', 'UInt16'], ['Byte']),
    holds: { nodata: false, alpha: true, mask: false },
    most: () => ({ side: SIDE, pixels: Number.POSITIVE_INFINITY }),
    options: () => ['ZLEVEL=6'],
    beside: (image) => worldFiles(image, 'pgw'),
    remarks: () => [],
    weight: { lossless: [0.93, 0.96], lossy: [3.8, 0.78], overviews: false, blank: 0.0002, edge: 4, file: 1700 },
  },
};
