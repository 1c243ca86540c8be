import type { Elsewhere, OfferedUnit, Unit, UnitMade } from './elsewhere.ts';

/** What a thread asks of its process about units. */
export type Question = { offer: readonly OfferedUnit[] } | { keep: Unit } | { made: Unit };
export type Answer = boolean | UnitMade | null;

/** Answers a thread's question. */
export async function answer(elsewhere: Elsewhere, question: Question): Promise<Answer> {
  if ('offer' in question) return elsewhere.offer(question.offer).then(() => true);
  return 'keep' in question ? elsewhere.keep(question.keep) : elsewhere.made(question.made);
}

/** Other processes, as a thread sees them: it asks its own process. */
export class Asking implements Elsewhere {
  readonly #say: (number: number, question: Question) => void;
  readonly #signal: AbortSignal;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  /** A thread asks for one archive after the other; an answer that comes late is none to what is asked then. */
  static #number = 0;

  constructor(say: (number: number, question: Question) => void, signal: AbortSignal) {
    this.#say = say;
    this.#signal = signal;
  }

  answered(number: number, answer: Answer): void {
    this.#asked.get(number)?.(answer);
    this.#asked.delete(number);
  }

  async offer(units: readonly OfferedUnit[]): Promise<void> {
    await this.#ask({ offer: units });
  }

  async keep(unit: Unit): Promise<boolean> {
    return (await this.#ask({ keep: unit })) === true;
  }

  async made(unit: Unit): Promise<UnitMade | null> {
    const answer = await this.#ask({ made: unit });
    return typeof answer === 'object' ? answer : null;
  }

  #ask(question: Question): Promise<Answer> {
    this.#signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const stop = () => reject(this.#signal.reason);
    this.#signal.addEventListener('abort', stop);
    const number = ++Asking.#number;
    this.#asked.set(number, resolve);
    this.#say(number, question);
    return promise.finally(() => this.#signal.removeEventListener('abort', stop));
  }
}
