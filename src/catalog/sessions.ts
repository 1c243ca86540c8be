import { createHmac, randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { hashToken, type Scope } from './users.ts';

/** How long a browser stays signed in. */
export const SESSION_TTL_MS = 30 * 86_400_000;

/** Signs a browser in with a token's user and scopes. Only the key's hash is kept: this is the one time it is seen. */
export async function createSession(db: Kysely<Schema>, tokenId: number): Promise<string> {
  const key = randomBytes(32).toString('hex');
  await removeExpiredSessions(db);
  await db
    .insertInto('sessions')
    .values({ token_id: tokenId, key_hash: hashToken(key), expires_at: sql<Date>`now() + ${SESSION_TTL_MS} * interval '1 millisecond'` })
    .execute();
  return key;
}

/** Signs out whoever has this key. */
export async function endSession(db: Kysely<Schema>, key: string): Promise<void> {
  await db.deleteFrom('sessions').where('key_hash', '=', hashToken(key)).execute();
}

async function removeExpiredSessions(db: Kysely<Schema>): Promise<void> {
  await db.deleteFrom('sessions').where(sql<boolean>`expires_at <= now()`).execute();
}

/** What a page sends along to show that it, and no other site's page, sends a request: only who can read the key's answers knows it. */
export function csrfToken(sessionKey: string): string {
  return createHmac('sha256', sessionKey).update('csrf').digest('hex');
}

/**
 * The token that the link of `geocrate serve` signs in with: one for the site's life, so that who is signed in stays so when the server starts
 * again. It always has the scopes that this start allows.
 * @returns its number; the token itself is kept nowhere.
 */
export async function signInToken(db: Kysely<Schema>, userName: string, scopes: readonly Scope[]): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const kept = await trx.selectFrom('settings').select('value').where('name', '=', SETTING).executeTakeFirst();
    if (kept) {
      const { numUpdatedRows } = await trx
        .updateTable('tokens')
        .set({ scopes: [...scopes] })
        .where('id', '=', Number(kept.value))
        .executeTakeFirst();
      if (numUpdatedRows > 0n) return Number(kept.value);
    }
    const user = await trx
      .insertInto('users')
      .values({ name: userName })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ name: userName }))
      .returning('id')
      .executeTakeFirstOrThrow();
    const { id } = await trx
      .insertInto('tokens')
      .values({ user_id: user.id, token_hash: hashToken(randomBytes(32).toString('hex')), scopes: [...scopes] })
      .returning('id')
      .executeTakeFirstOrThrow();
    const value = String(id);
    await trx
      .insertInto('settings')
      .values({ name: SETTING, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute();
    return id;
  });
}

const SETTING = 'sign_in_token';
