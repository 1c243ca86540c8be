import { statfsSync } from 'node:fs';
import { GdalError } from '../gdal/process.ts';
import { ExportFailure } from './writer.ts';

/** Less than this free after a failure means that the disk was full. */
const FULL = 4 << 20;

/** What went wrong as a failure with a code where the reason is a full disk, or else the error itself. */
export function failure(error: unknown, folder: string): unknown {
  if (error instanceof ExportFailure) return error;
  const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  // GDAL says many things when it cannot write, and seldom the reason.
  const silent =
    error instanceof GdalError && (/No space left|disk is full|quota exceeded/i.test(error.stderr) || freeBytes(folder) < FULL);
  return full || silent ? new ExportFailure('disk-full', 'The server has no disk space left for this export.') : error;
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
