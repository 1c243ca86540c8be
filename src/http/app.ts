import { randomUUID } from 'node:crypto';
import { fastifySwagger } from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { authenticate } from './auth.ts';
import { readJsonBodies } from './body.ts';
import { limitConnections, Places } from './capacity.ts';
import { cropLayerRoutes } from './croplayers.ts';
import { crossOrigin } from './crossorigin.ts';
import { crsRoutes } from './crs.ts';
import { dataRoutes } from './data.ts';
import { describeApi, descriptionRoutes, docsRoutes, SCHEMAS } from './description.ts';
import { downloadRoutes } from './downloads.ts';
import { brokenRequest, errorHandler, HttpError, unknownExpectation } from './errors.ts';
import { eventRoutes } from './events.ts';
import { exportRoutes } from './exports.ts';
import { facetRoutes } from './facets.ts';
import { healthRoutes } from './health.ts';
import { licenseRoutes } from './licenses.ts';
import { linkRoutes } from './links.ts';
import { metricsRoutes } from './metrics.ts';
import { observeRequests } from './observe.ts';
import { nothingHere, pageRoutes } from './page.ts';
import { previewRoutes } from './preview.ts';
import { publishRoutes } from './publish.ts';
import { limitRate } from './rate.ts';
import { sessionRoutes } from './session.ts';
import { reachedBy, type Site } from './site.ts';
import { FILE_MS, limitBodyTime } from './slow.ts';
import { countRequests } from './takeover.ts';
import { tileRoutes } from './tiles.ts';

/** The server, ready to listen. */
export function buildApp(site: Site, logger: FastifyBaseLogger): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: site.config.limits.bodyBytes,
    genReqId: () => randomUUID(),
    // A reverse proxy on this machine or network says how it was reached.
    trustProxy: ['loopback', 'linklocal', 'uniquelocal'],
    // A text of 310 digits reads as an infinite number, for which Ajv would else skip minimum and maximum.
    ajv: { customOptions: { strictNumbers: false } },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    frameworkErrors: errorHandler,
    clientErrorHandler: brokenRequest,
    // Of the longest; the others' bodies have less, below.
    requestTimeout: FILE_MS,
    // What a slow client does not take waits in memory, of which there may be thousands.
    http: { headersTimeout: 60_000, highWaterMark: 16 << 10 },
    // Said in our words, below.
    return503OnClosing: false,
  });
  app.decorateRequest('caller', null);
  observeRequests(app, site);
  countRequests(app.server);
  app.server.on('checkExpectation', unknownExpectation);
  readJsonBodies(app);
  app.setErrorHandler(errorHandler);
  limitConnections(app, site.config.capacity.connections);
  // Who waits for an export would keep a server from stopping.
  let stopping = false;
  app.addHook('preClose', () => {
    stopping = true;
    return site.watcher.close();
  });
  app.setNotFoundHandler(() => {
    throw nothingHere();
  });
  // Answers are written as they are: their schemas describe them, and the tests hold them to it.
  app.setSerializerCompiler(() => JSON.stringify);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id).header('X-Content-Type-Options', 'nosniff');
    if (stopping) throw new HttpError(503, 'This server is stopping. Try again in a moment.', { 'Retry-After': '5' });
    if (!reachedBy(request)) throw new HttpError(400, 'The Host header is not a host, or what a proxy says of it is not.');
    // A proxy before may go by the other one (RFC 9112 section 3.2).
    if ((request.raw.headersDistinct.host?.length ?? 0) > 1) throw new HttpError(400, 'The request names two hosts. Send Host once.');
    if (/%00/.test(request.url)) throw new HttpError(400, 'The address holds a NUL character.');
    const wanted = request.routeOptions.config.answers ?? 'application/json';
    if (request.url.startsWith('/services/') && wanted !== '*/*' && !accepts(request.headers.accept, wanted))
      throw new HttpError(406, `Answers here are ${wanted}. Send Accept: ${wanted}.`);
  });
  app.addHook('onRequest', limitBodyTime);
  app.addHook('onRequest', crossOrigin);
  const { requestsPerMinute } = site.config.limits;
  const limit = requestsPerMinute === null ? null : limitRate(requestsPerMinute);
  const known = authenticate(site);
  app.addHook('onRequest', async (request, reply) => {
    try {
      await known(request, reply);
    } finally {
      // Who is not known, or may not, counts too.
      await limit?.(request);
    }
  });
  app.register(fastifySwagger, describeApi(site));
  app.register(async (described) => {
    for (const schema of SCHEMAS) described.addSchema(schema);
    const streams = new Places(site.config.capacity.streams, 'streams of events');
    for (const version of ['v1', 'v1.x']) {
      described.register(
        async (api) => {
          // Both serve the same; one description does for both.
          if (version !== 'v1') {
            api.addHook('onRoute', (route) => {
              route.schema = { ...route.schema, hide: true };
            });
          }
          exportRoutes(api, site);
          eventRoutes(api, site, streams);
          linkRoutes(api, site);
          cropLayerRoutes(api, site);
          dataRoutes(api, site);
          tileRoutes(api, site);
          licenseRoutes(api, site);
          descriptionRoutes(api);
        },
        { prefix: `/services/api/${version}` },
      );
    }
    downloadRoutes(described, site);
    healthRoutes(described, site);
    metricsRoutes(described, site);
    sessionRoutes(described, site);
    previewRoutes(described, site);
    crsRoutes(described);
    facetRoutes(described, site);
    publishRoutes(described, site);
    docsRoutes(described, site);
    pageRoutes(described, site);
  });
  return app;
}

/** Whether a list of media ranges (RFC 9110 section 12.5.1) takes a type. */
function accepts(header: string | undefined, type: string): boolean {
  if (header === undefined || header.trim() === '') return true;
  const [family] = type.split('/');
  return header.split(',').some((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return ['*/*', `${family}/*`, type].includes(name) && !parameters.some((one) => /^q=0(\.0*)?$/.test(one));
  });
}
