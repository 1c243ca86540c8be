import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/db/open.ts';
import { parcels, places, roads } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { NO_TOKEN, startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const site = await startSite({
  publish: [
    [parcels(folder), { id: 1, title: 'Land Parcels', license: 'CC-BY-4.0' }],
    [roads(folder), { id: 2, title: 'Roads of Ōtautahi' }],
    [places(folder), { id: 3, title: 'Places', license: 'ODbL-1.0' }],
  ],
});
const { db, close } = await openDatabase({ databaseUrl: null, dataDir: site.dataDir });
const { version_id: version } = await db.selectFrom('datasets').select('version_id').where('id', '=', 1).executeTakeFirstOrThrow();
const time = new Date();
// Each where the one before ends, all around the Earth at the equator; the last one crosses the antimeridian.
await db
  .insertInto('datasets')
  .values(
    Array.from({ length: 2000 }, (_, n) => {
      const west = -179.9 + n * 0.18;
      const title = `Sheet ${n} of the atlas`;
      return {
        id: 1000 + n,
        kind: 'vector' as const,
        slug: `sheet-${n}`,
        title,
        description: '',
        tags: [],
        search: title.toLowerCase(),
        license_id: null,
        version_id: version,
        extent: [west, 0, west + 0.18, 1],
        first_published_at: time,
        published_at: time,
      };
    }),
  )
  .execute();
await close();

const ids = async (query: string) => {
  const { status, body } = await site.request('GET', `/data/?page_size=100&${query}`);
  assert.equal(status, 200);
  return body.map(({ id }: { id: number }) => id);
};
const crs = async (query: string): Promise<{ id: string; suits: boolean | null; deprecated: boolean }[]> => {
  const { status, body } = await site.request('GET', `${site.url}/site/crs/?${query}`, undefined, { authorization: NO_TOKEN });
  assert.equal(status, 200);
  return body;
};

test('the catalogue is filtered by what lies in view, also across the antimeridian', async () => {
  assert.deepEqual(await ids('bbox=169,-45,171.5,-42'), [1, 2]);
  assert.deepEqual(await ids('bbox=10.001,0.2,10.05,0.3'), [2055]);
  assert.deepEqual(await ids('bbox=179.95,0.2,-179.85,0.3'), [1000, 2999]);
  assert.deepEqual(await ids('bbox=-10,60,10,70'), []);
  for (const wrong of ['1,2,3', 'a,b,c,d', '0,10,10,0'])
    assert.equal((await site.request('GET', `/data/?bbox=${wrong}`)).status, 400, wrong);
});

test('words are found in titles in whole and in part, in any case and order, together with other filters', async () => {
  assert.deepEqual(await ids('q=PARC'), [1]);
  assert.deepEqual(await ids('q=otautahi%20roads'), [2]);
  assert.deepEqual(await ids(`q=${encodeURIComponent('ŌTAU road')}`), [2]);
  assert.deepEqual(await ids('q=atlas%20sheet%20199'), [1199, 2199, 2990, 2991, 2992, 2993, 2994, 2995, 2996, 2997, 2998, 2999]);
  assert.deepEqual(await ids('q=sheet&bbox=10.001,0.2,10.05,0.3&kind=vector'), [2055]);
  assert.deepEqual(await ids('license.type=cc-by'), [1]);
  assert.deepEqual(await ids('q=100%25'), []);
});

test('with 2,000 layers a search takes no longer than a keystroke', async () => {
  const times: number[] = [];
  for (const q of ['s', 'sh', 'she', 'sheet', 'sheet 1', 'sheet 12', 'sheet 12 at', 'zzz']) {
    const started = performance.now();
    await site.request('GET', `/data/?q=${encodeURIComponent(q)}&bbox=-90,0,90,10`);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  assert.ok((times[times.length >> 1] ?? 0) < 150, String(times));
});

test('the filters there are come with their counts', async () => {
  const { body } = await site.request('GET', `${site.url}/site/facets/`);
  assert.deepEqual(body, {
    total: 2003,
    kinds: [
      { kind: 'table', count: 1 },
      { kind: 'vector', count: 2002 },
    ],
    licenses: [
      { type: 'cc-by', count: 1 },
      { type: 'odbl', count: 1 },
    ],
    geometry_types: [
      { geometry_type: 'linestring', count: 1 },
      { geometry_type: 'polygon', count: 2001 },
    ],
  });
});

test('a CRS is found by its code, by a part of it, by words of its name and by its other names', async () => {
  for (const [query, first] of [
    ['q=2193', 'EPSG:2193'],
    ['q=epsg:2193', 'EPSG:2193'],
    ['q=wgs 84', 'EPSG:4326'],
    ['q=nztm', 'EPSG:2193'],
    ['q=web merc', 'EPSG:3857'],
    ['q=utm 33n', 'EPSG:32633'],
    ['q=transverse new zealand 2000', 'EPSG:2193'],
  ] as const)
    assert.equal((await crs(query))[0]?.id, first, query);
  assert.ok((await crs('q=219')).some(({ id }) => id === 'EPSG:2193'));
  for (const query of ['q=zzzz', 'q=EPSG:5703']) assert.deepEqual(await crs(query), [], query);
});

test('what suits the area comes first, and all is told of it', async () => {
  const found = await crs('bbox=172,-44,173,-43');
  assert.equal(found[0]?.id, 'EPSG:2193');
  assert.equal(found.length, 20);
  assert.ok(found.every(({ suits, deprecated }) => suits === true && !deprecated));
  assert.ok(['EPSG:4326', 'EPSG:3857'].every((id) => found.some((one) => one.id === id)));
  assert.ok((await crs('bbox=178,-45,-176,-43')).every(({ suits }) => suits));
  const elsewhere = await crs('q=rgf93 lambert-93&bbox=172,-44,173,-43');
  assert.deepEqual([elsewhere[0]?.id, elsewhere[0]?.suits], ['EPSG:2154', false]);
  assert.equal((await crs('q=2193'))[0]?.suits, null);
  assert.equal((await site.request('GET', `${site.url}/site/crs/?bbox=1,2`)).status, 400);
});
