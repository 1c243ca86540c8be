import { signal } from '@preact/signals';
import { api, dataOf } from '../api/client.ts';
import { texts } from '../texts.ts';
import { areaGeometry } from './areageometry.ts';
import { draft } from './draft.ts';
import { type Box, boundsOf, compactBounds } from './geometry.ts';
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
const names = signal<ReadonlyMap<string, string>>(new Map());

/** `NZGD2000 / New Zealand Transverse Mercator 2000 (EPSG:2193)`. */
export function nameOfCrs(id: string): string {
  const own = [...details.value.values()].find(({ data }) => data.crs?.id === id)?.data.crs?.name;
  const name = own ?? names.value.get(id);
  return name === undefined ? id : `${name} (${id})`;
}

/** Asks for the name of one that is not known, such as that of a shared address. */
export async function learnName(id: string): Promise<void> {
  if (!/^EPSG:\d+$/.test(id) || nameOfCrs(id) !== id) return;
  const found = await dataOf(api.GET('/site/crs/', { params: { query: { q: id } } }));
  learn(found.filter((crs) => crs.id === id));
}

function learn(found: readonly { id: string; name: string }[]): void {
  names.value = new Map([...names.value, ...found.map(({ id, name }) => [id, name] as const)]);
}

/** Coordinate systems by a part of the name, the code or the place: those of the chosen layers first, then what suits the area. */
export async function findCrs(q: string, signal: AbortSignal): Promise<Crs[]> {
  const bbox = boxOfDraft();
  const query = { ...(q === '' ? {} : { q }), ...(bbox ? { bbox: inDegrees(middleOf(bbox)).join(',') } : {}) };
  const found = await dataOf(api.GET('/site/crs/', { params: { query }, signal }));
  learn(found);
  const wanted = q.toLowerCase();
  const own = draft.value.items.flatMap((item): Crs[] => {
    const crs = details.value.get(itemKey(item))?.data.crs;
    if (!crs?.id?.startsWith('EPSG:') || !`${crs.id} ${crs.name}`.toLowerCase().includes(wanted)) return [];
    return [{ id: crs.id, name: crs.name, note: texts.crs.ofLayer }];
  });
  const others = found.map(({ id, name, area, suits, deprecated }) => ({
    id,
    name,
    note: [deprecated ? texts.crs.deprecated : '', suits ? texts.crs.suits : '', area ?? ''].filter(Boolean).join(' · '),
  }));
  const all = [...own, ...others];
  return all.filter(({ id }, index) => all.findIndex((one) => one.id === id) === index);
}

/** What the coordinate system should suit: the area, or else the first layer. */
function boxOfDraft(): Box | null {
  if (areaGeometry.value) return compactBounds(areaGeometry.value);
  for (const item of draft.value.items) {
    const extent = details.value.get(itemKey(item))?.data.extent;
    if (extent) return boundsOf(extent);
  }
  return null;
}

/** The inner four fifths: an area is drawn generously, and a system for a country suits one that reaches a little beyond its coast. */
function middleOf([west, south, east, north]: Box): Box {
  const [x, y] = [(east - west) / 10, (north - south) / 10];
  return [west + x, south + y, east - x, north - y];
}

/** As the API takes a box: longitudes from -180 to 180, west past east across the antimeridian. */
function inDegrees([west, south, east, north]: Box): Box {
  if (east - west >= 360) return [-180, south, 180, north];
  const wrap = (longitude: number) => (longitude >= -180 && longitude <= 180 ? longitude : ((((longitude + 180) % 360) + 360) % 360) - 180);
  return [wrap(west), south, wrap(east), north];
}
