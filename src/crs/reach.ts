import { GdalError } from '../gdal/process.ts';
import type { Crs } from './epsg.ts';
import { transformPoints } from './transform.ts';

/**
 * Methods that PROJ has had since before it read the EPSG dataset, by their EPSG codes: it has a way to every CRS that is projected by them, so
 * that no process has to find out. Each but some eighty of the dataset's projected CRSs is.
 */
const ALWAYS: ReadonlySet<number> = new Set([
  1024, // Popular Visualisation Pseudo Mercator
  1027, // Lambert Azimuthal Equal Area (Spherical)
  1028, // Equidistant Cylindrical
  1041, // Krovak (North Orientated)
  1078, // Equal Earth
  9801, // Lambert Conic Conformal (1SP)
  9802, // Lambert Conic Conformal (2SP)
  9803, // Lambert Conic Conformal (2SP Belgium)
  9804, // Mercator (variant A)
  9805, // Mercator (variant B)
  9806, // Cassini-Soldner
  9807, // Transverse Mercator
  9808, // Transverse Mercator (South Orientated)
  9809, // Oblique Stereographic
  9810, // Polar Stereographic (variant A)
  9811, // New Zealand Map Grid
  9812, // Hotine Oblique Mercator (variant A)
  9815, // Hotine Oblique Mercator (variant B)
  9818, // American Polyconic
  9819, // Krovak
  9820, // Lambert Azimuthal Equal Area
  9822, // Albers Equal Area
  9829, // Polar Stereographic (variant B)
  9835, // Lambert Cylindrical Equal Area
]);
/** What was found, by CRS: it cannot change while this process runs. */
const found = new Map<string, Promise<boolean>>();

/**
 * Whether PROJ has a way from longitude and latitude to a CRS. Some of the EPSG dataset have none: PROJ does not know their
 * projection, or how their datum lies on Earth.
 */
export function isReachable(crs: Crs): Promise<boolean> {
  const known = found.get(crs.id);
  if (known) return known;
  // Between two CRSs in degrees there is always a way, if only one that takes their datums for the same.
  if (crs.method === null || ALWAYS.has(crs.method)) return Promise.resolve(true);
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
    return (await transformPoints(places, 'EPSG:4326', id)).some(Number.isFinite);
  } catch (error) {
    if (error instanceof GdalError && error.isAnswer) return false;
    throw error;
  }
}
