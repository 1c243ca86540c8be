import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { cutAtAntimeridian } from './antimeridian.ts';
import { DEMO, type DemoDataset } from './sources.ts';

/** A dataset of the demo whose source is written. */
export interface WrittenDemo extends Omit<DemoDataset, 'features'> {
  path: string;
  isTable: boolean;
}

// A thread of its own: what the packages hold would else stay in the server's memory for good.
const written: WrittenDemo[] = [];
for (const { features, ...about } of DEMO) {
  const collection = await Promise.all(
    features().map(async (feature) => ({ ...feature, geometry: feature.geometry && (await cutAtAntimeridian(feature.geometry)) })),
  );
  const path = join(String(workerData), `${about.file}.geojson`);
  await writeFile(path, JSON.stringify({ type: 'FeatureCollection', features: collection }));
  written.push({ ...about, path, isTable: collection.every((feature) => feature.geometry === null) });
}
parentPort?.postMessage(written);
