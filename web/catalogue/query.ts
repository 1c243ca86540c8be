import type { Kind } from '../api/resources.ts';
import type { Box } from '../export/geometry.ts';

/** What the catalogue is searched by, as its address has it. */
export interface Query {
  q: string;
  kind: Kind | '';
  license: string;
  geometry: string;
  /** west,south,east,north in degrees; '' for everywhere. */
  bbox: string;
}

const KINDS: readonly string[] = ['vector', 'table', 'raster', 'grid', 'rat'] satisfies Kind[];

export function readQuery(search: string): Query {
  const words = new URLSearchParams(search);
  const kind = words.get('kind') ?? '';
  return {
    q: words.get('q') ?? '',
    kind: isKind(kind) ? kind : '',
    license: words.get('license') ?? '',
    geometry: words.get('geometry') ?? '',
    bbox: readBox(words.get('bbox') ?? '') ? (words.get('bbox') ?? '') : '',
  };
}

export function writeQuery(query: Query): string {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return words.size === 0 ? '' : `?${words}`;
}

/** A box as an address has it; null when it is none. */
export function readBox(text: string): Box | null {
  const numbers = text.split(',').map(Number);
  const [west, south, east, north] = numbers;
  if (numbers.length !== 4 || west === undefined || south === undefined || east === undefined || north === undefined) return null;
  return text !== '' && numbers.every(Number.isFinite) && south <= north ? [west, south, east, north] : null;
}

function isKind(text: string): text is Kind {
  return KINDS.includes(text);
}
