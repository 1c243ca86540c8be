import { deflatePart, WORDS } from '../archive/deflated.ts';

/** Of deflate: zlib's, 1 to 9, or `WORDS`. */
export interface Levels {
  /** By the number of the stream. */
  streams: readonly number[];
  /** Of streams that have none, and of what stands before and behind the batches: one of zlib's. */
  other: number;
}

/** What zip uses unless told: archives are at most a seventh larger than its. */
const USUAL = 6;
/** The most that the streams together may be larger than by the usual level, by a sample: what all of them become differs from it by some 2%. */
const LARGER = 1.14;
/** What is tried where a format's own level leaves too much. Level 3 saves little and takes as long as 4. */
const STEPS = [2, 4, 5, USUAL];
/** Nanoseconds that levels take a byte, or so. */
const TAKES: Readonly<Record<number, number>> = { [WORDS]: 4, 1: 9, 2: 10, 3: 12, 4: 13, 5: 17, [USUAL]: 25 };
/** Of a stream, from its middle. */
const SAMPLE_BYTES = 192 << 10;
/** An output of no more bytes is deflated in no time, by a level that is always good enough. */
const FEW_BYTES = 6 << 20;
const GOOD = 5;

/**
 * The levels of deflate for an output's streams: fast ones that leave all of it little larger than the usual one does. The stream in which a higher one
 * saves most for the time is the first to get it.
 * @param fastest of the format, of its streams one after the other and again from the first: none below it is tried.
 * @param bytes of the features.
 * @param first gives what the beginning of the output becomes, a content a stream.
 */
export async function chooseLevels(
  fastest: readonly number[],
  bytes: number,
  first: () => Promise<readonly Uint8Array[]>,
): Promise<Levels> {
  const other = Math.max(...fastest);
  if (bytes <= FEW_BYTES) return { streams: [], other: Math.max(other, GOOD) };
  const streams = (await first()).map((content, stream) => new SampledStream(content, fastest[stream % fastest.length] ?? other));
  const most = LARGER * streams.reduce((sum, { usual }) => sum + usual, 0);
  while (streams.reduce((sum, { bytes }) => sum + bytes, 0) > most)
    streams.reduce((best, stream) => (stream.saves > best.saves ? stream : best)).raise();
  return { streams: streams.map(({ level }) => level), other };
}

/** What a stream takes at a level, by a sample of it. */
class SampledStream {
  level: number;
  /** Of what there is of the stream, deflated. */
  bytes: number;
  /** The same by the usual level. */
  readonly usual: number;
  readonly #sample: Uint8Array;
  readonly #content: number;
  #next: { level: number; bytes: number } | null = null;

  constructor({ length, buffer, byteOffset }: Uint8Array, level: number) {
    // Words begin where the content's do.
    const from = Math.max(0, (length - SAMPLE_BYTES) >> 1) & ~3;
    this.#sample = new Uint8Array(buffer, byteOffset + from, Math.min(SAMPLE_BYTES, length - from));
    this.#content = length;
    this.level = level;
    this.bytes = this.#at(level);
    this.usual = this.#at(USUAL);
  }

  /** Bytes that the next step would save by the time that it takes more; less than any of a stream that has no next step, or nothing. */
  get saves(): number {
    if (this.level === USUAL || this.#content === 0) return Number.NEGATIVE_INFINITY;
    const { level, bytes } = this.#following;
    return (this.bytes - bytes) / (((TAKES[level] ?? 0) - (TAKES[this.level] ?? 0)) * this.#content);
  }

  /** Takes the next step. */
  raise(): void {
    ({ level: this.level, bytes: this.bytes } = this.#following);
    this.#next = null;
  }

  get #following(): { level: number; bytes: number } {
    if (!this.#next) {
      const level = STEPS.find((step) => step > this.level) ?? USUAL;
      this.#next = { level, bytes: level === USUAL ? this.usual : this.#at(level) };
    }
    return this.#next;
  }

  #at(level: number): number {
    return (this.#content / Math.max(1, this.#sample.length)) * deflatePart(this.#sample, level).length;
  }
}
