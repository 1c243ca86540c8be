import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import { findCaller } from '../catalog/users.ts';
import type { Schema } from '../db/schema.ts';
import { HttpError } from './errors.ts';
import { queryOf } from './resource.ts';

/** Sets the caller of routes that have a scope: 401 without a known token, 403 when it does not allow this. */
export function authenticate(db: Kysely<Schema>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { scopes, keyInQuery } = request.routeOptions.config;
    if (!scopes) return;
    const { authorization } = request.headers;
    let wanted = scopes;
    let token = /^(?:key|bearer)\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
    if (keyInQuery) {
      // The address holds a token: pages that it leads to must not see it, and no cache may keep it.
      reply.header('Referrer-Policy', 'no-referrer').header('Cache-Control', 'private, no-cache');
      if (authorization === undefined) {
        token = queryOf(request).get('key') ?? undefined;
        // Addresses are passed on and written down: a token that may do more must not stand in one.
        wanted = ['links'];
      }
    }
    const caller = token && token.length <= 200 ? await findCaller(db, token) : undefined;
    if (!caller) {
      const sentence = token
        ? 'This token is not known here. Check it, or ask the site for another.'
        : 'A token is needed: send the header "Authorization: key <token>".';
      throw new HttpError(401, sentence, { 'WWW-Authenticate': 'key' });
    }
    if (!wanted.some((scope) => caller.scopes.includes(scope)))
      throw new HttpError(403, `This token lacks the scope ${wanted.join(' or ')}. Make one that has it.`);
    request.caller = caller;
  };
}
