import { readdirSync, readFileSync } from 'node:fs';

/**
 * The resident memory of a process and all below it, in bytes; files count for each process that has them mapped. Read from what the kernel keeps count of
 * anyway: going through the pages of half a gigabyte ten times a second made exports a seventh slower. Linux only: 0 elsewhere.
 */
function treeMemory(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const own = [...status.matchAll(/^Rss(?:Anon|File|Shmem):\s+(\d+) kB/gm)].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0);
    const command = commandOf(pid);
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number),
    );
    // Until it is another program, a child is its parent's memory.
    return children.filter((child) => commandOf(child) !== command).reduce((sum, child) => sum + treeMemory(child), own * 1024);
  } catch {
    // It has ended.
    return 0;
  }
}

function commandOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return null;
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
