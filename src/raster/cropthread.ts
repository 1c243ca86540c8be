import { parentPort } from 'node:worker_threads';
import { type Failed, failed } from '../vector/failure.ts';
import { type CropOptions, type CropResult, cropCog } from './cog/crop.ts';

/** What is to be cropped; plain data. `stop` ends the crop under way. */
export type ToCropThread = { crop: Omit<CropOptions, 'signal' | 'onProgress'> } | { stop: true };
export type FromCropThread = { fraction: number } | { result: CropResult } | { failed: Failed };

// The thread of cropthreads.ts: does one crop after the other.
const port = parentPort;
if (!port) throw new Error('This is the entry of a worker thread.');
let stopping: AbortController | undefined;

function say(message: FromCropThread): void {
  port?.postMessage(message);
}

port.on('message', async (message: ToCropThread) => {
  if ('stop' in message) {
    stopping?.abort();
    return;
  }
  const controller = new AbortController();
  stopping = controller;
  try {
    const onProgress = (fraction: number) => say({ fraction });
    say({ result: await cropCog({ ...message.crop, signal: controller.signal, onProgress }) });
  } catch (error) {
    say({ failed: failed(error) });
  }
});
