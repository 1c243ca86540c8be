import { ArchiveError } from '../archive/archive.ts';
import { isDiskFull } from '../disk.ts';
import { GdalError } from '../gdal/process.ts';
import { StorageError } from '../storage/storage.ts';
import { ExportFailure } from '../vector/writer.ts';
import type { ExportError } from './states.ts';

/** An error of an item, with its place in the request. */
export class ItemError extends Error {
  readonly item: number;
  constructor(item: number, cause: unknown) {
    super('An item could not be made.', { cause });
    this.item = item;
  }
}

/** What is told of an export that there is no room for. */
export const DISK_FULL: ExportError = {
  code: 'disk-full',
  message: 'The server has no disk space left for this export. Create it again later; if it stays, tell the site.',
  item: null,
};

/** What went wrong as it is told to the user: a code and a sentence, without a path of this machine. */
export function problemOf(error: unknown): ExportError {
  const item = error instanceof ItemError ? error.item : null;
  const cause = error instanceof ItemError ? error.cause : error;
  if (cause instanceof ExportFailure || cause instanceof ArchiveError)
    return { code: cause.code, message: withoutPaths(cause.message), item };
  if (cause instanceof GdalError && cause.endedBy === 'SIGKILL')
    return {
      code: 'write-failed',
      message:
        'GDAL was ended from outside several times while it made this item, maybe for want of memory. Ask for a smaller extent, or create the export again later.',
      item,
    };
  if (cause instanceof GdalError)
    return { code: 'write-failed', message: `GDAL could not make this item: ${withoutPaths(cause.message)}`, item };
  if (cause instanceof StorageError)
    return {
      code: 'storage-unavailable',
      message: 'The storage of this site did not answer as it should. Create the export again in some minutes; if it stays, tell the site.',
      item,
    };
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (isDiskFull(cause)) return { ...DISK_FULL, item };
  if (code === 'ENOENT')
    return {
      code: 'version-missing',
      message: 'A layer version that this export needs is no longer there. Create the export again.',
      item,
    };
  return {
    code: 'internal',
    message: 'Something went wrong here, not with your request. Create the export again; if it stays, tell the site its number.',
    item,
  };
}

/** Whether it is no fault of the export, so that another attempt may go well: GDAL was killed by somebody, or by the system for memory. */
export function isPassing(error: unknown): boolean {
  if (error instanceof GdalError) return error.endedBy === 'SIGKILL';
  return error instanceof Error && error.cause !== undefined && isPassing(error.cause);
}

function withoutPaths(text: string): string {
  return text.replace(/(?:\/vsi\w+)?\/(?:[^\s'"`:,;()]+\/)+([^\s'"`:,;()]*)/g, '$1');
}
