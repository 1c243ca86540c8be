import type { FieldProfile } from '../store/profile.ts';
import { asIs, asText, within } from '../vector/columns.ts';
import { ogrSink } from '../vector/ogr.ts';
import type { ColumnPlan } from '../vector/rules.ts';
import { ANY_GEOMETRY, ANY_NAME, type FeatureFormat, XML_TEXT } from './format.ts';

/** Limits of a sheet (ECMA-376 and Excel's own): the first row holds the names. */
const ROWS = 1_048_575;
const COLUMNS = 16_384;
const TEXT = { unit: 'characters', count: 32_767 } as const;
/** Excel's numbers have 15 digits. */
const EXACT = 10n ** 15n;

/** Excel workbook (ECMA-376) with one sheet. */
export const xlsx: FeatureFormat = {
  mimetype: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  aliases: [],
  kinds: ['table'],
  displayName: 'Excel',
  shortName: 'XLSX',
  linkNames: ['xlsx', 'excel'],
  extension: 'xlsx',
  driver: 'XLSX',
  fixedCrs: null,
  crsOptional: false,
  refuse: ({ feature_count, fields }) => {
    if (feature_count > ROWS)
      return {
        code: 'too-large',
        message: `An Excel sheet holds ${ROWS} rows, and this table has ${feature_count}. Choose another format, such as CSV.`,
      };
    if (fields.length > COLUMNS)
      return {
        code: 'too-large',
        message: `An Excel sheet holds ${COLUMNS} columns, and this table has ${fields.length}. Choose another format, such as CSV.`,
      };
    return null;
  },
  writer: {
    geometry: ANY_GEOMETRY,
    names: { ...ANY_NAME, forbidden: /[\p{Cc}]/u },
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: false,
    texts: XML_TEXT,
    blanksAreNulls: true,
    column,
    open: async (target) =>
      ogrSink(target, {
        perFile: 'any',
        output: () => ({
          driver: 'XLSX',
          dataset: `${target.name}.xlsx`,
          // Excel allows 31 characters.
          layer: target.name.slice(0, 31),
          args: [],
          countable: true,
          hasCrs: false,
          warnings: [],
        }),
      }),
  },
};

function column(field: FieldProfile): ColumnPlan {
  const plan = { ...asIs(field), width: 0, precision: 0 };
  switch (plan.as) {
    case 'boolean':
      return { ...plan, as: 'integer' };
    case 'integer64':
      if (within(field, EXACT)) return plan;
      return asText(TEXT, `Field “${field.name}” has whole numbers of more than 15 digits, which Excel holds as text only.`);
    case 'date':
    case 'datetime':
      // Excel's calendar begins in 1900, with a day too many in that year's February.
      if (field.min !== null && field.min < '1900-03-01')
        return asText(TEXT, `Field “${field.name}” has dates before March 1900, which Excel holds as text only.`);
      return { ...plan, toUtc: plan.as === 'datetime' };
    case 'time':
      return asText(TEXT);
    case 'string':
    case 'json':
      return asText(TEXT, plan.warning);
    case 'binary':
      return asText(TEXT, `Field “${field.name}” is binary, and was written as hexadecimal text.`);
    default:
      return plan;
  }
}
