import type { StorageConfig } from '../config.ts';
import type { Layout } from '../store/layout.ts';
import { LocalStorage } from './local.ts';
import { LocalVersions } from './localversions.ts';
import type { Parts } from './parts.ts';
import type { Storage } from './storage.ts';
import type { Versions } from './versions.ts';

export interface Stores {
  storage: Storage;
  versions: Versions;
  /** What processes make for each other; null where there is no place for it that all machines have in common. */
  parts: Parts | null;
  /** Removes from this machine what it keeps of versions and need not have any more; see cache.ts. */
  cleanCache(before: number, isKnown: (content: string) => Promise<boolean>, dryRun: boolean): Promise<number>;
  close(): void;
}

/** Opens what the configuration names for archives and versions. The AWS SDK is loaded for a bucket alone. */
export async function openStores(storage: StorageConfig, cacheBytes: number | null, layout: Layout): Promise<Stores> {
  if (storage.kind === 'file') {
    return {
      storage: new LocalStorage(storage.dir),
      versions: new LocalVersions(layout),
      parts: null,
      cleanCache: async () => 0,
      close: () => {},
    };
  }
  const [{ Bucket }, { S3Storage }, { BucketVersions }, { Parts }] = await Promise.all([
    import('./bucket.ts'),
    import('./s3.ts'),
    import('./bucketversions.ts'),
    import('./parts.ts'),
  ]);
  const bucket = new Bucket(storage);
  const versions = new BucketVersions(bucket, layout, cacheBytes);
  return {
    storage: new S3Storage(bucket),
    versions,
    parts: new Parts(bucket),
    cleanCache: (before, isKnown, dryRun) => versions.clean(before, isKnown, dryRun),
    close: () => bucket.close(),
  };
}
