import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { deflatePart } from '../src/archive/deflated.ts';

/** Bytes of files to be read, and to be deflated where there is a level. */
export interface Share {
  pieces: { path: string; from: number; to: number }[];
  level: number | null;
}

// A thread of the limit: what no program that reads the input and deflates the output can do without.
parentPort?.on('message', ({ pieces, level }: Share) => {
  let bytes = 0;
  for (const { path, from, to } of pieces) {
    const content = Buffer.allocUnsafe(to - from);
    const file = openSync(path, 'r');
    readSync(file, content, 0, content.length, from);
    closeSync(file);
    bytes += level === null ? content.length : deflatePart(content, level).length;
  }
  parentPort?.postMessage(bytes);
});
