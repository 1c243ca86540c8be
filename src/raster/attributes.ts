import type { DataType, RasterAttributeTable } from '../store/rasterprofile.ts';

/** Rows that a table by value may have. */
const MOST_ROWS = 65_536;

/**
 * A table of attributes with a row for each value, from 0 on, for formats where a row's number is its value: empty ones stand between, and the row of a
 * range is there once for each of its values.
 * @returns null where its values are no such numbers.
 */
export function tableByValue(table: RasterAttributeTable, type: DataType): RasterAttributeTable | null {
  const at = (wanted: string) => table.columns.findIndex(({ usage }) => usage === wanted);
  const [value, min, max] = [at('MinMax'), at('Min'), at('Max')];
  const { bins } = table;
  // Without a column of values, a row's number is the value already.
  if (!bins && value < 0 && (min < 0 || max < 0)) return table;
  const whole = table.rows.map((row, index): readonly [number, number] => {
    if (bins) return [Math.ceil(bins.first + index * bins.size), Math.ceil(bins.first + (index + 1) * bins.size) - 1];
    return value < 0 ? [Math.ceil(Number(row[min])), Math.floor(Number(row[max]))] : [Number(row[value]), Number(row[value])];
  });
  const isWhole = bins || value < 0 ? !type.startsWith('Float') : whole.every(([one]) => Number.isInteger(one));
  if (!isWhole || !whole.every(([from, to]) => from >= 0 && to < MOST_ROWS)) return null;
  const blank = table.columns.map(({ type: kind }): number | string => (kind === 'string' ? '' : 0));
  const length = Math.max(0, ...whole.map(([, to]) => to + 1));
  const rows = Array.from({ length }, (_, index) => blank.map((empty, column) => (column === value ? index : empty)));
  // Of ranges that share a value the first has it, as GDAL's GetRowOfValue says.
  for (const [index, [from, to]] of [...whole.entries()].reverse())
    for (let row = from; row <= to; row++) rows[row] = [...(table.rows[index] ?? blank)];
  return { columns: table.columns, rows };
}
