import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MultiPolygon } from '../../../src/geometry/polygons.ts';

/** Runs a GDAL program to its end. */
export function gdal(tool: string, ...args: string[]): string {
  return execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
}

interface Info {
  size: [number, number];
  geoTransform: number[];
  metadata: Record<string, Record<string, string>>;
  coordinateSystem?: { wkt: string };
  bands: {
    type: string;
    block: [number, number];
    noDataValue?: number | string;
    colorInterpretation: string;
    description?: string;
    offset?: number;
    scale?: number;
    unit?: string;
    colorTable?: { entries: number[][] };
    overviews?: { size: [number, number] }[];
    mask?: { flags: string[]; overviews?: { size: [number, number] }[] };
    metadata?: Record<string, Record<string, string>>;
  }[];
}

const told = new Map<string, Info>();

/** What gdalinfo says of a file, which is asked once until the file is written again. */
export function infoOf(path: string): Info {
  const key = `${path} ${statSync(path, { bigint: true }).mtimeNs}`;
  const info = told.get(key) ?? JSON.parse(gdal('gdalinfo', '-json', path));
  told.set(key, info);
  return info;
}

/** A raster of generated pixels, as GDAL reads it: raw bytes, little-endian, one band after the other. */
export function writeRaw(path: string, width: number, height: number, type: string, bytes: Uint8Array, bands: number): void {
  writeFileSync(`${path}.raw`, bytes);
  const size = bytes.length / (width * height * bands);
  const vrtBands = Array.from(
    { length: bands },
    (_, band) => `<VRTRasterBand dataType="${type}" band="${band + 1}" subClass="VRTRawRasterBand">
      <SourceFilename relativetoVRT="0">${path}.raw</SourceFilename><ImageOffset>${band * width * height * size}</ImageOffset>
      <PixelOffset>${size}</PixelOffset><LineOffset>${width * size}</LineOffset><ByteOrder>LSB</ByteOrder></VRTRasterBand>`,
  );
  const place = '<SRS>EPSG:2193</SRS><GeoTransform>1500000, 2, 0, 5500000, 0, -2</GeoTransform>';
  writeFileSync(path, `<VRTDataset rasterXSize="${width}" rasterYSize="${height}">${place}${vrtBands.join('')}</VRTDataset>`);
}

/** All pixels of a raster as raw bytes, one band after the other. @param options such as `-b mask`. */
export function pixelsOf(path: string, folder: string, ...options: string[]): Buffer {
  const out = join(folder, `pixels-${process.pid}`);
  gdal('gdal_translate', '-q', '-of', 'ENVI', '-co', 'INTERLEAVE=BSQ', '-mask', 'none', ...options, path, out);
  const bytes = readFileSync(out);
  for (const file of [out, `${out}.hdr`, `${out}.aux.xml`]) rmSync(file, { force: true });
  return bytes;
}

/** A crop as gdalwarp takes it. */
export function writeCutline(path: string, crop: MultiPolygon): void {
  const feature = { type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates: crop } };
  const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::2193' } };
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', crs, features: [feature] }));
}

/** What gdalwarp makes of the same source and crop, on the pixels of a file. */
export function warped(source: string, like: string, cutline: string, out: string, ...options: string[]): void {
  const { size, geoTransform } = infoOf(like);
  const [x0 = 0, dx = 0, , y0 = 0, , dy = 0] = geoTransform;
  const extent = [x0, y0 + dy * size[1], x0 + dx * size[0], y0].map(String);
  gdal('gdalwarp', '-q', '-overwrite', '-cutline', cutline, '-te', ...extent, '-ts', ...size.map(String), ...options, source, out);
}

/** What `differences` says of equal bytes. */
export const SAME = { count: 0, first: -1 };

/** How many bytes differ, and where the first does. */
export function differences(a: Uint8Array, b: Uint8Array): { count: number; first: number } {
  let count = Math.abs(a.length - b.length);
  let first = -1;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] === b[i]) continue;
    if (first < 0) first = i;
    count++;
  }
  return { count, first };
}
