import { DATA_BYTES } from '../store/rasterprofile.ts';
import { ALL_TYPES, NO_LIMIT, type RasterFormat } from './format.ts';

/** Bytes past which the file is in two parts, the second of which is not compressed (the .ige). */
const SPILLS = 2 ** 31;

/** ERDAS Imagine (HFA) with the attribute table of its classes inside. */
export const erdas: RasterFormat = {
  mimetype: 'application/x-erdas-hfa',
  aliases: [],
  kinds: ['raster', 'rat'],
  displayName: 'ERDAS Imagine',
  shortName: 'IMG',
  linkNames: ['img', 'hfa', 'erdas'],
  extension: 'img',
  driver: 'HFA',
  fixedCrs: null,
  crsOptional: false,
  raster: {
    dataTypes: ALL_TYPES,
    bands: 'all',
    palettes: true,
    holds: { nodata: true, alpha: false, mask: false },
    finiteNodata: false,
    signedBytes: true,
    tableByValue: true,
    greyAlpha: true,
    oneImage: false,
    isStored: false,
    most: () => NO_LIMIT,
    options({ grid: { size }, bands }) {
      const bytes = bands.reduce((sum, { data_type: type }) => sum + DATA_BYTES[type], 0) * size[0] * size[1];
      return [`COMPRESSED=${bytes < SPILLS ? 'YES' : 'NO'}`, ...(bands[0]?.data_type === 'Int8' ? ['PIXELTYPE=SIGNEDBYTE'] : [])];
    },
    beside: async () => [],
    remarks: () => [],
    weight: { lossless: [1.17, 1.08], lossy: [6.2, 0.84], overviews: false, blank: 0.00003, edge: 3, file: 3900 },
  },
};
