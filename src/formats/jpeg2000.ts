import { NO_LIMIT, type RasterFormat } from './format.ts';

/** The share of the uncompressed size that the lossy kind may have, in percent. */
const QUALITY = 25;

/** JPEG 2000 (ISO/IEC 15444-1) with GeoJP2 and GMLJP2 boxes, by wavelets that lose a little. */
export const jpeg2000: RasterFormat = {
  mimetype: 'image/jp2',
  aliases: [],
  kinds: ['raster'],
  displayName: 'JPEG2000',
  shortName: 'JP2',
  linkNames: ['jp2', 'jpeg2000'],
  extension: 'jp2',
  driver: 'JP2OpenJPEG',
  fixedCrs: null,
  crsOptional: false,
  raster: {
    // Numbers with a sign have no data by a value of theirs, and those next to it would be others.
    dataTypes: ['Byte', 'UInt16'],
    bands: 'all',
    palettes: [],
    holds: { nodata: false, alpha: true, mask: false },
    finiteNodata: false,
    signedBytes: false,
    tableByValue: false,
    descriptionBytes: Number.POSITIVE_INFINITY,
    greyAlpha: true,
    oneImage: false,
    isStored: false,
    most: () => NO_LIMIT,
    options: (image) => [`QUALITY=${QUALITY}`, ...sizeOptions(image), ...alphaOptions(image)],
    beside: async () => [],
    remarks: () => ['JPEG2000 is lossy: values differ a little from the source’s. JPEG2000 lossless keeps them.'],
    weight: { lossless: [0.55, 0.95], lossy: [1.63, 0.76], most: QUALITY / 100, overviews: false, blank: 0.05, edge: 8, file: 4500 },
  },
};

/** The same without loss. */
export const jpeg2000Lossless: RasterFormat = {
  ...jpeg2000,
  mimetype: 'image/jp2;compression=lossless',
  displayName: 'JPEG2000 lossless',
  shortName: 'JP2-LOSSLESS',
  linkNames: ['jp2-lossless', 'jpeg2000-lossless'],
  raster: {
    ...jpeg2000.raster,
    dataTypes: ['Byte', 'UInt16', 'Int16'],
    holds: { nodata: true, alpha: true, mask: false },
    palettes: ['Byte', 'UInt16'],
    options: (image) => ['QUALITY=100', 'REVERSIBLE=YES', 'YCBCR420=NO', ...sizeOptions(image), ...alphaOptions(image)],
    remarks: () => [],
    weight: { lossless: [1, 0.84], lossy: [2.4, 0.67], overviews: false, blank: 0.04, edge: 8, file: 4600 },
  },
};

/** The driver chooses resolutions by the longer side, four of them from 1,024 pixels on; each halves both sides, of which something has to be left. */
function sizeOptions({ grid: { size } }: Parameters<RasterFormat['raster']['options']>[0]): string[] {
  const shorter = Math.min(...size);
  return shorter < 8 ? [`RESOLUTIONS=${Math.floor(Math.log2(shorter)) + 1}`] : [];
}

/** Of more than four bands, the driver has to be told that the last one is alpha. */
function alphaOptions({ emptiness, bands }: Parameters<RasterFormat['raster']['options']>[0]): string[] {
  return emptiness.by === 'alpha' && bands.length > 3 ? ['ALPHA=YES'] : [];
}
