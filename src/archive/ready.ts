import type { DeflatedContent } from './deflated.ts';

/** A file's content that goes into an archive as it is, summed up while it was written. */
export interface StoredContent {
  /** Of the file. */
  path: string;
  size: number;
  crc: number;
  /** Lower-case hexadecimal. */
  sha256: string;
}

/** Content that needs no work but to be copied. */
export type ReadyContent = DeflatedContent | StoredContent;
