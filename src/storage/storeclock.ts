/** A clock that was put forward or back by more than this is another clock. */
const STEP_MS = 5000;

/** The time by an object store's clock, as its answers tell it: it is the store that decides when a signature's time is over. */
export class StoreClock {
  #ahead = 0;
  #origin = Number.NaN;

  /** Takes the time from an answer's `Date` header (RFC 9110 section 6.6.1). */
  hear(date: string | undefined): void {
    const time = Date.parse(date ?? '');
    if (Number.isNaN(time)) return;
    this.#ahead = time - Date.now();
    this.#origin = origin();
  }

  /** Milliseconds since 1970; null when the store has told nothing yet, or this machine's clock was put right or wrong since, or the machine slept. */
  now(): number | null {
    return Math.abs(origin() - this.#origin) <= STEP_MS ? Date.now() + this.#ahead : null;
  }
}

/** When this process began, by the machine's clock as it goes now. */
function origin(): number {
  return Date.now() - performance.now();
}
