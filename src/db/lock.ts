import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Takes a data directory for this process alone, or answers null when another process has it. */
export function lockDataDir(dataDir: string): { release(): void } | null {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Error(
      `The data directory ${dataDir} cannot be made (${error instanceof Error ? error.message : error}). Set GEOCRATE_DATA_DIR to another.`,
    );
  }
  return lockFile(join(dataDir, 'lock'));
}

/**
 * Locks a file, which is made where it is not there; null when another process has it locked.
 * SQLite's file lock is the system's own: it goes with the process, however that ends, so nothing stale is left to judge.
 */
export function lockFile(path: string): { release(): void } | null {
  const lock = new DatabaseSync(path);
  try {
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) return null;
    throw error;
  }
  return { release: () => lock.close() };
}
