import autocannon from 'autocannon';
import { sql } from 'kysely';
import { openDatabase } from '../src/db/open.ts';
import { benchSite } from './prepared.ts';

const EXPORTS = 10_000;
const LAYERS = 2_000;
const RATE = 200;
const SECONDS = 10;

/**
 * How long lists, details and validation take at 200 requests a second, with 10,000 exports and 2,000 layers in the database, while an
 * export of 100,000 parcels is made. The limit aimed for is a p99 of 50 ms.
 */
export async function run(): Promise<void> {
  await using site = await benchSite({ parcels: 100_000, prepare: fill });
  const item = `${site.api}/layers/1/`;
  const crop = {
    type: 'Polygon',
    coordinates: [
      [
        [172.6, -43.6],
        [172.7, -43.6],
        [172.7, -43.5],
        [172.6, -43.5],
        [172.6, -43.6],
      ],
    ],
  };
  const body = JSON.stringify({ crs: 'EPSG:4326', formats: { vector: 'application/x-zipped-shp' }, items: [{ item }], extent: crop });
  const targets = [
    { name: 'list of exports', url: `${site.api}/exports/` },
    { name: 'list of layers', url: `${site.api}/layers/?q=parcels&sort=-published_at` },
    { name: 'an export', url: `${site.api}/exports/1/` },
    { name: 'a layer', url: item },
    { name: 'validate', url: `${site.api}/exports/validate/`, method: 'POST' as const, body },
  ];
  console.log(
    `${RATE} requests a second for ${SECONDS} s each, ${EXPORTS} exports and ${LAYERS} layers, an export of 100,000 parcels under way`,
  );
  console.log('| request | p50 ms | p99 ms | slowest ms | errors |\n|---|---|---|---|---|');
  for (const { name, ...target } of targets) {
    const busy = site.keepExporting({ crs: 'EPSG:4326', formats: { vector: 'application/x-ogc-gpkg' }, items: [{ item }] });
    const { latency, errors, non2xx } = await autocannon({
      ...target,
      connections: 10,
      overallRate: RATE,
      duration: SECONDS,
      headers: { authorization: `key ${site.token}`, 'content-type': 'application/json' },
    });
    await busy.stop();
    console.log(`| ${name} | ${latency.p50} | ${latency.p99} | ${latency.max} | ${errors + non2xx} |`);
  }
}

/** Rows as years of use leave them, made in the database itself. */
async function fill(dataDir: string): Promise<void> {
  const { db, close } = await openDatabase({ databaseUrl: null, dataDir });
  await sql`insert into datasets (id, kind, slug, title, description, tags, search, license_id, first_published_at, published_at)
    select n, kind, slug || n, title || ' ' || n, description, tags, search, license_id, first_published_at, published_at
    from datasets, generate_series(2, ${LAYERS}::int) n where id = 1`.execute(db);
  await sql`insert into versions (dataset_id, content, profile, geometry_type, published_at)
    select d.id, content, profile, geometry_type, v.published_at from versions v, datasets d where v.dataset_id = 1 and d.id > 1`.execute(
    db,
  );
  await sql`update datasets set version_id = v.id from versions v where v.dataset_id = datasets.id`.execute(db);
  await sql`insert into exports (user_id, name, created_via, state, request, request_hash, data_modified_at, size_estimate, job_id, stages,
      warnings, progress, finished_at)
    select u.id, 'parcels-SHP-' || n, 'api', 'cancelled',
      '{"crs":"EPSG:2193","formats":{"vector":"application/x-zipped-shp"},"items":[{"type":"layer","dataset":1,"version":1,"pinned":false,"format":"application/x-zipped-shp","color":null}],"extent":null,"options":{},"delivery":{"method":"download"}}',
      md5(n::text), now(), 1000, gen_random_uuid(), '[]', '[]', 0.5, now()
    from users u, generate_series(1, ${EXPORTS}::int) n`.execute(db);
  await sql`update users set export_count = ${EXPORTS}`.execute(db);
  await close();
}
