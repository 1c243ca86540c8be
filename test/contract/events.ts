import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, TestSite } from '../fixtures/site.ts';
import { type Contract, completeExport, halfway, shapefile } from './site.ts';

/** "Exports": `GET /exports/:id/events/`. */
export function events(contract: Contract): void {
  const { site, db } = contract;

  test('the stream of a finished export is its state, and ends', async () => {
    const done = await completeExport(contract);
    const all = await Array.fromAsync(eventsOf(site, done.id));
    assert.deepEqual(all, [{ event: 'state', data: (await site.request('GET', `/exports/${done.id}/`)).body }]);
  });

  test('the stream of a running export is its progress, then its state, and ends', async () => {
    const { body } = await site.request('POST', '/exports/', shapefile(contract));
    const all = await Array.fromAsync(eventsOf(site, body.id));
    const last = all.pop();
    assert.equal(last?.event, 'state');
    assert.equal(last?.data.state, 'complete');
    assert.equal(last?.data.id, body.id);
    let before = 0;
    for (const { event, data } of all) {
      assert.equal(event, 'progress');
      assert.deepEqual(Object.keys(data), ['progress', 'eta_seconds', 'stages']);
      assert.ok(data.progress >= before);
      before = data.progress;
    }
  });

  test('the stream of an export that is cancelled tells so, and ends', async () => {
    const { id } = await completeExport(contract);
    await halfway(db, id);
    const stream = eventsOf(site, id);
    const { value } = await stream.next();
    assert.equal(value?.event, 'progress');
    assert.equal(value?.data.progress, 0.5);
    assert.deepEqual(value?.data.stages, [{ name: 'write', progress: 0.5 }]);
    await site.request('DELETE', `/exports/${id}/`);
    const rest = await Array.fromAsync(stream);
    assert.equal(rest.at(-1)?.event, 'state');
    assert.equal(rest.at(-1)?.data.state, 'cancelled');
  });

  test('the stream is never cached or buffered, and other types are 406', async () => {
    const { id } = await completeExport(contract);
    const { headers } = await site.request('GET', `/exports/${id}/events/`, undefined, { accept: 'text/event-stream' });
    assert.equal(headers.get('content-type'), 'text/event-stream');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('x-accel-buffering'), 'no');
    assert.equal((await site.request('GET', `/exports/${id}/events/`, undefined, { accept: 'application/json' })).status, 406);
    assert.equal((await site.request('HEAD', `/exports/${id}/events/`, undefined, { accept: '*/*' })).status, 200);
  });

  test('a follower who leaves early leaves nothing behind', async () => {
    const { id } = await completeExport(contract);
    await halfway(db, id);
    const streams = Array.from({ length: 5 }, () => eventsOf(site, id));
    for (const stream of streams) assert.equal((await stream.next()).value?.event, 'progress');
    for (const stream of streams.slice(1)) await stream.return(undefined);
    await site.request('DELETE', `/exports/${id}/`);
    const rest = await Array.fromAsync(streams[0] ?? []);
    assert.equal(rest.at(-1)?.data.state, 'cancelled');
  });
}

interface ServerEvent {
  event: string;
  data: Answer['body'];
}

/** A reader of server-sent events (the HTML standard, section 9.2), as far as these streams need one. */
async function* eventsOf(site: TestSite, id: number): AsyncGenerator<ServerEvent, undefined> {
  const headers = { authorization: `key ${site.token}`, accept: 'text/event-stream' };
  const response = await fetch(`${site.api}/exports/${id}/events/`, { headers });
  assert.equal(response.status, 200);
  let unread = '';
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const blocks = (unread + chunk).split('\n\n');
    unread = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => [line.split(':', 1)[0], line.replace(/^\w*: ?/, '')]));
      if (fields.data !== undefined) yield { event: fields.event ?? 'message', data: JSON.parse(fields.data) };
    }
  }
  assert.equal(unread, '');
  return undefined;
}
