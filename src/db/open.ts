import { setTimeout as delay } from 'node:timers/promises';
import { Kysely } from 'kysely';
import type { Config } from '../config.ts';
import { sqlDialect } from './dialect.ts';
import { openEmbedded } from './embedded.ts';
import { lockDataDir } from './lock.ts';
import { migrate } from './migrations.ts';
import type { Schema } from './schema.ts';
import { openServer } from './server.ts';
import { borrowSessions, lendSessions } from './socket.ts';
import type { SqlSource } from './sql.ts';

export interface Database {
  db: Kysely<Schema>;
  /** The same sessions, for the queue. */
  source: SqlSource;
  /** True when no other process can be working on this database unless it works through this one. */
  exclusive: boolean;
  close(): Promise<void>;
}

/**
 * Opens the database that the configuration names: a PostgreSQL server, or the embedded one in the data directory,
 * through the process that has it open where there is one.
 * @param options.owner this process must have the embedded database to itself (the server): waits while a short command has it.
 */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  options: { owner?: boolean; onWait?: () => void } = {},
): Promise<Database> {
  if (config.databaseUrl !== null) return opened(openServer(config.databaseUrl));
  let lock = lockDataDir(config.dataDir);
  if (!lock && options.owner) {
    options.onWait?.();
    for (let tries = 0; !lock; tries++) {
      if (tries === OWNER_WAITS)
        throw new Error(`Another geocrate server already runs on ${config.dataDir}. Stop it, or set GEOCRATE_DATA_DIR.`);
      await delay(200);
      lock = lockDataDir(config.dataDir);
    }
  }
  if (!lock) return (await borrowed(config.dataDir)) ?? openDatabase(config, options);
  const held = lock;
  const closing: (() => unknown)[] = [() => held.release()];
  const close = async () => {
    for (const one of closing.reverse()) await one();
  };
  try {
    const embedded = await openEmbedded(config.dataDir);
    closing.push(() => embedded.close());
    const lender = await lendSessions(embedded, config.dataDir);
    // Commands that work through this process end first; new ones find no socket.
    closing.push(() => new Promise((resolve) => lender.close(resolve)));
    return { ...(await migrated(embedded, true)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** 5 s: longer than any restart takes to let go, shorter than anyone's patience. */
const OWNER_WAITS = 25;

/** 30 s: the holder opens its socket a moment after it takes the lock, but on a new data directory it makes the database first. */
const BORROWER_WAITS = 150;

/** Works through the process that has the lock; null when that ended meanwhile. */
async function borrowed(dataDir: string): Promise<Database | null> {
  const source = borrowSessions(dataDir);
  for (let tries = 0; !(await answers(source)); tries++) {
    const free = lockDataDir(dataDir);
    free?.release();
    if (free) return null;
    if (tries === BORROWER_WAITS)
      throw new Error(`Another geocrate process has ${dataDir} but does not answer. Wait until it has ended, or stop it.`);
    await delay(200);
  }
  return opened(source);
}

async function answers(source: SqlSource): Promise<boolean> {
  try {
    await (await source.acquire()).release();
    return true;
  } catch {
    return false;
  }
}

/** A database that others work on, too; when it cannot be used its sessions are let go. */
async function opened(source: SqlSource): Promise<Database> {
  const close = () => source.close();
  try {
    return { ...(await migrated(source, false)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function migrated(source: SqlSource, exclusive: boolean): Promise<Omit<Database, 'close'>> {
  const db = new Kysely<Schema>({ dialect: sqlDialect(source) });
  await migrate(db);
  return { db, source, exclusive };
}
