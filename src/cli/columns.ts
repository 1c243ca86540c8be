import { plain } from './plain.ts';

/** Columns as wide as their widest value; the last is not padded. */
export function table(head: readonly string[], rows: readonly (string | number)[][]): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => plain(String(cell)).replaceAll('\n', ' ')));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) => `${line.map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')}\n`)
    .join('');
}
