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
/** The most that a stream may be larger than by the usual level. */
const LARGER = 1.12;
/** What is tried where a format's own level leaves too much. Level 3 saves little and takes as long as 4. */
const STEPS = [4, 5];
/** Of a stream, from its middle. */
const SAMPLE_BYTES = 192 << 10;
/** An output of so few batches is deflated in no time, by a level that is always good enough. */
const FEW_BATCHES = 3;
const GOOD = 5;

/**
 * The levels of deflate for an output's streams: the fastest that leave each of them little larger than the usual one does.
 * @param fastest zlib's, of the format: none below it is tried.
 * @param batches of the output.
 * @param first gives what the beginning of the output becomes, a content a stream.
 */
export async function chooseLevels(fastest: number, batches: number, first: () => Promise<readonly Uint8Array[]>): Promise<Levels> {
  if (batches <= FEW_BATCHES) return { streams: [], other: Math.max(fastest, GOOD) };
  const streams = (await first()).map((content) => {
    const from = Math.max(0, (content.length - SAMPLE_BYTES) >> 1);
    const sample = content.subarray(from, from + SAMPLE_BYTES);
    const most = LARGER * deflatePart(sample, USUAL).length;
    return [fastest, ...STEPS.filter((level) => level > fastest)].find((level) => deflatePart(sample, level).length <= most) ?? USUAL;
  });
  return { streams, other: fastest };
}
