import type { FastifyRequest } from 'fastify';
import { HttpError } from './errors.ts';

const MINUTE_MS = 60_000;

/**
 * At most so many requests a minute and token; those without a token are counted by address. Each process counts for itself.
 * A bucket of tokens refills steadily, so that what was not used a minute ago may be used at once.
 */
export function limitRate(perMinute: number) {
  /** When each bucket would be full again, in milliseconds. */
  const fullAt = new Map<string, number>();
  const cost = MINUTE_MS / perMinute;
  let swept = Date.now();
  return async (request: FastifyRequest): Promise<void> => {
    const now = Date.now();
    if (now - swept > MINUTE_MS) {
      swept = now;
      for (const [key, at] of fullAt) if (at <= now) fullAt.delete(key);
    }
    const key = request.caller ? `token ${request.caller.tokenId}` : `address ${request.ip}`;
    const { cost: share = 1 } = request.routeOptions.config;
    if (share === 0) return;
    const after = Math.max(fullAt.get(key) ?? now, now) + share * cost;
    if (after - now > MINUTE_MS) {
      const seconds = Math.max(1, Math.ceil((after - now - MINUTE_MS) / 1000));
      throw new HttpError(429, `This site answers ${perMinute} requests a minute. Wait ${seconds} s.`, { 'Retry-After': String(seconds) });
    }
    fullAt.set(key, after);
  };
}
