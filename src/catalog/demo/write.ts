import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { cutAtAntimeridian } from './antimeridian.ts';
import { continentOf } from './continents.ts';
import { CONTINENTS_FILE } from './rasters.ts';
import { DEMO, type DemoDataset } from './sources.ts';

/** A dataset of the demo whose source is written. */
export interface WrittenDemo extends Omit<DemoDataset, 'features'> {
  path: string;
  isTable: boolean;
}

// A thread of its own: what the packages hold would else stay in the server's memory for good. As in db/postgres.ts, something has to keep it.
parentPort?.ref();
const written: WrittenDemo[] = [];
for (const { features, ...about } of DEMO) {
  const collection = await Promise.all(
    features().map(async (feature) => ({ ...feature, geometry: feature.geometry && (await cutAtAntimeridian(feature.geometry)) })),
  );
  const path = join(String(workerData), `${about.file}.geojson`);
  await writeFile(path, JSON.stringify({ type: 'FeatureCollection', features: collection }));
  if (about.file === 'countries') {
    const classed = collection.map(({ type, geometry, properties }) => {
      return { type, geometry, properties: { continent: continentOf(String(properties?.name))?.value ?? 0 } };
    });
    await writeFile(join(String(workerData), CONTINENTS_FILE), JSON.stringify({ type: 'FeatureCollection', features: classed }));
  }
  written.push({ ...about, path, isTable: collection.every((feature) => feature.geometry === null) });
}
parentPort?.postMessage(written);
parentPort?.unref();
