import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isAway } from '../db/away.ts';
import { isDiskFull } from '../disk.ts';
import { SiteBusy } from '../exports/exports.ts';
import { StorageError } from '../storage/storage.ts';

/** An answer other than the one asked for: a status and one sentence that says what to do. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(status: number, detail: string, headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
  }
}

export function notFound(what: string): HttpError {
  return new HttpError(404, `There is no such ${what}.`);
}

/** Turns whatever a handler threw into `{"detail": …}`; only what the client did is told, the rest is logged. */
export function errorHandler(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) {
  // What a validator throws comes wrapped.
  if (!(error instanceof HttpError) && error.cause instanceof HttpError) return errorHandler(error.cause, request, reply);
  // What is refused before the first hook has none yet.
  reply.header('X-Request-Id', request.id);
  if (error instanceof HttpError) return reply.code(error.status).headers(error.headers).send({ detail: error.message });
  if (error instanceof SiteBusy) {
    const sentence = 'This site has as many exports in the making as it takes on. Try again in a minute.';
    return reply.code(503).header('Retry-After', '60').send({ detail: sentence });
  }
  const detail = clientError(error);
  if (detail) return reply.code(detail.status).send({ detail: detail.sentence });
  request.log.error({ err: error }, 'request failed');
  if (error instanceof StorageError) {
    const sentence = 'The storage of this site does not answer now. Try again in a moment.';
    return reply.code(503).header('Retry-After', '10').send({ detail: sentence });
  }
  if (isDiskFull(error)) {
    const sentence = 'The disk of this server is full. Try again in a while; if it stays, tell the site.';
    return reply.code(503).header('Retry-After', '30').send({ detail: sentence });
  }
  if (isAway(error)) {
    const sentence = 'The database of this site does not answer now. Try again in a moment.';
    return reply.code(503).header('Retry-After', '10').send({ detail: sentence });
  }
  return reply.code(500).send({
    detail: 'Something went wrong here, not with your request. Try again; if it stays, tell the site with the X-Request-Id of this answer.',
  });
}

/** What the framework found wrong with a request, in our words. */
function clientError(error: FastifyError | Error): { status: number; sentence: string } | null {
  const code = 'code' in error ? error.code : '';
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { status: 415, sentence: 'Send the body as JSON, with Content-Type: application/json.' };
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, sentence: 'The body is too large. Send fewer items or a simpler extent.' };
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { status: 400, sentence: 'The body is not as long as Content-Length says.' };
  }
  if ('validation' in error && error.validation) return invalidRequest(error);
  if ('statusCode' in error && typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500) {
    return { status: error.statusCode, sentence: `${capital(error.message).replace(/\.$/, '')}.` };
  }
  return null;
}

/** A parameter that is not what the route's schema asks for. */
function invalidRequest({ validation, validationContext }: FastifyError): { status: number; sentence: string } {
  // Nothing has an id that is no id.
  if (validationContext === 'params') return { status: 404, sentence: 'There is nothing at this address.' };
  const [first] = validation ?? [];
  const name = first?.instancePath.split('/')[1] ?? 'The request';
  const choices = first?.params.allowedValues;
  const rule = Array.isArray(choices) ? `must be one of ${choices.join(', ')}` : (first?.message ?? 'is not valid');
  return { status: 400, sentence: `${name} ${rule}.` };
}

/** Answers `Expect` with anything but `100-continue` (RFC 9110 section 10.1.1), which Node keeps from the app. */
export function unknownExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const body = JSON.stringify({ detail: 'Of Expect only 100-continue is known here. Leave it out.' });
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': body.length, 'X-Request-Id': randomUUID() };
  response.writeHead(417, headers).end(body);
}

/** Answers what is not HTTP at all, and ends the connection. */
export function brokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The address or the headers are too long.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request took too long to arrive. Send it again.']
        : ['400 Bad Request', 'This is not a request that HTTP knows.'];
  const body = JSON.stringify({ detail });
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${randomUUID()}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
