import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { watchMemory } from './memory.ts';
import type { BenchSite } from './site.ts';

/** One way of doing the work, once. Sizes and memory in bytes. */
export interface Measured {
  seconds: number;
  size: number;
  memory: number;
}

/** Makes an export through the API, from POST to `complete`. */
export async function exportIt(site: BenchSite, body: object): Promise<Measured> {
  const memory = watchMemory(site.pid);
  const { seconds, size } = await site.finish(body);
  return { seconds, size, memory: memory.stop() };
}

/** Runs commands one after the other in an empty folder with a folder `out`, and measures them and `out.zip`. */
export async function theirs(folder: string, steps: readonly (readonly [string, readonly string[]])[]): Promise<Measured> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'out'), { recursive: true });
  const started = performance.now();
  let memory = 0;
  for (const [name, args] of steps) {
    const child = spawn(name, args, { cwd: folder, stdio: 'ignore' });
    const watch = watchMemory(child.pid ?? 0);
    const [code] = await once(child, 'exit');
    memory = Math.max(memory, watch.stop());
    if (code !== 0) throw new Error(`${name} ended with code ${code}.`);
  }
  return { seconds: (performance.now() - started) / 1000, size: statSync(join(folder, 'out.zip')).size, memory };
}

export const TABLE_HEAD = `| work | theirs | Geocrate | ratio | to be | limit | above it | memory, theirs and ours | size, ours to theirs |
|---|---|---|---|---|---|---|---|---|
`;

/**
 * A line of the table.
 * @param floor how many times faster ours is meant to be at least; null where nobody said.
 * @param limit in seconds; null where it was not measured.
 */
export function row({ name, floor }: { name: string; floor: number | null }, us: Measured, them: Measured, limit: number | null): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  return `| ${[
    name,
    `${them.seconds.toFixed(1)} s`,
    `${us.seconds.toFixed(2)} s`,
    `${(them.seconds / us.seconds).toFixed(1)}×`,
    floor === null ? '' : `${floor}×`,
    limit === null ? '' : `${limit.toFixed(2)} s`,
    limit === null ? '' : `${(us.seconds / limit).toFixed(2)}×`,
    `${megabytes(them.memory)} MB, ${megabytes(us.memory)} MB`,
    `${(us.size / them.size).toFixed(3)}`,
  ].join(' | ')} |\n`;
}

/** The middle of each figure; of memory the most. */
export function median(all: readonly Measured[]): Measured {
  const middle = (of: (one: Measured) => number) => all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
  return {
    seconds: middle(({ seconds }) => seconds),
    size: middle(({ size }) => size),
    memory: Math.max(...all.map(({ memory }) => memory)),
  };
}
