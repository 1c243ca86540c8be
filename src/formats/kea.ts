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
    palettes: true,
    holds: { nodata: true, alpha: false, mask: false },
    finiteNodata: false,
    signedBytes: false,
    tableByValue: true,
    oneImage: false,
    isStored: false,
    most: () => NO_LIMIT,
    options: () => ['DEFLATE=6'],
    beside: async () => [],
    remarks: () => [],
    bytesPerPixel: (profile, stored) => (profile.lossy ? 4 * stored : 0.9 * stored),
  },
};
