import type { readGeoPackage } from '../fixtures/geopackage.ts';
import type { Case, Values } from './arbitraries.ts';

/** What a format's file is read with. */
export const FORMATS = {
  gpkg: { mimetype: 'application/x-ogc-gpkg', extension: 'gpkg', open: [] },
  shp: { mimetype: 'application/x-zipped-shp', extension: 'shp', open: [] },
  csv: {
    mimetype: 'text/csv',
    extension: 'csv',
    open: ['GEOM_POSSIBLE_NAMES=WKT', 'KEEP_GEOM_COLUMNS=NO', 'AUTODETECT_TYPE=NO'],
  },
  fgb: { mimetype: 'application/flatgeobuf', extension: 'fgb', open: [] },
  geojson: { mimetype: 'application/geo+json', extension: 'geojson', open: [] },
  dbf: { mimetype: 'application/x-zipped-shp', extension: 'dbf', open: [] },
} as const;
export type FormatName = keyof typeof FORMATS;

/** A field's type in the source, by name. */
export const FIELDS = {
  flag: 'BOOLEAN',
  small: 'SMALLINT',
  big: 'INTEGER',
  ratio: 'REAL',
  single: 'FLOAT',
  label: 'TEXT',
  day: 'DATE',
  moment: 'DATETIME',
  photo: 'BLOB',
  doc: 'JSON',
} as const satisfies Record<keyof Values, string>;
export const FIELD_NAMES: readonly (keyof Values)[] = ['flag', 'small', 'big', 'ratio', 'single', 'label', 'day', 'moment', 'photo', 'doc'];

export type Read = ReturnType<typeof readGeoPackage>[number];

export function cell(value: Values[keyof Values]): null | number | bigint | string | Uint8Array {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** The largest finite number of a field. */
export function largestOf(features: Case['features'], name: 'ratio' | 'single'): number {
  return features.reduce((most, { values }) => {
    const value = Math.abs(values[name] ?? 0);
    return Number.isFinite(value) ? Math.max(most, value) : most;
  }, 0);
}

/** Whether GDAL read of a format what a value is in it. */
export function sameValue(
  format: FormatName,
  name: keyof Values,
  value: Values[keyof Values],
  read: Read['values'][string],
  largest: number,
): boolean {
  const dbase = format === 'shp' || format === 'dbf';
  // With numbers that dBASE cannot hold the field is text, which holds infinite ones too.
  const noInfinity = format === 'geojson' || (dbase && largest < 1e15);
  // The decimals that are left in the 24 characters of a dBASE field; GDAL's own choice for what is not declared.
  const tolerance = 10 ** -Math.min(15, 22 - Math.max(1, Math.ceil(Math.log10(largest + 1))));
  const empty = read === null || (format === 'csv' && read === '');
  if (value === null || (noInfinity && typeof value === 'number' && !Number.isFinite(value))) return empty;
  switch (FIELDS[name]) {
    case 'BOOLEAN':
      return format === 'csv' ? read === String(value) : Number(read) === Number(value);
    case 'INTEGER':
      // More than 18 characters GDAL takes for a real number.
      return dbase ? Number(read) === Number(value) : BigInt(String(read ?? '')) === value;
    case 'SMALLINT':
      return read !== null && Number(read) === value;
    case 'REAL':
    case 'FLOAT':
      return (
        read !== null &&
        (Number(read) === value ||
          (dbase && Math.abs(Number(read) - Number(value)) <= tolerance) ||
          (format === 'csv' && String(read) === String(value)))
      );
    case 'DATE':
      return String(read).replaceAll('/', '-').slice(0, 10) === value;
    case 'DATETIME':
      return Date.parse(String(read)) === Date.parse(String(value));
    case 'BLOB': {
      const digits = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : '';
      if (digits === '') return empty || read === '' || (read instanceof Uint8Array && read.length === 0);
      return read instanceof Uint8Array ? Buffer.from(read).equals(Buffer.from(digits, 'hex')) : read === digits;
    }
    case 'JSON':
      return format === 'geojson'
        ? JSON.stringify(JSON.parse(String(read))) === JSON.stringify(JSON.parse(String(value)))
        : (dbase ? cut(String(value)) : value) === read;
    default: {
      const text = String(value);
      // GDAL (3.6) reads every line break in a CSV file as a line feed.
      if (format === 'csv') return read === text.replaceAll(/\r\n?/g, '\n') || (text === '' && empty);
      if (!dbase) return read === text || (text === '' && empty);
      // dBASE fills texts with spaces, and GDAL reads none at either end.
      const kept = cut(text).replace(/^ +| +$/g, '');
      return kept === '' ? empty || read === '' : read === kept;
    }
  }
}

/** At most 254 bytes of UTF-8, and no half of a character. */
export function cut(text: string): string {
  let [kept, bytes] = ['', 0];
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > 254) break;
    kept += character;
  }
  return kept;
}
