import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FromPostgres, ToPostgres } from './postgres.ts';
import { resultOf, type SqlRequest, type SqlSource, sessionOver } from './sql.ts';

const FAULT = 'The embedded database has ended by a fault. Start Geocrate again: nothing that was accepted is lost.';

/**
 * PostgreSQL inside this process (PGlite), in a thread of its own so that the server answers while a query runs.
 * The caller holds the data directory's lock; two processes on one directory would corrupt it.
 */
export async function openEmbedded(dataDir: string): Promise<SqlSource> {
  const folder = join(dataDir, 'postgres');
  mkdirSync(folder, { recursive: true });
  // PGlite lets everybody read and write what it makes.
  chmodSync(folder, 0o700);
  const thread = new Worker(new URL('postgres.ts', import.meta.url), {
    workerData: folder,
    // Those of a script that was given by `-e` are none for a file.
    execArgv: [],
  });
  const waiting = new Map<number, PromiseWithResolvers<FromPostgres>>();
  let state: 'opening' | 'open' | 'closing' = 'opening';
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  thread.on('error', end).on('exit', () => {
    end(new Error('The database has ended.'));
    // Without it the process can do nothing more; whoever watches over it starts it again.
    if (state === 'open') throw new Error(`${FAULT} ${ended?.message}`);
  });
  thread.on('message', (message: FromPostgres) => {
    waiting.get(message.number)?.resolve(message);
    waiting.delete(message.number);
    // A process that has nothing left to wait for may end.
    if (waiting.size === 0) thread.unref();
  });
  let requests = 0;
  const ask = (session: number, request: ToPostgres['request']): Promise<FromPostgres> => {
    const answered = Promise.withResolvers<FromPostgres>();
    if (ended) answered.reject(ended);
    else {
      const number = requests++;
      waiting.set(number, answered);
      thread.ref();
      if (number > 0) thread.postMessage({ number, session, request } satisfies ToPostgres);
    }
    return answered.promise;
  };
  // The thread's first message tells whether it has opened the database.
  const { reply: opened } = await ask(0, null);
  if ('error' in opened) throw new Error(`The database in ${dataDir} cannot be opened: ${opened.error.message}.`);
  state = 'open';
  let sessions = 0;
  return {
    async acquire() {
      const session = ++sessions;
      let holds = false;
      const run = async (request: SqlRequest) => {
        // As long as nothing else is known.
        holds = true;
        const answer = await ask(session, request);
        holds = answer.holds;
        return resultOf(answer.reply);
      };
      return sessionOver(run, async () => {
        if (holds) await ask(session, null);
        holds = false;
      });
    },
    async copyTo(folder) {
      resultOf((await ask(++sessions, { copyTo: folder })).reply);
    },
    async close() {
      state = 'closing';
      await ask(0, null).catch(() => {});
      await thread.terminate();
    },
  };
}
