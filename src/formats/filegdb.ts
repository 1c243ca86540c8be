import type { FieldProfile } from '../store/profile.ts';
import { asIs, asText, EXACT_IN_FLOAT, within } from '../vector/columns.ts';
import { geometryTypeOf, ogrSink } from '../vector/ogr.ts';
import type { ColumnPlan } from '../vector/rules.ts';
import { ANY_GEOMETRY, atMostFields, type FeatureFormat } from './format.ts';

/** Esri File Geodatabase: one folder, a feature class each for points, lines and polygons. */
export const filegdb: FeatureFormat = {
  // The public service's own spelling, and the right one.
  mimetype: 'applicaton/x-ogc-filegdb',
  aliases: ['application/x-ogc-filegdb'],
  kinds: ['vector', 'table'],
  displayName: 'File Geodatabase',
  shortName: 'GDB',
  linkNames: ['gdb', 'filegdb'],
  extension: 'gdb',
  driver: 'OpenFileGDB',
  fixedCrs: null,
  crsOptional: false,
  refuse: atMostFields(65_000, 'File Geodatabase'),
  writer: {
    geometry: { ...ANY_GEOMETRY, perFile: 'dimension', collections: 'apart', empties: 'null' },
    names: {
      max: { unit: 'characters', count: 64 },
      forbidden: /[^A-Za-z0-9_]/u,
      caseInsensitive: true,
      mayStartWithDigit: false,
      reserved: [
        'objectid',
        'shape',
        'add',
        'alter',
        'and',
        'between',
        'by',
        'column',
        'create',
        'delete',
        'drop',
        'exists',
        'for',
        'from',
      ].concat([
        'group',
        'in',
        'insert',
        'into',
        'is',
        'like',
        'not',
        'null',
        'or',
        'order',
        'select',
        'set',
        'table',
        'update',
        'values',
        'where',
      ]),
    },
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: true,
    texts: null,
    blanksAreNulls: false,
    column,
    open: async (target) =>
      ogrSink(target, {
        perFile: 'dimension',
        output: (part) => ({
          driver: 'OpenFileGDB',
          dataset: `${target.name}.gdb`,
          layer: className(target.name, part.suffix),
          args:
            target.kind === 'table'
              ? ['-nlt', 'NONE', '-lco', 'FID=OBJECTID']
              : ['-nlt', geometryTypeOf(part, target, 'Point'), '-lco', 'FID=OBJECTID', '-lco', 'GEOMETRY_NAME=SHAPE'],
          countable: true,
          hasCrs: target.kind === 'vector',
          warnings:
            part.types.size > 1 && part.dimension === 0
              ? ['Points were written as MultiPoints, because the layer has both and a feature class holds one of them.']
              : [],
        }),
      }),
  },
};

function className(name: string, suffix: string): string {
  const clean = name.replaceAll(/[^A-Za-z0-9_]/g, '_');
  const base = /^[A-Za-z]/.test(clean) ? clean : `t_${clean}`;
  return suffix ? `${base.slice(0, 150)}_${suffix}` : base.slice(0, 160);
}

function column(field: FieldProfile): ColumnPlan {
  const plan = { ...asIs(field), width: field.type === 'string' ? field.width : 0, precision: 0 };
  switch (plan.as) {
    case 'boolean':
      return { ...plan, as: 'int16' };
    case 'integer64':
      if (within(field, EXACT_IN_FLOAT)) return { ...plan, as: 'real' };
      return asText(null, `Field “${field.name}” has whole numbers past 2^53, which a File Geodatabase holds as text only.`);
    case 'date':
    case 'datetime':
      // GDAL's own reader is a second off before the format's epoch, 30 December 1899.
      if (field.min !== null && field.min < '1900')
        return asText(null, `Field “${field.name}” has dates before 1900, which a File Geodatabase holds as text only.`);
      return { ...plan, toUtc: plan.as === 'datetime' };
    case 'time':
      return asText(null);
    case 'json':
      return asText(null);
    case 'binary':
      // GDAL 3.6 loses a binary field that a VRT names.
      return asText(null, `Field “${field.name}” is binary, and was written as hexadecimal text.`);
    default:
      return plan;
  }
}
