import { cpSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { collectGarbage } from '../heap.ts';
import { runOn, TYPES } from './client.ts';
import { replyTo, type SqlReply, type SqlRequest, type SqlResult } from './sql.ts';
import { Wire } from './wire.ts';

/** What the thread is asked: a session's request, a copy of the files, or with `null` that the session ends; session 0 ends with the database itself. */
export interface ToPostgres {
  number: number;
  session: number;
  request: SqlRequest | { copyTo: string } | null;
}

/** What it answers; number 0 is said once the database is open, or cannot be. */
export interface FromPostgres {
  number: number;
  reply: SqlReply;
  /** Whether the session has a transaction open, so that it is to be told when the session ends. */
  holds: boolean;
}

/** In place of what initdb says: an eighth of its buffers, since all of them stay in the process's memory once they were used. */
const SETTINGS = [
  'shared_buffers = 16MB',
  'max_connections = 10',
  "datestyle = 'iso, mdy'",
  'timezone = UTC',
  'log_timezone = UTC',
  "default_text_search_config = 'pg_catalog.english'",
];
/** Statements that are prepared once and stay so: ten times as fast as parsing and planning them again. */
const PREPARED = 300;
const DONE: SqlReply = { result: { rows: [], affectedRows: 0 } };

// The thread of embedded.ts.
const port = parentPort;
if (!port) throw new Error('This is the entry of a worker thread.');
// A thread that nothing keeps, as while V8 compiles PGlite, waits for V8's own threads, which may wait for it to collect garbage
// (nodejs/node#54918): of first starts one in ten never came to its end.
port.ref();

function say(number: number, reply: SqlReply, holds = false): void {
  port?.postMessage({ number, reply, holds } satisfies FromPostgres);
}

try {
  // Giving memory back would throw that code away, and what is compiled anew may be optimized.
  setFlagsFromString('--no-flush-liftoff-code');
  optimizeWebAssembly(false);
  const postgres = await PGlite.create({ dataDir: String(workerData), postgresqlconf: SETTINGS });
  const wire = new Wire(postgres);
  const client = new pg.Client({ stream: () => wire, types: TYPES, user: 'postgres', database: 'postgres' });
  await client.connect();
  optimizeWebAssembly(true);
  // Until V8 has done so once, it lets a heap grow far beyond what is in use.
  collectGarbage();
  port.on('message', takeTurns(postgres, wire, client));
  say(0, DONE);
} catch (error) {
  // What its file system has to say comes as a number without words.
  const message = error instanceof Error ? error.message : 'its files cannot be written; the disk may be full';
  say(0, { error: { message, code: undefined } });
  port.unref();
}

/**
 * Whether what V8 compiles from now on is optimized once it has run for long. Of the function in which PostgreSQL computes all expressions, 105 KB, V8
 * takes 600 MB for a second to optimize it (loops times variables), in each start; lists take as long without. What has run while opening stays as it is.
 */
function optimizeWebAssembly(isOn: boolean): void {
  for (const flag of ['wasm-dynamic-tiering', 'wasm-tier-up']) setFlagsFromString(`--${isOn ? '' : 'no-'}${flag}`);
}

/** Nothing is written meanwhile: all that writes is this thread. */
async function copy(postgres: PGlite, client: pg.Client, folder: string): Promise<SqlResult> {
  await client.query('CHECKPOINT');
  await postgres.syncToFs();
  cpSync(String(workerData), folder, { recursive: true, errorOnExist: true, force: false });
  return { rows: [], affectedRows: 0 };
}

/**
 * PGlite has one connection: requests are answered in the order in which they come, but while a session has a transaction open, those of the
 * others wait.
 */
function takeTurns(postgres: PGlite, wire: Wire, client: pg.Client): (message: ToPostgres) => void {
  const names = new Map<string, string>();
  const queue: ToPostgres[] = [];
  let holder = 0;
  let busy = false;
  function nameOf(text: string): string | undefined {
    if (names.size < PREPARED && !names.has(text)) names.set(text, `s${names.size}`);
    return names.get(text);
  }
  async function end(session: number): Promise<void> {
    if (session === 0) return postgres.close();
    if (session !== holder) return;
    holder = 0;
    await client.query('ROLLBACK');
  }
  async function answerNext(): Promise<void> {
    if (busy) return;
    busy = true;
    for (;;) {
      const at = holder === 0 ? 0 : queue.findIndex(({ session }) => session === holder);
      const [next] = at < 0 ? [] : queue.splice(at, 1);
      if (!next) break;
      const { number, session, request } = next;
      if (request && 'copyTo' in request) {
        say(number, await replyTo(copy(postgres, client, request.copyTo)));
      } else if (request) {
        const reply = await replyTo(runOn(client, request, request.values ? nameOf(request.text) : undefined));
        holder = wire.inTransaction ? session : 0;
        say(number, reply, wire.inTransaction);
      } else {
        await end(session).catch(() => {});
        say(number, DONE);
      }
    }
    busy = false;
  }
  return (message) => {
    queue.push(message);
    answerNext();
  };
}
