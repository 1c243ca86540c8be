import { join } from 'node:path';

/** Where things lie in the data directory. */
export interface Layout {
  /** The folder of a version, by the hash of its content. Immutable once it is there. */
  versionDir(content: string): string;
  /** All versions' folders. */
  storeDir: string;
  /** What is kept here of versions that lie in a bucket, a folder a version. */
  cacheDir: string;
  /** One folder for each source that is being published. */
  publishingDir: string;
  /** One folder for each export that is being made. */
  exportingDir: string;
  /** One folder for each tile of a map that is being made. */
  previewDir: string;
  /** Files that are uploaded to be published. */
  uploadDir: string;
}

export function layout(dataDir: string): Layout {
  const storeDir = join(dataDir, 'store');
  return {
    storeDir,
    cacheDir: join(dataDir, 'cache'),
    versionDir(content) {
      if (!/^[0-9a-f]{16,64}$/.test(content)) throw new Error('Not the name of a version.');
      return join(storeDir, content);
    },
    publishingDir: join(dataDir, 'tmp', 'publish'),
    exportingDir: join(dataDir, 'tmp', 'export'),
    previewDir: join(dataDir, 'tmp', 'preview'),
    uploadDir: join(dataDir, 'tmp', 'upload'),
  };
}
