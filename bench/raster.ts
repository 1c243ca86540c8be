import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { exportIt, type Measured, median, row, TABLE_HEAD, theirs } from './peer.ts';
import { chances, ORIGIN, writeRaster } from './rasterfile.ts';
import { BenchSite } from './site.ts';

const command = promisify(execFile);

/** The mosaic: so many tiles a side, of so many pixels a side, half a metre each. */
const TILES = 6;
const TILE_PIXELS = 5000;
const TILE_METRES = TILE_PIXELS / 2;
/** The grid: pixels of 5 metres. */
const GRID_PIXELS = 10_000;

interface Work {
  name: string;
  body: (site: BenchSite, data: Data) => object;
  /** What a person with GDAL would run; `out` is the folder that is zipped. */
  peer: (data: Data) => readonly (readonly [string, readonly string[]])[];
  floor: number | null;
}

interface Crop {
  /** In EPSG:2193. */
  file: string;
  /** In degrees. */
  geometry: object;
}

interface Data {
  /** The mosaic of the imagery's tiles, one of them, and the grid. */
  mosaic: string;
  tile: string;
  grid: string;
  /** Over about a third of the imagery, and of the grid. */
  imageryCrop: Crop;
  gridCrop: Crop;
}

const ZIP = ['zip', ['-q', '-r', 'out.zip', 'out']] as const;
const DEFLATE = [
  '-co',
  'COMPRESS=DEFLATE',
  '-co',
  'PREDICTOR=2',
  '-co',
  'TILED=YES',
  '-co',
  'BIGTIFF=IF_SAFER',
  '-co',
  'NUM_THREADS=ALL_CPUS',
];
const FLOAT = ['-co', 'COMPRESS=DEFLATE', '-co', 'PREDICTOR=3', '-co', 'TILED=YES', '-co', 'NUM_THREADS=ALL_CPUS'];
const WARP = ['-q', '-multi', '-wo', 'NUM_THREADS=ALL_CPUS', '-wm', '256'];
const GEOTIFF = 'image/tiff;subtype=geotiff';

const WORKS: readonly Work[] = [
  {
    name: 'imagery, cropped, GeoTIFF',
    body: ({ api }, { imageryCrop: { geometry: extent } }) => ({
      crs: 'EPSG:2193',
      formats: { raster: GEOTIFF },
      items: [{ item: `${api}/layers/1/` }],
      extent,
    }),
    peer: ({ mosaic, imageryCrop: { file } }) => [
      ['gdalwarp', [...WARP, '-cutline', file, '-crop_to_cutline', ...DEFLATE, mosaic, 'out/out.tif']],
      ZIP,
    ],
    floor: 5,
  },
  {
    name: 'grid, cropped, GeoTIFF',
    body: ({ api }, { gridCrop: { geometry: extent } }) => ({
      crs: 'EPSG:2193',
      formats: { grid: GEOTIFF },
      items: [{ item: `${api}/layers/2/` }],
      extent,
    }),
    peer: ({ grid, gridCrop: { file } }) => [
      ['gdalwarp', [...WARP, '-cutline', file, '-crop_to_cutline', ...FLOAT, grid, 'out/out.tif']],
      ZIP,
    ],
    floor: 5,
  },
  {
    name: 'grid, to EPSG:4326, GeoTIFF',
    body: ({ api }) => ({ crs: 'EPSG:4326', formats: { grid: GEOTIFF }, items: [{ item: `${api}/layers/2/` }] }),
    peer: ({ grid }) => [
      [
        'gdalwarp',
        [
          ...WARP,
          '-t_srs',
          'EPSG:4326',
          '-r',
          'bilinear',
          '-of',
          'COG',
          '-co',
          'COMPRESS=DEFLATE',
          '-co',
          'PREDICTOR=YES',
          '-co',
          'NUM_THREADS=ALL_CPUS',
          grid,
          'out/out.tif',
        ],
      ],
      ZIP,
    ],
    floor: 1,
  },
  {
    name: 'a tile of imagery, lossless JPEG 2000',
    body: ({ api }) => ({
      crs: 'EPSG:2193',
      formats: { raster: 'image/jp2;compression=lossless' },
      items: [{ item: `${api}/layers/1/`, tile_id: 'tile-0-0' }],
    }),
    peer: ({ tile }) => [
      [
        'gdal_translate',
        [
          '-q',
          '-of',
          'JP2OpenJPEG',
          '-co',
          'REVERSIBLE=YES',
          '-co',
          'QUALITY=100',
          '--config',
          'GDAL_NUM_THREADS',
          'ALL_CPUS',
          tile,
          'out/out.jp2',
        ],
      ],
      ZIP,
    ],
    floor: 1,
  },
  {
    name: 'imagery, pixels 4 times as large, GeoTIFF',
    body: ({ api }) => ({
      crs: 'EPSG:2193',
      formats: { raster: GEOTIFF },
      items: [{ item: `${api}/layers/1/` }],
      options: { raster_resolution_multiplier: 4 },
    }),
    peer: ({ mosaic }) => [['gdal_translate', ['-q', '-outsize', '25%', '25%', '-r', 'average', ...DEFLATE, mosaic, 'out/out.tif']], ZIP],
    floor: 3,
  },
  {
    name: 'grid, pixels 4 times as large, GeoTIFF',
    body: ({ api }) => ({
      crs: 'EPSG:2193',
      formats: { grid: GEOTIFF },
      items: [{ item: `${api}/layers/2/` }],
      options: { raster_resolution_multiplier: 4 },
    }),
    peer: ({ grid }) => [['gdal_translate', ['-q', '-outsize', '25%', '25%', '-r', 'average', ...FLOAT, grid, 'out/out.tif']], ZIP],
    floor: 3,
  },
];

