import { execFileSync } from 'node:child_process';

export interface Child {
  pid: number;
  /** With its arguments. */
  command: string;
}

/** The processes that a process has started. */
export function childrenOf(pid: number | undefined): Child[] {
  const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return list.split('\n').flatMap((line) => {
    const [, child, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === pid ? { pid: Number(child), command } : [];
  });
}
