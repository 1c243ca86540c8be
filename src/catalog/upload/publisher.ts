import { rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { readConfig } from '../../config.ts';
import { openDatabase } from '../../db/open.ts';
import { confineGdal } from '../../gdal/confinement.ts';
import { gdalInstallation } from '../../gdal/drivers.ts';
import { threadGivesWay } from '../../priority.ts';
import { openStores, type Stores } from '../../storage/open.ts';
import { layout } from '../../store/layout.ts';
import { comesOfFullDisk, PublishError } from '../publish/failure.ts';
import { sourcesAmong } from '../publish/zipped.ts';
import { type PublishOptions, publishSources } from '../publish.ts';
import { closedDrivers, refuseReferences } from './hostile.ts';
import { unpack } from './unpack.ts';
import { UNPACKED } from './uploads.ts';

/** What the process is asked to publish. */
export interface PublishTask {
  /** The upload's folder, and the file in it. */
  dir: string;
  file: string;
  options: Omit<PublishOptions, 'signal' | 'onProgress' | 'tileIdPattern' | 'untrusted'>;
  /** Of what a ZIP file holds. */
  maxBytes: number;
}

/** What it tells. */
export type PublisherNews =
  | { stage: 'unpacking' | 'publishing'; fraction: number; what: string }
  | { published: { id: number; kind: string; title: string; version: number; unchanged: boolean; warnings: string[] }[] }
  | { refused: string }
  | { failed: string };

/** Of one process of GDAL: what takes longer is a bomb, or for the command. */
const CPU_SECONDS = 3600;
/** How much larger than the largest upload a file may get that is made of one: what was compressed with losses is stored without. */
const FILE_TIMES = 16;
/** How much larger than the largest upload its pixels may be: empty places hardly need any bytes. */
const PIXEL_TIMES = 256;
/** Files in a ZIP file. */
const MOST_FILES = 20_000;

// A process of its own: what GDAL or a hostile file does to it, it does not do to the server. It works through the server's database.
process.once('message', (task: PublishTask) => {
  threadGivesWay();
  work(task)
    .catch((error): PublisherNews => {
      if (error instanceof PublishError) return { refused: withoutPaths(error.message, task.dir) };
      if (comesOfFullDisk(error, task.dir)) return { refused: 'The disk is full, so nothing was published. Tell whoever runs the site.' };
      return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    })
    .then((news) => process.send?.(news, () => process.exit(0)));
});
// What was written until then is removed before the process ends.
const cancelled = new AbortController();
process.once('SIGTERM', () => cancelled.abort(new PublishError('Cancelled: nothing was published.')));
// The server has ended.
process.once('disconnect', () => process.exit(1));

async function work({ dir, file, options, maxBytes }: PublishTask): Promise<PublisherNews> {
  const tell = (news: PublisherNews) => process.send?.(news);
  const config = readConfig();
  await confineGdal({
    dataDir: config.dataDir,
    closedDrivers: closedDrivers(await gdalInstallation()),
    cpuSeconds: CPU_SECONDS,
    fileBytes: FILE_TIMES * config.limits.uploadBytes,
  });
  const sources = await sourcesOf(dir, file, maxBytes, () => tell({ stage: 'unpacking', fraction: 0, what: '' }));
  const database = await openDatabase(config);
  let stores: Stores | undefined;
  try {
    let told = 0;
    const places = layout(config.dataDir);
    stores = await openStores(config.storage, config.storeCacheBytes, places);
    const how = {
      ...options,
      untrusted: { folder: dir, pixelBytes: PIXEL_TIMES * config.limits.uploadBytes },
      signal: cancelled.signal,
      onProgress(fraction: number, what: string) {
        if (Date.now() - told < 100) return;
        told = Date.now();
        tell({ stage: 'publishing', fraction, what: withoutPaths(what, dir) });
      },
    };
    const published = await publishSources(database.db, places, sources, how, stores.versions);
    return {
      published: published.map(({ id, kind, title, versionId, unchanged, warnings }) => {
        return { id, kind, title, version: versionId, unchanged, warnings: warnings.map((warning) => withoutPaths(warning, dir)) };
      }),
    };
  } finally {
    stores?.close();
    await database.close();
  }
}

/** What is published of an upload: the file, or the layers or rasters that a ZIP file holds. */
async function sourcesOf(dir: string, file: string, maxBytes: number, onUnpack: () => void): Promise<string[]> {
  if (extname(file).toLowerCase() !== '.zip') {
    await refuseReferences([file]);
    return [file];
  }
  onUnpack();
  const folder = join(dir, UNPACKED);
  // What an attempt that was not published has left.
  await rm(folder, { recursive: true, force: true });
  const names = await unpack(file, folder, { bytes: maxBytes, files: MOST_FILES });
  await refuseReferences(names.map((name) => join(folder, name)));
  const layers = sourcesAmong(names);
  if (names.length === 0) throw new PublishError('The ZIP file is empty.');
  return layers.length > 0 ? layers.map((name) => join(folder, name)) : [folder];
}

/** Nobody outside is told where files lie here. */
function withoutPaths(text: string, dir: string): string {
  return text
    .replaceAll(`${join(dir, UNPACKED)}/`, '')
    .replaceAll(join(dir, UNPACKED), 'the ZIP file')
    .replaceAll(`${dir}/`, '');
}
