import type { Kind } from '../api/client.ts';

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
    bbox: words.get('bbox') ?? '',
  };
}

export function writeQuery(query: Query): string {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return words.size === 0 ? '' : `?${words}`;
}

function isKind(text: string): text is Kind {
  return KINDS.includes(text);
}