/**
 * Compares exports of rasters with GDAL's programs and zip, alternately: a 30,000 × 30,000 RGB mosaic of 36 tiles, and a 10,000 × 10,000 float grid.
 * Arguments: --runs 3 --only grid.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { runs: { type: 'string', default: '3' }, only: { type: 'string', default: '' } },
  });
  const works = WORKS.filter(({ name }) => name.includes(values.only));
  const folder = mkdtempSync(join(tmpdir(), 'geocrate-bench-'));
  try {
    const withImagery = works.some(({ name }) => name.includes('imagery'));
    const data = await makeData(folder, withImagery);
    process.env.GEOCRATE_DEMO = '0';
    process.env.GEOCRATE_CACHE = '0';
    say('Publishing …');
    const site = await BenchSite.start(join(folder, 'data'), [
      ...(withImagery ? [[join(folder, 'tiles'), '--id', '1', '--title', 'Imagery']] : []),
      [data.grid, '--id', '2', '--title', 'Grid'],
    ]);
    try {
      process.stdout.write(`${availableParallelism()} cores of ${cpus()[0]?.model}, medians of ${values.runs}\n\n${TABLE_HEAD}`);
      for (const { name, body, peer, floor } of works) {
        const ours: Measured[] = [];
        const peers: Measured[] = [];
        for (let i = 0; i < Number(values.runs); i++) {
          say(`${name}: ${i + 1} of ${values.runs}`);
          ours.push(await exportIt(site, body(site, data)));
          peers.push(await theirs(join(folder, 'peer'), peer(data)));
        }
        process.stdout.write(row({ name, floor }, median(ours), median(peers), null));
      }
    } finally {
      await site.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeData(folder: string, withImagery: boolean): Promise<Data> {
  const tiles = join(folder, 'tiles');
  const mosaic = join(folder, 'mosaic.vrt');
  mkdirSync(tiles);
  if (withImagery) {
    for (let n = 0; n < TILES * TILES; n++) {
      const [column, row] = [n % TILES, Math.floor(n / TILES)];
      say(`Making tile ${n + 1} of ${TILES * TILES} …`);
      const at = [column * TILE_METRES, row * TILE_METRES] as const;
      await writeRaster(join(tiles, `tile-${column}-${row}.tif`), imagery(column * TILE_PIXELS, row * TILE_PIXELS), {
        side: TILE_PIXELS,
        bands: 3,
        at,
        metres: TILE_METRES,
        args: ['-colorinterp', 'red,green,blue'],
      });
    }
    const all = Array.from({ length: TILES * TILES }, (_, n) => join(tiles, `tile-${n % TILES}-${Math.floor(n / TILES)}.tif`));
    await command('gdalbuildvrt', ['-q', mosaic, ...all]);
  }
  say('Making the grid …');
  const grid = join(folder, 'grid.tif');
  await writeRaster(grid, elevation(), { side: GRID_PIXELS, bands: 1, at: [0, 0], metres: GRID_PIXELS * 5, args: ['-a_nodata', '-9999'] });
  return {
    mosaic,
    tile: join(tiles, 'tile-0-0.tif'),
    grid,
    imageryCrop: await starOver(join(folder, 'imagery.geojson'), (TILES * TILE_METRES) / 2),
    gridCrop: await starOver(join(folder, 'grid.geojson'), (GRID_PIXELS * 5) / 2),
  };
}

/** A star of 100 vertices over about a third of the square that begins at the origin; `half` of its side, in metres. */
async function starOver(file: string, half: number): Promise<Crop> {
  const corners = Array.from({ length: 100 }, (_, k) => {
    const [angle, radius] = [(2 * Math.PI * k) / 100, half * (k % 2 ? 0.6 : 0.75)];
    return [ORIGIN[0] + half + radius * Math.cos(angle), ORIGIN[1] - half + radius * Math.sin(angle)];
  });
  const geometry = { type: 'Polygon', coordinates: [[...corners, corners[0]]] };
  const crs = { type: 'name', properties: { name: 'EPSG:2193' } };
  writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', crs, features: [{ type: 'Feature', properties: {}, geometry }] }));
  const degrees = ['-f', 'GeoJSON', '-t_srs', 'EPSG:4326', '-lco', 'COORDINATE_PRECISION=12', '/vsistdout/', file];
  const { features } = JSON.parse((await command('ogr2ogr', degrees)).stdout);
  return { file, geometry: features[0].geometry };
}

