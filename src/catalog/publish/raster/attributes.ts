import type { GdalAttributeTable } from '../../../gdal/describeraster.ts';
import { ATTRIBUTE_TYPES, ATTRIBUTE_USAGES, type RasterAttributeTable } from '../../../store/rasterprofile.ts';

/** The tables of all tiles as one: each value once, its pixels of all tiles counted together. */
export function joinTables(tables: readonly (GdalAttributeTable | null)[]): RasterAttributeTable | null {
  const [first, ...more] = tables.filter((table) => table !== null);
  if (!first) return null;
  const columns = first.columns.map(({ name, type, usage }) => ({
    name,
    type: ATTRIBUTE_TYPES[type] ?? 'string',
    usage: ATTRIBUTE_USAGES[usage] ?? 'Generic',
  }));
  const bins = first.bins ? { bins: first.bins } : {};
  if (more.length === 0) return { columns, rows: first.rows, ...bins };
  const keys = columns.flatMap(({ usage }, index) => (['Min', 'Max', 'MinMax'].includes(usage) ? [index] : []));
  const counts = columns.flatMap(({ usage }, index) => (usage === 'PixelCount' ? [index] : []));
  const rows = new Map<string, (number | string)[]>();
  for (const table of [first, ...more]) {
    for (const [index, row] of table.rows.entries()) {
      // Where no column holds the value, a row's number is the value.
      const key = keys.length > 0 ? JSON.stringify(keys.map((column) => row[column])) : String(index);
      const before = rows.get(key);
      if (!before) rows.set(key, [...row]);
      else for (const column of counts) before[column] = Number(before[column]) + Number(row[column]);
    }
  }
  const order = (row: (number | string)[]) => Number(row[keys[0] ?? 0] ?? 0);
  return { columns, rows: keys.length > 0 ? [...rows.values()].sort((a, b) => order(a) - order(b)) : [...rows.values()], ...bins };
}

/** Whether two tables have the same columns, and rows of the same values, so that their rows can be put together. */
export function sameColumns(a: GdalAttributeTable, b: GdalAttributeTable): boolean {
  return JSON.stringify([a.columns, a.bins]) === JSON.stringify([b.columns, b.bins]);
}
