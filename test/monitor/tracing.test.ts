import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startReceiver } from '../fixtures/otlp.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { finished, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';
import { startWorker } from '../fixtures/worker.ts';

const folder = temporaryFolder();
const { endpoint, spans, headers } = await startReceiver();
const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=maps' };
const telling = { NODE_OPTIONS: `--import=${join(import.meta.dirname, '../fixtures/loaded.ts')}` };
const DATABASE_URL = await startPostgres();
const site = await startSite({
  env: { DATABASE_URL, GEOCRATE_WORKERS: '0', OTEL_SERVICE_NAME: 'site', ...tracing, ...telling },
  publish: [[places(folder), { id: 1 }]],
});
await startWorker({
  DATABASE_URL,
  GEOCRATE_DATA_DIR: site.dataDir,
  GEOCRATE_WORKERS: '1',
  GEOCRATE_CACHE: '0',
  OTEL_SERVICE_NAME: 'worker',
  ...tracing,
});

const body = { formats: { table: 'text/csv' }, items: [{ item: '/services/api/v1/tables/1/' }] };

test('an export is one trace, from the request of the client to the upload of its archive by a worker', async () => {
  const [traceId, clientSpan] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  const created = await site.request('POST', '/exports/', body, { traceparent: `00-${traceId}-${clientSpan}-01` });
  assert.equal((await finished(site, created.body.id)).state, 'complete');
  const ofTrace = () => spans.filter((span) => span.traceId === traceId);
  await until(
    'all spans have come',
    () => ofTrace().some(({ name }) => name === 'make export') && ofTrace().some(({ service }) => service === 'site'),
  );

  const [request, ...others] = ofTrace().filter(({ service }) => service === 'site');
  assert.deepEqual(others, []);
  assert.equal(request?.parentId, clientSpan);
  assert.equal(request?.name, 'POST /services/api/v1/exports/');
  assert.deepEqual(request?.attributes, {
    'http.request.method': 'POST',
    'http.route': '/services/api/v1/exports/',
    'url.path': '/services/api/v1/exports/',
    'http.response.status_code': 201,
    'geocrate.request.id': created.headers.get('x-request-id'),
    'geocrate.export.id': created.body.id,
  });
  const making = ofTrace().find(({ name }) => name === 'make export');
  assert.equal(making?.service, 'worker');
  assert.equal(making?.parentId, request?.spanId);
  assert.equal(making?.attributes['geocrate.outcome'], 'complete');
  assert.equal(ofTrace().find(({ name }) => name === 'wait')?.parentId, request?.spanId);
  const stages = ofTrace().filter(({ parentId }) => parentId === making?.spanId);
  assert.deepEqual(stages.map(({ name }) => name).sort(), ['archive', 'fetch', 'store', 'write']);
  for (const { name, from, to, attributes } of stages) {
    assert.ok(making && from >= making.from && to >= from && to <= making.to, name);
    assert.equal(attributes['geocrate.export.id'], created.body.id);
  }
  assert.ok(headers.every((one) => one['x-tenant'] === 'maps'));
});

test('a request without a trace begins one; what it says of one is not believed where it is none; keys of addresses are in none', async () => {
  const key = 'k'.repeat(32);
  for (const traceparent of ['', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, 'nonsense']) {
    await fetch(`${site.api}/layers/?key=${key}`, { headers: { traceparent } });
  }
  const found = () => spans.filter(({ name }) => name === 'GET /services/api/v1/layers/');
  await until('they have come', () => found().length === 3);
  assert.equal(new Set(found().map(({ traceId }) => traceId)).size, 3);
  for (const { parentId } of found()) assert.equal(parentId, '');
  assert.ok(!JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value)).includes(key));
});

test('a client that does not sample its trace has none sent of it', async () => {
  const traceId = '1'.repeat(32);
  const created = await site.request('POST', '/exports/', body, { traceparent: `00-${traceId}-b7ad6b7169203331-00` });
  await finished(site, created.body.id);
  const before = spans.length;
  await site.request('GET', '/layers/');
  await until('later ones have come', () => spans.length > before);
  assert.deepEqual(
    spans.filter((span) => span.traceId === traceId),
    [],
  );
});

test('without an endpoint, nothing of OpenTelemetry’s SDK is loaded', async () => {
  await site.printed(/loaded \S+sdk-trace/);
  const plain = await startSite({ env: { DATABASE_URL, ...telling } });
  const loaded = plain.printed(/loaded \S+/);
  await Promise.all([assert.rejects(loaded, /The server ended with 0/), plain.stop()]);
});

test('a receiver that is not there changes nothing, and is told of in the log', async () => {
  const nowhere = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_TIMEOUT: '500' };
  const alone = await startSite({ env: { DATABASE_URL, ...nowhere } });
  assert.equal((await alone.request('GET', '/layers/')).status, 200);
  const [line] = await alone.printed(/^.*traces could not be sent.*$/m);
  assert.match(JSON.parse(line).reason, /^\S/);
  await alone.stop();
  assert.equal(alone.process.exitCode, 0);
});
