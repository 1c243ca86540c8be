import type { Kysely } from 'kysely';
import type { Config } from '../config.ts';
import type { Schema } from '../db/schema.ts';
import { openStores, type Stores } from '../storage/open.ts';
import type { Versions } from '../storage/versions.ts';
import { layout } from '../store/layout.ts';
import { FEATURES_FILE } from '../store/profile.ts';
import { MOSAIC_FILE, readTiles, TILES_FILE } from '../store/rastertiles.ts';
import { isRaster, type VersionProfile } from '../store/versionprofile.ts';
import type { Finding } from './finding.ts';

/** So many of the versions that are not there are named. */
const NAMED = 10;

interface Published {
  dataset: number;
  title: string;
  version: number;
  content: string;
  profile: unknown;
}

/** Whether this machine has, or can fetch, every file of every version that is published. */
export async function checkStore(db: Kysely<Schema>, config: Pick<Config, 'storage' | 'storeCacheBytes' | 'dataDir'>): Promise<Finding> {
  const what = 'Published versions';
  let stores: Stores | undefined;
  try {
    const published = await db
      .selectFrom('versions')
      .innerJoin('datasets', 'datasets.id', 'versions.dataset_id')
      .select(['datasets.id as dataset', 'datasets.title', 'versions.id as version', 'versions.content', 'versions.profile'])
      .orderBy('versions.id')
      .execute();
    stores = await openStores(config.storage, config.storeCacheBytes, layout(config.dataDir));
    const faults: string[] = [];
    for (const one of published) {
      const fault = await faultOf(stores.versions, one);
      if (fault !== null) faults.push(`${one.dataset} “${one.title}”, version ${one.version}: ${fault}.`);
    }
    if (faults.length === 0) return { state: 'ok', what: `${what}: all ${published.length} are there` };
    const more = faults.length > NAMED ? [`… and ${faults.length - NAMED} more.`] : [];
    const mend =
      config.storage.kind === 's3'
        ? 'Exports of them fail. Publish them again from their sources; where a file below cache/ is wrong, remove its folder.'
        : 'Exports of them fail here. Publish them again from their sources, or bring store/ here from a backup or a machine that has it; several machines without a bucket share one GEOCRATE_DATA_DIR.';
    return {
      state: 'missing',
      what: `${what}: ${faults.length} of ${published.length} cannot be read`,
      advice: [...faults.slice(0, NAMED), ...more, mend].join('\n'),
    };
  } catch (error) {
    return { state: 'failed', what, advice: error instanceof Error ? error.message : String(error) };
  } finally {
    stores?.close();
  }
}

/** What is wrong with a version's files; null: nothing. */
async function faultOf(versions: Versions, { content, profile }: Published): Promise<string | null> {
  const known = profile as VersionProfile;
  if (!isRaster(known)) {
    return versions.faultOf(
      content,
      new Map([
        ['profile.json', null],
        [FEATURES_FILE, known.bytes],
      ]),
    );
  }
  const files = new Map<string, number | null>(['profile.json', MOSAIC_FILE, TILES_FILE].map((name) => [name, null]));
  const fault = await versions.faultOf(content, files);
  if (fault !== null) return fault;
  for (const { file, bytes } of await readTiles(await versions.open(content, [TILES_FILE]))) files.set(file, bytes);
  return versions.faultOf(content, files);
}
