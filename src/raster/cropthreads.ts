import { Worker } from 'node:worker_threads';
import { errorOf } from '../vector/failure.ts';
import type { CropOptions, CropResult } from './cog/crop.ts';
import type { FromCropThread, ToCropThread } from './cropthread.ts';

/**
 * Crops several GeoTIFFs at once, in threads of their own; each thread is as `cropCog`, and kept for the next crop. What blocks are read into and packed
 * to makes V8 collect garbage often, which costs little where nothing else lives.
 */
export class CropThreads implements AsyncDisposable {
  readonly #idle: Worker[] = [];

  /** @throws as `cropCog`; the thread has ended its work then. */
  async crop({ signal, onProgress, ...crop }: CropOptions): Promise<CropResult> {
    signal?.throwIfAborted();
    const thread = this.#take();
    const { promise, resolve, reject } = Promise.withResolvers<CropResult>();
    let broken = false;
    const onMessage = (message: FromCropThread) => {
      if ('fraction' in message) onProgress?.(message.fraction);
      else if ('result' in message) resolve(message.result);
      else reject(signal?.aborted ? signal.reason : errorOf(message.failed));
    };
    const onError = (error: unknown) => {
      broken = true;
      reject(error);
    };
    const onExit = () => onError(new Error('The thread that crops has ended.'));
    const stop = () => thread.postMessage({ stop: true } satisfies ToCropThread);
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal?.addEventListener('abort', stop);
    try {
      thread.postMessage({ crop } satisfies ToCropThread);
      return await promise;
    } finally {
      signal?.removeEventListener('abort', stop);
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      if (!broken) this.#keep(thread);
    }
  }

  #take(): Worker {
    const kept = this.#idle.pop();
    kept?.ref();
    return kept ?? new Worker(new URL('cropthread.ts', import.meta.url));
  }

  #keep(thread: Worker): void {
    thread.unref();
    this.#idle.push(thread);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => thread.terminate()));
  }
}
