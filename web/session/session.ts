import { signal } from '@preact/signals';
import { ApiError, api, dataOf, session, sessionEnded } from '../api/client.ts';

/** Why the site does not answer. */
export const sessionFailed = signal<ApiError | null>(null);

/** Asks who is signed in. */
export async function startSession(): Promise<void> {
  sessionFailed.value = null;
  try {
    session.value = await dataOf(api.GET('/site/session/'));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    sessionFailed.value = error;
  }
}

/** @throws {ApiError} when the token is not known. */
export async function signIn(token: string): Promise<void> {
  session.value = await dataOf(api.POST('/site/session/', { body: { token } }));
  sessionEnded.value = false;
}

export async function signOut(): Promise<void> {
  await dataOf(api.DELETE('/site/session/'));
  await startSession();
}
