import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chances, writeRaster } from './rasterfile.ts';
import { circle, strip } from './shapes.ts';

/** Layers of the demo data, and made-up ones, by their ids here: what they are, and the CRS that they are in. */
const LAYERS = {
  marble: { id: 6, kind: 'raster', crs: 'EPSG:4326' },
  elevation: { id: 7, kind: 'grid', crs: 'EPSG:4326' },
  continents: { id: 8, kind: 'rat', crs: 'EPSG:4326' },
  tiles: { id: 9, kind: 'raster', crs: 'EPSG:4326' },
  aerial: { id: 31, kind: 'raster', crs: 'EPSG:2193' },
  terrain: { id: 32, kind: 'grid', crs: 'EPSG:2193' },
  satellite: { id: 33, kind: 'raster', crs: 'EPSG:2193' },
  cover: { id: 34, kind: 'raster', crs: 'EPSG:2193' },
} as const;
type LayerName = keyof typeof LAYERS;
const MIMETYPES = {
  tif: 'image/tiff;subtype=geotiff',
  jpg: 'image/jpeg',
  jp2: 'image/jp2',
  lossless: 'image/jp2;compression=lossless',
  png: 'image/png',
  img: 'application/x-erdas-hfa',
  asc: 'application/x-ogc-aaigrid',
  kmz: 'application/vnd.google-earth.kml+xml',
} as const;

/** One export: of which layer, as which format, in which CRS, cropped to which area, with pixels how much larger. */
export type RasterCase = [layer: LayerName, format: keyof typeof MIMETYPES, crs: 'own' | 'other', area: Area | null, multiplier: number];
/** Half of it, a corner with other content than most, and a thin strip across. */
type Area = 'half' | 'corner' | 'strip';

/** Over all formats, with and without another CRS. */
export const RASTER_CASES: readonly RasterCase[] = [
  ['marble', 'tif', 'own', null, 1],
  ['marble', 'tif', 'own', 'half', 1],
  ['marble', 'tif', 'own', 'corner', 1],
  ['marble', 'tif', 'other', 'half', 2],
  ['marble', 'jpg', 'own', null, 2],
  ['marble', 'jpg', 'own', 'corner', 1],
  ['marble', 'jpg', 'other', 'half', 1],
  ['marble', 'png', 'own', 'half', 1],
  ['marble', 'png', 'own', 'strip', 2],
  ['marble', 'jp2', 'own', null, 1],
  ['marble', 'lossless', 'own', 'half', 4],
  ['marble', 'img', 'own', 'corner', 1],
  ['marble', 'kmz', 'own', null, 1],
  ['marble', 'kmz', 'own', 'half', 2],
  ['elevation', 'tif', 'own', null, 2],
  ['elevation', 'tif', 'own', 'half', 1],
  ['elevation', 'tif', 'other', 'half', 1],
  ['elevation', 'asc', 'own', null, 1],
  ['elevation', 'asc', 'other', 'half', 2],
  ['continents', 'tif', 'own', null, 1],
  ['continents', 'tif', 'own', 'half', 1],
  ['continents', 'tif', 'other', null, 3],
  ['continents', 'img', 'own', null, 1],
  ['continents', 'img', 'own', 'strip', 2],
  ['tiles', 'tif', 'own', 'half', 1],
  ['tiles', 'jpg', 'own', 'half', 2],
  ['tiles', 'png', 'own', null, 4],
  ['tiles', 'kmz', 'own', 'half', 1],
  ['tiles', 'jp2', 'other', 'half', 2],
  ['aerial', 'tif', 'own', 'half', 1],
  ['aerial', 'tif', 'own', null, 4],
  ['aerial', 'tif', 'other', 'corner', 1],
  ['aerial', 'jpg', 'own', 'half', 1],
  ['aerial', 'jp2', 'own', 'half', 1],
  ['aerial', 'lossless', 'other', 'corner', 1],
  ['aerial', 'png', 'own', 'strip', 1],
  ['aerial', 'img', 'own', 'corner', 2],
  ['aerial', 'kmz', 'own', 'half', 1],
  ['terrain', 'tif', 'own', 'half', 1],
  ['terrain', 'tif', 'own', null, 2],
  ['terrain', 'tif', 'own', 'strip', 1],
  ['terrain', 'tif', 'other', 'corner', 1],
  ['terrain', 'asc', 'own', 'half', 3],
  ['satellite', 'tif', 'own', 'half', 1],
  ['satellite', 'tif', 'other', null, 2],
  ['satellite', 'lossless', 'own', 'corner', 1],
  ['satellite', 'png', 'own', null, 1],
  ['satellite', 'img', 'own', 'half', 2],
  ['cover', 'tif', 'own', 'half', 1],
  ['cover', 'jpg', 'own', null, 1],
  ['cover', 'png', 'other', 'half', 1],
  ['cover', 'img', 'own', null, 4],
  ['marble', 'tif', 'own', 'strip', 1],
  ['marble', 'kmz', 'own', 'corner', 1],
  ['elevation', 'tif', 'own', 'strip', 1],
  ['elevation', 'tif', 'other', null, 1],
  ['continents', 'tif', 'own', 'strip', 1],
  ['continents', 'img', 'own', 'half', 1],
  ['tiles', 'tif', 'own', 'strip', 1],
  ['aerial', 'png', 'own', 'half', 2],
  ['aerial', 'kmz', 'own', null, 1],
  ['cover', 'tif', 'own', 'strip', 1],
  ['cover', 'kmz', 'own', 'half', 1],
  ['cover', 'png', 'own', 'half', 1],
  ['satellite', 'jp2', 'own', 'half', 1],
  ['terrain', 'tif', 'own', 'corner', 1],
];

