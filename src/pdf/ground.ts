import { transformPoints } from '../crs/transform.ts';
import { horizontalCrs } from '../crs/wkt.ts';
import type { Bounds } from '../geometry/bounds.ts';
import type { ProfileCrs } from '../store/profile.ts';

/** WGS 84's ellipsoid (EPSG:7030): half of its longer axis in metres, and the square of its first eccentricity. */
const AXIS = 6_378_137;
const ECCENTRICITY_2 = 0.006_694_379_990_141_3;
const RADIAN = Math.PI / 180;

/** Metres between two places that are not far from each other: the chord, which is the same as the ground as long as they are near, at the poles too. */
function groundDistance(lon1: number, lat1: number, lon2: number, lat2: number): number {
  const [one, other] = [geocentric(lon1, lat1), geocentric(lon2, lat2)];
  return Math.hypot(...one.map((value, axis) => value - (other[axis] ?? NaN)));
}

/** A place on the ellipsoid in metres from the Earth's middle (EPSG guidance note 7-2, method 9602). */
function geocentric(longitude: number, latitude: number): [number, number, number] {
  const [lambda, phi] = [longitude * RADIAN, latitude * RADIAN];
  const radius = AXIS / Math.sqrt(1 - ECCENTRICITY_2 * Math.sin(phi) ** 2);
  const across = radius * Math.cos(phi);
  return [across * Math.cos(lambda), across * Math.sin(lambda), radius * (1 - ECCENTRICITY_2) * Math.sin(phi)];
}

/** Of the map's width: how far apart the two places are between which the ground is measured. */
const STEP = 1e-3;

/**
 * How many metres on the ground one unit of a CRS is, from left to right in the middle of some bounds; where the CRS has no place for the middle, at
 * the nearest place to it that is tried.
 */
export async function metresPerUnit(crs: ProfileCrs, bounds: Bounds, signal: AbortSignal): Promise<number> {
  const [west, south, east, north] = bounds;
  const step = (east - west) * STEP;
  const tried = [0.5, 0.4, 0.6, 0.25, 0.75].flatMap((v) => [0.5, 0.4, 0.6].map((u) => [u, v] as const));
  const points = tried.flatMap(([u, v]) => {
    const [x, y] = [west + (east - west) * u, south + (north - south) * v];
    return [x - step / 2, y, x + step / 2, y];
  });
  const made = await transformPoints(Float64Array.from(points), crs.id ?? crs.wkt, 'EPSG:4326', signal);
  for (let i = 0; i < made.length; i += 4) {
    const [lon1 = NaN, lat1 = NaN, lon2 = NaN, lat2 = NaN] = made.subarray(i, i + 4);
    const metres = groundDistance(lon1, lat1, lon2, lat2) / step;
    if (metres > 0 && Number.isFinite(metres)) return metres;
  }
  const { geographic, metresPerUnit: metres, turn } = horizontalCrs(crs.wkt);
  return geographic ? (2 * Math.PI * AXIS) / turn : metres;
}
