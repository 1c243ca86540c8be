import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Site } from './site.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The export that it was about, for the log. */
    exportId: number | null;
  }
}

/** What is told of a request once it was answered. */
interface AnsweredRequest {
  id: string;
  method: string;
  /** The pattern of its route; null: there is none. */
  route: string | null;
  /** Without its query, which may hold keys. */
  path: string;
  status: number;
  /** When it began and ended, in milliseconds since 1970. */
  from: number;
  to: number;
  exportId: number | null;
}

/** Tells the log and the metrics of each request, once it was answered or its client has gone. */
export function observeRequests(app: FastifyInstance, { metrics }: Pick<Site, 'metrics'>): void {
  app.decorateRequest('exportId', null);
  app.addHook('onResponse', async (request, reply) => {
    const { method, route, path, status, from, to, exportId } = answered(request, reply);
    metrics.answered(method, route, status, (to - from) / 1000);
    request.log.info(
      {
        method,
        path,
        status,
        ms: to - from,
        user_id: request.caller?.userId,
        ...(exportId === null ? {} : { export_id: exportId }),
      },
      'request',
    );
  });
}

function answered(request: FastifyRequest, reply: FastifyReply): AnsweredRequest {
  const { id, method, routeOptions, url, exportId } = request;
  const to = Date.now();
  return {
    id,
    method,
    route: routeOptions.url ?? null,
    path: url.split('?')[0] ?? '',
    status: reply.raw.statusCode,
    from: Math.round(to - reply.elapsedTime),
    to,
    exportId,
  };
}
