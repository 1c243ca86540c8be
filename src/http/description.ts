import type { SwaggerOptions } from '@fastify/swagger';
import { fastifySwaggerUi } from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import packageJson from '../../package.json' with { type: 'json' };
import { Options } from '../exports/resource.ts';
import { CROP_SCHEMAS } from './croplayers.ts';
import { CRS_SCHEMAS } from './crs.ts';
import { DATA_SCHEMAS } from './data.ts';
import { EXPORT_SCHEMAS } from './exports.ts';
import { FACET_SCHEMAS } from './facets.ts';
import { HEALTH_SCHEMAS } from './health.ts';
import { License, LicenseText } from './licenses.ts';
import { PREVIEW_SCHEMAS } from './preview.ts';
import { PUBLISH_SCHEMAS } from './publish.ts';
import { operation, Problem, resource } from './resource.ts';
import { SESSION_SCHEMAS } from './session.ts';
import type { Site } from './site.ts';
import { TILE_SCHEMAS } from './tiles.ts';

/** The schemas that have a name in the API's description. */
export const SCHEMAS = [
  Problem,
  Options,
  License,
  LicenseText,
  ...EXPORT_SCHEMAS,
  ...CROP_SCHEMAS,
  ...DATA_SCHEMAS,
  ...TILE_SCHEMAS,
  ...SESSION_SCHEMAS,
  ...PREVIEW_SCHEMAS,
  ...CRS_SCHEMAS,
  ...FACET_SCHEMAS,
  ...PUBLISH_SCHEMAS,
  ...HEALTH_SCHEMAS,
];

/** What the API's description (OpenAPI 3.1) says besides the routes. */
export function describeApi({ config }: Pick<Site, 'config'>): SwaggerOptions {
  const { limits, siteName, publicUrl } = config;
  const numbers = [
    `at most ${limits.items} items in an export`,
    `at most ${limits.vertices} vertices in an extent`,
    `at most ${limits.bodyBytes} bytes in a body`,
    ...(limits.activePerUser === null ? [] : [`at most ${limits.activePerUser} exports of a user in the making`]),
    ...(limits.exportBytes === null ? [] : [`at most ${limits.exportBytes} bytes in an archive, by its estimate`]),
    ...(limits.requestsPerMinute === null ? [] : [`at most ${limits.requestsPerMinute} requests a minute and token`]),
  ];
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: `${siteName}: export API`,
        version: packageJson.version,
        description: [
          'Find layers and tables, ask for some of them in a format, a coordinate system and an area of your choice, and download one archive.',
          'Send a token with each request: `Authorization: key <token>`. Addresses work with and without their last slash; `/services/api/v1.x/` serves the same. Errors are `{"detail": "one sentence that says what to do"}`. Lists are answered page by page, with `X-Resource-Range` and `Link`.',
          `Limits of this site: ${numbers.join(', ')}.`,
        ].join('\n\n'),
      },
      servers: [{ url: publicUrl ?? '/' }],
      components: {
        securitySchemes: {
          key: { type: 'apiKey', in: 'header', name: 'Authorization', description: '`key <token>`' },
          bearer: { type: 'http', scheme: 'bearer' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'geocrate-session',
            description:
              'A browser that has signed in at `/site/session/`, where no `Authorization` is sent; the cookie’s name is the site’s own. All but GET then needs the header `X-CSRF-Token` with the `csrf_token` of `/site/session/`.',
          },
          link: { type: 'apiKey', in: 'query', name: 'key', description: 'For direct links alone.' },
        },
      },
    },
    transform: ({ schema, url }) => ({ schema: { ...schema, tags: [tagOf(url)], operationId: operationId(schema.summary ?? '') }, url }),
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => (typeof json.$id === 'string' ? json.$id : `schema-${index}`) },
  };
}

/** The part of the API that an address belongs to; API.md has the same. */
function tagOf(url: string): string {
  if (url.startsWith('/site/')) return 'Page';
  if (/^\/(healthz|readyz|metrics)/.test(url)) return 'Operation';
  if (url.includes('/croplayers/')) return 'Crop layers';
  if (url.includes('/export/')) return 'Direct links';
  return /\/(exports|downloads)\//.test(url) ? 'Exports' : 'Layers, tables, catalogue';
}

/** `List exports` → `listExports`, for clients that are generated. */
function operationId(summary: string): string {
  return summary
    .replace(/[^A-Za-z ]/g, '')
    .toLowerCase()
    .replace(/ +(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `openapi.json` beside the resources that it describes. */
export function descriptionRoutes(app: FastifyInstance): void {
  resource(app, '/openapi.json', {
    GET: operation({
      summary: 'Get this description',
      description: 'OpenAPI 3.1.',
      answers: { 200: Type.Object({ openapi: Type.String() }) },
      handler: () => app.swagger(),
    }),
  });
}

/** Everything from this server alone, so that it works without the internet. */
const DOCS_CSP =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

/** `/docs/`: the description for people, made in the browser from what this server sends. */
export function docsRoutes(app: FastifyInstance, { config }: Pick<Site, 'config'>): void {
  app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', deepLinking: true, validatorUrl: null, layout: 'BaseLayout' },
    theme: {
      title: `${config.siteName}: export API`,
      favicon: [],
      css: [{ filename: 'width.css', content: '.swagger-ui .wrapper { max-width: 1100px; }' }],
    },
    staticCSP: DOCS_CSP,
  });
}
