import { lookupCrs } from '../../crs/epsg.ts';
import { transformPoints } from '../../crs/transform.ts';
import { horizontalCrs, wktKind } from '../../crs/wkt.ts';
import type { OgrCrs } from '../../gdal/describe.ts';
import { runGdal } from '../../gdal/process.ts';
import type { ProfileCrs } from '../../store/profile.ts';
import { PublishError } from './failure.ts';

/**
 * The CRS that the publisher said, else the source's own, with its EPSG code where it has one.
 * @throws {PublishError} when neither says it.
 */
export async function layerCrs(
  { crs, shown, untyped }: { crs: OgrCrs | null; shown: string; untyped: boolean },
  said: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ProfileCrs> {
  if (said !== undefined) {
    const { stdout } = await runGdal('gdalsrsinfo', ['-o', 'wkt2_2019', said], signal ? { signal } : {});
    return { id: said, name: lookupCrs(said)?.name ?? said, wkt: stdout.trim() };
  }
  // Local systems tie to no place on Earth.
  if (crs === null || /^(ENGCRS|ENGINEERINGCRS|LOCAL_CS)\[/.test(crs.wkt)) {
    throw new PublishError(
      `${shown} does not say its coordinate reference system. Say it with --crs EPSG:n${untyped ? ', or publish it with --kind table' : ''}.`,
    );
  }
  const { wkt } = horizontalCrs(crs.wkt);
  if (!['projected', 'geographic', 'unknown'].includes(wktKind(wkt))) {
    throw new PublishError(`${shown} is in ${crs.name}, a ${wktKind(wkt)} system; a layer needs a projected, geographic or compound one.`);
  }
  const id = await epsgId(crs, signal);
  return { id, name: (id && lookupCrs(id)?.name) ?? crs.name, wkt: crs.wkt };
}

async function epsgId(crs: OgrCrs, signal: AbortSignal | undefined): Promise<string | null> {
  if (crs.name === 'WGS 84 (CRS84)') return 'EPSG:4326';
  if (crs.id !== null) return crs.id.startsWith('EPSG:') && lookupCrs(crs.id) ? crs.id : null;
  // Some formats spell a CRS out and leave its code away; PROJ knows most of them again.
  const { stdout } = await runGdal('gdalsrsinfo', ['-o', 'epsg', crs.wkt], signal ? { signal } : {});
  const found = /EPSG:\d+/.exec(stdout)?.[0];
  return found && (await samePlaces(found, crs.wkt, signal)) ? found : null;
}

/** Whether two CRSs give the places of the first one's area the same coordinates, to a millimetre. */
async function samePlaces(id: string, wkt: string, signal: AbortSignal | undefined): Promise<boolean> {
  const area = lookupCrs(id)?.area;
  if (!area) return false;
  const at = (from: number, to: number) => [0.1, 0.5, 0.9].map((part) => from + (to - from) * part);
  const points = Float64Array.from(at(area.west, area.east).flatMap((x) => at(area.south, area.north).flatMap((y) => [x, y])));
  const [one, other] = await Promise.all([
    transformPoints(points, 'EPSG:4326', id, signal),
    transformPoints(points, 'EPSG:4326', wkt, signal),
  ]);
  const tolerance = wkt.startsWith('GEOG') ? 1e-8 : 1e-3;
  return one.every((value, index) => Math.abs(value - (other[index] ?? Number.NaN)) <= tolerance);
}
