import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { createToken, DEFAULT_SCOPES } from '../../src/catalog/users.ts';
import { openDatabase } from '../../src/db/open.ts';
import { districts, ORIGIN, parcels, places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { raster } from '../fixtures/rasters.ts';
import { startSite } from '../fixtures/site.ts';
import { anything, exportRequests, hostileRequests, jsonTexts } from './hostile.ts';

/** How many cases of each property: few by default, so that they take seconds; GEOCRATE_PROPERTY_RUNS=20000 looks long. */
const RUNS = Number(process.env.GEOCRATE_PROPERTY_RUNS ?? 200);
/** The same cases each time unless told; a failure prints the seed and the path that repeat it. */
const SEED = Number(process.env.GEOCRATE_PROPERTY_SEED ?? 20_260_101);
/** What no answer takes. A second is what a person notices; a machine that does much else at once needs more. */
const HANG_MS = 20_000;
const parameters = (share = 1): fc.Parameters<unknown> => ({
  seed: SEED,
  numRuns: Math.ceil(RUNS * share),
  interruptAfterTimeLimit: 3_600_000,
});

const folder = temporaryFolder();
/** Where the parcels are. */
const [west, south] = ORIGIN;
const tiles = ['west', 'east'].map((name, index) =>
  raster(folder, `${name}.tif`, { type: 'Byte', bands: 3, crs: 'EPSG:4326', place: [west + index * 0.64, south + 0.48, 0.01, 0.01] }),
);
const heights = raster(folder, 'heights.tif', { type: 'Float32', crs: 'EPSG:4326', place: [west, south + 0.48, 0.01, 0.01] });
const site = await startSite({
  publish: [
    [parcels(folder), { id: 1, title: 'Land Parcels', license: 'CC-BY-4.0' }],
    [places(folder), { id: 3, title: 'Places' }],
    [districts(folder), { id: 4, title: 'Districts', cropLayer: true }],
    [tiles, { id: 5, title: 'Imagery' }],
    [heights, { id: 6, title: 'Heights' }],
  ],
  env: { GEOCRATE_WORKERS: '1' },
});
const database = await openDatabase({ databaseUrl: null, dataDir: site.dataDir });
const secretive = `key ${await createToken(database.db, 'secretive', DEFAULT_SCOPES)}`;
await database.close();
/** Stands in every export of the other user, and so must stand in no answer to this one. */
const SECRET = 'zanzibar';
const secret = await site.request(
  'POST',
  '/exports/',
  { name: SECRET, formats: { table: 'text/csv' }, items: [{ item: '/services/api/v1/tables/3/' }] },
  { authorization: secretive },
);
assert.equal(secret.status, 201);

/** Sends a body as it is; the answer is held to the API's description. */
async function post(path: string, body: string) {
  const before = performance.now();
  const answer = await site.request('POST', path, body);
  const took = performance.now() - before;
  assert.ok(answer.status < 500, `${answer.status}: ${JSON.stringify(answer.body)}`);
  assert.ok(took < HANG_MS, `${took} ms`);
  return answer;
}

test('validate says valid if and only if create gives 201, with the same words otherwise, and what is valid fits the schema', async () => {
  const fits = site.description.schema('ExportRequest');
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 8, arbitrary: exportRequests(site.api) }, { weight: 1, arbitrary: anything }), async (request) => {
      const body = JSON.stringify(request) ?? '';
      const validated = await post('/exports/validate/', body);
      const created = await post('/exports/', body);
      if (validated.status !== 200) {
        assert.equal(created.status, validated.status);
        return;
      }
      const { is_valid: valid } = validated.body;
      assert.equal(created.status, valid ? 201 : 400, JSON.stringify(validated.body));
      if (!valid) {
        assert.deepEqual(created.body, validated.body);
        assert.ok(Object.keys(validated.body.errors).length > 0);
        return;
      }
      assert.deepEqual(validated.body.errors, {});
      assert.ok(fits(JSON.parse(body)), JSON.stringify(fits.errors));
      await site.request('DELETE', `/exports/${created.body.id}/`);
    }),
    parameters(),
  );
});

test('whatever text is sent as a body, the answer is a sentence or a verdict', async () => {
  await fc.assert(
    fc.asyncProperty(jsonTexts(site.api), fc.constantFrom('/exports/', '/exports/validate/'), async (body, path) => {
      const answer = await post(path, body);
      if (answer.status === 201) await site.request('DELETE', `/exports/${answer.body.id}/`);
      else assert.ok([200, 400, 413].includes(answer.status), String(answer.status));
    }),
    parameters(),
  );
});

test('whatever is sent as a request, it is answered, never with 5xx and never with another user’s data', async () => {
  await fc.assert(
    fc.asyncProperty(hostileRequests(site.token, secret.body.id), async (bytes) => {
      const before = performance.now();
      const answer = await exchange(bytes);
      const took = performance.now() - before;
      const shown = `${JSON.stringify(bytes.toString('latin1').slice(0, 2000))} → ${answer.slice(0, 500)}`;
      assert.match(answer, /^HTTP\/1\.1 [1-4]\d\d /, shown);
      assert.ok(took < HANG_MS, `${took} ms: ${shown}`);
      assert.equal(answer.includes(SECRET), false, shown);
      assert.equal(answer.includes(site.dataDir), false, shown);
      assert.equal(/\bat \S+ \(|node_modules|select "/.test(answer), false, shown);
    }),
    parameters(4),
  );
});

test('after all that the server is well', async () => {
  assert.equal(site.process.exitCode, null);
  assert.equal((await site.request('GET', '/layers/1/')).status, 200);
  const { body } = await site.request('GET', `/exports/${secret.body.id}/`, undefined, { authorization: secretive });
  assert.ok(['processing', 'complete'].includes(body.state), body.state);
});

/** Sends bytes on a connection of their own and gives what comes back until it ends. */
function exchange(bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(site.url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port) });
    const timer = setTimeout(() => socket.destroy(new Error(`no answer to ${JSON.stringify(bytes.toString('latin1'))}`)), HANG_MS);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Refused before all of it was sent: what was answered by then counts.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return;
      clearTimeout(timer);
      reject(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('latin1'));
    });
    socket.write(bytes);
  });
}
