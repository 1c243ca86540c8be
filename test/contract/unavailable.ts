import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from '../fixtures/folder.ts';
import { Relay } from '../fixtures/relay.ts';
import { NO_TOKEN, startSite } from '../fixtures/site.ts';
import { type Contract, SENTENCE } from './site.ts';

/** "Ground rules": 503 with Retry-After, while the PostgreSQL server cannot be reached. */
export function unavailable({ site, databaseUrl }: Contract): void {
  test('a database that does not answer is 503 with Retry-After, until it is back', { skip: databaseUrl === null }, async () => {
    const relay = await Relay.to(new URL(databaseUrl ?? ''));
    const url = new URL(databaseUrl ?? '');
    url.port = String(relay.port);
    const away = await startSite({ dataDir: join(temporaryFolder(), 'data'), token: site.token, env: { DATABASE_URL: url.href } });
    assert.equal((await away.request('GET', '/layers/')).status, 200);
    relay.cut();
    for (const [method, path] of [
      ['GET', '/layers/'],
      ['GET', '/exports/'],
      ['POST', '/exports/validate/'],
    ] as const) {
      const answer = await away.request(method, path, method === 'POST' ? {} : undefined);
      assert.equal(answer.status, 503, path);
      assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
      assert.match(answer.body.detail, SENTENCE);
    }
    assert.equal((await away.request('OPTIONS', '/exports/', undefined, { authorization: NO_TOKEN })).status, 200);
    await relay.mend();
    while ((await away.request('GET', '/layers/')).status !== 200) await delay(50);
    assert.equal(away.process.exitCode, null);
    await away.stop('SIGKILL');
    relay.cut();
  });
}
