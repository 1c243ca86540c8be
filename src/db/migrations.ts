import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { searchText } from '../catalog/searchtext.ts';
import type { Schema } from './schema.ts';

/**
 * Forward only; a migration that was released is never changed. Each leaves what processes of the version before still work with (docs/contribute.md says
 * what that allows), so that versions can run side by side while one follows the other.
 */
const MIGRATIONS: Record<string, Migration> = {
  '0001-first': {
    async up(db: Kysely<unknown>) {
      for (const statement of FIRST) await sql.raw(statement).execute(db);
    },
  },
  '0002-content': {
    async up(db: Kysely<unknown>) {
      await sql.raw('alter table exports add column content_hash text').execute(db);
      await sql.raw(`create index exports_content on exports (content_hash) where state = 'complete'`).execute(db);
    },
  },
  '0003-catalogue-order': {
    async up(db: Kysely<unknown>) {
      await sql.raw('create index datasets_published on datasets (published_at, id)').execute(db);
      await sql.raw('create index datasets_title on datasets (title, id)').execute(db);
    },
  },
  '0004-rasters': {
    async up(db: Kysely<unknown>) {
      await sql.raw('alter table datasets drop constraint datasets_kind_check').execute(db);
      const kinds = `'vector', 'table', 'raster', 'grid', 'rat'`;
      await sql.raw(`alter table datasets add constraint datasets_kind_check check (kind in (${kinds}))`).execute(db);
    },
  },
  '0005-sessions': {
    async up(db: Kysely<unknown>) {
      const columns = [
        'id integer generated always as identity primary key',
        // Who takes a token back ends what was signed in with it.
        'token_id integer not null references tokens on delete cascade',
        'key_hash text not null unique',
        'created_at timestamptz not null default now()',
        'expires_at timestamptz not null',
      ];
      await sql.raw(`create table sessions (${columns.join(', ')})`).execute(db);
      await sql.raw('create index sessions_token on sessions (token_id)').execute(db);
      await sql.raw('create index sessions_expiring on sessions (expires_at)').execute(db);
    },
  },
  '0006-whereabouts': {
    async up(db: Kysely<unknown>) {
      await sql.raw('alter table datasets add column extent double precision[]').execute(db);
      const extent = `(select array_agg(value::double precision order by place) from jsonb_array_elements_text(profile->'extent_wgs84') with ordinality as one (value, place))`;
      await sql
        .raw(
          `update datasets set extent = ${extent} from versions
           where versions.id = datasets.version_id and jsonb_typeof(profile->'extent_wgs84') = 'array'`,
        )
        .execute(db);
      const { rows } = await sql<{ id: number; title: string; description: string; tags: string[] }>`
        select id, title, description, tags from datasets`.execute(db);
      for (const { id, title, description, tags } of rows)
        await sql`update datasets set search = ${searchText(title, description, tags)} where id = ${id}`.execute(db);
    },
  },
  '0007-claims': {
    async up(db: Kysely<unknown>) {
      await sql.raw('alter table exports add column claim uuid, add column turn timestamptz').execute(db);
      await sql.raw(`create index exports_turn on exports (user_id, turn) where state = 'processing'`).execute(db);
    },
  },
  '0009-seconds': {
    async up(db: Kysely<unknown>) {
      await sql.raw('alter table exports add column seconds_estimate double precision').execute(db);
    },
  },
  '0010-audit': {
    async up(db: Kysely<unknown>) {
      const columns = [
        'id bigint generated always as identity primary key',
        'at timestamptz not null default now()',
        `event text not null check (event in ('export', 'download'))`,
        'user_id integer references users',
        `via text not null check (via in ('api', 'web', 'link', 'address', 'admin'))`,
        'export_id integer not null references exports',
        'datasets jsonb not null',
        'bytes bigint',
        'address text',
        'fetched_at timestamptz',
      ];
      await sql.raw(`create table audit (${columns.join(', ')})`).execute(db);
      await sql.raw('create index audit_at on audit (at)').execute(db);
      await sql.raw('create index audit_export on audit (export_id)').execute(db);
      await sql.raw('create index audit_address on audit (address) where address is not null').execute(db);
      await sql.raw('alter table exports add column worker text').execute(db);
      await sql.raw('alter table users add column disabled_at timestamptz').execute(db);
    },
  },
};

