import { ogrSink } from '../vector/ogr.ts';
import { ExportFailure } from '../vector/writer.ts';
import { DBASE_FIELDS, DBASE_NAMES, dbaseBytes, dbaseColumn, TWO_GIB } from './dbase.ts';
import { ANY_GEOMETRY, atMostFields, type Format } from './format.ts';

/** A table as a dBASE file, UTF-8 as its .cpg says. It shares the Shapefile's mimetype. */
export const dbf: Format = {
  mimetype: 'application/x-zipped-shp',
  aliases: ['application/x-dbf', 'application/dbf'],
  kinds: ['table'],
  displayName: 'dBASE (DBF)',
  shortName: 'DBF',
  linkNames: ['dbf', 'shp'],
  extension: 'dbf',
  driver: 'ESRI Shapefile',
  fixedCrs: null,
  crsOptional: false,
  refuse: atMostFields(DBASE_FIELDS, 'dBASE'),
  writer: {
    geometry: ANY_GEOMETRY,
    names: DBASE_NAMES,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: false,
    texts: null,
    blanksAreNulls: true,
    column: dbaseColumn,
    open: async (target) =>
      ogrSink(target, {
        perFile: 'any',
        output: (part) => {
          if (dbaseBytes(target.columns, part.featureCount) > TWO_GIB) {
            throw new ExportFailure(
              'too-large',
              'The dBASE table would pass 2 GiB, which the format cannot hold. Choose another format, such as CSV.',
            );
          }
          return {
            driver: 'ESRI Shapefile',
            dataset: `${target.name}.dbf`,
            layer: target.name,
            args: ['-lco', 'ENCODING=UTF-8', '-lco', '2GB_LIMIT=YES', '-nlt', 'NONE'],
            countable: true,
            hasCrs: false,
            warnings: [],
          };
        },
      }),
  },
};
