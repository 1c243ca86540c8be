import { CliError } from './failure.ts';

/**
 * Fires, with a CliError of this sentence, when someone asks this process to end, so that what was begun can be undone.
 * A second such signal ends the process at once.
 */
export function interruptSignal(sentence: string): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => controller.abort(new CliError(sentence)));
  return controller.signal;
}
