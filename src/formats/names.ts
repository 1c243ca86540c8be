import type { Column } from '../vector/rules.ts';

/** A name that no column has, in any case: the one wanted, or that with a number. */
export function freeName(columns: readonly Pick<Column, 'name'>[], wanted: string): string {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  let name = wanted;
  for (let n = 1; taken.has(name.toLowerCase()); n++) name = `${wanted}_${n}`;
  return name;
}
