import type { Writable } from 'node:stream';

/** Between two signs of life, which keep proxies from cutting a silent stream. */
const INTERVAL_MS = 15_000;

/** Gives streams of events a sign of life now and then: one timer for all, since there may be thousands. */
export class Heartbeat {
  readonly #streams = new Set<Writable>();
  #timer: NodeJS.Timeout | undefined;

  /** From now on, until it is closed. */
  add(stream: Writable): void {
    this.#streams.add(stream);
    this.#timer ??= setInterval(() => this.#beat(), INTERVAL_MS).unref();
    stream.once('close', () => {
      this.#streams.delete(stream);
      if (this.#streams.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
  }

  #beat(): void {
    // A comment, which nobody is told of (the HTML standard, section 9.2.6).
    for (const stream of this.#streams) if (!stream.writableEnded && !stream.writableNeedDrain) stream.write(':\n\n');
  }
}
