import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { csrfToken } from '../catalog/sessions.ts';
import { type Caller, findCaller, findSessionCaller } from '../catalog/users.ts';
import { sessionKey } from './cookies.ts';
import { HttpError } from './errors.ts';
import { queryOf } from './resource.ts';
import { reachedBy, type Site } from './site.ts';

type AuthSite = Pick<Site, 'config' | 'db' | 'downloadSecret'>;

/**
 * Sets the caller of routes that have a scope: 401 without a known token or session, 403 when it does not allow this. A browser's cookie counts
 * where no token is sent, and then only for requests that this site's own page sends.
 */
export function authenticate(site: AuthSite) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { scopes, keyInQuery, ownPageOnly } = request.routeOptions.config;
    if (ownPageOnly && isUnsafe(request)) refuseOtherSites(site, request);
    if (!scopes) return;
    // The answer is for this caller alone, whatever a cache between makes of `Authorization`.
    reply.header('Cache-Control', 'private, no-cache');
    const { authorization } = request.headers;
    const key = authorization === undefined ? sessionKey(site, request) : undefined;
    let wanted = scopes;
    let token = /^(?:key|bearer)\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
    if (keyInQuery) {
      // The address holds a token: pages that it leads to must not see it.
      reply.header('Referrer-Policy', 'no-referrer');
      if (authorization === undefined) {
        token = queryOf(request).get('key') ?? undefined;
        // Addresses are passed on and written down: a token that may do more must not stand in one.
        if (token !== undefined || key === undefined) wanted = ['links'];
      }
    }
    let caller: Caller | undefined;
    if (token !== undefined) caller = token.length <= 200 ? await findCaller(site.db, token) : undefined;
    else if (key !== undefined) {
      reply.header('Vary', 'Cookie');
      caller = await findSessionCaller(site.db, key);
      if (caller) checkOwnPage(site, request, key, keyInQuery ?? false);
    }
    if (!caller) {
      const sentence = token
        ? 'This token is not known here. Check it, or ask the site for another.'
        : key
          ? 'You are not signed in any more. Sign in again.'
          : 'A token is needed: send the header "Authorization: key <token>".';
      // No browser asks for a password because of this scheme.
      throw new HttpError(401, sentence, { 'WWW-Authenticate': 'key' });
    }
    if (!wanted.some((scope) => caller.scopes.includes(scope)))
      throw new HttpError(403, `This token lacks the scope ${wanted.join(' or ')}. Make one that has it.`);
    request.caller = caller;
  };
}

/** A browser sends a cookie whoever has it send a request, so what changes something must come from a page of this site. */
function checkOwnPage(site: AuthSite, request: FastifyRequest, key: string, changesByGet: boolean): void {
  if (changesByGet) {
    const from = request.headers['sec-fetch-site'];
    if (from === 'same-origin' || from === 'none') return;
    throw new HttpError(403, 'Direct links work by themselves with a token alone: send it as a header, or as key= in the address.');
  }
  if (!isUnsafe(request)) return;
  refuseOtherSites(site, request);
  const sent = Buffer.from(String(request.headers['x-csrf-token'] ?? ''));
  const expected = Buffer.from(csrfToken(key));
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected))
    throw new HttpError(
      403,
      'Send the header X-CSRF-Token with the csrf_token that /site/session/ answers, or a token instead of the cookie.',
    );
}

function isUnsafe({ method }: FastifyRequest): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** @throws {HttpError} 403 where a browser says that a page of another site, or of another port, sends this (Fetch Metadata; RFC 6454). */
function refuseOtherSites({ config }: AuthSite, request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': from } = request.headers;
  const own = [config.publicUrl && new URL(config.publicUrl).origin, reachedBy(request)?.origin];
  const isOther = (from !== undefined && from !== 'same-origin' && from !== 'none') || (origin !== undefined && !own.includes(origin));
  if (isOther) throw new HttpError(403, 'This was sent from a page of another site. Open this site’s own page and do it there.');
}
