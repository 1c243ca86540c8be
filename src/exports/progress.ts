import type { Stage } from './states.ts';

/** How often progress is written, and so how soon a cancel from another process is felt. */
const EVERY_MS = 400;
/** The archive's share of what is made for it: little where items come deflated. */
const ARCHIVE_SHARE = 0.25;
const DEFLATED_SHARE = 0.06;
/** The shares of an item's steps in its own progress; an item that has no crop gives it all to the writing. */
const CROP_SHARE = 0.45;

/** What an export is made of. */
interface Part {
  /** In any unit: larger parts count for more. */
  size: number;
  /** Whether it comes deflated. */
  deflated: boolean;
}

/** How far an attempt to make an export has come, reported now and then. */
export class Progress {
  readonly #weights: readonly number[];
  readonly #archiveShare: number;
  readonly #stages: Stage[] = [];
  readonly #report: (progress: number, stages: readonly Stage[]) => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #reporting: Promise<void> = Promise.resolve();

  /** @param report is never called again before it has returned. */
  constructor(parts: readonly Part[], report: (progress: number, stages: readonly Stage[]) => Promise<void>) {
    // A small item is work too: its process has to start.
    const weights = parts.map(({ size }) => size + 100_000);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#weights = weights.map((weight) => weight / total);
    this.#archiveShare = parts.reduce(
      (sum, { deflated }, item) => sum + (this.#weights[item] ?? 0) * (deflated ? DEFLATED_SHARE : ARCHIVE_SHARE),
      0,
    );
    this.#report = report;
    let busy = false;
    this.#timer = setInterval(() => {
      if (busy) return;
      busy = true;
      this.#reporting = this.#report(this.fraction, this.stages).finally(() => {
        busy = false;
      });
    }, EVERY_MS);
  }

  /** A step of an item (`crop`, `write`), or `archive` with no item, has come so far. */
  set(item: number | null, name: string, progress: number): void {
    const stage = this.#stages.find((one) => one.item === item && one.name === name);
    if (!stage) this.#stages.push({ item, name, progress });
    else stage.progress = Math.max(stage.progress, progress);
  }

  get stages(): readonly Stage[] {
    return this.#stages;
  }

  /** Of the whole, 0..1. */
  get fraction(): number {
    const items = this.#weights.reduce((sum, weight, item) => sum + weight * this.#ofItem(item), 0);
    return items * (1 - this.#archiveShare) + this.#of(null, 'archive') * this.#archiveShare;
  }

  /** Stops reporting; what is under way has ended when this returns. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reporting;
  }

  #ofItem(item: number): number {
    const write = this.#of(item, 'write');
    const hasCrop = this.#stages.some((stage) => stage.item === item && stage.name === 'crop');
    return hasCrop ? CROP_SHARE * this.#of(item, 'crop') + (1 - CROP_SHARE) * write : write;
  }

  #of(item: number | null, name: string): number {
    return this.#stages.find((stage) => stage.item === item && stage.name === name)?.progress ?? 0;
  }
}
