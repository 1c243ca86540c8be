import { parentPort } from 'node:worker_threads';
import type { Written } from '../archive/archive.ts';
import { CropThreads } from '../raster/cropthreads.ts';
import { Crew } from '../vector/crew.ts';
import { type Answer, Asking, type Question } from './asking.ts';
import type { Unit, UnitMade } from './elsewhere.ts';
import { type Made, type MakeRequest, makeArchive, makeUnit } from './make.ts';
import { isPassing, problemOf } from './problem.ts';
import type { ExportError } from './states.ts';

/** What the thread is told: to make an archive, which may be split, or a unit of one; what it asked for; and perhaps to stop. */
export type ToThread =
  | { make: MakeRequest; split: boolean }
  | { make: MakeRequest; unit: Unit }
  | { answer: Answer; number: number }
  | { stop: true };
/** What it says: how far it has come, what of the archive is written, that it has heard that it is to stop, and one of the others at the end. */
export type FromThread =
  | { item: number | null; step: string; fraction: number }
  | { written: Written }
  | { question: Question; number: number }
  | { stopping: true }
  | { made: Made | UnitMade }
  | { problem: ExportError; reason: string; passing: boolean }
  | { stopped: true };

// What the thread of maker.ts does: makes one archive after the other.
const port = parentPort;
if (!port) throw new Error('This is the entry of a worker thread.');
const threads = { crew: new Crew(new URL('crewmember.ts', import.meta.url)), crops: new CropThreads() };
let stopping: AbortController | undefined;
let asking: Asking | undefined;

function say(message: FromThread): void {
  port?.postMessage(message);
}

port.on('message', async (message: ToThread) => {
  if ('stop' in message) {
    say({ stopping: true });
    stopping?.abort(new Error('stopped'));
    return;
  }
  if ('answer' in message) {
    asking?.answered(message.number, message.answer);
    return;
  }
  const controller = new AbortController();
  const { signal } = controller;
  stopping = controller;
  try {
    const onStep = (item: number | null, step: string, fraction: number) => say({ item, step, fraction });
    if ('unit' in message) {
      const { make, unit } = message;
      say({ made: await makeUnit(make, unit, threads, signal, (step, fraction) => onStep(unit.item, step, fraction), null) });
      return;
    }
    asking = new Asking((number, question) => say({ number, question }), signal);
    const events = { onStep, onWritten: (written: Written) => say({ written }) };
    say({ made: await makeArchive(message.make, threads, signal, events, message.split ? asking : null) });
  } catch (error) {
    if (controller.signal.aborted) say({ stopped: true });
    else say({ problem: problemOf(error), reason: explain(error), passing: isPassing(error) });
  } finally {
    stopping = undefined;
    asking = undefined;
  }
});

/** An error with its causes, for the log. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\ncaused by ${explain(error.cause)}`;
}
