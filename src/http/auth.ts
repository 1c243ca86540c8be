import type { FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import { findCaller } from '../catalog/users.ts';
import type { Schema } from '../db/schema.ts';
import { HttpError } from './errors.ts';

/** Sets the caller of routes that have a scope: 401 without a known token, 403 when it does not allow this. */
export function authenticate(db: Kysely<Schema>) {
  return async (request: FastifyRequest): Promise<void> => {
    const { scope } = request.routeOptions.config;
    if (!scope) return;
    const [, token] = /^(?:key|bearer)\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '') ?? [];
    const caller = token && token.length <= 200 ? await findCaller(db, token) : undefined;
    if (!caller) {
      const sentence = request.headers.authorization
        ? 'This token is not known here. Check the Authorization header: "Authorization: key <token>".'
        : 'A token is needed: send the header "Authorization: key <token>".';
      throw new HttpError(401, sentence, { 'WWW-Authenticate': 'key' });
    }
    if (!caller.scopes.includes(scope)) throw new HttpError(403, `This token lacks the scope ${scope}. Make one that has it.`);
    request.caller = caller;
  };
}
