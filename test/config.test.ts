import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigError, readConfig } from '../src/config.ts';

test('without any variable the server is on 127.0.0.1:8080 with its data in ./data', () => {
  const config = readConfig({});
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.port, 8080);
  assert.equal(config.dataDir, resolve('data'));
  assert.deepEqual(config.storage, { kind: 'file', dir: resolve('data/archives') });
  assert.equal(config.storeCacheBytes, null);
  assert.equal(config.exportTtl, 7 * 86_400_000);
  assert.equal(config.demo, true);
  assert.equal(config.databaseUrl, null);
});

test('an empty variable is as good as none', () => {
  assert.equal(readConfig({ GEOCRATE_PORT: '' }).port, 8080);
});

test('values are read with their units', () => {
  const config = readConfig({
    GEOCRATE_EXPORT_TTL: '90m',
    GEOCRATE_MAX_EXPORT_BYTES: '2G',
    GEOCRATE_PUBLIC_URL: 'https://data.example.org/',
    GEOCRATE_STORAGE: 'file:/srv/archives',
    GEOCRATE_DEMO: '0',
  });
  assert.equal(config.exportTtl, 5_400_000);
  assert.equal(config.limits.exportBytes, 2 ** 31);
  assert.equal(config.publicUrl, 'https://data.example.org');
  assert.deepEqual(config.storage, { kind: 'file', dir: '/srv/archives' });
  assert.equal(config.demo, false);
});

test('a bucket comes with its prefix, and with what the variables of the AWS SDK say of where it is', () => {
  const amazon = readConfig({ GEOCRATE_STORAGE: 's3://geo-data/exports/prod/', AWS_REGION: 'eu-central-1', GEOCRATE_STORE_CACHE: '50G' });
  assert.deepEqual(amazon.storage, {
    kind: 's3',
    bucket: 'geo-data',
    prefix: 'exports/prod/',
    endpoint: null,
    region: 'eu-central-1',
    publicUrl: null,
    attempts: 6,
  });
  assert.equal(amazon.storeCacheBytes, 50 * 2 ** 30);
  const own = readConfig({
    GEOCRATE_STORAGE: 's3://geo',
    AWS_ENDPOINT_URL: 'http://elsewhere:1/',
    AWS_ENDPOINT_URL_S3: 'http://minio:9000/',
    AWS_MAX_ATTEMPTS: '2',
    GEOCRATE_STORAGE_PUBLIC_URL: 'https://files.example.org',
  });
  assert.deepEqual(own.storage, {
    kind: 's3',
    bucket: 'geo',
    prefix: '',
    endpoint: 'http://minio:9000',
    region: 'us-east-1',
    publicUrl: 'https://files.example.org',
    attempts: 2,
  });
});

for (const [name, value] of [
  ['GEOCRATE_PORT', '80a'],
  ['GEOCRATE_PORT', '65536'],
  ['GEOCRATE_WORKERS', '-1'],
  ['GEOCRATE_EXPORT_TTL', '7 days'],
  ['GEOCRATE_MAX_EXPORT_BYTES', 'much'],
  ['GEOCRATE_MAX_ACTIVE_PER_USER', '-1'],
  ['GEOCRATE_MAX_ACTIVE', '0'],
  ['GEOCRATE_MAX_ITEMS', '0'],
  ['GEOCRATE_MAX_VERTICES', '2'],
  ['GEOCRATE_MAX_BODY_BYTES', '-1'],
  ['GEOCRATE_MAX_CONNECTIONS', '0'],
  ['GEOCRATE_MAX_STREAMS', 'many'],
  ['GEOCRATE_MAX_DOWNLOADS', '-1'],
  ['GEOCRATE_RATE_LIMIT', 'often'],
  ['GEOCRATE_PRIVATE_WEBHOOKS', 'yes'],
  ['GEOCRATE_DATA_DIR', `/srv/${'long/'.repeat(20)}`],
  ['GEOCRATE_PUBLIC_URL', 'data.example.org'],
  ['GEOCRATE_NAME_PREFIX', 'Ünter'],
  ['GEOCRATE_DEMO', 'yes'],
  ['GEOCRATE_STORAGE', 'ftp://host/x'],
  ['GEOCRATE_STORAGE', 's3://'],
  ['GEOCRATE_STORAGE', 's3:bucket'],
  ['GEOCRATE_STORAGE', 's3://Bucket/x'],
  ['GEOCRATE_STORAGE', 's3://bucket/a/../b'],
  ['GEOCRATE_STORAGE', 's3://bucket/a?x=1'],
  ['GEOCRATE_STORE_CACHE', 'much'],
  ['DATABASE_URL', 'mysql://host/x'],
] as const) {
  test(`${name}=${value} is refused with a sentence that names the variable`, () => {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error) => error instanceof ConfigError && error.message.includes(name) && error.message.endsWith('.'),
    );
  });
}

