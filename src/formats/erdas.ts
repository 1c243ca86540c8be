import { tableByValue } from '../raster/attributes.ts';
import type { Image } from '../raster/writer.ts';
import { DATA_BYTES } from '../store/rasterprofile.ts';
import { ALL_TYPES, NO_LIMIT, type RasterFormat } from './format.ts';

/** Bytes past which the file is in two parts, the second of which is not compressed (the .ige). */
const SPILLS = 2 ** 31;
/** What names of layers have room for, with the zero behind them, in bytes. */
const DESCRIPTION = 63;
/** What columns of these meanings are always called. */
const NAMES: Readonly<Record<string, string>> = {
  Name: 'Class_Names',
  PixelCount: 'Histogram',
  Red: 'Red',
  Green: 'Green',
  Blue: 'Blue',
  Alpha: 'Opacity',
};

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
    palettes: ['Byte', 'UInt16'],
    holds: { nodata: true, alpha: false, mask: false },
    finiteNodata: false,
    signedBytes: true,
    tableByValue: true,
    descriptionBytes: DESCRIPTION,
    greyAlpha: true,
    oneImage: false,
    isStored: false,
    most: () => NO_LIMIT,
    options({ grid: { size }, bands }) {
      const bytes = bands.reduce((sum, { data_type: type }) => sum + DATA_BYTES[type], 0) * size[0] * size[1];
      return [`COMPRESSED=${bytes < SPILLS ? 'YES' : 'NO'}`, ...(bands[0]?.data_type === 'Int8' ? ['PIXELTYPE=SIGNEDBYTE'] : [])];
    },
    beside: async () => [],
    remarks: ({ bands, rat }) => [...colourRemarks(bands), ...tableRemarks(rat, bands)],
    weight: { lossless: [1.17, 1.08], lossy: [6.2, 0.84], overviews: false, blank: 0.00003, edge: 3, file: 3900 },
  },
};

/** Bands have no colour of their own in the format. */
function colourRemarks(bands: Image['bands']): string[] {
  const colours = bands.flatMap(({ color_interpretation: word }, index) =>
    ['Undefined', 'Gray', 'Palette'].includes(word) ? [] : `band ${index + 1} is ${word.toLowerCase()}`,
  );
  return colours.length > 0 ? [`ERDAS Imagine does not say what colours bands are: ${colours.join(', ')}.`] : [];
}

function tableRemarks(rat: Image['rat'], [band]: Image['bands']): string[] {
  if (!rat) return [];
  const remarks: string[] = [];
  const renamed = rat.columns.flatMap(({ name, usage }) => {
    const own = NAMES[usage];
    return own && own !== name ? `${name} (${own})` : [];
  });
  if (renamed.length > 0) remarks.push(`ERDAS Imagine has names of its own for columns of the attribute table: ${renamed.join(', ')}.`);
  if (!tableByValue(rat, band?.data_type ?? 'Byte'))
    remarks.push(
      'The rows of an ERDAS Imagine attribute table are of the values 0, 1, 2 and so on, and the values of this table are others: they stand in its columns.',
    );
  return remarks;
}