/** Writes the made-up layers into a folder; gives arguments of `geocrate publish`. */
export async function rasterLayers(folder: string): Promise<string[][]> {
  const chance = chances(12345);
  const aerial = join(folder, 'aerial');
  await mkdir(aerial);
  for (let n = 0; n < 4; n++) {
    const [side, column, row] = [1500, n % 2, n >> 1];
    const shade = (x: number, y: number) => 90 + ((((column * side + x) >> 8) * 7 + ((row * side + y) >> 8) * 13) % 64);
    const colours = (x: number, y: number) => {
      const [noise, middle] = [chance(), shade(x, y) + 30 * Math.sin((row * side + y) / 900)];
      return [middle + (noise & 7), middle + 12 + ((noise >>> 3) & 3), middle - 20 + ((noise >>> 5) & 3)];
    };
    const at = [column * side * 2, row * side * 2] as const;
    const args = ['-colorinterp', 'red,green,blue'];
    await writeRaster(join(aerial, `tile-${column}-${row}.tif`), Uint8Array.from(pixels(side, colours)), {
      side,
      bands: 3,
      at,
      metres: 3000,
      args,
    });
  }
  const layer = { at: [0, 0], metres: 7200 } as const;
  const hills = (x: number, y: number) =>
    x + y > 3840
      ? -9999
      : Math.round(80_000 + 50_000 * Math.sin(x / 170) * Math.cos(y / 220) + 6000 * Math.sin(x / 41 + y / 57) + (chance() & 127)) / 100;
  const terrain = join(folder, 'terrain.tif');
  await writeRaster(terrain, Float32Array.from(pixels(2400, (x, y) => [hills(x, y)])), {
    ...layer,
    side: 2400,
    bands: 1,
    args: ['-a_nodata', '-9999'],
  });
  const light = (x: number, y: number) =>
    [0, 1, 2, 3].map((band) => 1500 + band * 300 + 600 * Math.sin(x / 60 + band) * Math.cos(y / 45) + (chance() & 127));
  const satellite = join(folder, 'satellite.tif');
  const words = ['-colorinterp', 'red,green,blue,undefined'];
  await writeRaster(satellite, Uint16Array.from(pixels(1200, light)), { ...layer, side: 1200, bands: 4, args: words });
  const classes = (x: number, y: number) => [1 + (((x >> 6) * 7 + (y >> 5) * 3 + ((x * y) >> 14)) % 9)];
  const cover = join(folder, 'cover.tif');
  await writeRaster(cover, Uint8Array.from(pixels(1600, classes)), { ...layer, side: 1600, bands: 1, args: [] });
  const sources = { aerial, terrain, satellite, cover };
  return Object.entries(sources).map(([name, path]) => [path, '--id', String(LAYERS[name as keyof typeof sources].id), '--title', name]);
}

function* pixels(side: number, values: (x: number, y: number) => readonly number[]): Generator<number> {
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) yield* values(x, y);
}

/** Middle and half of the width and height, in degrees: of the world, and of the made-up layers. */
const PLACES = { 'EPSG:4326': [0, 0, 180, 90], 'EPSG:2193': [172.5486, -43.4645, 0.0445, 0.0324] } as const;

/** The request of a case. */
export function rasterBody(api: string, [layer, format, crs, area, multiplier]: RasterCase): object {
  const { id, kind, crs: own } = LAYERS[layer];
  return {
    crs: crs === 'own' && format !== 'kmz' ? own : own === 'EPSG:4326' ? 'EPSG:3857' : 'EPSG:4326',
    formats: { [kind]: MIMETYPES[format] },
    items: [{ item: `${api}/layers/${id}/` }],
    ...(area ? { extent: areaOf(PLACES[own], area) } : {}),
    ...(multiplier > 1 ? { options: { raster_resolution_multiplier: multiplier } } : {}),
  };
}

function areaOf([x, y, width, height]: readonly [number, number, number, number], area: Area): object {
  if (area === 'strip') return strip([x - width * 0.6, y - height * 0.05], [x + width * 0.6, y + height * 0.15], height * 0.05);
  const [aside, part] = area === 'half' ? [0, 0.7] : [0.15, 0.12];
  return circle(x + width * aside, y + height * aside, part * width, part * height, 60);
}
