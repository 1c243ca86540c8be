import { statfsSync } from 'node:fs';
import { isDiskFull } from '../../disk.ts';
import { GdalError } from '../../gdal/process.ts';

/** Why a source cannot be published, as one sentence for the publisher. */
export class PublishError extends Error {}

/** What GDAL said, without the passwords that a connection string may hold. */
export function withoutPasswords(text: string): string {
  return text.replace(/(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s']+)/gi, '$1…').replace(/(:\/\/[^:/\s@]+:)[^@\s]+@/g, '$1…@');
}

/** Less than this free after a failure means that the disk was full: GDAL seldom says so. */
const FULL_BYTES = 1 << 20;
/** What PostgreSQL calls a full disk (its appendix A). */
const DATABASE_FULL = '53100';

/** What GDAL says of one, where it says it; what it had written is gone by then. */
const FULL_WORDS = /No space left|Free disk space|Disk quota exceeded|Write error|Failed writing|not enough space/i;

/** Whether an error comes of a full disk. `folder`: where the files were being written. */
export function comesOfFullDisk(error: unknown, folder: string): boolean {
  if (isDiskFull(error) || (error instanceof Error && 'code' in error && error.code === DATABASE_FULL)) return true;
  if (error instanceof GdalError && FULL_WORDS.test(error.stderr)) return true;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < FULL_BYTES;
}