for (const [name, value] of [
  ['DATABASE_URL', 'mysql://me:hunter2@host/x'],
  ['GEOCRATE_STORAGE', 's3://me:hunter2@bucket/x'],
  ['GEOCRATE_PUBLIC_URL', 'https://me:hunter2@data.example.org'],
  ['AWS_ENDPOINT_URL', 'http://me:hunter2@minio:9000'],
] as const) {
  test(`a password in ${name} is refused without being repeated`, () => {
    assert.throws(
      () => readConfig({ GEOCRATE_STORAGE: 's3://bucket', [name]: value }),
      (error) => error instanceof ConfigError && error.message.includes(name) && !error.message.includes('hunter2'),
    );
  });
}

for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'GEOCRATE_STORAGE_PUBLIC_URL', 'AWS_MAX_ATTEMPTS']) {
  test(`${name} is looked at where there is a bucket, and only there`, () => {
    assert.throws(
      () => readConfig({ GEOCRATE_STORAGE: 's3://bucket', [name]: 'minio' }),
      (error) => error instanceof ConfigError && error.message.includes(name) && error.message.endsWith('.'),
    );
    assert.doesNotThrow(() => readConfig({ [name]: 'minio' }));
  });
}

test('traces are sent where an endpoint is told, and what they need is looked at then', () => {
  const at = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  assert.equal(readConfig({ OTEL_TRACES_SAMPLER: 'nonsense' }).tracing, null);
  assert.deepEqual(readConfig(at).tracing, { sampler: 'parentbased_always_on', ratio: 1 });
  assert.equal(readConfig({ ...at, OTEL_SDK_DISABLED: 'true' }).tracing, null);
  assert.equal(readConfig({ ...at, OTEL_TRACES_EXPORTER: 'none' }).tracing, null);
  for (const [name, value] of Object.entries({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_SAMPLER: 'nonsense',
    OTEL_TRACES_SAMPLER_ARG: '2',
  })) {
    assert.throws(
      () => readConfig({ ...at, [name]: value }),
      (error) => error instanceof ConfigError && error.message.includes(name) && error.message.endsWith('.'),
    );
  }
});

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const source = read('src/config.ts');

test('docs/operate.md lists every variable of Geocrate’s own, and no other, with the value that it has unless told', () => {
  const rows = [...read('docs/operate.md').matchAll(/^\| `(GEOCRATE_\w+)` \| (?:`([^`]*)`)?/gm)].map(
    ([, name, value]) => [name, value] as const,
  );
  const known = new Set(source.match(/\bGEOCRATE_[A-Z_]+\b/g));
  known.delete('GEOCRATE_TOKEN');
  assert.deepEqual(rows.map(([name]) => name).sort(), [...known].sort());
  for (const [name, value] of rows) {
    const [, unlessTold] = new RegExp(`text\\('${name}'\\) \\?\\? '([^']+)'`).exec(source) ?? [];
    if (unlessTold !== undefined) assert.equal(value, unlessTold, name);
  }
});

test('what deploy/ and the documentation set is known', () => {
  const files = [
    ...readdirSync(join(root, 'deploy'), { recursive: true, encoding: 'utf8' }),
    '../README.md',
    '../docs/operate.md',
    '../docs/use.md',
  ];
  const texts = files.filter((file) => /\.\w+$|Dockerfile$/.test(file)).map((file) => read(join('deploy', file)));
  const named = new Set(texts.flatMap((text) => text.match(/\bGEOCRATE_[A-Z_]+\b/g) ?? []));
  assert.ok(named.size > 20);
  for (const name of named) assert.ok(source.includes(`'${name}'`) || source.includes(`.${name}`), name);
});
