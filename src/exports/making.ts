import { parentPort } from 'node:worker_threads';
import type { Written } from '../archive/archive.ts';
import { CropThreads } from '../raster/cropthreads.ts';
import { Crew } from '../vector/crew.ts';
import { type Made, type MakeRequest, makeArchive } from './make.ts';
import { isPassing, problemOf } from './problem.ts';
import type { ExportError } from './states.ts';

/** What the thread is told: to make an archive, and perhaps to stop. */
export type ToThread = { make: MakeRequest } | { stop: true };
/** What it says: how far it has come, what of the archive is written, and one of the others at the end. */
export type FromThread =
  | { item: number | null; step: string; fraction: number }
  | { written: Written }
  | { made: Made }
  | { problem: ExportError; reason: string; passing: boolean }
  | { stopped: true };

// What the thread of maker.ts does: makes one archive after the other.
const port = parentPort;
if (!port) throw new Error('This is the entry of a worker thread.');
const threads = { crew: new Crew(new URL('crewmember.ts', import.meta.url)), crops: new CropThreads() };
let stopping: AbortController | undefined;

function say(message: FromThread): void {
  port?.postMessage(message);
}

port.on('message', async (message: ToThread) => {
  if ('stop' in message) {
    stopping?.abort(new Error('stopped'));
    return;
  }
  const controller = new AbortController();
  stopping = controller;
  try {
    const made = await makeArchive(message.make, threads, controller.signal, {
      onStep: (item, step, fraction) => say({ item, step, fraction }),
      onWritten: (written) => say({ written }),
    });
    say({ made });
  } catch (error) {
    if (controller.signal.aborted) say({ stopped: true });
    else say({ problem: problemOf(error), reason: explain(error), passing: isPassing(error) });
  } finally {
    stopping = undefined;
  }
});

/** An error with its causes, for the log. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\ncaused by ${explain(error.cause)}`;
}
