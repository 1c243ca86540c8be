import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

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
  if (error instanceof HttpError) return reply.code(error.status).headers(error.headers).send({ detail: error.message });
  const detail = clientError(error);
  if (detail) return reply.code(detail.status).send({ detail: detail.sentence });
  request.log.error({ err: error }, 'request failed');
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
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return { status: 400, sentence: 'The body is not valid JSON.' };
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

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
