import { readdirSync, readFileSync } from 'node:fs';

const PAGE_BYTES = 4096;

/** The resident memory of a process and all below it, in bytes; memory that several share counts for each. Linux only: 0 elsewhere. */
function treeMemory(pid: number): number {
  try {
    const resident = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES;
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number),
    );
    return children.reduce((sum, child) => sum + treeMemory(child), resident);
  } catch {
    // It has ended.
    return 0;
  }
}

/** Looks at a process's memory until it is stopped; gives the most that it saw, in bytes. */
export function watchMemory(pid: number): { stop(): number } {
  let most = 0;
  const look = () => {
    most = Math.max(most, treeMemory(pid));
  };
  const timer = setInterval(look, 100);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}
