import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { operation, ref, resource } from './resource.ts';
import type { Site } from './site.ts';

const Part = Type.Union(
  [
    Type.Object({ ok: Type.Literal(true), ms: Type.Integer({ description: 'After how many milliseconds it answered.' }) }),
    Type.Object({ ok: Type.Literal(false), message: Type.String({ description: 'What does not work.' }) }),
  ],
  { description: 'Whether it works.' },
);
const Ready = Type.Object(
  {
    ready: Type.Boolean(),
    database: Part,
    storage: Part,
    queue: Part,
    exports: Type.String({ description: 'What this process does for exports.' }),
  },
  { $id: 'Ready', additionalProperties: false },
);
export const HEALTH_SCHEMAS = [Ready];

/** `/healthz` and `/readyz`: for whoever starts servers anew and sends requests to them. */
export function healthRoutes(app: FastifyInstance, { ready }: Pick<Site, 'ready'>): void {
  resource(app, '/healthz', {
    GET: operation({
      summary: 'See whether the server lives',
      description: 'Answers as long as the process does. Whoever gets no answer may start it anew.',
      cost: 0,
      answers: { 200: Type.Object({ alive: Type.Boolean() }) },
      handler: () => ({ alive: true }),
    }),
  });
  resource(app, '/readyz', {
    GET: operation({
      summary: 'See whether the server is ready',
      description:
        '503 where the database or the storage does not answer or the queue stands still, and while the server stops: send requests to another.',
      cost: 0,
      answers: { 200: ref(Ready), 503: ref(Ready) },
      async handler(_request, reply) {
        const answer = await ready.look();
        if (!answer.ready) reply.code(503).header('Retry-After', '5');
        return reply.header('Cache-Control', 'no-store').send(answer);
      },
    }),
  });
}
