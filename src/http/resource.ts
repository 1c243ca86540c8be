import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, FastifySchemaCompiler, HTTPMethods } from 'fastify';
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Caller, Scope } from '../catalog/users.ts';
import { HttpError } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller's token must allow: one of these. None: no token is needed. */
    scopes?: readonly Scope[];
    /** Whether the token may also come as `?key=`. */
    keyInQuery?: boolean;
    /** Whether a browser may send it only from a page of this site, also where nobody is signed in. */
    ownPageOnly?: boolean;
    /** Whether its body is a file, which may take hours. */
    slowBody?: boolean;
    /** How much of a request it counts as where these are limited; 1 unless told. */
    cost?: number;
    /** The media type of its answers, where that is not JSON. */
    answers?: string;
  }
  interface FastifyRequest {
    /** Set on every route that has a scope. */
    caller: Caller | null;
  }
}

/** Any answer but the one asked for. */
export const Problem = Type.Object(
  { detail: Type.String({ description: 'One sentence that says what to do.' }) },
  { $id: 'Problem', additionalProperties: false },
);

/** Refers to a schema that the app knows by its `$id`. */
export function ref<T extends TSchema>(schema: T) {
  if (!('$id' in schema)) throw new Error('Only a schema with an $id can be referred to.');
  return Type.Unsafe<Static<T>>({ $ref: `${schema.$id}#` });
}

/** What one method of a resource takes and gives; the API's description is made of these. */
interface Operation<Params extends TObject, Query extends TObject> {
  /** None: no token is needed. */
  scope?: Scope | readonly Scope[];
  keyInQuery?: boolean;
  /** Whether a browser may send it only from a page of this site, also where nobody is signed in. */
  ownPageOnly?: boolean;
  /** Whether its body is a file, which may take hours. */
  slowBody?: boolean;
  /** How much of a request it counts as where these are limited; 1 unless told. */
  cost?: number;
  summary: string;
  description?: string;
  params?: Params;
  query?: Query;
  /** What the body must be, for the description: a handler that reports all that is wrong with a body checks it itself. */
  body?: TSchema;
  /** Header fields that are looked at, by name. */
  headers?: Record<string, string>;
  /** The media type of its answers, where that is not JSON. */
  accepts?: string;
  /** By status; errors need no mention. A text stands for an answer without a JSON body. */
  answers: Readonly<Record<number, TSchema | string | { description: string; type: string }>>;
  handler: (request: FastifyRequest<{ Params: Static<Params>; Querystring: Static<Query> }>, reply: FastifyReply) => unknown;
}

type AnyOperation = Omit<Operation<TObject, TObject>, 'handler'> & { handler: (request: never, reply: FastifyReply) => unknown };

/** One method, with the types of its parameters. */
export function operation<Params extends TObject, Query extends TObject>(definition: Operation<Params, Query>): AnyOperation {
  return definition;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const satisfies HTTPMethods[];
type MethodName = (typeof METHODS)[number];

/** One resource with all its methods; any other method is answered 405 with `Allow`. GET brings HEAD with it. */
export function resource(app: FastifyInstance, url: string, methods: Partial<Record<MethodName, AnyOperation>>): void {
  const allow = METHODS.filter((name) => methods[name] || name === 'OPTIONS')
    .flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
    .join(', ');
  for (const name of METHODS) {
    const method = methods[name];
    if (method) {
      const scopes = method.scope === undefined ? [] : typeof method.scope === 'string' ? [method.scope] : method.scope;
      app.route({
        method: name,
        url,
        schema: describe(method, scopes),
        config: {
          ...(scopes.length > 0 ? { scopes } : {}),
          ...(method.keyInQuery ? { keyInQuery: true } : {}),
          ...(method.slowBody ? { slowBody: true } : {}),
          ...(method.ownPageOnly ? { ownPageOnly: true } : {}),
          ...(method.cost === undefined ? {} : { cost: method.cost }),
          ...(method.accepts ? { answers: method.accepts } : {}),
        },
        handler: (request, reply) => method.handler(request as never, reply),
        ...(method.body ? { validatorCompiler: anyObject } : {}),
        async onRequest(request, reply) {
          if (name === 'OPTIONS') reply.header('Allow', allow);
          checkIds(request, method.params);
        },
      });
    } else if (name === 'OPTIONS') {
      app.route({ method: name, url, schema: { hide: true }, handler: (_request, reply) => reply.code(204).header('Allow', allow).send() });
    } else {
      const refuse = () => {
        throw new HttpError(405, `${name} does not work here. This address answers ${allow}.`, { Allow: allow });
      };
      // Refused before the body is looked at.
      app.route({ method: name, url, schema: { hide: true }, onRequest: refuse, handler: refuse });
    }
  }
}

/** An id is digits alone; what else reads as a number (`0x1`, `1e0`) names nothing. */
function checkIds({ params }: FastifyRequest, schema: TObject | undefined): void {
  for (const [name, text] of Object.entries(Object(params))) {
    if (schema?.properties[name] === Id && !/^\d{1,9}$/.test(String(text))) throw new HttpError(404, 'There is nothing at this address.');
  }
}

/** For bodies whose handler reports all that is wrong with them: here they need only be objects. */
const anyObject: FastifySchemaCompiler<TSchema> =
  ({ schema, httpPart }) =>
  (body: unknown) => {
    // Numbers in the path were looked at before.
    if (httpPart !== 'body') return { value: Value.Convert(schema, body) };
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { value: body };
    return { error: new HttpError(400, 'Send a JSON object as the body.') };
  };

function describe(method: AnyOperation, scopes: readonly Scope[]): FastifySchema {
  const { summary, description, params, query, body, headers, answers } = method;
  const scoped = scopes.length > 0 ? `Scope: ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.` : 'Needs no token.';
  return {
    summary,
    description: [description, scoped].filter(Boolean).join('\n\n'),
    security: scopes.length > 0 ? [{ key: [] }, { bearer: [] }, { session: [] }, ...(method.keyInQuery ? [{ link: [] }] : [])] : [],
    ...(params ? { params } : {}),
    ...(query ? { querystring: query } : {}),
    ...(body ? { body } : {}),
    ...(headers
      ? {
          headers: Type.Object(
            Object.fromEntries(Object.entries(headers).map(([name, about]) => [name, Type.Optional(Type.String({ description: about }))])),
          ),
        }
      : {}),
    response: Object.fromEntries([
      ...Object.entries(answers).map(([status, answer]) => [status, describeAnswer(answer)]),
      ['default', { description: 'What went wrong, and what to do.', content: { 'application/json': { schema: ref(Problem) } } }],
    ]),
  };
}

function describeAnswer(answer: TSchema | string | { description: string; type: string }): object {
  if (typeof answer === 'string') return { description: answer, type: 'null' };
  if ('type' in answer && typeof answer.type === 'string' && answer.type.includes('/'))
    return { description: answer.description, content: { [answer.type]: { schema: { type: 'string' } } } };
  return { description: 'As asked for.', content: { 'application/json': { schema: answer } } };
}

/** The query as it was sent, not as a schema reads it. */
export function queryOf({ url }: Pick<FastifyRequest, 'url'>): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start));
}

/** The caller of a route that has a scope. */
export function callerOf(request: Pick<FastifyRequest, 'caller'>): Caller {
  if (!request.caller) throw new Error('This route has no scope.');
  return request.caller;
}

/** A number in the path that names one of many. What is no such number names nothing: 404. */
export const Id = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });
