import { geometryTypeOf, type OgrOutput, ogrSink, type Part } from '../vector/ogr.ts';
import { ExportFailure, type Target } from '../vector/writer.ts';
import { DBASE_FIELDS, DBASE_NAMES, dbaseBytes, dbaseColumn, TWO_GIB } from './dbase.ts';
import { ANY_GEOMETRY, atMostFields, type Format } from './format.ts';

/** Shapefile (ESRI Shapefile Technical Description, July 1998): one file each for points, lines and polygons, attributes as dBASE, UTF-8. */
export const shapefile: Format = {
  mimetype: 'application/x-zipped-shp',
  aliases: ['application/x-shapefile', 'application/vnd.shp'],
  kinds: ['vector'],
  displayName: 'Shapefile',
  shortName: 'SHP',
  linkNames: ['shp', 'shapefile'],
  extension: 'shp',
  driver: 'ESRI Shapefile',
  fixedCrs: null,
  crsOptional: false,
  refuse: atMostFields(DBASE_FIELDS, 'Shapefile'),
  writer: {
    geometry: { ...ANY_GEOMETRY, perFile: 'dimension', collections: 'apart', empties: 'null' },
    names: DBASE_NAMES,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: false,
    texts: null,
    blanksAreNulls: true,
    column: dbaseColumn,
    open: async (target) => ogrSink(target, { perFile: 'dimension', output }),
  },
};

function output(part: Part, target: Target): OgrOutput {
  const layer = part.suffix ? `${target.name}-${part.suffix}` : target.name;
  if (shapeBytes(part, target) > TWO_GIB || dbaseBytes(target.columns, part.featureCount) > TWO_GIB) {
    const message =
      'The Shapefile would pass 2 GiB, which the format cannot hold. Export a smaller area, or another format such as GeoPackage.';
    throw new ExportFailure('too-large', message);
  }
  const mixed = part.types.size > 1 && part.dimension === 0;
  return {
    driver: 'ESRI Shapefile',
    dataset: `${layer}.shp`,
    layer,
    args: ['-lco', 'ENCODING=UTF-8', '-lco', '2GB_LIMIT=YES', '-nlt', geometryTypeOf(part, target, 'Point')],
    countable: true,
    hasCrs: true,
    warnings: mixed ? ['Points were written as MultiPoints, because the layer has both and a Shapefile holds one of them.'] : [],
  };
}

/** Bytes of the .shp: 8 a record header, 44 a polygon's own, 4 a ring, 16 a point, 8 more a point for Z and for M. */
function shapeBytes(part: Part, { hasZ, hasM }: Target): number {
  const perPoint = 16 + (hasZ ? 16 : hasM ? 8 : 0);
  return 100 + part.featureCount * (52 + 32) + 4 * part.ringCount + perPoint * part.pointCount;
}
