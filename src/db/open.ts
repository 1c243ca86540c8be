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
  if (config.databaseUrl !== null) return migrated(openServer(config.databaseUrl), false, async () => {});
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
  if (!lock) return borrowed(config.dataDir);
  const held = lock;
  try {
    const source = await openEmbedded(config.dataDir);
    const lender = await lendSessions(source, config.dataDir);
    return await migrated(source, true, async () => {
      // Commands that work through this process end first; new ones find no socket.
      await new Promise((resolve) => lender.close(resolve));
      await source.close();
      held.release();
    });
  } catch (error) {
    held.release();
    throw error;
  }
}

/** 5 s: longer than any restart takes to let go, shorter than anyone's patience. */
const OWNER_WAITS = 25;

/** The holder opens its socket a moment after it takes the lock. */
async function borrowed(dataDir: string): Promise<Database> {
  for (let tries = 0; ; tries++) {
    try {
      const source = borrowSessions(dataDir);
      await (await source.acquire()).release();
      return await migrated(source, false, async () => {});
    } catch (error) {
      if (tries === 50) throw error;
      await delay(100);
    }
  }
}

async function migrated(source: SqlSource, exclusive: boolean, close: () => Promise<void>): Promise<Database> {
  const db = new Kysely<Schema>({ dialect: sqlDialect(source) });
  await migrate(db);
  return { db, source, exclusive, close: exclusive ? close : () => source.close() };
}
