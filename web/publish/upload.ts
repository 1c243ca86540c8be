import { ApiError, detailOf, session } from '../api/client.ts';
import type { components } from '../api/schema.d.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';

export type Upload = components['schemas']['Upload'];

/**
 * Sends a file to the server. `progress` is told of the part that has gone, which `fetch` does not tell.
 * @throws {ApiError} when the server does not take it.
 */
export function uploadFile(file: File, progress: (fraction: number) => void, signal: AbortSignal): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', to(`/site/uploads/?filename=${encodeURIComponent(file.name)}`));
    request.setRequestHeader('X-CSRF-Token', session.value?.csrf_token ?? '');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded, total }) => progress(total === 0 ? 0 : loaded / total));
    request.addEventListener('load', () => {
      if (request.status === 201) resolve(request.response);
      else reject(new ApiError(request.status, detailOf(request.response) ?? texts.errors.status(request.status)));
    });
    request.addEventListener('error', () => reject(new ApiError(0, texts.errors.unreachable)));
    request.addEventListener('abort', () => reject(signal.reason));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
