import { createHash, randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** By the database's clock, which all machines have in common: their own may differ. */
const NOW = sql<Date>`now()`;

/** What a token may do. */
export const SCOPES = ['layers:read', 'exports:read', 'exports:write', 'catalog', 'links', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a token may do unless told: all that a person who takes data needs. */
export const DEFAULT_SCOPES: readonly Scope[] = ['layers:read', 'exports:read', 'exports:write', 'catalog'];

export interface Caller {
  tokenId: number;
  /** SHA-256 of the token, hex: what the site and the token's owner both know. */
  tokenHash: string;
  userId: number;
  userName: string;
  scopes: readonly string[];
  /** The session, where a browser's cookie says who it is; null: a token does. */
  sessionId: number | null;
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

/** What may be told of a token. */
export interface TokenRow {
  id: number;
  user: string;
  scopes: string[];
  created_at: Date;
  /** To the minute; null: never. */
  last_used_at: Date | null;
}

/** All tokens, or those of one user, oldest first. */
export async function listTokens(db: Kysely<Schema>, userName?: string): Promise<TokenRow[]> {
  let matching = db.selectFrom('tokens').innerJoin('users', 'users.id', 'tokens.user_id');
  if (userName !== undefined) matching = matching.where('users.name', '=', userName);
  return matching.select(['tokens.id', 'users.name as user', 'scopes', 'tokens.created_at', 'last_used_at']).orderBy('tokens.id').execute();
}

/**
 * Takes a token back, by its number in the list or by the token itself. From then on it is as unknown as one that never was.
 * @returns whether there was one.
 */
export async function revokeToken(db: Kysely<Schema>, token: number | string): Promise<boolean> {
  const all = db.deleteFrom('tokens');
  const one = typeof token === 'number' ? all.where('id', '=', token) : all.where('token_hash', '=', hashToken(token));
  return (await one.executeTakeFirst()).numDeletedRows > 0n;
}

/** Who a token belongs to; undefined when it is unknown. That it was used is written down once a minute. */
export async function findCaller(db: Kysely<Schema>, token: string): Promise<Caller | undefined> {
  const found = await callers(db).where('token_hash', '=', hashToken(token)).executeTakeFirst();
  return found && { ...(await seen(db, found)), sessionId: null };
}

/** Who is signed in by a session's key; undefined when there is no such session, or no longer. */
export async function findSessionCaller(db: Kysely<Schema>, key: string): Promise<Caller | undefined> {
  const found = await callers(db)
    .innerJoin('sessions', 'sessions.token_id', 'tokens.id')
    .select('sessions.id as sessionId')
    .where('key_hash', '=', hashToken(key))
    .where(sql<boolean>`expires_at > now()`)
    .executeTakeFirst();
  return found && { ...(await seen(db, found)), sessionId: found.sessionId };
}

function callers(db: Kysely<Schema>) {
  return db
    .selectFrom('tokens')
    .innerJoin('users', 'users.id', 'tokens.user_id')
    .select(['tokens.id as tokenId', 'token_hash as tokenHash', 'users.id as userId', 'users.name as userName', 'scopes'])
    .select(sql<boolean>`last_used_at is null or last_used_at < now() - interval '1 minute'`.as('unseen'))
    .where('disabled_at', 'is', null);
}

async function seen<Found extends { tokenId: number; unseen: boolean }>(db: Kysely<Schema>, { unseen, ...caller }: Found) {
  if (unseen) await db.updateTable('tokens').set({ last_used_at: NOW }).where('id', '=', caller.tokenId).execute();
  return caller;
}

/** Tokens and keys of sessions are 160 random bits or more, so a plain hash is enough, and looking one up by it leaks nothing about it. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A user, for whoever runs the site. */
export interface UserRow {
  id: number;
  name: string;
  tokens: number;
  exports: number;
  /** Of any of their tokens, to the minute; null: never. */
  last_used_at: Date | null;
  disabled_at: Date | null;
}

/** All users, by name. */
export async function listUsers(db: Kysely<Schema>): Promise<UserRow[]> {
  const rows = await db
    .selectFrom('users')
    .leftJoin('tokens', 'tokens.user_id', 'users.id')
    .select((select) => [
      'users.id',
      'users.name',
      select.fn.count<number>('tokens.id').as('tokens'),
      'users.export_count as exports',
      select.fn.max('tokens.last_used_at').as('last_used_at'),
      'users.disabled_at',
    ])
    .groupBy('users.id')
    .orderBy('users.name')
    .execute();
  return rows.map((row) => ({ ...row, tokens: Number(row.tokens) }));
}

/** Shuts a user out, or lets them in again: their tokens and sessions stay. Gives back whether there is such a user. */
export async function setUserDisabled(db: Kysely<Schema>, name: string, disabled: boolean): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ disabled_at: disabled ? NOW : null })
    .where('name', '=', name)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
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
