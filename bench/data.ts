import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

/** What a benchmark exports, and the area that it crops by. */
export interface Data {
  /** A FlatGeobuf. */
  source: string;
  isTable: boolean;
  /** The area, in EPSG:2193 for ogr2ogr and in longitude and latitude for the API. */
  cropFile: string;
  crop: object;
}

/** A file's only polygon, from EPSG:2193. */
export async function inDegrees(cropFile: string): Promise<object> {
  const args = ['-f', 'GeoJSON', '-s_srs', 'EPSG:2193', '-t_srs', 'EPSG:4326', '-lco', 'COORDINATE_PRECISION=12', '/vsistdout/', cropFile];
  const { features } = JSON.parse((await promisify(execFile)('ogr2ogr', args)).stdout);
  return features[0].geometry;
}

/** Writes so many parcels of parcels.mjs, and its area. */
export async function makeParcels(folder: string, count: number): Promise<Data> {
  const generator = join(import.meta.dirname, 'parcels.mjs');
  const source = join(folder, 'parcels.fgb');
  const make = spawn(process.execPath, [generator, 'parcels', String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const write = spawn(
    'ogr2ogr',
    ['-f', 'FlatGeobuf', '-a_srs', 'EPSG:2193', '-nln', 'parcels', source, 'GeoJSONSeq:/vsistdin?buffer_limit=-1'],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const written = once(write, 'exit');
  await pipeline(make.stdout, write.stdin);
  await written;
  const cropFile = join(folder, 'crop.geojson');
  const crop = spawn(process.execPath, [generator, 'crop', String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await pipeline(crop.stdout, createWriteStream(cropFile));
  return { source, isTable: false, cropFile, crop: await inDegrees(cropFile) };
}
