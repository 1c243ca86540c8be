import { asIs, asText } from '../vector/columns.ts';
import { geometryTypeOf, ogrSink } from '../vector/ogr.ts';
import type { Target } from '../vector/writer.ts';
import { ANY_GEOMETRY, ANY_NAME, atMostFields, type Format } from './format.ts';
import { freeName } from './names.ts';

/** GeoPackage (OGC 12-128r19). Times stand in UTC, as the standard's DATETIME wants. */
export const geopackage: Format = {
  mimetype: 'application/x-ogc-gpkg',
  aliases: ['application/geopackage+sqlite3'],
  kinds: ['vector', 'table'],
  displayName: 'GeoPackage',
  shortName: 'GPKG',
  linkNames: ['gpkg', 'geopackage'],
  extension: 'gpkg',
  driver: 'GPKG',
  fixedCrs: null,
  crsOptional: false,
  // SQLite's columns, less the key and the geometry.
  refuse: atMostFields(1998, 'GeoPackage'),
  writer: {
    geometry: { ...ANY_GEOMETRY, empties: 'null' },
    names: { ...ANY_NAME, forbidden: /[\p{Cc}"]/u, caseInsensitive: true },
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: true,
    texts: null,
    blanksAreNulls: false,
    column(field) {
      if (field.type === 'time') return asText(null);
      // GDAL 3.6 loses a binary field that a VRT names.
      if (field.type === 'binary') return asText(null, `Field “${field.name}” is binary, and was written as hexadecimal text.`);
      return { ...asIs(field), width: field.type === 'string' ? field.width : 0 };
    },
    open: async (target) =>
      ogrSink(target, {
        perFile: 'any',
        output: (part) => ({
          driver: 'GPKG',
          dataset: `${target.name}.gpkg`,
          layer: target.name,
          args: [
            ...['-dsco', 'DATETIME_FORMAT=UTC', '-lco', `FID=${keyColumn(target)}`, '-nlt', geometryTypeOf(part, target)],
            ...(target.kind === 'vector' ? ['-lco', `GEOMETRY_NAME=${freeName(target.columns, 'geom')}`] : []),
          ],
          countable: true,
          hasCrs: target.kind === 'vector',
          warnings: [],
        }),
      }),
  },
};

/** The source's own feature ids stay the key where the layer has them. */
function keyColumn(target: Target): string {
  const own = target.columns.find(
    ({ field, as }) => field.name === target.profile.fid_column && (as === 'integer' || as === 'integer64') && field.null_count === 0,
  );
  return own?.name ?? freeName(target.columns, 'fid');
}
