import { GdalError } from '../gdal/process.ts';
import type { Crs } from './epsg.ts';
import { transformPoints } from './transform.ts';

const WGS84 = 'EPSG:4326';
/** What was found, by CRS: it cannot change while this process runs. */
const found = new Map<string, Promise<boolean>>();

/**
 * Whether PROJ has a way from longitude and latitude to a CRS. Some of the EPSG dataset have none: PROJ does not know their
 * projection, or how their datum lies on Earth.
 */
export function isReachable(crs: Crs): Promise<boolean> {
  const known = found.get(crs.id);
  if (known) return known;
  if (crs.id === WGS84) return Promise.resolve(true);
  const reachable = tryPlaces(crs);
  found.set(crs.id, reachable);
  reachable.catch(() => found.delete(crs.id));
  return reachable;
}

/** Places all over the CRS's area of use: one that it can hold is enough. */
async function tryPlaces({ id, area }: Crs): Promise<boolean> {
  const { west, south, east, north } = area ?? { west: -180, south: -80, east: 180, north: 80 };
  const at = (from: number, to: number) => [0.5, 0.1, 0.9].map((part) => from + (to - from) * part);
  const places = Float64Array.from(at(west, east).flatMap((x) => at(south, north).flatMap((y) => [x, y])));
  try {
    return (await transformPoints(places, WGS84, id)).some(Number.isFinite);
  } catch (error) {
    if (error instanceof GdalError && error.exitCode !== null && error.exitCode !== 127) return false;
    throw error;
  }
}
