import { deflatePart } from '../archive/deflated.ts';

/** zlib's levels, 1 to 9. */
export interface Levels {
  /** By the number of the stream. */
  streams: readonly number[];
  /** Of streams that have none, and of what stands before and behind the batches. */
  other: number;
}

/** What zip uses unless told: archives are at most a seventh larger than its. */
const USUAL = 6;
/** The most that the streams together may be larger than by the usual level. */
const LARGER = 1.14;
/** What is tried where a format's own level leaves too much. Level 3 saves little and takes as long as 4. */
const STEPS = [2, 4, 5, USUAL];
/** Of a stream, from its middle. */
const SAMPLE_BYTES = 192 << 10;
/** An output of so few batches is deflated in no time, by a level that is always good enough. */
const FEW_BATCHES = 3;
const GOOD = 5;

/**
 * The levels of deflate for an output's streams: fast ones that leave all of it little larger than the usual one does. The stream that loses most is
 * the first to get a higher level.
 * @param fastest zlib's, of the format: none below it is tried.
 * @param batches of the output.
 * @param first gives what the beginning of the output becomes, a content a stream.
 */
export async function chooseLevels(fastest: number, batches: number, first: () => Promise<readonly Uint8Array[]>): Promise<Levels> {
  if (batches <= FEW_BATCHES) return { streams: [], other: Math.max(fastest, GOOD) };
  const streams = (await first()).map((content) => new SampledStream(content, fastest));
  const most = LARGER * streams.reduce((sum, { usual }) => sum + usual, 0);
  while (streams.reduce((sum, { bytes }) => sum + bytes, 0) > most)
    streams.reduce((worst, stream) => (stream.loss > worst.loss ? stream : worst)).raise();
  return { streams: streams.map(({ level }) => level), other: fastest };
}

/** What a stream takes at a level, by a sample of it. */
class SampledStream {
  level: number;
  /** Of what there is of the stream, deflated. */
  bytes: number;
  /** The same by the usual level. */
  readonly usual: number;
  readonly #sample: Uint8Array;
  readonly #scale: number;

  constructor(content: Uint8Array, level: number) {
    const from = Math.max(0, (content.length - SAMPLE_BYTES) >> 1);
    this.#sample = content.subarray(from, from + SAMPLE_BYTES);
    this.#scale = content.length / Math.max(1, this.#sample.length);
    this.level = level;
    this.bytes = this.#at(level);
    this.usual = this.#at(USUAL);
  }

  /** How many times as large as by the usual level; 0 of a stream that has nothing. */
  get loss(): number {
    return this.bytes / Math.max(1, this.usual);
  }

  /** Takes the next step. */
  raise(): void {
    this.level = STEPS.find((step) => step > this.level) ?? USUAL;
    this.bytes = this.level === USUAL ? this.usual : this.#at(this.level);
  }

  #at(level: number): number {
    return this.#scale * deflatePart(this.#sample, level).length;
  }
}
