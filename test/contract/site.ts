import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { publishSources } from '../../src/catalog/publish.ts';
import { createToken, DEFAULT_SCOPES, type Scope } from '../../src/catalog/users.ts';
import { openDatabase } from '../../src/db/open.ts';
import type { Schema } from '../../src/db/schema.ts';
import { layout } from '../../src/store/layout.ts';
import { districts, numbers, parcels, places, roads, squareExtent } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { type Answer, dataFolder, finished, startSite, type TestSite } from '../fixtures/site.ts';

/** The limits of the site that has some. */
export const LIMITS = { items: 3, vertices: 8, bodyBytes: 8192, exportBytes: 60_000, active: 2, requests: 60 } as const;
/** How clients reach the site that has limits: through a proxy, on a path of its host. */
export const PUBLIC_URL = 'https://data.example.org/geo';
/** Prefix and name of the site, as names of exports show them. */
const NAMED = { GEOCRATE_NAME_PREFIX: 'kx', GEOCRATE_SITE_NAME: 'New Zealand' };

/** What the contract is tested on: two sites with the same data, one without limits and one with all of them. */
export interface Contract {
  site: TestSite;
  limited: TestSite;
  /** The databases of both, to bring exports into states that would else last moments only. */
  db: Kysely<Schema>;
  limitedDb: Kysely<Schema>;
  /** Of the site without limits; null: it has the embedded one. */
  databaseUrl: string | null;
  /** A folder for what is downloaded. */
  folder: string;
  /** Layers 1 (parcels, a crop layer too), 2 (roads) and 4 (districts, a crop layer); table 3 (places). Table 5 is a large one. */
  item(id: 1 | 2 | 3 | 4): string;
  /** The headers of a user who is somebody else. */
  other: { authorization: string };
  /** A new user's `authorization` with these scopes. */
  token(...scopes: Scope[]): Promise<string>;
  /** A user's `authorization` on the site with limits. */
  limitedToken(user: string): Promise<string>;
}

/** Publishes the data and starts both sites, on the embedded database or on a PostgreSQL server. They end with the test file. */
export async function openContract(kind: 'embedded' | 'postgres'): Promise<Contract> {
  const folder = temporaryFolder();
  const limitedDir = join(temporaryFolder(), 'data');
  const [dataDir, databaseUrl] = await Promise.all([dataFolder(), kind === 'postgres' ? startPostgres() : null]);
  const token = await publishAll(folder, dataDir, databaseUrl);
  cpSync(dataDir, limitedDir, { recursive: true });
  const limitedUrl = databaseUrl && (await copyDatabase(databaseUrl));

  const on = (url: string | null) => (url ? { DATABASE_URL: url } : {});
  const [site, limited] = await Promise.all([
    startSite({ dataDir, token, env: { ...NAMED, ...on(databaseUrl), GEOCRATE_PRIVATE_WEBHOOKS: '1' } }),
    startSite({
      dataDir: limitedDir,
      token,
      env: {
        ...on(limitedUrl),
        GEOCRATE_PUBLIC_URL: PUBLIC_URL,
        GEOCRATE_MAX_ITEMS: String(LIMITS.items),
        GEOCRATE_MAX_VERTICES: String(LIMITS.vertices),
        GEOCRATE_MAX_BODY_BYTES: String(LIMITS.bodyBytes),
        GEOCRATE_MAX_EXPORT_BYTES: String(LIMITS.exportBytes),
        GEOCRATE_MAX_ACTIVE_PER_USER: String(LIMITS.active),
        GEOCRATE_RATE_LIMIT: String(LIMITS.requests),
      },
    }),
  ]);
  const database = await openDatabase({ databaseUrl, dataDir });
  const limitedDatabase = await openDatabase({ databaseUrl: limitedUrl, dataDir: limitedDir });
  after(async () => {
    await Promise.all([database.close(), limitedDatabase.close()]);
    await Promise.all([site.stop('SIGKILL'), limited.stop('SIGKILL')]);
  });
  let users = 0;
  return {
    site,
    limited,
    db: database.db,
    limitedDb: limitedDatabase.db,
    databaseUrl,
    folder,
    item: (id) => `${site.api}/${id === 3 ? 'tables' : 'layers'}/${id}/`,
    other: { authorization: `key ${await createToken(database.db, 'somebody else', DEFAULT_SCOPES)}` },
    token: async (...scopes) => `key ${await createToken(database.db, `user ${++users}`, scopes)}`,
    limitedToken: async (user) => `key ${await createToken(limitedDatabase.db, user, [...DEFAULT_SCOPES, 'links'])}`,
  };
}