const FIRST = [
  `create table users (
    id integer generated always as identity primary key,
    name text not null unique,
    export_count integer not null default 0,
    created_at timestamptz not null default now())`,
  `create table tokens (
    id integer generated always as identity primary key,
    user_id integer not null references users,
    token_hash text not null unique,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz)`,
  'create table settings (name text primary key, value text not null)',
  `create table licenses (
    id integer generated always as identity primary key,
    spdx_id text,
    type text not null,
    version text not null,
    title text not null,
    url text,
    text text not null,
    unique (type, version, title))`,
  `create table datasets (
    id integer primary key check (id > 0),
    kind text not null check (kind in ('vector', 'table')),
    slug text not null,
    title text not null,
    description text not null,
    tags text[] not null,
    search text not null,
    license_id integer references licenses,
    version_id integer,
    created_at timestamptz not null default now(),
    first_published_at timestamptz not null,
    published_at timestamptz not null)`,
  `create table versions (
    id integer generated always as identity primary key,
    dataset_id integer not null references datasets,
    content text not null,
    profile jsonb not null,
    geometry_type text,
    metadata_xml text,
    published_at timestamptz not null)`,
  'create index versions_dataset on versions (dataset_id)',
  'create index versions_content on versions (content)',
  'alter table datasets add foreign key (version_id) references versions',
  `create table crop_layers (
    id integer generated always as identity primary key,
    dataset_id integer not null unique references datasets,
    version_id integer not null references versions,
    name text not null,
    extent jsonb not null)`,
  `create table crop_features (
    id integer generated always as identity primary key,
    crop_layer_id integer not null references crop_layers,
    key text not null,
    name text not null,
    -- Only ever read as a whole, which takes a third of the time where the text is kept as it came.
    geometry json not null,
    current boolean not null,
    unique (crop_layer_id, key))`,
  `create table exports (
    id integer generated always as identity primary key,
    user_id integer not null references users,
    name text not null,
    created_at timestamptz not null default now(),
    created_via text not null check (created_via in ('web', 'api')),
    state text not null check (state in ('processing', 'cancelled', 'error', 'complete', 'gone')),
    request jsonb not null,
    request_hash text not null,
    data_modified_at timestamptz not null,
    crop jsonb,
    notify jsonb,
    notify_attempts integer not null default 0,
    notify_at timestamptz,
    size_estimate bigint not null,
    job_id uuid not null,
    attempts integer not null default 0,
    progress double precision not null default 0,
    stages jsonb not null,
    warnings jsonb not null,
    error jsonb,
    started_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz,
    archive_key text,
    size_zipped bigint,
    sha256 text)`,
  'create index exports_user on exports (user_id, id desc)',
  'create index exports_request on exports (user_id, request_hash, id desc)',
  `create index exports_processing on exports (id) where state = 'processing'`,
  `create index exports_expiring on exports (expires_at) where state = 'complete'`,
  'create index exports_to_notify on exports (notify_at) where notify_at is not null',
  `create table idempotency_keys (
    user_id integer not null references users,
    key_hash text not null,
    body_hash text not null,
    export_id integer not null references exports,
    created_at timestamptz not null default now(),
    primary key (user_id, key_hash))`,
];

/** How long a migration waits for a table that others use: whoever comes after it waits as well. Then it lets them go first, and is tried again. */
const LOCK_MS = 1000;
const AGAIN_MS = 2000;
const TRIES = 100;
/** PostgreSQL's lock_not_available. */
const LOCKED = '55P03';

/**
 * Brings the database to this version's tables, in one transaction.
 * @param last the migration to end with; the newest unless given.
 * @throws when a migration fails, or others keep a table for minutes; the database then is as it was before.
 */
export async function migrate(db: Kysely<Schema>, last?: string): Promise<void> {
  const newer = Object.fromEntries((await executed(db)).filter((name) => !(name in MIGRATIONS)).map((name) => [name, NOTHING]));
  const migrations = Object.entries(MIGRATIONS).map(([name, { up }]) => [name, { up: (trx: Kysely<unknown>) => patiently(trx, up) }]);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...Object.fromEntries(migrations), ...newer }) } });
  for (let tries = 1; ; tries++) {
    const { error } = await (last === undefined ? migrator.migrateToLatest() : migrator.migrateTo(last));
    if (!error) return;
    if (!(error instanceof Error && 'code' in error && error.code === LOCKED) || tries === TRIES) throw error;
    await delay(AGAIN_MS);
  }
}

async function patiently(trx: Kysely<unknown>, up: Migration['up']): Promise<void> {
  await sql.raw(`set local lock_timeout = ${LOCK_MS}`).execute(trx);
  await up(trx);
}

/** Of a newer version, which has been there already. */
const NOTHING: Migration = { up: async () => {} };

/** The names of the migrations that the database has seen. */
async function executed(db: Kysely<Schema>): Promise<string[]> {
  const there = await sql<{ name: string | null }>`select to_regclass('kysely_migration')::text as name`.execute(db);
  if (!there.rows[0]?.name) return [];
  return (await sql<{ name: string }>`select name from kysely_migration`.execute(db)).rows.map(({ name }) => name);
}
