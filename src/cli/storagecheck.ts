import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { openStores, type Stores } from '../storage/open.ts';
import { layout } from '../store/layout.ts';
import type { Finding } from './finding.ts';

/** Puts a small archive into the storage, reads and lists it, and takes it away again. */
export async function checkStorage(config: Pick<Config, 'storage' | 'storeCacheBytes' | 'dataDir'>): Promise<Finding> {
  const { storage } = config;
  const where =
    storage.kind === 'file'
      ? storage.dir
      : `the bucket "${storage.bucket}"${storage.prefix && ` below "${storage.prefix}"`} at ${storage.endpoint ?? 'Amazon S3'}`;
  const what = `Storage: ${where}`;
  const places = layout(config.dataDir);
  const key = `doctor-${randomUUID()}.zip`;
  let stores: Stores | undefined;
  let dir: string | undefined;
  try {
    stores = await openStores(storage, config.storeCacheBytes, places);
    await mkdir(places.publishingDir, { recursive: true, mode: 0o700 });
    dir = await mkdtemp(join(places.publishingDir, 'doctor-'));
    await writeFile(join(dir, key), 'geocrate');
    const start = performance.now();
    await stores.storage.put(key, join(dir, key));
    const took = Math.ceil(performance.now() - start);
    const advice = await unreachable(stores, key);
    await stores.storage.removeUploads(new Date(0), true);
    return advice === null ? { state: 'ok', what: `${what}, written in ${took} ms` } : { state: 'missing', what, advice };
  } catch (error) {
    return { state: 'failed', what, advice: error instanceof Error ? error.message : String(error) };
  } finally {
    await stores?.storage.remove(key).catch(() => {});
    stores?.close();
    if (dir) await rm(dir, { recursive: true, force: true });
  }
}

/** Why what was put cannot be downloaded by its address; null where it can. */
async function unreachable({ storage }: Stores, key: string): Promise<string | null> {
  const address = await storage.address(key, { method: 'GET', filename: 'doctor.zip', validFor: 60_000 });
  if (address === null) return null;
  const { origin } = new URL(address);
  const said = await fetch(address, { signal: AbortSignal.timeout(10_000) })
    .then(async (answer) => (answer.ok && (await answer.text()) === 'geocrate' ? null : `answers ${answer.status}`))
    .catch((error: Error) => `does not answer (${error.cause instanceof Error ? error.cause.message : error.message})`);
  return said && `Downloads lead to ${origin}, which ${said} here. If clients cannot reach it either, set GEOCRATE_STORAGE_PUBLIC_URL.`;
}