/** Publishes what the contract is tested with; gives a token of the user `test`. */
async function publishAll(folder: string, dataDir: string, databaseUrl: string | null): Promise<string> {
  const { db, close } = await openDatabase({ databaseUrl, dataDir });
  const publish = (path: string, options: Parameters<typeof publishSources>[3]) => publishSources(db, layout(dataDir), [path], options);
  const described = { license: 'CC-BY-4.0', description: 'All <b>parcels</b>\n\nof 1890', tags: ['land'], cropLayer: true };
  await publish(parcels(folder), { id: 1, title: 'Land Parcels', ...described });
  await publish(roads(folder), { id: 2, title: 'Roads' });
  await publish(places(folder), { id: 3, title: 'Places', license: 'ODbL-1.0' });
  await publish(districts(folder), { id: 4, title: 'Districts', cropLayer: true });
  await publish(numbers(folder), { id: 5, title: 'Numbers' });
  const token = await createToken(db, 'test', [...DEFAULT_SCOPES, 'links']);
  await close();
  return token;
}

/** A second database of the same content on the same server. */
async function copyDatabase(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: new URL('/postgres', databaseUrl).href });
  await client.connect();
  await client.query('create database limited template geocrate');
  await client.end();
  return new URL('/limited', databaseUrl).href;
}

/** A valid request for parcels as a Shapefile, with changes. */
export function shapefile({ item }: Pick<Contract, 'item'>, changes: object = {}) {
  return { crs: 'EPSG:2193', formats: { vector: 'application/x-zipped-shp' }, items: [{ item: item(1) }], ...changes };
}

/** A small valid request: the table as CSV. */
export function csvTable({ item }: Pick<Contract, 'item'>, changes: object = {}) {
  return { formats: { table: 'text/csv' }, items: [{ item: item(3) }], ...changes };
}

/** A complete export of the site's user. */
export async function completeExport({ site, item }: Contract, changes: object = {}): Promise<Answer['body']> {
  const created = await site.request('POST', '/exports/', csvTable({ item }, changes), { prefer: 'wait=60' });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const done = await finished(site, created.body.id);
  assert.equal(done.state, 'complete', JSON.stringify(done.error));
  return done;
}

/** Makes a complete export look as it does half-way; nothing works on it, so it stays so. */
export async function halfway(db: Kysely<Schema>, id: number): Promise<void> {
  const stages = JSON.stringify([{ item: 0, name: 'write', progress: 0.5 }]);
  const started = new Date(Date.now() - 10_000);
  const values = { state: 'processing', progress: 0.5, stages, started_at: started, finished_at: null, expires_at: null } as const;
  await db.updateTable('exports').set(values).where('id', '=', id).execute();
}

/** Makes an export one that failed. */
export async function failed(db: Kysely<Schema>, id: number): Promise<void> {
  const error = JSON.stringify({ code: 'write-failed', message: 'GDAL could not make this item.', item: 0 });
  await db.updateTable('exports').set({ state: 'error', error, progress: 0.5 }).where('id', '=', id).execute();
}

/** How many exports there are in all. */
export async function countExports(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ total: number }>`select count(*)::int as total from exports`.execute(db);
  return rows[0]?.total ?? 0;
}

export const SIX_DECIMALS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
/** One sentence that a person can act on. */
export const SENTENCE = /^\S[^\n]*[.]$/;
/** A corner of the parcels: 9 whole ones and the edges of 7. */
export const CORNER = squareExtent(0, 0, 0.35);
