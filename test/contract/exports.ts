import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { finished } from '../fixtures/site.ts';
import { CORNER, type Contract, completeExport, csvTable, failed, halfway, SENTENCE, SIX_DECIMALS, shapefile } from './site.ts';

const STATES = ['processing', 'cancelled', 'error', 'complete', 'gone'] as const;

/** "Exports": list, create, detail, cancel and discard. */
export function exports(contract: Contract): void {
  const { site, item, db, token } = contract;

  test('POST creates: 201 with Location and the whole export as body', async () => {
    const request = { ...shapefile(contract), extent: CORNER, name: 'fred the export', delivery: { method: 'download' } };
    const created = await site.request('POST', '/exports/', request);
    assert.equal(created.status, 201);
    assert.equal(created.headers.get('location'), created.body.url);
    assert.equal(created.body.state, 'processing');
    assert.equal(created.body.download_url, null);
    assert.equal(created.body.created_via, 'api');
    assert.deepEqual(created.body.items, [{ item: item(1) }]);
    assert.deepEqual(created.body.formats, request.formats);
    assert.deepEqual(created.body.extent, CORNER);
    assert.deepEqual(created.body.delivery, { method: 'download' });
    assert.equal(created.body.crs, 'EPSG:2193');
    assert.deepEqual(created.body.options, {});
    assert.ok(created.body.size_estimate_zipped > 0);
    const followed = await site.request('GET', created.headers.get('location') ?? '');
    assert.equal(followed.body.id, created.body.id);
    assert.equal((await finished(site, created.body.id)).state, 'complete');
  });

  test('an export shows its fields in the contract’s order, then our own', async () => {
    const { body } = await site.request('GET', `/exports/${(await completeExport(contract)).id}/`);
    const seed = ['id', 'name', 'created_at', 'created_via', 'state', 'url', 'download_url', 'extent', 'delivery', 'formats', 'items'];
    const own = [
      'started_at',
      'finished_at',
      'expires_at',
      'eta_seconds',
      'size_zipped',
      'sha256',
      'warnings',
      'error',
      'stages',
      'events_url',
    ];
    const keys = Object.keys(body);
    assert.deepEqual(keys.slice(0, 15), [...seed, 'crs', 'options', 'size_estimate_zipped', 'progress']);
    for (const name of own) assert.ok(keys.slice(15).includes(name), name);
  });

  test('times have six decimals and Z', async () => {
    const done = await completeExport(contract);
    for (const name of ['created_at', 'started_at', 'finished_at', 'expires_at']) assert.match(done[name], SIX_DECIMALS, name);
    assert.ok(done.created_at <= done.started_at && done.started_at <= done.finished_at && done.finished_at < done.expires_at);
    assert.match((await site.request('GET', '/exports/')).body[0].created_at, SIX_DECIMALS);
  });

  test('progress runs from 0 to 1, never falls, is 1 when complete and null when cancelled', async () => {
    const created = await site.request('POST', '/exports/', shapefile(contract));
    assert.equal(created.body.progress, 0);
    let last = 0;
    for (;;) {
      const { body } = await site.request('GET', `/exports/${created.body.id}/`);
      assert.ok(body.progress >= last && body.progress <= 1);
      last = body.progress;
      if (body.state !== 'processing') break;
    }
    assert.equal(last, 1);
    await halfway(db, created.body.id);
    const { body } = await site.request('GET', `/exports/${created.body.id}/`);
    assert.equal(body.progress, 0.5);
    assert.ok(body.eta_seconds >= 1);
    assert.deepEqual(body.stages, [{ item: item(1), name: 'write', progress: 0.5 }]);
    assert.equal((await site.request('DELETE', `/exports/${created.body.id}/`)).body.progress, null);
  });

  test('a request that is not valid is answered 400 with the body of validate', async () => {
    for (const body of [{}, csvTable(contract, { items: [] }), shapefile(contract, { crs: 'EPSG:1', colour: 1 })]) {
      const [created, validated] = [await site.request('POST', '/exports/', body), await site.request('POST', '/exports/validate/', body)];
      assert.equal(created.status, 400);
      assert.equal(validated.status, 200);
      assert.deepEqual(created.body, validated.body);
    }
  });

  test('every state shows as the API page defines it', async () => {
    const authorization = await token('exports:read', 'exports:write');
    const ids: number[] = [];
    for (const _ of STATES) {
      const { body } = await site.request('POST', '/exports/', csvTable(contract), { authorization, prefer: 'wait=60' });
      assert.equal(body.state, 'complete');
      ids.push(body.id);
    }
    const [processing = 0, cancelled = 0, error = 0, complete = 0, gone = 0] = ids;
    await halfway(db, processing);
    await halfway(db, cancelled);
    await site.request('DELETE', `/exports/${cancelled}/`, undefined, { authorization });
    await failed(db, error);
    await site.request('POST', `/exports/${gone}/discard/`, undefined, { authorization });
    for (const [index, state] of STATES.entries()) {
      const { body } = await site.request('GET', `/exports/${ids[index]}/`, undefined, { authorization });
      assert.equal(body.state, state);
      assert.equal(body.download_url, state === 'complete' ? `${body.url}download/` : null);
      assert.deepEqual(
        body.error,
        state === 'error' ? { code: 'write-failed', message: 'GDAL could not make this item.', item: item(3) } : null,
      );
      const { body: list } = await site.request('GET', `/exports/?state=${state}`, undefined, { authorization });
      assert.deepEqual(
        list.map((one: { id: number }) => one.id),
        [ids[index]],
      );
    }
    const { body: all } = await site.request('GET', '/exports/', undefined, { authorization });
    assert.deepEqual(
      all.map((one: { id: number }) => one.id),
      [gone, complete, error, cancelled, processing],
    );
    const refused = await site.request('GET', '/exports/?state=finished', undefined, { authorization });
    assert.equal(refused.status, 400);
    assert.equal(refused.body.detail, `state must be one of ${STATES.join(', ')}.`);
    await site.request('DELETE', `/exports/${processing}/`, undefined, { authorization });
  });

  test('the list holds id, name, created_at, created_via, state, url and download_url, newest first', async () => {
    const { body } = await site.request('GET', '/exports/?page_size=5');
    for (const one of body) assert.deepEqual(Object.keys(one), ['id', 'name', 'created_at', 'created_via', 'state', 'url', 'download_url']);
    const ids = body.map(({ id }: { id: number }) => id);
    assert.deepEqual(
      ids,
      ids.toSorted((a: number, b: number) => b - a),
    );
  });

  test('the list is filtered by created_at.after, created_at.before and q', async () => {
    const first = await completeExport(contract, { name: 'Harbour 100%_a' });
    await new Promise((resolve) => setTimeout(resolve, 2));
    const second = await completeExport(contract, { name: 'harbour bridge' });
    const ids = async (query: Record<string, string>) => {
      const { body } = await site.request('GET', `/exports/?${new URLSearchParams(query)}`);
      return body.map(({ id }: { id: number }) => id);
    };
    assert.deepEqual(await ids({ q: 'HARBOUR' }), [second.id, first.id]);
    assert.deepEqual(await ids({ q: 'harbour-bridge' }), [second.id]);
    assert.deepEqual(await ids({ q: '%' }), []);
    assert.deepEqual(await ids({ q: '_' }), []);
    // What a client was told is the bound itself, and is not in what lies after or before it.
    assert.deepEqual(await ids({ q: 'harbour', 'created_at.after': first.created_at }), [second.id]);
    assert.deepEqual(await ids({ q: 'harbour', 'created_at.before': second.created_at }), [first.id]);
    assert.deepEqual(await ids({ q: 'harbour', 'created_at.after': '2020-01-31', 'created_at.before': '2099-01-31T00:00:00+13:00' }), [
      second.id,
      first.id,
    ]);
    assert.deepEqual(await ids({ q: 'harbour', 'created_at.before': '2020-01-31T12:00Z' }), []);
    for (const wrong of ['yesterday', '2020-13-01', '2020-01-31T25:00:00Z', '20200131', '1e9']) {
      const answer = await site.request('GET', `/exports/?created_at.after=${wrong}`);
      assert.equal(answer.status, 400, wrong);
      assert.match(answer.body.detail, /^created_at\.after must be a day or a moment/);
    }
  });

  test('DELETE cancels: 200 with the export, state cancelled', async () => {
    const { id } = await completeExport(contract);
    await halfway(db, id);
    const answer = await site.request('DELETE', `/exports/${id}/`);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.state, 'cancelled');
    assert.equal(answer.body.progress, null);
    assert.equal(answer.body.download_url, null);
  });

  test('an export that was just begun can be cancelled', async () => {
    const created = await site.request('POST', '/exports/', shapefile(contract));
    assert.equal((await site.request('DELETE', `/exports/${created.body.id}/`)).body.state, 'cancelled');
  });

  test('what is not processing any more is answered 409 with {"errors": ["Can\'t cancel"]}', async () => {
    const { id } = await completeExport(contract);
    const refused = async () => {
      const answer = await site.request('DELETE', `/exports/${id}/`);
      assert.equal(answer.status, 409);
      assert.deepEqual(answer.body, { errors: ["Can't cancel"] });
    };
    await refused();
    await site.request('POST', `/exports/${id}/discard/`);
    await refused();
    await failed(db, id);
    await refused();
    await halfway(db, id);
    await site.request('DELETE', `/exports/${id}/`);
    await refused();
  });

  test('discard removes a finished export’s archive: state gone', async () => {
    const { id, url } = await completeExport(contract);
    const address = (await site.request('GET', `/exports/${id}/download/`)).headers.get('location') ?? '';
    assert.equal((await fetch(address)).status, 200);
    const answer = await site.request('POST', `/exports/${id}/discard/`);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.state, 'gone');
    assert.equal(answer.body.url, url);
    const left = await fetch(address);
    assert.equal(left.status, 410);
    const again = await site.request('POST', `/exports/${id}/discard/`);
    assert.equal(again.status, 409);
    assert.deepEqual(again.body, { errors: ["Can't discard"] });
    await halfway(db, id);
    assert.equal((await site.request('POST', `/exports/${id}/discard/`)).status, 409);
    await site.request('DELETE', `/exports/${id}/`);
  });

  test('Prefer: wait answers when the export has ended', async () => {
    const answer = await site.request('POST', '/exports/', csvTable(contract), { prefer: 'respond-async, wait=60' });
    assert.equal(answer.status, 201);
    assert.equal(answer.body.state, 'complete');
    assert.equal(answer.headers.get('preference-applied'), 'wait=60');
    assert.equal(answer.headers.get('location'), answer.body.url);
    const none = await site.request('POST', '/exports/', csvTable(contract));
    assert.equal(none.headers.get('preference-applied'), null);
  });

  test('Prefer: wait answers after so many seconds where the export goes on', async () => {
    const { id } = await completeExport(contract);
    await halfway(db, id);
    const key = { 'idempotency-key': 'wait for it' };
    const created = await site.request('POST', '/exports/', csvTable(contract), key);
    await finished(site, created.body.id);
    await halfway(db, created.body.id);
    const waited = await site.request('POST', '/exports/', csvTable(contract), { ...key, prefer: 'wait=1' });
    assert.equal(waited.body.state, 'processing');
    assert.equal(waited.headers.get('preference-applied'), 'wait=1');
    for (const one of [id, created.body.id]) await site.request('DELETE', `/exports/${one}/`);
  });

  test('an export that fails says why in a sentence that names no path of the server', async () => {
    const versions = join(site.dataDir, 'store');
    const away = `${versions}-away`;
    renameSync(versions, away);
    try {
      const { body } = await site.request('POST', '/exports/', csvTable(contract), { prefer: 'wait=60' });
      assert.equal(body.state, 'error');
      assert.equal(body.error.item, item(3));
      assert.match(body.error.message, SENTENCE);
      assert.equal(body.error.message.includes('/'), false);
      assert.equal(body.download_url, null);
    } finally {
      renameSync(away, versions);
    }
  });
}
