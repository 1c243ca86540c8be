import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Caller, Scope } from '../catalog/users.ts';
import { HttpError } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller's token must allow; none: no token is needed. */
    scope?: Scope;
  }
  interface FastifyRequest {
    /** Set on every route that has a scope. */
    caller: Caller | null;
  }
}

export interface Method {
  /** Absent: no token is needed. */
  scope?: Scope;
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const satisfies HTTPMethods[];
type MethodName = (typeof METHODS)[number];

/** One resource with all its methods; any other method is answered 405 with `Allow`. GET brings HEAD with it. */
export function resource(app: FastifyInstance, url: string, methods: Partial<Record<MethodName, Method>>): void {
  const allow = METHODS.filter((name) => methods[name] || name === 'OPTIONS')
    .flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
    .join(', ');
  for (const name of METHODS) {
    const method = methods[name];
    if (method) {
      app.route({ method: name, url, handler: method.handler, config: method.scope ? { scope: method.scope } : {} });
    } else if (name === 'OPTIONS') {
      app.route({ method: name, url, handler: (_request, reply) => reply.code(204).header('Allow', allow).send() });
    } else {
      const refuse = () => {
        throw new HttpError(405, `${name} does not work here. This address answers ${allow}.`, { Allow: allow });
      };
      // Refused before the body is looked at.
      app.route({ method: name, url, onRequest: refuse, handler: refuse });
    }
  }
}

/** The caller of a route that has a scope. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error('This route has no scope.');
  return request.caller;
}

/** A numeric id in the path; anything else does not exist. */
export function pathId(request: FastifyRequest, name: string, what: string): number {
  const params = request.params;
  const text = typeof params === 'object' && params !== null ? new Map<string, unknown>(Object.entries(params)).get(name) : undefined;
  if (typeof text === 'string' && /^\d{1,9}$/.test(text)) return Number(text);
  throw new HttpError(404, `There is no such ${what}.`);
}

/** A parameter of the query; absent when empty. */
export function queryText(request: FastifyRequest, name: string): string | undefined {
  return new URLSearchParams(request.url.split('?')[1] ?? '').get(name) || undefined;
}
