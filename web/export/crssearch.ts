import { signal } from '@preact/signals';
import { texts } from '../texts.ts';
import { draft } from './draft.ts';
import { details } from './items.ts';
import { itemKey } from './request.ts';

export interface Crs {
  /** `EPSG:n`. */
  id: string;
  name: string;
  /** Why it is offered, or where it is used. */
  note: string;
}

/** Names of coordinate systems that were met. */
const names = signal<ReadonlyMap<string, string>>(
  new Map([
    ['EPSG:4326', 'WGS 84'],
    ['EPSG:3857', 'WGS 84 / Pseudo-Mercator'],
  ]),
);

/** `NZGD2000 / New Zealand Transverse Mercator 2000 (EPSG:2193)`. */
export function nameOfCrs(id: string): string {
  const own = [...details.value.values()].find(({ data }) => data.crs?.id === id)?.data.crs?.name;
  const name = own ?? names.value.get(id);
  return name === undefined ? id : `${name} (${id})`;
}

/** Coordinate systems by a part of the name or the code; those of the chosen layers first. */
export async function findCrs(q: string): Promise<Crs[]> {
  const own = draft.value.items.flatMap((item): Crs[] => {
    const crs = details.value.get(itemKey(item))?.data.crs;
    return crs?.id?.startsWith('EPSG:') ? [{ id: crs.id, name: crs.name, note: texts.crs.ofLayer }] : [];
  });
  const usual = [...names.value].map(([id, name]) => ({ id, name, note: '' }));
  const wanted = q.toLowerCase();
  const all = [...own, ...usual].filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(wanted));
  return all.filter(({ id }, index) => all.findIndex((one) => one.id === id) === index);
}
