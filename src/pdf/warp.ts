import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runGdal } from '../gdal/process.ts';
import type { Bounds } from '../geometry/bounds.ts';
import { BoxClassifier } from '../geometry/classify.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { GDAL_CONFIG, KEEP_VALUES } from '../raster/config.ts';
import { boundsOf, type Grid } from '../raster/grid.ts';
import { drawMask } from '../raster/mask.ts';
import { mosaicLines } from '../store/mosaic.ts';
import type { ProfileCrs } from '../store/profile.ts';
import type { DataType, RasterProfile } from '../store/rasterprofile.ts';
import type { RasterTile } from '../store/rastertiles.ts';
import { joinStrips, STRIP_ROWS } from './jpegstrips.ts';
import { RawRaster } from './rawraster.ts';

/** Megabytes that GDAL's warper may hold, and as many its cache: with more it is hardly faster, and a map is to fit in half a gigabyte with its server. */
const MEMORY = '8';
const CONFIG = { ...GDAL_CONFIG, GDAL_CACHEMAX: MEMORY };

/**
 * How far a pixel may be taken from beside where it lies, in pixels: more would show as steps where few pixels are enlarged. Where a row goes past both
 * ends of the world, each pixel is transformed: gdalwarp looks at a row's ends and middle alone, and takes those ends, which PROJ gives the longitudes of
 * the other side, for a map that is mirrored.
 */
const APPROXIMATION = { within: '0.01', pastEnds: '0' };

/** How pixels of a map are made of those of a layer. */
export interface Warping {
  profile: RasterProfile;
  versionDir: string;
  tiles: readonly RasterTile[];
  /** The pixels that are wanted, in the map's CRS. */
  grid: Grid;
  crs: ProfileCrs;
  /** Whether the grid may reach past where the CRS has places, as the corners around an oval world do. */
  pastEnds: boolean;
  /** Of gdalwarp: `average`, `cubic`, `near`, … */
  method: string;
  /** Places without data: by an alpha band behind the others, or as NaN in 32-bit floating point. */
  emptiness: 'alpha' | 'nan';
  /** An empty folder. */
  dir: string;
  signal: AbortSignal;
  onProgress: (fraction: number) => void;
}

/** Renders a layer on a grid: gdalwarp reads the overview that is fine enough. The pixels come as they are in memory. */
export async function warp({
  profile,
  grid,
  crs,
  pastEnds,
  method,
  emptiness,
  dir,
  signal,
  onProgress,
  ...source
}: Warping): Promise<RawRaster> {
  const sources = await sourceFiles(profile, source, crs, dir);
  const path = join(dir, 'warped.raw');
  const hasAlpha = profile.transparency === 'alpha';
  const args = [
    ...[
      '-of',
      'ENVI',
      // Rows of all bands together: written, and read, one after the other.
      '-co',
      'INTERLEAVE=BIL',
      '-r',
      method,
      '-wm',
      MEMORY,
      '-multi',
      '-ovr',
      'AUTO',
      '-et',
      pastEnds ? APPROXIMATION.pastEnds : APPROXIMATION.within,
    ],
    ...[KEEP_VALUES, '-t_srs', crs.id ?? crs.wkt, '-te', ...boundsOf(grid).map(String), '-ts', ...grid.size.map(String)],
    ...(emptiness === 'alpha' ? ['-dstalpha'] : ['-ot', 'Float32', '-dstnodata', 'nan']),
    ...(hasAlpha ? ['-srcalpha'] : []),
  ];
  await runGdal('gdalwarp', [...args, ...sources, path], { signal, onProgress, config: CONFIG });
  const data = profile.bands.filter(({ color_interpretation: word }) => word !== 'Alpha').length;
  const type: DataType = emptiness === 'nan' ? 'Float32' : (profile.bands[0]?.data_type ?? 'Byte');
  return RawRaster.open(path, grid.size, emptiness === 'nan' ? data : data + 1, type);
}

/**
 * What gdalwarp reads: the tile, or a mosaic of several. A layer in degrees that passes the antimeridian is given once for each turn that it is on:
 * PROJ's longitudes are those between -180 and 180.
 */
async function sourceFiles(
  profile: RasterProfile,
  { versionDir, tiles }: Pick<Warping, 'versionDir' | 'tiles'>,
  crs: ProfileCrs,
  dir: string,
): Promise<string[]> {
  const geographic = profile.crs.wkt.startsWith('GEOG');
  const [west, , east] = profile.extent;
  const passes = geographic && crs.id !== profile.crs.id && (east > 180 + 1e-9 || west < -180 - 1e-9);
  const [only] = tiles;
  if (tiles.length === 1 && only && !passes) return [join(versionDir, only.file)];
  const nearest = profile.bands.some(({ palette }) => palette !== null);
  const turns = passes ? [0, east > 180 ? -360 : 360] : [0];
  const files: string[] = [];
  for (const [number, shift] of turns.entries()) {
    const placed = tiles.map((tile) => ({ ...tile, file: join(versionDir, tile.file) }));
    const moved: RasterProfile = { ...profile, origin: [profile.origin[0] + shift, profile.origin[1]] };
    const path = join(dir, `source-${number}.vrt`);
    await writeFile(path, [...mosaicLines(moved, placed, tiles.length > 1, nearest)].join('\n'));
    files.push(path);
  }
  return files;
}

/**
 * Which pixels of a grid lie in an area.
 * @param area in the grid's CRS.
 * @returns null where all of them do.
 */
export async function maskOf(area: MultiPolygon, grid: Grid, dir: string, signal: AbortSignal): Promise<RawRaster | null> {
  const box: Bounds = boundsOf(grid);
  if (area.length > 0 && new BoxClassifier(area).classify(...box) === 'inside') return null;
  const [drawn, path] = [join(dir, 'mask.tif'), join(dir, 'mask.raw')];
  await drawMask(area, grid, drawn, signal, CONFIG);
  await runGdal('gdal_translate', ['-q', '-of', 'ENVI', drawn, path], { signal, config: CONFIG });
  return RawRaster.open(path, grid.size, 1, 'Byte');
}

/** Writes rows of red, green and blue, or of grey, as a JPEG. */
export async function writeJpeg(
  raw: string,
  [columns, rows]: readonly [number, number],
  bands: 1 | 3,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const header = [
    'ENVI',
    `samples = ${columns}`,
    `lines = ${rows}`,
    `bands = ${bands}`,
    'header offset = 0',
    'data type = 1',
    'interleave = bip',
    'byte order = 0',
  ];
  await writeFile(`${raw}.hdr`, `${header.join('\n')}\n`);
  const strips = `${raw}.tif`;
  const options = [
    ...['COMPRESS=JPEG', 'JPEG_QUALITY=88', 'JPEGTABLESMODE=3', `BLOCKYSIZE=${STRIP_ROWS}`, 'INTERLEAVE=PIXEL'],
    ...['ENDIANNESS=LITTLE', 'BIGTIFF=NO', ...(bands === 3 ? ['PHOTOMETRIC=YCBCR'] : [])],
  ].flatMap((option) => ['-co', option]);
  await runGdal('gdal_translate', ['-q', '-of', 'GTiff', ...options, '--config', 'GDAL_PAM_ENABLED', 'NO', raw, strips], {
    signal,
    config: CONFIG,
  });
  await joinStrips(strips, path);
  await rm(strips);
}
