import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import type { Versions } from '../../storage/versions.ts';
import { layout } from '../../store/layout.ts';
import { publishSources } from '../publish.ts';
import { DEMO_RASTERS } from './rasters.ts';
import type { WrittenDemo } from './write.ts';

/** Publishes the demo data just as `geocrate publish` would publish its files. */
export async function publishDemo(
  db: Kysely<Schema>,
  dataDir: string,
  versions: Versions,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const places = layout(dataDir);
  const dir = join(places.publishingDir, 'demo');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    const demo = await writeDemo(dir);
    const count = demo.length + DEMO_RASTERS.length;
    for (const [index, { path, isTable, file: _, ...about }] of demo.entries()) {
      const onPart = (fraction: number) => onProgress((index + fraction) / count);
      await publishSources(db, places, [path], { ...about, ...(isTable ? { kind: 'table' } : {}), onProgress: onPart }, versions);
    }
    for (const [index, { write, ...about }] of DEMO_RASTERS.entries()) {
      const source = await write(dir);
      const onPart = (fraction: number) => onProgress((demo.length + index + fraction) / count);
      await publishSources(db, places, [source], { ...about, onProgress: onPart }, versions);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Writes the sources to a folder, those of rasters but for what `DEMO_RASTERS` makes of them. */
export async function writeDemo(dir: string): Promise<WrittenDemo[]> {
  const thread = new Worker(new URL('write.ts', import.meta.url), { workerData: dir });
  const [written]: WrittenDemo[][] = await once(thread, 'message');
  await thread.terminate();
  return written ?? [];
}
