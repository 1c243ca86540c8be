import { Worker } from 'node:worker_threads';
import { answer, type Question } from './asking.ts';
import type { Elsewhere, Unit, UnitMade } from './elsewhere.ts';
import type { Made, MakeEvents, MakeRequest } from './make.ts';
import type { FromThread, ToThread } from './making.ts';
import type { ExportError } from './states.ts';

/** How long a thread that has nothing to do is kept: its code is compiled, so that its next export takes up to a second less than a new one's. */
const IDLE_MS = 5 * 60_000;
/** Bytes of a thread's heap that is not kept: what a large export left in it would add to what the next one takes. */
const MOST_HEAP = 64e6;
/** How long a thread may take to hear that it is to stop, in milliseconds: one that does not is in a call that may take minutes. */
const PATIENCE = 500;
const NOT_HEARD: MakeEvents = { onStep() {}, onWritten() {} };

/** An archive could not be made: what the user is told, and the reason for the log. */
export class MakingFailed extends Error {
  readonly problem: ExportError;
  /** Whether another attempt may go well. */
  readonly passing: boolean;
  constructor(problem: ExportError, reason: string, passing = false) {
    super(reason);
    this.problem = problem;
    this.passing = passing;
  }
}

/** Makes archives in threads of their own, so that a large one does not keep the server from answering. */
export class Maker {
  readonly #idle: { thread: Worker; timer: NodeJS.Timeout }[] = [];
  readonly #entry: URL;

  /** @param entry the module that a thread runs. */
  constructor(entry = new URL('thread.ts', import.meta.url)) {
    this.#entry = entry;
  }

  /**
   * Makes one archive.
   * @param elsewhere others who may make units of it; null: nobody.
   * @throws {MakingFailed}; the signal's reason when cancelled, once all work on it has ended.
   */
  async make(request: MakeRequest, signal: AbortSignal, events: MakeEvents, elsewhere: Elsewhere | null): Promise<Made> {
    const made = await this.#run({ make: request, split: elsewhere !== null }, signal, events, elsewhere);
    if ('told' in made) throw new Error('The thread made a unit in place of an archive.');
    return made;
  }

  /** Makes a unit of an archive; its files lie in the request's folder. Throws as `make`. */
  async makeUnit(request: MakeRequest, unit: Unit, signal: AbortSignal): Promise<UnitMade> {
    const made = await this.#run({ make: request, unit }, signal, NOT_HEARD, null);
    if (!('told' in made)) throw new Error('The thread made an archive in place of a unit.');
    return made;
  }

  async #run(order: ToThread, signal: AbortSignal, events: MakeEvents, elsewhere: Elsewhere | null): Promise<Made | UnitMade> {
    signal.throwIfAborted();
    const thread = this.#take();
    const { promise, resolve, reject } = Promise.withResolvers<Made | UnitMade>();
    let patience: NodeJS.Timeout | undefined;
    const stop = () => {
      thread.postMessage({ stop: true } satisfies ToThread);
      // The programs that it has started end with it.
      patience = setTimeout(() => thread.terminate(), PATIENCE);
    };
    const reply = async (number: number, question: Question) => {
      // What cannot be found out is made here.
      const found = elsewhere ? await answer(elsewhere, question).catch(() => null) : null;
      thread.postMessage({ number, answer: found } satisfies ToThread);
    };
    const onMessage = (message: FromThread) => {
      if ('step' in message) events.onStep(message.item, message.step, message.fraction);
      else if ('written' in message) events.onWritten(message.written);
      else if ('question' in message) reply(message.number, message.question);
      else if ('made' in message) resolve(message.made);
      else if ('stopping' in message) clearTimeout(patience);
      else if ('stopped' in message) reject(signal.reason);
      else reject(new MakingFailed(message.problem, message.reason, message.passing));
    };
    let broken = false;
    const onError = (error: Error) => {
      broken = true;
      if (signal.aborted) return reject(signal.reason);
      const memory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const message = memory
        ? 'This export needs more memory than the server has for one. Ask for fewer items or a smaller extent.'
        : 'Something went wrong here, not with your request. Create the export again; if it stays, tell the site its number.';
      reject(new MakingFailed({ code: memory ? 'too-large' : 'internal', message, item: null }, error.stack ?? error.message));
    };
    const onExit = (code: number) => onError(new Error(`The thread ended with code ${code}.`));
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', stop);
    try {
      thread.postMessage(order);
      return await promise;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(patience);
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      if (!broken) await this.#keepUnlessLarge(thread);
    }
  }

  #take(): Worker {
    const kept = this.#idle.pop();
    if (!kept) return new Worker(this.#entry);
    clearTimeout(kept.timer);
    kept.thread.ref();
    return kept.thread;
  }

  async #keepUnlessLarge(thread: Worker): Promise<void> {
    const heap = await thread.getHeapStatistics().catch(() => null);
    if (!heap || heap.total_heap_size > MOST_HEAP) await thread.terminate();
    else this.#keep(thread);
  }

  #keep(thread: Worker): void {
    thread.unref();
    const timer = setTimeout(() => {
      this.#idle.splice(
        this.#idle.findIndex((one) => one.thread === thread),
        1,
      );
      thread.terminate();
    }, IDLE_MS).unref();
    this.#idle.push({ thread, timer });
  }

  /** Ends the threads; nothing is being made any more. */
  async close(): Promise<void> {
    for (const { thread, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      await thread.terminate();
    }
  }
}
