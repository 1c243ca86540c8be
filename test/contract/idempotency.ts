import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finished } from '../fixtures/site.ts';
import { type Contract, countExports, csvTable, SENTENCE } from './site.ts';

/** "Exports": `Idempotency-Key`. */
export function idempotency(contract: Contract): void {
  const { site, db, other } = contract;
  const post = (key: string, body: object, headers: Record<string, string> = {}) =>
    site.request('POST', '/exports/', body, { 'idempotency-key': key, ...headers });

  test('the same key, user and body answers the first export again', async () => {
    const [first, again] = [await post('same', csvTable(contract)), await post('same', csvTable(contract))];
    assert.equal(first.status, 201);
    assert.equal(again.status, 201);
    assert.equal(again.body.id, first.body.id);
    assert.equal(again.headers.get('location'), first.headers.get('location'));
    await finished(site, first.body.id);
    assert.equal((await post('same', csvTable(contract))).body.state, 'complete');
  });

  test('another body with the same key is answered 409', async () => {
    const first = await post('other body', csvTable(contract));
    const answer = await post('other body', csvTable(contract, { name: 'another' }));
    assert.equal(answer.status, 409);
    assert.match(answer.body.detail, SENTENCE);
    assert.equal((await post('other body', csvTable(contract))).body.id, first.body.id);
  });

  test('another user’s key is another key', async () => {
    const [mine, theirs] = [await post('users', csvTable(contract)), await post('users', csvTable(contract), other)];
    assert.equal(theirs.status, 201);
    assert.notEqual(theirs.body.id, mine.body.id);
    await site.request('DELETE', `/exports/${theirs.body.id}/`, undefined, other);
    await db.deleteFrom('idempotency_keys').where('export_id', '=', theirs.body.id).execute();
    await finished(site, mine.body.id);
    // The list of that user is empty again, as other tests expect it.
    await db.deleteFrom('audit').where('export_id', '=', theirs.body.id).execute();
    await db.deleteFrom('exports').where('id', '=', theirs.body.id).execute();
  });

  test('a request that was not valid does not take the key', async () => {
    assert.equal((await post('invalid first', {})).status, 400);
    assert.equal((await post('invalid first', csvTable(contract))).status, 201);
  });

  test('a key that is 24 hours old is free again', async () => {
    const first = await post('yesterday', csvTable(contract));
    const yesterday = new Date(Date.now() - 24 * 3_600_000 - 60_000);
    await db.updateTable('idempotency_keys').set({ created_at: yesterday }).where('export_id', '=', first.body.id).execute();
    const second = await post('yesterday', csvTable(contract, { name: 'today' }));
    assert.equal(second.status, 201);
    assert.notEqual(second.body.id, first.body.id);
  });

  test('twenty at once with one key make one export', async () => {
    const before = await countExports(db);
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('twenty', csvTable(contract))));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    assert.equal(await countExports(db), before + 1);
  });

  test('without a key, the same body makes another export', async () => {
    const ids = [await site.request('POST', '/exports/', csvTable(contract)), await site.request('POST', '/exports/', csvTable(contract))];
    assert.notEqual(ids[0]?.body.id, ids[1]?.body.id);
  });
}
