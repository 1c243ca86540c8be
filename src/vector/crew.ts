import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Profile } from '../store/profile.ts';
import { errorOf, type Failed } from './failure.ts';
import type { EncodedBatch, Work } from './hand.ts';
import type { Levels } from './level.ts';
import type { BatchMeasure } from './measure.ts';
import type { Batch } from './select.ts';
import { ExportFailure } from './writer.ts';

/** A piece of work for a thread. What it works on is told once, and given up when all is done. */
export type ToHand =
  | { open: Work; kind: Profile['kind']; mimetype: string }
  | { close: true }
  | { measure: Batch; number: number }
  | { encode: Batch; number: number; start: readonly number[]; levels: Levels };
/** What a thread says. */
export type FromHand = { number: number; measured: BatchMeasure } | { number: number; encoded: EncodedBatch } | { failed: Failed };
/** Batches that a thread has before it, so that it never waits for the next one. */
const AHEAD = 2;
/** How long a thread may take to end what it does when the work is no longer wanted, in milliseconds. */
const PATIENCE = 400;

/** Of a thread's memory besides the buffers that it works in: little is allocated in its loops, so a small young generation is enough. */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

const TOO_MUCH = 'A feature of this item needs more memory than the server has for one. Ask for a smaller extent.';

interface Member {
  thread: Worker;
  waiting: number;
  /** Numbers of the batches that it had of what it works on. */
  had: Set<number>;
}

/** The threads that make an output's parts: one a core, kept for the next output. */
export class Crew {
  readonly #entry: URL;
  readonly #size: number;
  #members: Member[] = [];

  /**
   * @param entry the module that a thread runs.
   * @param size how many there are.
   */
  constructor(entry: URL, size = availableParallelism()) {
    this.#entry = entry;
    this.#size = size;
  }

  /** Tells all threads what they will be working on. */
  open(work: Work, kind: Profile['kind'], mimetype: string): void {
    while (this.#members.length < this.#size) {
      const thread = new Worker(this.#entry, { resourceLimits: LIMITS });
      thread.unref();
      this.#members.push({ thread, waiting: 0, had: new Set() });
    }
    for (const { thread, had } of this.#members) {
      had.clear();
      thread.postMessage({ open: work, kind, mimetype } satisfies ToHand);
    }
  }

  /** Tells all threads to give up what they worked on: its files and their memory. */
  release(): void {
    for (const { thread } of this.#members) thread.postMessage({ close: true } satisfies ToHand);
  }

  /**
   * Hands out batches and gives what became of them, in their order.
   * @param message what a thread is told of a batch.
   * @throws the signal's reason when cancelled: no thread works on it then.
   */
  async *run(count: number, message: (number: number) => ToHand, signal: AbortSignal): AsyncGenerator<FromHand & { number: number }> {
    const done = new Map<number, FromHand & { number: number }>();
    let wake = () => {};
    let failure: unknown = null;
    const members = this.#members;
    const listeners = members.map((member) => ({
      message: (from: FromHand) => {
        member.waiting--;
        if ('failed' in from) failure ??= errorOf(from.failed);
        else done.set(from.number, from);
        wake();
      },
      error: (error: Error) => {
        member.waiting = 0;
        members.splice(members.indexOf(member), 1);
        const memory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        failure ??= memory ? new ExportFailure('too-large', TOO_MUCH) : error;
        wake();
      },
    }));
    members.forEach(({ thread }, index) => {
      const listener = listeners[index];
      if (!listener) return;
      thread.ref();
      thread.on('message', listener.message).on('error', listener.error);
    });
    const pairs = members.map((member, index) => ({ member, listener: listeners[index] }));
    const onAbort = () => wake();
    signal.addEventListener('abort', onAbort);
    try {
      let next = 0;
      for (let number = 0; number < count; number++) {
        for (;;) {
          signal.throwIfAborted();
          if (failure !== null) throw failure;
          // Not too far ahead of what the reader has taken, which bounds the memory.
          while (next < count && next <= number + members.length * AHEAD) {
            // Rather the one that measured it, which may know already what lies inside.
            const free = members.filter(({ waiting }) => waiting < AHEAD);
            const member = free.find(({ had }) => had.has(next)) ?? free.reduce<Member | null>(lessBusy, null);
            if (!member) break;
            member.waiting++;
            member.had.add(next);
            member.thread.postMessage(message(next++));
          }
          if (done.has(number)) break;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const result = done.get(number);
        done.delete(number);
        if (result) yield result;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      await this.#settle(() => new Promise((resolve) => (wake = resolve)));
      for (const { member, listener } of pairs) {
        if (!listener) continue;
        member.thread.off('message', listener.message).off('error', listener.error);
        member.thread.unref();
      }
    }
  }

  /** Waits until no thread has anything to do; those that take too long are ended. */
  async #settle(news: () => Promise<void>): Promise<void> {
    const until = performance.now() + PATIENCE;
    while (this.#members.some(({ waiting }) => waiting > 0)) {
      const left = until - performance.now();
      if (left <= 0) break;
      await Promise.race([news(), new Promise((resolve) => setTimeout(resolve, left))]);
    }
    const late = this.#members.filter(({ waiting }) => waiting > 0);
    this.#members = this.#members.filter(({ waiting }) => waiting === 0);
    await Promise.all(late.map(({ thread }) => thread.terminate()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.splice(0).map(({ thread }) => thread.terminate()));
  }
}

function lessBusy(one: Member | null, other: Member): Member {
  return one && one.waiting <= other.waiting ? one : other;
}
