import { describeDataset, type OgrCrs } from '../gdal/describe.ts';
import { GdalError, runGdal } from '../gdal/process.ts';
import type { Profile, ProfileCrs } from '../store/profile.ts';
import { ExportFailure, type WrittenLayer } from './writer.ts';

/** Where a layer is. */
type Placed = Pick<Profile, 'extent_wgs84'>;

/**
 * Reads back what GDAL wrote: the count must be what was written, and the CRS must put the layer where it is.
 * @returns sentences on coordinate systems that a format could not express.
 * @throws {ExportFailure} when features are missing.
 */
export async function verify(
  layers: readonly WrittenLayer[],
  crs: ProfileCrs | null,
  profile: Placed,
  signal: AbortSignal,
): Promise<string[]> {
  const warnings = new Set<string>();
  for (const { dataset, layer, featureCount, hasCrs } of layers) {
    const [found] = (await describeDataset(dataset, { layers: [layer], signal })).layers;
    if (featureCount !== null && found?.featureCount !== featureCount) {
      const message = `The file written has ${found?.featureCount ?? 'no'} features where ${featureCount} were expected.`;
      throw new ExportFailure('verify-failed', message);
    }
    if (hasCrs && crs && !(await sameCrs(found?.crs ?? null, crs, profile, signal))) warnings.add(inexact(crs));
  }
  return [...warnings];
}

function inexact(crs: ProfileCrs): string {
  return `The format cannot express the coordinate system ${crs.id ?? crs.name} exactly; other programs may misplace the layer.`;
}

/** What was found of definitions, which stays true while this process runs. */
const found = new Map<string, Promise<string[]>>();
const FOUND_KEPT = 1000;

/** Whether a definition in a format's own form says the same as the CRS; a sentence where it does not. */
export function expresses(definition: string, crs: ProfileCrs, profile: Placed): Promise<string[]> {
  const key = `${definition} ${crs.id ?? crs.wkt} ${profile.extent_wgs84}`;
  const known = found.get(key);
  if (known) return known;
  if (found.size >= FOUND_KEPT) found.clear();
  const same = sameCrs({ id: null, name: '', wkt: definition }, crs, profile);
  const sentences = same.then((is) => (is ? [] : [inexact(crs)]));
  found.set(key, sentences);
  sentences.catch(() => found.delete(key));
  return sentences;
}

/** Whether two coordinate systems put the layer's place at the same coordinates, to a millimetre. */
async function sameCrs(found: OgrCrs | null, crs: ProfileCrs, profile: Placed, signal?: AbortSignal): Promise<boolean> {
  if (!found) return false;
  if (found.id !== null && found.id === crs.id) return true;
  const box = profile.extent_wgs84;
  if (!box) return true;
  const point = `${(box[0] + box[2]) / 2} ${(box[1] + box[3]) / 2}\n${box[0]} ${box[1]}\n`;
  const place = async (to: string) =>
    (await runGdal('gdaltransform', ['-output_xy', '-s_srs', 'EPSG:4326', '-t_srs', to], { stdin: point, ...(signal ? { signal } : {}) }))
      .stdout;
  try {
    const [a, b] = await Promise.all([place(crs.id ?? crs.wkt), place(found.wkt)]);
    const tolerance = crs.wkt.startsWith('GEOG') ? 1e-8 : 1e-3;
    const numbers = (text: string) => text.trim().split(/\s+/).map(Number);
    const other = numbers(b);
    return numbers(a).every(
      (value, i) => Math.abs(value - (other[i] ?? Number.NaN)) <= tolerance || (!Number.isFinite(value) && !Number.isFinite(other[i])),
    );
  } catch (error) {
    // What cannot be placed is not the same; where GDAL did not come to say so, nothing is known.
    if (error instanceof GdalError && error.isAnswer) return false;
    throw error;
  }
}
