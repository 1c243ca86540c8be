import type { FastifyReply, FastifyRequest } from 'fastify';

const EXPOSED =
  'Content-Disposition, Content-Range, ETag, Link, Location, Preference-Applied, Retry-After, X-Paginate-By, X-Request-Id, X-Resource-Range';
const ALLOWED = 'Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, If-Range, Prefer, Range';

/**
 * Lets pages of any origin use the API (the Fetch standard, "CORS protocol"): they send a token of their own, and get no answer to what a
 * browser sends with its cookie. What only this site's page needs is for no other.
 */
export async function crossOrigin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (!/^\/(?:services|docs|downloads)(?:\/|$)/.test(request.url)) {
    reply.header('Cross-Origin-Resource-Policy', 'same-origin');
    return;
  }
  reply.header('Access-Control-Allow-Origin', '*').header('Access-Control-Expose-Headers', EXPOSED);
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return;
  reply
    .header('Access-Control-Allow-Methods', 'GET, HEAD, POST, DELETE, OPTIONS')
    .header('Access-Control-Allow-Headers', ALLOWED)
    .header('Access-Control-Max-Age', '86400');
}
