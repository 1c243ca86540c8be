import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { noneMatch } from './conditional.ts';
import { HttpError } from './errors.ts';
import { ENCODINGS, type Encoding, type PageFile, PageFiles } from './pagefiles.ts';

/** Where `scripts/setup.mjs` has the page built. */
const BUILT_PAGE = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** Everything from this server alone, and no script or style that stands in the document or in a text (Content Security Policy Level 3). */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  // Maps make pictures of what they draw.
  "img-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'same-origin',
  'Permissions-Policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(self), gyroscope=(), microphone=(), payment=(), usb=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  Vary: 'Accept-Encoding',
};

/** What is no address of the page. */
const OTHERS = /^\/(?:services|site|docs|downloads)(?:\/|$)/;

/**
 * The page at `/`, and at every address below that a browser shows: which part of it is shown, its own script says.
 * @param folder what it was built into.
 */
export function pageRoutes(app: FastifyInstance, site: { config: Pick<Config, 'publicUrl'> }, folder = BUILT_PAGE): void {
  const files = new PageFiles(folder);
  const base = site.config.publicUrl ? new URL(site.config.publicUrl).pathname.replace(/\/*$/, '/') : '/';
  app.route({ method: 'GET', url: '/*', schema: { hide: true }, config: { cost: 0 }, handler: answer });

  async function answer(request: FastifyRequest, reply: FastifyReply) {
    const [path = '/'] = request.url.split(/[?#]/, 1);
    if (OTHERS.test(path)) throw nothingHere();
    const file = path.endsWith('/index.html') ? null : await files.find(path);
    if (file) return send(request, reply, file);
    if (!/text\/html|application\/xhtml/.test(request.headers.accept ?? '') && path !== '/') throw nothingHere();
    const index = await files.find('/index.html');
    if (index) return send(request, reply, base === '/' ? index : below(index, base));
    return reply
      .code(503)
      .headers(HEADERS)
      .type('text/plain; charset=utf-8')
      .header('Cache-Control', 'no-store')
      .send('The page is not built yet. Run `npm start`, which builds it and starts this server, or `node scripts/setup.mjs`.\n');
  }
}

export function nothingHere(): HttpError {
  return new HttpError(404, 'There is nothing at this address. The API begins at /services/api/v1/, its description at /docs/.');
}

function send(request: FastifyRequest, reply: FastifyReply, file: PageFile) {
  const encoding = ENCODINGS.find((one) => file.bodies[one] !== null && takes(request.headers['accept-encoding'], one)) ?? 'identity';
  reply
    .headers(HEADERS)
    .type(file.type)
    .header('ETag', file.etag)
    .header('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (noneMatch(request).some((tag) => tag === file.etag || tag === '*')) return reply.code(304).send();
  if (encoding !== 'identity') reply.header('Content-Encoding', encoding);
  return reply.send(file.bodies[encoding]);
}

/** Whether a client says that it takes an encoding (RFC 9110 section 12.5.3). */
function takes(header: string | undefined, encoding: Encoding): boolean {
  return (header ?? '').split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return name === encoding && !parameters.some((one) => /^q=0(\.0*)?$/.test(one));
  });
}

/** The document for a site that stands below a path of its host: its own files are there too. */
function below(index: PageFile, base: string): PageFile {
  const text = (index.bodies.identity ?? Buffer.alloc(0))
    .toString()
    .replace(/ (src|href)="(?:\.\/|\/)(?!\/)/g, ` $1="${base}`)
    .replace('<head>', `<head>\n    <meta name="base-path" content="${base}" />`);
  return { ...index, etag: index.etag.replace(/"$/, '-below"'), bodies: { br: null, gzip: null, identity: Buffer.from(text) } };
}
