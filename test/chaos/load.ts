import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type PublishOptions, publishSources } from '../../src/catalog/publish.ts';
import { createToken, DEFAULT_SCOPES } from '../../src/catalog/users.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/open.ts';
import { openStores } from '../../src/storage/open.ts';
import { layout } from '../../src/store/layout.ts';
import { numbers, parcels, places, roads, squareExtent } from '../fixtures/data.ts';
import { Random } from '../fixtures/random.ts';
import { raster } from '../fixtures/rasters.ts';

/** A request that is made many times, but for the host in its addresses. */
export interface Asked {
  name: string;
  /** Features that the archive has. */
  features: number;
  body(api: string): object;
}

const VECTOR = {
  shp: 'application/x-zipped-shp',
  gpkg: 'application/x-ogc-gpkg',
  csv: 'text/csv',
  geojson: 'application/geo+json',
  tab: 'application/x-ogc-mapinfo_file',
  kml: 'application/vnd.google-earth.kml+xml',
} as const;

function layer(format: keyof typeof VECTOR, id: number, features: number, crs: string, extent?: object): Asked {
  return {
    name: `layer ${id} as ${format} in ${crs}${extent ? ', cropped' : ''}`,
    features,
    body: (api) => ({ crs, formats: { vector: VECTOR[format] }, items: [{ item: `${api}/layers/${id}/` }], ...(extent ? { extent } : {}) }),
  };
}

/** Small ones and larger ones, by the engine's own writers and by GDAL, of one item and of several. */
export const REQUESTS: readonly Asked[] = [
  layer('shp', 1, 100, 'EPSG:2193'),
  layer('gpkg', 1, 36, 'EPSG:2193', squareExtent(0.05, 0.05, 0.5)),
  layer('csv', 1, 100, 'EPSG:4326'),
  layer('tab', 1, 100, 'EPSG:2193'),
  layer('tab', 2, 20, 'EPSG:4326'),
  layer('kml', 2, 20, 'EPSG:4326'),
  layer('geojson', 2, 20, 'EPSG:4326'),
  {
    name: 'tables',
    features: 20_250,
    body: (api) => ({ formats: { table: 'text/csv' }, items: [{ item: `${api}/tables/3/` }, { item: `${api}/tables/4/` }] }),
  },
  {
    name: 'a grid, cropped',
    features: 0,
    body: (api) => ({
      crs: 'EPSG:2193',
      formats: { grid: 'image/tiff;subtype=geotiff' },
      items: [{ item: `${api}/layers/5/`, tile_id: 'b' }],
    }),
  },
  {
    name: 'all of it',
    features: 370,
    body: (api) => ({
      crs: 'EPSG:4326',
      formats: { vector: VECTOR.tab, table: 'text/csv', grid: 'image/tiff;subtype=geotiff' },
      items: [1, 2, 5].map((id) => ({ item: `${api}/layers/${id}/` })).concat({ item: `${api}/tables/3/` }),
    }),
  },
];

/** An archive that is uploaded in parts, of noise that nothing makes smaller. */
export const LARGE_REQUEST: Asked = {
  name: 'a large grid',
  features: 0,
  body: (api) => ({ crs: 'EPSG:2193', formats: { grid: 'image/tiff;subtype=geotiff' }, items: [{ item: `${api}/layers/6/` }] }),
};
const NOISE_PIXELS = 3300;

/** Publishes what the requests ask for, and makes users; gives their tokens. */
export async function prepare(folder: string, env: Record<string, string>, users: number, large: boolean): Promise<string[]> {
  Object.assign(process.env, env);
  const config = readConfig({ ...env, GEOCRATE_DATA_DIR: join(folder, 'publisher') });
  const database = await openDatabase(config);
  const stores = await openStores(config.storage, null, layout(config.dataDir));
  try {
    const publish = (sources: string[], options: PublishOptions) =>
      publishSources(database.db, layout(config.dataDir), sources, options, stores.versions);
    await publish([parcels(folder)], { id: 1, title: 'Parcels', license: 'CC-BY-4.0' });
    await publish([roads(folder)], { id: 2, title: 'Roads' });
    await publish([places(folder)], { id: 3, title: 'Places', kind: 'table' });
    await publish([numbers(folder)], { id: 4, title: 'Numbers', kind: 'table' });
    await publish(tiles(folder), { id: 5, title: 'Heights', kind: 'grid', tiled: true });
    if (large) {
      const noise = new Random(1);
      const size: [number, number] = [NOISE_PIXELS, NOISE_PIXELS];
      const source = raster(folder, 'noise.tif', { type: 'Byte', size, pixel: () => noise.next() * 256 });
      await publish([source], { id: 6, title: 'Noise', kind: 'grid' });
    }
    const tokens: string[] = [];
    for (let n = 1; n <= users; n++) tokens.push(await createToken(database.db, `user ${n}`, DEFAULT_SCOPES));
    return tokens;
  } finally {
    stores.close();
    await database.close();
  }
}

/** Three tiles in a row. */
function tiles(folder: string): string[] {
  const dir = join(folder, 'tiles');
  mkdirSync(dir);
  return ['a', 'b', 'c'].map((name, n) => raster(dir, `${name}.tif`, { place: [1_600_000 + n * 640, 5_400_000, 10, 10] }));
}
