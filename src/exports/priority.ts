import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';

/** Lets the server's own thread go before this one: answers come before the exports that are made. Linux alone has priorities of threads. */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    // The link is `PID/task/TID`.
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Without /proc it goes on as it is.
  }
}
