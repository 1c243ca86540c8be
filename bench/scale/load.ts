import { join } from 'node:path';
import { publishSources } from '../../src/catalog/publish.ts';
import { createToken, DEFAULT_SCOPES } from '../../src/catalog/users.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/open.ts';
import { openStores } from '../../src/storage/open.ts';
import { layout } from '../../src/store/layout.ts';
import type { Random } from '../../test/fixtures/random.ts';
import { writeLayer } from '../layers.ts';

export type SizeClass = 'small' | 'medium' | 'large';
export const CLASSES: readonly SizeClass[] = ['small', 'medium', 'large'];

/** Parcels of the layer of each class, and its share of the exports. */
const LAYERS: Record<SizeClass, { id: number; parcels: number; share: number }> = {
  small: { id: 1, parcels: 200, share: 0.7 },
  medium: { id: 2, parcels: 5000, share: 0.25 },
  large: { id: 3, parcels: 60_000, share: 0.05 },
};
/** Of the engine's own and, one in six, GDAL's. */
const FORMATS = [
  'application/x-zipped-shp',
  'application/x-ogc-gpkg',
  'text/csv',
  'application/geo+json',
  'application/flatgeobuf',
  'application/x-ogc-mapinfo_file',
];
const CRS = ['EPSG:2193', 'EPSG:4326', 'EPSG:3857'];
/** So many users in ten ask for six times as much as the others. */
const EAGER = 0.1;
const TIMES = 6;

export interface Asked {
  user: number;
  size: SizeClass;
  body(api: string): object;
}

/** What is asked for, in the order in which it comes; the same for the same choices. */
export function load(count: number, users: number, random: Random): Asked[] {
  const eager = Math.ceil(users * EAGER);
  const draws = [...Array.from({ length: users }, (_, user) => user), ...Array.from({ length: eager * (TIMES - 1) }, (_, n) => n % eager)];
  return Array.from({ length: count }, (_, n) => {
    const chance = random.next();
    const size = chance < LAYERS.small.share ? 'small' : chance < LAYERS.small.share + LAYERS.medium.share ? 'medium' : 'large';
    const [format, crs] = [random.pick(FORMATS), random.pick(CRS)];
    return {
      // Everybody asks for something.
      user: n < users ? n : random.pick(draws),
      size,
      body: (api) => ({ crs, formats: { vector: format }, items: [{ item: `${api}/layers/${LAYERS[size].id}/` }] }),
    };
  });
}

/** Publishes the layers and makes the users; gives their tokens. */
export async function prepare(folder: string, env: Record<string, string>, users: number): Promise<string[]> {
  Object.assign(process.env, env);
  const config = readConfig({ ...env, GEOCRATE_DATA_DIR: join(folder, 'publisher') });
  const places = layout(config.dataDir);
  const database = await openDatabase(config);
  const stores = await openStores(config.storage, null, places);
  try {
    for (const size of CLASSES) {
      const { id, parcels } = LAYERS[size];
      const path = join(folder, `${size}.fgb`);
      await writeLayer(path, 'parcels', parcels);
      await publishSources(database.db, places, [path], { id, title: `${size} parcels` }, stores.versions);
    }
    const tokens: string[] = [];
    for (let n = 0; n < users; n++) tokens.push(await createToken(database.db, `user ${n}`, DEFAULT_SCOPES));
    return tokens;
  } finally {
    stores.close();
    await database.close();
  }
}
