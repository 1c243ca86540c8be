import { statfsSync } from 'node:fs';
import { isDiskFull } from '../disk.ts';
import { GdalError } from '../gdal/process.ts';
import { ExportFailure } from './writer.ts';

/** Less than this free after a failure means that the disk was full. */
const FULL = 4 << 20;

/** What went wrong as a failure with a code where the reason is a full disk, or else the error itself. */
export function failure(error: unknown, folder: string): unknown {
  if (error instanceof ExportFailure) return error;
  // GDAL says many things when it cannot write, and seldom the reason.
  const silent =
    error instanceof GdalError && (/No space left|disk is full|quota exceeded/i.test(error.stderr) || freeBytes(folder) < FULL);
  return isDiskFull(error) || silent
    ? new ExportFailure(
        'disk-full',
        'The server has no disk space left for this export. Create it again later; if it stays, tell the site.',
      )
    : error;
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** An error on its way between threads, with what makes it one that a user is told. */
export interface Failed {
  failure: ExportFailure['code'] | null;
  /** The system's own, such as `ENOENT`. */
  code: string | null;
  message: string;
  stack: string;
}

/** An error as plain data. */
export function failed(error: unknown): Failed {
  const known = error instanceof Error ? error : new Error(String(error));
  return {
    failure: known instanceof ExportFailure ? known.code : null,
    code: 'code' in known && typeof known.code === 'string' ? known.code : null,
    message: known.message,
    stack: known.stack ?? known.message,
  };
}

export function errorOf({ failure, code, message, stack }: Failed): Error {
  const error = failure === null ? Object.assign(new Error(message), { code }) : new ExportFailure(failure, message);
  error.stack = stack;
  return error;
}
