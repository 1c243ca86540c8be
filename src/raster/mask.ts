import { writeFile } from 'node:fs/promises';
import { runGdal } from '../gdal/process.ts';
import { polygonBounds } from '../geometry/bounds.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { GDAL_CONFIG } from './config.ts';
import { boundsOf, type Grid } from './grid.ts';

/**
 * Draws an area as a mask: 255 where a pixel's middle lies inside, else 0. Where the area is thinner than a pixel, so that it might hold no middle,
 * all pixels that it touches are inside.
 * @param path of the GeoTIFF that is written, and beside it, with `.json` behind it, the area.
 * @param config of GDAL.
 */
export async function drawMask(area: MultiPolygon, grid: Grid, path: string, signal: AbortSignal, config = GDAL_CONFIG): Promise<void> {
  const outline = `${path}.json`;
  await writeFile(outline, JSON.stringify({ type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates: area } }));
  const [west, south, east, north] = polygonBounds(area);
  const thin = east - west < grid.resolution[0] || north - south < grid.resolution[1];
  const bounds = boundsOf(grid).map(String);
  const storage = ['TILED=YES', 'COMPRESS=DEFLATE', 'ZLEVEL=1', 'SPARSE_OK=TRUE', 'BIGTIFF=IF_SAFER'].flatMap((option) => ['-co', option]);
  const args = ['-q', '-burn', '255', '-ot', 'Byte', '-of', 'GTiff', ...storage, ...(thin ? ['-at'] : [])];
  await runGdal('gdal_rasterize', [...args, '-te', ...bounds, '-ts', ...grid.size.map(String), outline, path], {
    signal,
    config,
  });
}
