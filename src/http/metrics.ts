import type { FastifyInstance } from 'fastify';
import { operation, resource } from './resource.ts';
import type { Site } from './site.ts';

/** `/metrics`, for a Prometheus that has a token; on GEOCRATE_MONITOR it needs none. */
export function metricsRoutes(app: FastifyInstance, { metrics }: Pick<Site, 'metrics'>): void {
  resource(app, '/metrics', {
    GET: operation({
      scope: 'admin',
      cost: 0,
      summary: 'Measure the server',
      description: 'What this process has done and is doing, in the text format of Prometheus.',
      answers: { 200: { description: 'The metrics.', type: 'text/plain' } },
      accepts: '*/*',
      async handler(_request, reply) {
        const { type, text } = await metrics.text();
        return reply.type(type).header('Cache-Control', 'no-store').send(text);
      },
    }),
  });
}
