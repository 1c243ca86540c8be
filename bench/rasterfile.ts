import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const command = promisify(execFile);

/** The upper left corner of made-up rasters, EPSG:2193. */
export const ORIGIN = [1_560_000, 5_190_000] as const;

export interface RasterFile {
  /** Pixels a side. */
  side: number;
  bands: number;
  /** Metres from the origin, to the east and to the south. */
  at: readonly [east: number, south: number];
  /** Of a side, in metres. */
  metres: number;
  /** More arguments of gdal_translate. */
  args: readonly string[];
}

/** Writes pixels, those of all bands together, as a tiled and deflated GeoTIFF without overviews, as publishers have them. */
export async function writeRaster(
  path: string,
  pixels: Uint8Array | Uint16Array | Float32Array,
  { side, bands, at: [east, south], metres, args }: RasterFile,
): Promise<void> {
  const raw = `${path}.raw`;
  await writeFile(raw, pixels);
  // ENVI's numbers of data types.
  const type = pixels instanceof Float32Array ? 4 : pixels instanceof Uint16Array ? 12 : 1;
  await writeFile(
    `${path}.hdr`,
    `ENVI\nsamples = ${side}\nlines = ${side}\nbands = ${bands}\ndata type = ${type}\ninterleave = bip\nbyte order = 0\nheader offset = 0\n`,
  );
  const [west, north] = [ORIGIN[0] + east, ORIGIN[1] - south];
  const place = ['-a_srs', 'EPSG:2193', '-a_ullr', west, north, west + metres, north - metres].map(String);
  const predictor = pixels instanceof Float32Array ? 3 : 2;
  const options = ['-co', 'COMPRESS=DEFLATE', '-co', `PREDICTOR=${predictor}`, '-co', 'TILED=YES', '-co', 'NUM_THREADS=ALL_CPUS'];
  await command('gdal_translate', ['-q', '-of', 'GTiff', ...place, ...args, ...options, raw, path]);
  await Promise.all([raw, `${path}.hdr`, `${path}.raw.aux.xml`].map((file) => rm(file, { force: true })));
}

/** Numbers from 0 to 2^32 that look as if by chance, the same every time. */
export function chances(seed: number): () => number {
  let bits = seed | 1;
  return () => {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    return bits >>> 0;
  };
}
