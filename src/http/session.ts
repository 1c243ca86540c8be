import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import packageJson from '../../package.json' with { type: 'json' };
import { createSession, csrfToken, endSession, signInToken } from '../catalog/sessions.ts';
import { type Caller, findCaller, findSessionCaller, SCOPES } from '../catalog/users.ts';
import { nullable } from '../exports/resource.ts';
import { clearSessionCookie, sessionKey, setSessionCookie } from './cookies.ts';
import { HttpError } from './errors.ts';
import { operation, queryOf, ref, resource } from './resource.ts';
import type { Site } from './site.ts';

const limit = (description: string) => nullable(Type.Integer({ minimum: 0, description }));
const Session = Type.Object(
  {
    user: nullable(Type.String({ description: 'The name of who is signed in; null: nobody is.' })),
    scopes: Type.Array(Type.Enum([...SCOPES]), { description: 'What this browser may do.' }),
    csrf_token: nullable(Type.String({ description: 'To be sent as `X-CSRF-Token` with all but GET, where the cookie says who you are.' })),
    site_name: Type.String(),
    version: Type.String({ description: 'Of the software.' }),
    limits: Type.Object(
      {
        vertices: Type.Integer({ description: 'Of an extent, over all rings; closing points not counted.' }),
        items: Type.Integer({ description: 'In one export.' }),
        body_bytes: Type.Integer({ description: 'Of a request.' }),
        export_bytes: limit('Of an archive, by its estimate; null: no limit.'),
        active_exports: limit('Of a user in the making; null: no limit.'),
        upload_bytes: Type.Integer({ description: 'Of a file that is uploaded to be published.' }),
      },
      { additionalProperties: false },
    ),
  },
  { $id: 'Session', additionalProperties: false },
);
const SignIn = Type.Object(
  { token: Type.String({ description: 'A token of this site.' }) },
  { $id: 'SignIn', additionalProperties: false },
);
export const SESSION_SCHEMAS = [Session, SignIn];

/** `/site/session/` and `/site/sign-in`: how a browser signs in and out. */
export function sessionRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/site/session/', {
    GET: operation({
      summary: 'Get the session',
      description: 'Who is signed in in this browser, what they may do, and what the page needs to know of the site.',
      answers: { 200: ref(Session) },
      async handler(request, reply) {
        reply.header('Cache-Control', 'no-store');
        const key = sessionKey(site, request);
        const caller = key === undefined ? undefined : await findSessionCaller(site.db, key);
        return session(caller, caller && key);
      },
    }),
    POST: operation({
      ownPageOnly: true,
      summary: 'Sign in',
      description:
        'With a token. The answer sets a cookie, which the whole API takes where no `Authorization` is sent; all but GET then needs `X-CSRF-Token` as well. The session has the token’s user and scopes, and ends with it.',
      body: ref(SignIn),
      answers: { 201: ref(Session) },
      async handler(request, reply) {
        reply.header('Cache-Control', 'no-store');
        const { token }: { token?: unknown } = { ...Object(request.body) };
        if (typeof token !== 'string') throw new HttpError(400, 'Send {"token": "…"} with a token of this site.');
        const trimmed = token.trim();
        const caller = trimmed !== '' && trimmed.length <= 200 ? await findCaller(site.db, trimmed) : undefined;
        if (!caller) throw new HttpError(401, 'This token is not known here. Check it, or ask the site for another.', CHALLENGE);
        const key = await signIn(request, reply, caller.tokenId);
        return reply.code(201).send(session(caller, key));
      },
    }),
    DELETE: operation({
      ownPageOnly: true,
      summary: 'Sign out',
      answers: { 204: 'Nobody is signed in any more in this browser.' },
      async handler(request, reply) {
        const key = sessionKey(site, request);
        if (key !== undefined) await endSession(site.db, key);
        clearSessionCookie(site, request, reply);
        return reply.code(204).header('Cache-Control', 'no-store').send();
      },
    }),
  });
  resource(app, '/site/sign-in', {
    GET: operation({
      summary: 'Sign in by the link that the server prints',
      description: 'Signs the browser in and leads to the page. The link works until the server stops.',
      query: Type.Object({ key: Type.Optional(Type.String()) }),
      answers: { 303: 'To the page.' },
      accepts: '*/*',
      async handler(request, reply) {
        // The address holds a key: no cache may keep it, and no page may be told of it.
        reply.header('Referrer-Policy', 'no-referrer').header('Cache-Control', 'no-store');
        const { signInLink } = site;
        if (!signInLink || !isSame(queryOf(request).get('key') ?? '', signInLink.key))
          throw new HttpError(
            403,
            'This link is not valid any more. Use the one that the server printed when it started, or paste a token.',
          );
        if (request.method !== 'HEAD') {
          await signIn(request, reply, await signInToken(site.db, signInLink.user, signInLink.scopes));
        }
        // Relative, so that it holds behind any proxy.
        return reply.code(303).header('Location', '../').send();
      },
    }),
  });

  /** Always a new key, and never the one that came: whoever knew that knows nothing of this one. */
  async function signIn(request: FastifyRequest, reply: FastifyReply, tokenId: number): Promise<string> {
    const before = sessionKey(site, request);
    if (before !== undefined) await endSession(site.db, before);
    const key = await createSession(site.db, tokenId);
    setSessionCookie(site, request, reply, key);
    return key;
  }

  function session(caller: Caller | undefined, key: string | undefined) {
    const { limits, siteName } = site.config;
    return {
      user: caller?.userName ?? null,
      scopes: caller?.scopes ?? [],
      csrf_token: key === undefined ? null : csrfToken(key),
      site_name: siteName,
      version: packageJson.version,
      limits: {
        vertices: limits.vertices,
        items: limits.items,
        body_bytes: limits.bodyBytes,
        export_bytes: limits.exportBytes,
        active_exports: limits.activePerUser,
        upload_bytes: limits.uploadBytes,
      },
    };
  }
}

const CHALLENGE = { 'WWW-Authenticate': 'key' };

function isSame(sent: string, expected: string): boolean {
  const [a, b] = [Buffer.from(sent), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
