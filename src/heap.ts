import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collector: NodeJS.GCFunction | undefined;

/** V8's own, of this thread. */
function collect(): NodeJS.GCFunction {
  if (!collector) {
    setFlagsFromString('--expose-gc');
    collector = runInNewContext('gc') as NodeJS.GCFunction;
  }
  return collector;
}

/**
 * Collects all garbage and gives the pages back; nothing else runs meanwhile, for some 0.2 s. Starting leaves a heap half as large again as what is
 * needed later; V8 would keep that until it is full.
 */
export function giveBackMemory(): void {
  collect()({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}

/**
 * Collects a thread's garbage, with the memory outside of its heap that nobody looks at any more: V8 does not while nothing happens. Of objects that
 * more will come of, one should be left: V8 throws the code away that it compiled for a shape of which there is none.
 */
export function collectGarbage(): void {
  collect()();
}
