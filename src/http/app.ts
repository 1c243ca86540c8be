import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { authenticate } from './auth.ts';
import { cropLayerRoutes } from './croplayers.ts';
import { dataRoutes } from './data.ts';
import { downloadRoutes } from './downloads.ts';
import { errorHandler, HttpError } from './errors.ts';
import { exportRoutes } from './exports.ts';
import { licenseRoutes } from './licenses.ts';
import type { Site } from './site.ts';

/** The largest body: 100 items and an extent of 1,000 vertices, written without thrift, fill a tenth of it. */
const BODY_LIMIT = 1 << 20;

/** The server, ready to listen. */
export function buildApp(site: Site, logger: FastifyBaseLogger): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    genReqId: () => randomUUID(),
    // A reverse proxy on this machine or network says how it was reached.
    trustProxy: ['loopback', 'linklocal', 'uniquelocal'],
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    frameworkErrors: errorHandler,
    requestTimeout: 120_000,
  });
  app.decorateRequest('caller', null);
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler(errorHandler);
  app.setNotFoundHandler(() => {
    throw new HttpError(404, 'There is nothing at this address. The API begins at /services/api/v1/.');
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
    if (!URL.canParse(`http://${request.host}`)) throw new HttpError(400, 'The Host header is not a host.');
    if (!acceptsJson(request.headers.accept) && request.url.startsWith('/services/')) {
      throw new HttpError(406, 'Answers here are JSON. Send Accept: application/json.');
    }
  });
  app.addHook('onRequest', authenticate(site.db));
  for (const version of ['v1', 'v1.x']) {
    app.register(
      async (api) => {
        exportRoutes(api, site);
        cropLayerRoutes(api, site);
        dataRoutes(api, site);
        licenseRoutes(api, site);
      },
      { prefix: `/services/api/${version}` },
    );
  }
  downloadRoutes(app, site);
  return app;
}

function acceptsJson(accept: string | undefined): boolean {
  return accept === undefined || accept.trim() === '' || /application\/(json|\*)|\*\/\*/.test(accept);
}
