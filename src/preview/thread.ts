import { parentPort } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { Basemap, type BasemapData } from './basemap.ts';
import { PreviewedVersion } from './cut.ts';
import type { TileAddress } from './mercator.ts';
import { pictureTile } from './picture.ts';

/** What a tile is of: a version by its folder, as vectors or as a picture, or the basemap. */
export type TileSource = { type: 'vector'; dir: string } | { type: 'picture'; dir: string; tempDir: string } | { type: 'basemap' };

export interface TileJob {
  id: number;
  tile: TileAddress;
  source: TileSource;
  /** Sent with the first tile of the basemap. */
  basemap?: BasemapData;
}

/** A vector tile compressed with gzip, or a PNG; empty where there is nothing in it. */
export type TileAnswer = { id: number; tile: Uint8Array } | { id: number; error: Error };

/** Versions that are kept open. */
const MOST_OPEN = 8;
const versions = new Map<string, Promise<PreviewedVersion>>();
let basemap: Basemap | undefined;

parentPort?.on('message', (job: TileJob) => {
  answer(job).then(
    (tile) => parentPort?.postMessage({ id: job.id, tile } satisfies TileAnswer),
    (error: Error) => parentPort?.postMessage({ id: job.id, error } satisfies TileAnswer),
  );
});

async function answer({ source, tile, basemap: data }: TileJob): Promise<Uint8Array> {
  if (data) basemap = new Basemap(data);
  if (source.type === 'picture') return pictureTile(source.dir, tile, source.tempDir);
  const bytes = source.type === 'basemap' ? basemap?.cut(tile) : await (await versionOf(source.dir)).cut(tile);
  return bytes && bytes.length > 0 ? gzipSync(bytes, { level: 4 }) : new Uint8Array();
}

function versionOf(dir: string): Promise<PreviewedVersion> {
  const known = versions.get(dir);
  if (known) {
    versions.delete(dir);
    versions.set(dir, known);
    return known;
  }
  const opened = PreviewedVersion.open(dir);
  versions.set(dir, opened);
  opened.catch(() => versions.delete(dir));
  for (const [oldest, version] of versions) {
    if (versions.size <= MOST_OPEN) break;
    versions.delete(oldest);
    version.then((one) => one.close()).catch(() => {});
  }
  return opened;
}
