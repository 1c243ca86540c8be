import { vectorPainter } from '../pdf/painter.ts';
import { asIs } from '../vector/columns.ts';
import { ANY_GEOMETRY, ANY_NAME, type FeatureFormat, type MapFormat, neverRefuse } from './format.ts';

const COMMON = {
  mimetype: 'application/pdf',
  aliases: ['application/x-pdf'],
  displayName: 'PDF',
  shortName: 'PDF',
  linkNames: ['pdf'],
  extension: 'pdf',
  crsOptional: false,
  fixedCrs: null,
} as const;

/** PDF (ISO 32000-2): one georeferenced map of all items that ask for it. Features are painted as paths, in threads of the vector engine. */
export const pdf: FeatureFormat = {
  ...COMMON,
  kinds: ['vector'],
  driver: null,
  refuse: neverRefuse,
  writer: {
    geometry: { ...ANY_GEOMETRY, nulls: 'drop', empties: 'null' },
    names: ANY_NAME,
    carriesStyle: true,
    attributes: true,
    nullsAs: null,
    infinities: true,
    texts: null,
    blanksAreNulls: false,
    column: asIs,
    encoded: vectorPainter,
  },
};

/** The same for pixels, which are rendered for the page. */
export const pdfOfPixels: MapFormat = { ...COMMON, kinds: ['raster', 'grid'], drivers: ['GTiff', 'JPEG'] };
