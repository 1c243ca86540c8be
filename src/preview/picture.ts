import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GdalError, runGdal } from '../gdal/process.ts';
import { KEEP_VALUES } from '../raster/config.ts';
import { bandNumbers } from '../raster/source.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import { MOSAIC_FILE, readTiles } from '../store/rastertiles.ts';
import { type TileAddress, tileBounds, tileMetres } from './mercator.ts';
import { paint, type Warped } from './paint.ts';
import { encodePng } from './png.ts';

/** Pixels of a tile's side. */
const PICTURE_SIDE = 512;
/** A pixel around, for slopes at the edge. */
const SIDE = PICTURE_SIDE + 2;

/**
 * Makes a tile of a raster, grid or rat as a PNG, transparent where there is no data.
 * @param dir the version's folder.
 * @param tempRoot for what is needed meanwhile.
 */
export async function pictureTile(dir: string, tile: TileAddress, tempRoot: string): Promise<Uint8Array> {
  const profile: RasterProfile = JSON.parse(await readFile(join(dir, 'profile.json'), 'utf8'));
  if (isApart(profile, tile)) return new Uint8Array();
  const [only] = profile.tile_count === 1 ? await readTiles(dir) : [];
  await mkdir(tempRoot, { recursive: true, mode: 0o700 });
  const temp = await mkdtemp(join(tempRoot, 'tile-'));
  try {
    const warped = await warp(profile, join(dir, only?.file ?? MOSAIC_FILE), tile, join(temp, 'tile'));
    return warped.alpha.some((opacity) => opacity > 0) ? encodePng(paint(profile, warped), PICTURE_SIDE) : new Uint8Array();
  } catch (error) {
    // A part of the world that the raster's CRS does not hold.
    if (error instanceof GdalError && /transform|reproject/i.test(error.message)) return new Uint8Array();
    throw error;
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

/** Whether a tile shows nothing of a raster, on whatever turn either is told. */
function isApart({ extent_wgs84: [west, south, east, north] }: RasterProfile, tile: TileAddress): boolean {
  const [w, s, e, n] = tileBounds(tile);
  return s > north || n < south || ![-360, 0, 360].some((turn) => w + turn <= east && e + turn >= west);
}

async function warp(profile: RasterProfile, source: string, tile: TileAddress, out: string): Promise<Warped> {
  const [minX, minY, maxX, maxY] = tileMetres(tile);
  const pixel = (maxX - minX) / PICTURE_SIDE;
  const isByte = profile.bands.every(({ data_type: type }) => type === 'Byte');
  const isClasses = profile.kind === 'rat' || profile.bands[0]?.palette;
  const args = [
    '-q',
    KEEP_VALUES,
    '-s_srs',
    profile.crs.id ?? profile.crs.wkt,
    '-t_srs',
    'EPSG:3857',
    '-dstalpha',
    '-ot',
    isByte ? 'Byte' : 'Float32',
  ];
  args.push('-te', ...[minX - pixel, minY - pixel, maxX + pixel, maxY + pixel].map(String), '-ts', String(SIDE), String(SIDE));
  args.push('-r', isClasses ? 'near' : 'bilinear', '-of', 'ENVI', '-co', 'INTERLEAVE=BSQ', '-wm', '64', source, out);
  await runGdal('gdalwarp', args, { config: { GDAL_CACHEMAX: '64', GDAL_PAM_ENABLED: 'NO' } });
  const bytes = await readFile(out);
  const pixels = SIDE * SIDE;
  const band = (index: number) => {
    const from = bytes.byteOffset + index * pixels * (isByte ? 1 : 4);
    return isByte ? new Uint8Array(bytes.buffer, from, pixels) : new Float32Array(bytes.buffer.slice(from, from + 4 * pixels));
  };
  const count = bandNumbers(profile).data.length;
  return { bands: Array.from({ length: count }, (_, index) => band(index)), alpha: band(count), side: SIDE };
}
