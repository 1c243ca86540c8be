import { signal } from '@preact/signals';
import createClient from 'openapi-fetch';
import { base } from '../sitepath.ts';
import { texts } from '../texts.ts';
import type { ItemType, Session } from './resources.ts';
import type { paths } from './schema.d.ts';

/** Who is signed in and what the site allows; null until it is known. */
export const session = signal<Session | null>(null);

/** Whether somebody was signed in until the server said that they no longer are. */
export const sessionEnded = signal(false);

/** Whether the token that was signed in with allows something. */
export function may(scope: Session['scopes'][number]): boolean {
  return session.value?.scopes.includes(scope) ?? false;
}

/** What the API answered instead of what was asked for: a sentence that says what to do. */
export class ApiError extends Error {
  /** The HTTP status; 0 when the server could not be reached. */
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const client = createClient<paths>({ baseUrl: location.origin + base });
client.use({
  onRequest({ request }) {
    const token = session.value?.csrf_token;
    if (request.method !== 'GET' && token) request.headers.set('X-CSRF-Token', token);
    return request;
  },
  onResponse({ response, schemaPath }) {
    // The session has ended, here or elsewhere: the page asks to sign in again.
    if (response.status === 401 && !schemaPath.startsWith('/site/session')) signedOut();
  },
});
export const api = client;

function signedOut(): void {
  if (session.value?.user == null) return;
  sessionEnded.value = true;
  session.value = { ...session.value, user: null, scopes: [], csrf_token: null };
}

/**
 * The answer's data.
 * @throws {ApiError} when there is none; an aborted request throws what fetch throws.
 */
export async function dataOf<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  return (await answerOf(answer)).data;
}

/** The answer's data, and the response for its headers. */
export async function answerOf<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<{ data: T; response: Response }> {
  let result: { data?: T; error?: unknown; response: Response };
  try {
    result = await answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, texts.errors.unreachable);
  }
  const { data, error, response } = result;
  if (!response.ok) throw new ApiError(response.status, detailOf(error) ?? texts.errors.status(response.status));
  return { data: data as T, response };
}

/** The sentence of `{"detail": …}` or `{"errors": […]}`. */
export function detailOf(body: unknown): string | null {
  const { detail, errors }: { detail?: unknown; errors?: unknown } = Object(body);
  if (typeof detail === 'string') return detail;
  if (Array.isArray(errors)) return errors.map(String).join(' ');
  return null;
}

/** How many there are in all, of a list's `X-Resource-Range: 0-20/320`. */
export function totalOf({ headers }: Response): number {
  return Number(headers.get('X-Resource-Range')?.split('/')[1] ?? 0);
}

/** The layer or table that an API address names: `/services/api/v1/layers/3/versions/4/`. */
export function itemOf(address: string): { type: ItemType; id: number; version: number | null } | null {
  const [, type, id, version] = /\/(layer|table)s\/(\d+)\/(?:versions\/(\d+)\/?)?$/.exec(address) ?? [];
  if (type !== 'layer' && type !== 'table') return null;
  return { type, id: Number(id), version: version === undefined ? null : Number(version) };
}

export const API = '/services/api/v1';
