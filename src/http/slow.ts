import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { brokenRequest } from './errors.ts';

/** How long a body may take to arrive, but for those of files. */
const BODY_MS = 120_000;
/** The same for a file. */
export const FILE_MS = 6 * 3_600_000;
/** How long a file may be silent. */
const SILENCE_MS = 60_000;
/** How long the client of an answer that lasts may take nothing of it. */
const STALLED_MS = 5 * 60_000;

/** Cuts an answer whose client takes nothing of it any more: it would keep its place for ever. One that is slow goes on, however slow. */
export function cutStalled(answer: ServerResponse | Socket, milliseconds = STALLED_MS): void {
  answer.setTimeout(milliseconds, () => answer.destroy());
}

/** Ends requests whose bodies take too long: a connection that sends a byte now and then costs as much as one that works. */
export async function limitBodyTime(request: FastifyRequest): Promise<void> {
  const { raw, headers } = request;
  if (headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0') return;
  if (request.routeOptions.config.slowBody) {
    raw.setTimeout(SILENCE_MS, () => raw.destroy());
    return;
  }
  const timer = setTimeout(() => {
    if (!raw.complete) brokenRequest(Object.assign(new Error('A body took too long.'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket);
  }, BODY_MS).unref();
  const clear = () => clearTimeout(timer);
  raw.once('end', clear).once('close', clear);
}
