import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Geometry } from 'geojson';
import { runGdal } from '../gdal/process.ts';
import { loadGeos } from '../geometry/geos.ts';
import { united } from '../geometry/mended.ts';
import type { Profile } from '../store/profile.ts';
import type { NewCropFeature } from './croplayers.ts';

/**
 * Reads the polygons of a version in EPSG:4326, valid and each with its name, for a crop layer. Features that are no polygon are left out.
 * @param features the version's `features.fgb`.
 * @param nameField the field that names them; found among the fields unless told.
 */
export async function readCropFeatures(
  features: string,
  profile: Profile,
  tempDir: string,
  nameField: string | undefined,
  signal: AbortSignal | undefined,
): Promise<NewCropFeature[]> {
  const named = nameField ?? findNameField(profile);
  const path = join(tempDir, 'cropfeatures.geojsonl');
  const args = ['-f', 'GeoJSONSeq', '-t_srs', 'EPSG:4326', '-dim', 'XY', '-lco', 'COORDINATE_PRECISION=9', path, features];
  await runGdal('ogr2ogr', args, signal ? { signal } : {});
  const geos = await loadGeos();
  const found: NewCropFeature[] = [];
  const keys = new Set<string>();
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      const { geometry, properties }: { geometry: Geometry | null; properties: Record<string, unknown> } = JSON.parse(line);
      const polygons = united(geos, polygonsOf(geometry));
      if (polygons.length === 0) continue;
      const name = String((named && properties[named]) || `Feature ${found.length + 1}`);
      found.push({ key: unusedKey(keyOf(profile, properties) ?? name, keys), name, geometry: polygons });
    }
  } finally {
    await rm(path, { force: true });
  }
  return found;
}

function polygonsOf(geometry: Geometry | null): number[][][][] {
  switch (geometry?.type) {
    case 'Polygon':
      return [geometry.coordinates];
    case 'MultiPolygon':
      return geometry.coordinates;
    case 'GeometryCollection':
      return geometry.geometries.flatMap(polygonsOf);
    default:
      return [];
  }
}

/** A field called name or title, or one that ends so, else the first text. */
function findNameField(profile: Profile): string | undefined {
  const texts = profile.fields.filter((field) => field.type === 'string').map((field) => field.name);
  return texts.find((name) => /^(name|title)$/i.test(name)) ?? texts.find((name) => /(name|title)/i.test(name)) ?? texts[0];
}

/** What tells a feature from others from one version to the next. */
function keyOf(profile: Profile, properties: Record<string, unknown>): string | undefined {
  const columns = profile.primary_key_fields.length > 0 ? profile.primary_key_fields : profile.fid_column ? [profile.fid_column] : [];
  const values = columns.map((column) => properties[column]);
  return values.length > 0 && values.every((value) => value !== null && value !== undefined) ? `#${values.join(',')}` : undefined;
}

function unusedKey(wanted: string, keys: Set<string>): string {
  let key = wanted;
  for (let count = 2; keys.has(key); count++) key = `${wanted} (${count})`;
  keys.add(key);
  return key;
}
