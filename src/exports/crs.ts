import { placeInArea } from '../crs/area.ts';
import { type Crs, lookupCrs, parseCrsCode } from '../crs/epsg.ts';
import { missingGrids } from '../crs/grids.ts';
import { isReachable } from '../crs/reach.ts';
import { aroundAll, type Bounds, polygonBounds } from '../geometry/bounds.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Findings } from './findings.ts';

/** A layer of a request, as far as its CRS concerns it. */
export interface LayerInCrs {
  title: string;
  /** In degrees; null where it has no place. */
  extent: Bounds | null;
  /** Its own. */
  crs: string | null;
  /** The format's only one; null where it keeps any. */
  fixedCrs: string | null;
  formatName: string;
  crsOptional: boolean;
}

/**
 * Checks the CRS that layers are asked for in, against PROJ's own database.
 * @param value as it was sent.
 * @param layers those with a format.
 * @param anyItems false where the request names nothing, so that nobody knows what the CRS is for.
 * @returns `EPSG:n`, or null where none is needed or none can be used.
 */
export async function checkCrs(
  value: unknown,
  layers: readonly LayerInCrs[],
  { hasLayers, anyItems, extent }: { hasLayers: boolean; anyItems: boolean; extent: MultiPolygon | null },
  findings: Findings,
  warnings: string[],
): Promise<string | null> {
  if (value === undefined || value === null || value === '') {
    // KML knows one CRS only, and tables have none.
    const needed = hasLayers ? layers.length === 0 || !layers.every((layer) => layer.crsOptional) : !anyItems;
    if (needed) findings.add('crs-required', 'crs', 'A coordinate reference system is needed, in the form EPSG:2193.');
    return null;
  }
  const code = parseCrsCode(value);
  if (typeof code !== 'string') {
    findings.add('crs-unknown', 'crs', code.message);
    return null;
  }
  const crs = lookupCrs(code);
  if (!crs) {
    findings.add('crs-unknown', 'crs', `The EPSG dataset has no coordinate reference system ${code}.`);
    return null;
  }
  if (!crs.supported) {
    findings.add('crs-unsupported', 'crs', `${code} (${crs.name}) is ${crs.kind}; maps need a projected, geographic or compound one.`);
    return null;
  }
  const concerned = layers.filter(({ fixedCrs }) => fixedCrs === null || fixedCrs === code);
  // A layer that is in it already needs no way.
  if (concerned.some((layer) => layer.crs !== code) && !(await isReachable(crs))) {
    const sentence = `PROJ knows no way to ${code} (${crs.name}) from other coordinate systems. Choose another one.`;
    findings.add('crs-unsupported', 'crs', sentence);
    return null;
  }
  for (const { formatName, fixedCrs } of new Map(layers.map((layer) => [layer.formatName, layer])).values()) {
    if (fixedCrs && fixedCrs !== code) warnings.push(`${formatName} is always written in ${fixedCrs}; ${code} was ignored for it.`);
  }
  if (concerned.length > 0 && crs.deprecated) warnings.push(deprecation(crs));
  const parts = extent?.map((polygon) => polygonBounds([polygon]));
  for (const layer of concerned) warnings.push(...areaWarning(crs, layer, parts), ...gridWarning(code, layer, parts));
  return code;
}

/** Begins to find out whether a CRS can be reached, for `checkCrs`. */
export function anticipateCrs(value: unknown): void {
  const code = parseCrsCode(value);
  const crs = typeof code === 'string' ? lookupCrs(code) : undefined;
  if (crs?.supported) isReachable(crs).catch(() => {});
}

function deprecation({ id, name, successors }: Crs): string {
  const named = successors.map((successor) => `${successor} (${lookupCrs(successor)?.name ?? 'no longer known'})`);
  const instead = named.length > 0 ? `The EPSG dataset names ${named.join(' or ')} in its place.` : 'It names no other in its place.';
  return `${id} (${name}) is deprecated. ${instead}`;
}

/** Says where coordinates will be poor: what is asked for lies not in the area that the CRS is made for. */
function areaWarning(crs: Crs, { title, extent }: LayerInCrs, crop: readonly Bounds[] | undefined): string[] {
  if (!extent || !crs.area) return [];
  const asked = crop ? crop.flatMap((part) => overlaps(extent, part)) : [extent];
  const places = new Set(asked.map((bounds) => placeInArea(crs, bounds)));
  if (places.size === 0 || (places.size === 1 && places.has('inside'))) return [];
  const lies = places.size === 1 && places.has('outside') ? 'lies outside' : 'reaches beyond';
  return [
    `${title}: what is asked for ${lies} the area that ${crs.id} (${crs.name}) is meant for: ${crs.area.name.replace(/\.$/, '')}. Coordinates may be distorted there.`,
  ];
}

/** Says where a datum shift will be less exact than it could be, for want of a grid. */
function gridWarning(code: string, { title, extent, crs }: LayerInCrs, crop: readonly Bounds[] | undefined): string[] {
  if (!extent || crs === null || crs === code) return [];
  const asked = crop ? overlaps(extent, aroundAll(crop)) : [extent];
  const missing = [...new Set(asked.flatMap((bounds) => missingGrids(crs, code, bounds)))];
  if (missing.length === 0) return [];
  return [
    `The most exact way from ${crs} to ${code} for ${title} needs ${missing.join(' and ')}, which this server does not have; coordinates may be metres off.`,
  ];
}

/** What two bounds share, on each turn where they do more than touch. */
function overlaps([west, south, east, north]: Bounds, other: Bounds): Bounds[] {
  const [bottom, top] = [Math.max(south, other[1]), Math.min(north, other[3])];
  if (bottom > top || (bottom === top && south < north)) return [];
  return [-720, -360, 0, 360, 720].flatMap((turn): Bounds[] => {
    const [left, right] = [Math.max(west, other[0] + turn), Math.min(east, other[2] + turn)];
    return left > right || (left === right && west < east) ? [] : [[left, bottom, right, top]];
  });
}
