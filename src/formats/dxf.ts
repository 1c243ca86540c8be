import { asIs } from '../vector/columns.ts';
import { ogrSink } from '../vector/ogr.ts';
import { ANY_GEOMETRY, ANY_NAME, type FeatureFormat, neverRefuse } from './format.ts';

/** AutoCAD DXF (2004): geometry alone, on one layer of the drawing. */
export const dxf: FeatureFormat = {
  mimetype: 'image/vnd.dxf',
  aliases: ['application/dxf', 'image/x-dxf'],
  kinds: ['vector'],
  displayName: 'DXF',
  shortName: 'DXF',
  linkNames: ['dxf'],
  extension: 'dxf',
  driver: 'DXF',
  fixedCrs: null,
  crsOptional: false,
  refuse: neverRefuse,
  writer: {
    geometry: { ...ANY_GEOMETRY, m: false, collections: 'apart', multiPoints: 'apart', nulls: 'drop', empties: 'null' },
    names: ANY_NAME,
    carriesStyle: true,
    attributes: false,
    nullsAs: null,
    infinities: true,
    texts: null,
    blanksAreNulls: false,
    column: asIs,
    open: async (target) =>
      ogrSink(target, {
        perFile: 'any',
        extraColumns: [{ name: 'Layer', value: target.name }],
        ...(target.color ? { style: (dimension) => (dimension === 2 ? `BRUSH(fc:${target.color})` : `PEN(c:${target.color})`) } : {}),
        output: (part) => ({
          driver: 'DXF',
          dataset: `${target.name}.dxf`,
          layer: 'entities',
          args: [],
          countable: false,
          hasCrs: false,
          warnings: [
            'A DXF file names no coordinate system; README.txt says which one its coordinates are in.',
            ...(target.hasZ && [...part.types].some((type) => type.endsWith('Polygon'))
              ? ['Polygons have one height each in DXF: the mean of their Z values.']
              : []),
          ],
        }),
      }),
  },
};
