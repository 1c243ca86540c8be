/** Where a request reached this site, and so how URLs in its answer begin. */
export interface SiteAddress {
  /** Scheme, host and the path before the API, without a slash at its end: `https://data.example.org`. */
  origin: string;
  /** The version of the API in the request's path: both serve the same. */
  version: 'v1' | 'v1.x';
  /** Every `host[:port]`, in lower case, that means this site. */
  hosts: readonly string[];
}

/** The full URL of a resource; `path` begins and ends with a slash. */
export function resourceUrl(site: SiteAddress, path: string): string {
  return `${site.origin}/services/api/${site.version}${path}`;
}

export interface ItemAddress {
  type: 'layer' | 'table';
  id: number;
  /** Null: the newest. */
  version: number | null;
}

/** Reads the URL of a layer or table (or of one version of it); null when it is none of this site's. */
export function parseItemUrl(site: SiteAddress, value: string): ItemAddress | null {
  const match = /^\/(layers|tables)\/(\d{1,9})(?:\/versions\/(\d{1,9}))?\/?$/.exec(apiPath(site, value) ?? '');
  if (!match) return null;
  return { type: match[1] === 'tables' ? 'table' : 'layer', id: Number(match[2]), version: match[3] ? Number(match[3]) : null };
}

/** Reads the URL of a crop feature; null when it is none of this site's. */
export function parseCropFeatureUrl(site: SiteAddress, value: string): { cropLayer: number; cropFeature: number } | null {
  const match = /^\/exports\/croplayers\/(\d{1,9})\/cropfeatures\/(\d{1,9})\/?$/.exec(apiPath(site, value) ?? '');
  return match && { cropLayer: Number(match[1]), cropFeature: Number(match[2]) };
}

/** What follows `/services/api/v1` in an absolute or path-only URL of this site, of either version. */
function apiPath(site: SiteAddress, value: string): string | null {
  const base = new URL(site.origin);
  const pathOnly = value.startsWith('/') && !value.startsWith('//');
  const url = URL.parse(value, pathOnly ? base.href : undefined);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return null;
  if (!pathOnly && !site.hosts.includes(url.host)) return null;
  const prefix = base.pathname.replace(/\/$/, '');
  const path = prefix && url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname;
  return /^\/services\/api\/v1(?:\.x)?(\/.*)$/.exec(path)?.[1] ?? null;
}
