import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigError, readConfig } from '../src/config.ts';

test('without any variable the server is on 127.0.0.1:8080 with its data in ./data', () => {
  const config = readConfig({});
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.port, 8080);
  assert.equal(config.dataDir, resolve('data'));
  assert.equal(config.storageDir, resolve('data/archives'));
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
  assert.equal(config.storageDir, '/srv/archives');
  assert.equal(config.demo, false);
});

for (const [name, value] of [
  ['GEOCRATE_PORT', '80a'],
  ['GEOCRATE_PORT', '65536'],
  ['GEOCRATE_WORKERS', '0'],
  ['GEOCRATE_EXPORT_TTL', '7 days'],
  ['GEOCRATE_MAX_EXPORT_BYTES', 'much'],
  ['GEOCRATE_MAX_ACTIVE_PER_USER', '-1'],
  ['GEOCRATE_MAX_ITEMS', '0'],
  ['GEOCRATE_MAX_VERTICES', '2'],
  ['GEOCRATE_MAX_BODY_BYTES', '-1'],
  ['GEOCRATE_RATE_LIMIT', 'often'],
  ['GEOCRATE_PRIVATE_WEBHOOKS', 'yes'],
  ['GEOCRATE_DATA_DIR', `/srv/${'long/'.repeat(20)}`],
  ['GEOCRATE_PUBLIC_URL', 'data.example.org'],
  ['GEOCRATE_NAME_PREFIX', 'Ünter'],
  ['GEOCRATE_DEMO', 'yes'],
  ['GEOCRATE_STORAGE', 'ftp://host/x'],
  ['DATABASE_URL', 'mysql://host/x'],
] as const) {
  test(`${name}=${value} is refused with a sentence that names the variable`, () => {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error) => error instanceof ConfigError && error.message.includes(name) && error.message.endsWith('.'),
    );
  });
}
