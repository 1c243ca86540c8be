/** Between two looks at the clock, and how much later than that is worth a line. */
const LOOK_MS = 500;
const STILL_MS = 3000;

/** What happened, in its order, and what must not have. */
export class Journal {
  readonly lines: string[] = [];
  readonly failures: string[] = [];
  readonly #started = Date.now();
  readonly #print: (line: string) => void;

  /** @param print shows each line as it comes. */
  constructor(print: (line: string) => void) {
    this.#print = print;
    let looked = performance.now();
    setInterval(() => {
      const late = performance.now() - looked - LOOK_MS;
      looked = performance.now();
      // Nobody's fault, but a reason for much.
      if (late > STILL_MS) this.note(`this machine stood still for ${(late / 1000).toFixed(1)} s`);
    }, LOOK_MS).unref();
  }

  /** An event. */
  note(text: string): void {
    const line = `${((Date.now() - this.#started) / 1000).toFixed(1).padStart(7)} s  ${text}`;
    this.lines.push(line);
    this.#print(line);
  }

  /** Something that no fault excuses. */
  fail(text: string): void {
    this.failures.push(text);
    this.note(`FAILED: ${text}`);
  }
}
