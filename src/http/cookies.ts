import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SESSION_TTL_MS } from '../catalog/sessions.ts';
import { reachedBy, type Site } from './site.ts';

type Reached = Pick<FastifyRequest, 'headers' | 'protocol' | 'host'>;

/**
 * The key of the session that a request's cookie holds. Each site has a cookie of its own: cookies of one host are sent to all its ports.
 * Over https only the form with the prefix counts, which no neighbouring host can set (RFC 6265bis section 4.1.3.2).
 */
export function sessionKey(site: CookieSite, request: Reached): string | undefined {
  const name = cookieName(site, request);
  for (const pair of request.headers.cookie?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    if (/^[0-9a-f]{64}$/.test(value)) return value;
  }
  return undefined;
}

/** Has the browser keep a session's key, where no script reads it and no other site's page sends it. */
export function setSessionCookie(site: CookieSite, request: Reached, reply: FastifyReply, key: string): void {
  reply.header('Set-Cookie', cookie(site, request, key, Math.floor(SESSION_TTL_MS / 1000)));
}

/** Has the browser forget it. */
export function clearSessionCookie(site: CookieSite, request: Reached, reply: FastifyReply): void {
  reply.header('Set-Cookie', cookie(site, request, '', 0));
}

type CookieSite = Pick<Site, 'config' | 'downloadSecret'>;

function cookie(site: CookieSite, request: Reached, value: string, maxAge: number): string {
  const secure = isSecure(site, request) ? '; Secure' : '';
  return `${cookieName(site, request)}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
}

function cookieName(site: CookieSite, request: Reached): string {
  const own = createHash('sha256').update(`cookie ${site.downloadSecret}`).digest('hex').slice(0, 8);
  return `${isSecure(site, request) ? '__Host-' : ''}geocrate-${own}`;
}

function isSecure({ config }: CookieSite, request: Reached): boolean {
  return (config.publicUrl ?? reachedBy(request)?.origin ?? '').startsWith('https:');
}
