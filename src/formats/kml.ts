import { asIs, asText } from '../vector/columns.ts';
import { ogrSink } from '../vector/ogr.ts';
import { ANY_GEOMETRY, ANY_NAME, type Format, neverRefuse, XML_TEXT } from './format.ts';
import { featureStyle } from './style.ts';

/** KML 2.2 (OGC 07-147r2): always longitude and latitude of WGS 84. */
export const kml: Format = {
  mimetype: 'application/vnd.google-earth.kml+xml',
  aliases: [],
  kinds: ['vector'],
  displayName: 'KML',
  shortName: 'KML',
  linkNames: ['kml'],
  extension: 'kml',
  driver: 'LIBKML',
  fixedCrs: 'EPSG:4326',
  crsOptional: true,
  refuse: neverRefuse,
  writer: {
    geometry: { ...ANY_GEOMETRY, m: false, empties: 'null' },
    // What XML 1.0 cannot hold, and what GDAL 3.6 does not escape in a name.
    names: { ...ANY_NAME, forbidden: /[\p{Cc}\ufffe\uffff<>&"']/u, caseInsensitive: true },
    carriesStyle: true,
    attributes: true,
    nullsAs: null,
    infinities: false,
    texts: XML_TEXT,
    blanksAreNulls: true,
    column(field) {
      switch (field.type) {
        case 'boolean':
          return { ...asIs(field), as: 'integer' };
        case 'int16':
          return { ...asIs(field), as: 'integer' };
        case 'float32':
          return { ...asIs(field), as: 'real' };
        case 'integer64':
        case 'date':
        case 'time':
        case 'datetime':
        case 'json':
          // The schema's types are numbers of 32 bits, floats and texts.
          return asText(null);
        case 'binary':
          return asText(null, `Field “${field.name}” is binary, and was written as hexadecimal text.`);
        default:
          return asIs(field);
      }
    },
    open: async (target) =>
      ogrSink(target, {
        perFile: 'any',
        ...(target.color ? { style: featureStyle(target.color) } : {}),
        output: () => ({
          driver: 'LIBKML',
          dataset: `${target.name}.kml`,
          layer: target.name,
          args: [],
          countable: true,
          hasCrs: false,
          warnings: [],
        }),
      }),
  },
};
