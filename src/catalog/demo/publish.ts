import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { layout } from '../../store/layout.ts';
import { publishSources } from '../publish.ts';
import { cutAtAntimeridian } from './antimeridian.ts';
import { DEMO } from './sources.ts';

/** Publishes the demo data just as `geocrate publish` would publish its files. */
export async function publishDemo(db: Kysely<Schema>, dataDir: string, onProgress: (fraction: number) => void): Promise<void> {
  const places = layout(dataDir);
  const dir = join(places.publishingDir, 'demo');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    for (const [index, { features, file, id, ...about }] of DEMO.entries()) {
      const collection = await Promise.all(
        features().map(async (feature) => ({ ...feature, geometry: feature.geometry && (await cutAtAntimeridian(feature.geometry)) })),
      );
      const path = join(dir, `${file}.geojson`);
      await writeFile(path, JSON.stringify({ type: 'FeatureCollection', features: collection }));
      const isTable = collection.every((feature) => feature.geometry === null);
      await publishSources(db, places, [path], {
        ...about,
        id,
        ...(isTable ? { kind: 'table' } : {}),
        onProgress: (fraction) => onProgress((index + fraction) / DEMO.length),
      });
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
