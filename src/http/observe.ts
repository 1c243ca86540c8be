import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AnsweredRequest, RequestTrace } from '../monitor/trace.ts';
import type { Site } from './site.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The export that it was about, for the log. */
    exportId: number | null;
    /** Its span; null where no traces are sent. */
    trace: RequestTrace | null;
  }
}

/** Tells the log, the metrics and the traces of each request, once it was answered or its client has gone. */
export function observeRequests(app: FastifyInstance, { metrics, tracing }: Pick<Site, 'metrics' | 'tracing'>): void {
  app.decorateRequest('exportId', null);
  app.decorateRequest('trace', null);
  if (tracing) {
    app.addHook('onRequest', async (request) => {
      const { traceparent, tracestate } = request.headers;
      request.trace = tracing.request({ traceparent: single(traceparent), tracestate: single(tracestate) });
    });
  }
  app.addHook('onRequest', async (request, reply) => {
    // Not when the framework says that it has answered: of a client that went before the end it says nothing.
    reply.raw.once('close', () => tell(request, reply));
  });

  function tell(request: FastifyRequest, reply: FastifyReply): void {
    const about = answered(request, reply);
    const { method, route, path, status, from, to, exportId } = about;
    request.trace?.ended(about);
    metrics.answered(method, route, status, (to - from) / 1000);
    request.log.info(
      {
        method,
        path,
        status,
        ms: to - from,
        user_id: request.caller?.userId,
        ...(exportId === null ? {} : { export_id: exportId }),
        ...(reply.raw.writableFinished ? {} : { cut: true }),
      },
      'request',
    );
  }
}

/** Of a request whose client went before there was an answer, as nginx has it. */
const NOT_ANSWERED = 499;

function answered(request: FastifyRequest, reply: FastifyReply): AnsweredRequest {
  const { id, method, routeOptions, url, exportId } = request;
  const { headersSent, statusCode } = reply.raw;
  const to = Date.now();
  return {
    id,
    method,
    route: routeOptions.url ?? null,
    path: url.split('?')[0] ?? '',
    status: headersSent ? statusCode : NOT_ANSWERED,
    from: Math.round(to - reply.elapsedTime),
    to,
    exportId,
  };
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
