import { ALL_TYPES, NO_LIMIT, type RasterFormat } from './format.ts';

/** KEA: HDF5 with attribute tables. Offered where GDAL has its driver. */
export const kea: RasterFormat = {
  mimetype: 'application/x-hdf;subtype=kea',
  aliases: [],
  kinds: ['raster', 'grid', 'rat'],
  displayName: 'KEA',
  shortName: 'KEA',
  linkNames: ['kea'],
  extension: 'kea',
  driver: 'KEA',
  fixedCrs: null,
  crsOptional: false,
  raster: {
    dataTypes: ALL_TYPES.filter((type) => type !== 'Int8'),
    bands: 'all',
    palettes: ['Byte', 'UInt16'],
    holds: { nodata: true, alpha: false, mask: false },
    finiteNodata: false,
    signedBytes: false,
    tableByValue: true,
    descriptionBytes: Number.POSITIVE_INFINITY,
    greyAlpha: true,
    oneImage: false,
    isStored: false,
    most: () => NO_LIMIT,
    options: () => ['DEFLATE=6'],
    beside: async () => [],
    remarks: () => [],
    weight: { lossless: [1, 1], lossy: [5, 0.84], overviews: false, blank: 0.0002, edge: 4, file: 5000 },
  },
};
