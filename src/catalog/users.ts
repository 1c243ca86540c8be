import { createHash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** What a token may do. */
export const SCOPES = ['layers:read', 'exports:read', 'exports:write', 'catalog', 'links', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a token may do unless told: all that a person who takes data needs. */
export const DEFAULT_SCOPES: readonly Scope[] = ['layers:read', 'exports:read', 'exports:write', 'catalog'];

export interface Caller {
  userId: number;
  userName: string;
  scopes: readonly string[];
}

/** Makes a token for a user, who comes into being with the first. Only its hash is kept: this is the one time it is seen. */
export async function createToken(db: Kysely<Schema>, userName: string, scopes: readonly Scope[]): Promise<string> {
  const token = randomBytes(20).toString('hex');
  await db.transaction().execute(async (trx) => {
    const { id } = await trx
      .insertInto('users')
      .values({ name: userName })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ name: userName }))
      .returning('id')
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('tokens')
      .values({ user_id: id, token_hash: hashToken(token), scopes: [...scopes] })
      .execute();
  });
  return token;
}

/** A token that was revoked is as unknown as one that never was. */
export async function revokeToken(db: Kysely<Schema>, token: string): Promise<void> {
  await db.deleteFrom('tokens').where('token_hash', '=', hashToken(token)).execute();
}

/** Who a token belongs to; undefined when it is unknown. */
export async function findCaller(db: Kysely<Schema>, token: string): Promise<Caller | undefined> {
  return db
    .selectFrom('tokens')
    .innerJoin('users', 'users.id', 'tokens.user_id')
    .select(['users.id as userId', 'users.name as userName', 'scopes'])
    .where('token_hash', '=', hashToken(token))
    .executeTakeFirst();
}

/** Tokens are 160 random bits, so a plain hash is enough, and looking one up by it leaks nothing about it. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A value that is made at random the first time it is asked for, the same for every process on this database. */
export async function secretSetting(db: Kysely<Schema>, name: string): Promise<string> {
  await db
    .insertInto('settings')
    .values({ name, value: randomBytes(32).toString('hex') })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const { value } = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirstOrThrow();
  return value;
}
