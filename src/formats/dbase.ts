import type { FieldProfile } from '../store/profile.ts';
import { asIs, asText } from '../vector/columns.ts';
import type { ColumnPlan, NameRules } from '../vector/rules.ts';

/** dBASE's own limits, for Shapefiles' attributes and for tables alike. */
export const DBASE_FIELDS = 255;
const TEXT = { unit: 'bytes', count: 254 } as const;
/** Old readers take offsets for signed 32-bit numbers, and GDAL refuses to go on there. */
export const TWO_GIB = 2 ** 31 - 1;

export const DBASE_NAMES: NameRules = {
  max: { unit: 'bytes', count: 10 },
  // biome-ignore format: control characters end a name or a line
  forbidden: /[\p{Cc}]/u,
  caseInsensitive: true,
  mayStartWithDigit: true,
  reserved: [],
};

/** How a field is kept in a dBASE table: numbers as text of a fixed width, times as ISO 8601 text, booleans as 0 and 1. */
export function dbaseColumn(field: FieldProfile): ColumnPlan {
  const plan = asIs(field);
  switch (plan.as) {
    case 'boolean':
      return { ...plan, as: 'integer', width: 1, precision: 0 };
    case 'int16':
      return { ...plan, width: 6, precision: 0 };
    case 'integer':
      // Up to 9 digits read back as a 32-bit number.
      return { ...plan, width: Math.max(9, digits(field)), precision: 0 };
    case 'integer64': {
      const width = Math.max(18, digits(field));
      const warning =
        width > 18
          ? `Field “${field.name}” has whole numbers of more than 18 characters; they are kept exactly, but many programs read them rounded.`
          : null;
      return { ...plan, width, precision: 0, warning };
    }
    case 'float32':
    case 'real':
      return realColumn(field, plan);
    case 'date':
      return { ...plan, width: 0, precision: 0 };
    case 'binary':
      return { ...text(2 * field.longest_bytes), warning: `Field “${field.name}” is binary, and was written as hexadecimal text.` };
    case 'time':
    case 'datetime':
      return text(Math.max(field.longest_bytes, 20));
    case 'string':
    case 'json':
      // A date field with odd years is text by now; its warning stays.
      return { ...text(Math.max(field.longest_bytes, field.type === 'string' ? field.width : 0)), warning: plan.warning };
  }
}

function text(width: number): ColumnPlan {
  return { ...asText(TEXT), width: Math.min(254, Math.max(1, width)) };
}

/** Characters of the longest whole number. */
function digits({ min, max }: FieldProfile): number {
  return Math.max(min?.length ?? 1, max?.length ?? 1);
}

/** GDAL's width for numbers of which nothing is known. */
const REAL_WIDTH = 24;

function realColumn(field: FieldProfile, plan: ColumnPlan): ColumnPlan {
  const largest = Math.max(Math.abs(Number(field.min ?? 0)), Math.abs(Number(field.max ?? 0)));
  if (!(largest < 1e15)) {
    const warning = `Field “${field.name}” has numbers of 1e15 or more, which dBASE cannot hold exactly, and was written as text.`;
    return { ...asText(TEXT, warning), width: 25 };
  }
  const whole = Math.max(1, Math.ceil(Math.log10(largest + 1)));
  const declared = field.precision > 0 && field.width <= 32 && field.width >= whole + field.precision + 2;
  const precision = declared ? field.precision : Math.min(15, REAL_WIDTH - 2 - whole);
  return { ...plan, as: 'real', width: declared ? field.width : REAL_WIDTH, precision, decimals: precision };
}
