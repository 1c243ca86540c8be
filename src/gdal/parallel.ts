import { availableParallelism } from 'node:os';

/** The machine's cores, which GDAL's processes share. */
export const CORES = availableParallelism();

/**
 * Does something for each, `width` at a time. The first failure ends those that have begun, by their signal.
 * @returns what came of each, in order.
 * @throws what the first failure threw.
 */
export async function eachInParallel<In, Out>(
  items: readonly In[],
  width: number,
  signal: AbortSignal | undefined,
  work: (item: In, index: number, signal: AbortSignal) => Promise<Out>,
): Promise<Out[]> {
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const results: Out[] = [];
  const queue = items.entries();
  const workers = Array.from({ length: Math.min(width, items.length) }, async () => {
    try {
      // All take from the same queue.
      for (const [index, item] of queue) {
        either.throwIfAborted();
        results[index] = await work(item, index, either);
      }
    } catch (error) {
      failed.abort(error);
    }
  });
  await Promise.all(workers);
  either.throwIfAborted();
  return results;
}