/** Fields, roads and noise: about as hard to compress as a photograph from the air. */
function imagery(left: number, top: number): Uint8Array {
  const pixels = new Uint8Array(TILE_PIXELS * TILE_PIXELS * 3);
  const chance = chances(left * 31 + top + 1);
  for (let y = 0, at = 0; y < TILE_PIXELS; y++) {
    const row = Math.sin((top + y) / 900) * 30;
    for (let x = 0; x < TILE_PIXELS; x++) {
      const bits = chance();
      const field = (((left + x) >> 8) * 7 + ((top + y) >> 8) * 13) % 64;
      const shade = 90 + field + row + (bits & 7);
      pixels[at++] = shade;
      pixels[at++] = shade + 12 + ((bits >>> 3) & 3);
      pixels[at++] = shade - 20 + ((bits >>> 5) & 3);
    }
  }
  return pixels;
}

/** Hills with a little noise, in metres; a sea without data in one corner. */
function elevation(): Float32Array {
  const pixels = new Float32Array(GRID_PIXELS * GRID_PIXELS);
  const chance = chances(12345);
  for (let y = 0, at = 0; y < GRID_PIXELS; y++) {
    for (let x = 0; x < GRID_PIXELS; x++) {
      const bits = chance();
      const height = 800 + 500 * Math.sin(x / 700) * Math.cos(y / 900) + 60 * Math.sin(x / 41 + y / 57) + (bits & 255) / 200;
      pixels[at++] = x + y > 1.9 * GRID_PIXELS ? -9999 : Math.fround(Math.round(height * 100) / 100);
    }
  }
  return pixels;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
