import type { FastifyRequest } from 'fastify';

/** What a client may already have, in the words of RFC 9110. */
export interface Validators {
  /** With its quotes. */
  etag: string;
  /** Milliseconds, cut to the second. */
  modified: number;
}

/** The entity tags of `If-None-Match`, with their quotes; `*` stands for any. */
export function noneMatch({ headers }: Pick<FastifyRequest, 'headers'>): string[] {
  // Some versions of curl keep the tags of all answers on the way one behind the other.
  return headers['if-none-match']?.match(/\*|"[^"]*"/g) ?? [];
}

/** Whether the client has it as it is: `If-None-Match`, or without that `If-Modified-Since` (RFC 9110 section 13.2.2). */
export function isFresh(request: Pick<FastifyRequest, 'headers'>, { etag, modified }: Validators): boolean {
  const tags = noneMatch(request);
  return tags.length > 0 ? tags.includes(etag) || tags.includes('*') : notModifiedSince(request, modified);
}

/** `If-Modified-Since`, where there is no `If-None-Match` that says more. */
export function notModifiedSince({ headers }: Pick<FastifyRequest, 'headers'>, modified: number): boolean {
  if (headers['if-none-match'] !== undefined) return false;
  return modified <= Date.parse(headers['if-modified-since'] ?? '');
}

/** Whether `Range` holds for what there is now: `If-Range` (RFC 9110 section 13.1.5). */
export function rangeHolds({ headers }: Pick<FastifyRequest, 'headers'>, { etag, modified }: Validators): boolean {
  const ifRange = headers['if-range'];
  return typeof ifRange !== 'string' || ifRange === etag || Date.parse(ifRange) === modified;
}
