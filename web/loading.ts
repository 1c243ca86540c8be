import { useEffect, useState } from 'preact/hooks';
import { ApiError } from './api/client.ts';
import { texts } from './texts.ts';

export type Loading<T> =
  | { state: 'loading' }
  | { state: 'done'; value: T; stale: boolean }
  | { state: 'failed'; error: ApiError; again: () => void };

/**
 * What an asynchronous function gives, for the time that a component is shown; asked for anew when a dependency changes. What was there stays, as `stale`,
 * until the new is.
 */
export function useLoading<T>(load: (signal: AbortSignal) => Promise<T>, dependencies: readonly unknown[]): Loading<T> {
  const [turn, setTurn] = useState(0);
  const [result, setResult] = useState<Loading<T>>({ state: 'loading' });
  useEffect(() => {
    const controller = new AbortController();
    if (result.state === 'failed') setResult({ state: 'loading' });
    if (result.state === 'done') setResult({ ...result, stale: true });
    load(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setResult({ state: 'done', value, stale: false });
      },
      (reason: unknown) => {
        if (controller.signal.aborted) return;
        const error = reason instanceof ApiError ? reason : new ApiError(0, texts.errors.unknown);
        if (!(reason instanceof ApiError)) console.error(reason);
        setResult({ state: 'failed', error, again: () => setTurn((before) => before + 1) });
      },
    );
    return () => controller.abort();
  }, [...dependencies, turn]);
  return result;
}
