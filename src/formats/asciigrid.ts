import { ALL_TYPES, type RasterFormat } from './format.ts';

/** Characters of a number and the space before it, at most, by type. */
const CHARACTERS = { Byte: 4, Int8: 5, UInt16: 6, Int16: 7, UInt32: 11, Int32: 12, Float32: 15, Float64: 24 } as const;
/** What programs still read of a text file. */
const MOST_BYTES = 2 ** 31;
/** Digits that bring a number of floating point back exactly. */
const DIGITS = { Float32: 9, Float64: 17, UInt32: 10 } as const;

/** Esri ASCII Grid: numbers as text. A grid has one band, and so has the format. */
export const asciiGrid: RasterFormat = {
  mimetype: 'application/x-ogc-aaigrid',
  aliases: [],
  kinds: ['grid'],
  displayName: 'ASCII Grid',
  shortName: 'ASC',
  linkNames: ['asc', 'aaigrid'],
  extension: 'asc',
  driver: 'AAIGrid',
  fixedCrs: null,
  crsOptional: false,
  raster: {
    dataTypes: ALL_TYPES,
    bands: 'all',
    palettes: ['Byte', 'UInt16'],
    holds: { nodata: true, alpha: false, mask: false },
    finiteNodata: true,
    signedBytes: false,
    tableByValue: false,
    descriptionBytes: Number.POSITIVE_INFINITY,
    greyAlpha: true,
    oneImage: false,
    isStored: false,
    most: ({ bands }) => ({
      side: Number.POSITIVE_INFINITY,
      pixels: Math.floor(MOST_BYTES / CHARACTERS[bands[0]?.data_type ?? 'Float64']),
    }),
    options({ bands }) {
      const type = bands[0]?.data_type ?? 'Float64';
      return type === 'Float32' || type === 'Float64' || type === 'UInt32' ? [`SIGNIFICANT_DIGITS=${DIGITS[type]}`] : [];
    },
    beside: async () => [],
    remarks({ grid: { resolution } }) {
      if (Math.abs(resolution[0] / resolution[1] - 1) < 1e-9) return [];
      return ['Its pixels are not square, so the ASCII Grid has DX and DY in place of CELLSIZE; GDAL and QGIS read that, ArcGIS does not.'];
    },
    weight: { lossless: [1.6, 1], lossy: [2.5, 1], overviews: false, blank: 0.07, edge: 4, file: 1200 },
  },
};
