import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';

/** Lets the server's own thread go before a process: answers come before the exports that are made. */
export function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended, or is somebody else's: it goes on as it is.
  }
}

/** Lets the server's own thread go before this one. Linux alone has priorities of threads. */
export function threadGivesWay(): void {
  if (process.platform !== 'linux') return;
  try {
    // The link is `PID/task/TID`.
    giveWay(Number(basename(readlinkSync('/proc/thread-self'))));
  } catch {
    // Without /proc it goes on as it is.
  }
}
