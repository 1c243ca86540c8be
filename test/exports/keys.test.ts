import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/open.ts';
import { findByKey, forgetKeys, idempotencyKey } from '../../src/exports/exports.ts';
import { accept } from '../../src/exports/states.ts';
import { turnOf } from '../../src/exports/turn.ts';
import { dataFolder } from '../fixtures/site.ts';

const { db, close } = await openDatabase({ databaseUrl: null, dataDir: await dataFolder() });
after(close);

test('a key is known for a day by the database’s clock, and then forgotten', async (t) => {
  const { id: user_id } = await db.insertInto('users').values({ name: 'anna' }).returning('id').executeTakeFirstOrThrow();
  const texts = { name: 'export', created_via: 'api', request: '{}', request_hash: '', stages: '[]', warnings: '[]' } as const;
  const values = { ...texts, user_id, data_modified_at: new Date(), size_estimate: 1, job_id: randomUUID(), turn: turnOf(user_id, 1) };
  const { id } = await accept(db, values);
  const [young, old] = [idempotencyKey('young', {}), idempotencyKey('old', {})];
  for (const [{ keyHash, bodyHash }, age] of [
    [young, '23 hours'],
    [old, '25 hours'],
  ] as const) {
    const created_at = sql<Date>`now() - ${age}::interval`;
    await db
      .insertInto('idempotency_keys')
      .values({ user_id, key_hash: keyHash, body_hash: bodyHash, export_id: id, created_at })
      .execute();
  }
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 7 * 24 * 3_600_000 });
  const found = await findByKey(db, user_id, young);
  assert.ok(found !== 'conflict' && found?.id === id);
  assert.equal(await findByKey(db, user_id, old), undefined);
  assert.equal(await forgetKeys(db), 1);
  assert.notEqual(await findByKey(db, user_id, young), undefined);
});
