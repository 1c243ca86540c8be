import { readdirSync, readFileSync } from 'node:fs';

/**
 * The resident memory of a process and all below it, in bytes. Files count for each process that has them mapped; what processes share otherwise counts
 * once, or a child would seem as large as its parent in the moment between fork and exec. Linux only: 0 elsewhere.
 */
function treeMemory(pid: number): number {
  try {
    const kilobytes = (file: string, key: string) =>
      Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'latin1'))?.[1] ?? 0);
    const own = kilobytes('smaps_rollup', 'Pss_Anon') + kilobytes('smaps_rollup', 'Pss_Shmem') + kilobytes('status', 'RssFile');
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number),
    );
    return children.reduce((sum, child) => sum + treeMemory(child), own * 1024);
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
