import { statfsSync } from 'node:fs';

/** Why a source cannot be published, as one sentence for the publisher. */
export class PublishError extends Error {}

/** What GDAL said, without the passwords that a connection string may hold. */
export function withoutPasswords(text: string): string {
  return text.replace(/(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s']+)/gi, '$1…').replace(/(:\/\/[^:/\s@]+:)[^@\s]+@/g, '$1…@');
}

/** Less than this free after a failure means that the disk was full: GDAL seldom says so. */
const FULL_BYTES = 1 << 20;
/** What Node, and PostgreSQL (its appendix A), call a full disk. */
const FULL_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT', '53100'];

/** Whether an error comes of a full disk. `folder`: where the files were being written. */
export function isDiskFull(error: unknown, folder: string): boolean {
  if (error instanceof Error && 'code' in error && FULL_CODES.includes(error.code)) return true;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < FULL_BYTES;
}
