import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { finished } from '../fixtures/site.ts';
import { type Contract, completeExport, csvTable, halfway } from './site.ts';

interface Delivery {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** "Exports": `notify`. */
export function webhooks(contract: Contract): void {
  const { site, db, limited } = contract;
  const received: Delivery[] = [];
  /** What the receiver answers next; 204 when nothing is left. */
  const answers: number[] = [];
  const receiver = createServer(async (request, response) => {
    const body = await text(request);
    received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
    const status = answers.shift() ?? 204;
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
  });
  let url = '';
  before(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const address = receiver.address();
    assert.ok(typeof address === 'object' && address);
    url = `http://127.0.0.1:${address.port}`;
  });
  after(() => receiver.close());
  const told = async (path: string, count = 1): Promise<Delivery[]> => {
    for (;;) {
      const deliveries = received.filter((delivery) => delivery.path === path);
      if (deliveries.length >= count) return deliveries;
      await delay(20);
    }
  };
  const attempts = async (id: number): Promise<number> => {
    const row = await db.selectFrom('exports').select(['notify_attempts', 'notify_at']).where('id', '=', id).executeTakeFirstOrThrow();
    return row.notify_attempts;
  };

  test('one signed POST of the export is sent at its end', async () => {
    const { body } = await site.request('POST', '/exports/', csvTable(contract, { notify: { url: `${url}/hook?a=b` } }));
    assert.deepEqual(body.notify, { url: `${url}/hook?a=b` });
    const [delivery] = await told('/hook?a=b');
    assert.ok(delivery);
    assert.equal(delivery.method, 'POST');
    assert.equal(delivery.headers['content-type'], 'application/json');
    assert.equal(delivery.headers['x-geocrate-delivery'], `${body.id}-complete`);
    const key = createHash('sha256').update(site.token).digest('hex');
    const signature = createHmac('sha256', key).update(delivery.body).digest('hex');
    assert.equal(delivery.headers['x-geocrate-signature'], `sha256=${signature}`);
    const done = await finished(site, body.id);
    assert.deepEqual(JSON.parse(delivery.body), done);
    assert.ok(done.url.startsWith(site.api));
  });

  test('a cancelled export is told of too', async () => {
    const { id } = await completeExport(contract, { notify: { url: `${url}/cancelled` } });
    await told('/cancelled');
    await halfway(db, id);
    await site.request('DELETE', `/exports/${id}/`);
    const [, delivery] = await told('/cancelled', 2);
    assert.equal(JSON.parse(delivery?.body ?? '{}').state, 'cancelled');
  });

  test('what is not taken is sent again; a redirect is not followed', async () => {
    answers.push(500, 302);
    const { id } = await completeExport(contract, { notify: { url: `${url}/retried` } });
    for (const attempt of [1, 2]) {
      await told('/retried', attempt);
      while ((await attempts(id)) < attempt) await delay(20);
      // The next is due in ten seconds or more: not to be waited for here.
      const { notify_at: due } = await db.selectFrom('exports').select('notify_at').where('id', '=', id).executeTakeFirstOrThrow();
      assert.ok(due && due.getTime() > Date.now());
      await db.updateTable('exports').set({ notify_at: new Date() }).where('id', '=', id).execute();
    }
    const deliveries = await told('/retried', 3);
    assert.equal(new Set(deliveries.map(({ headers }) => headers['x-geocrate-signature'])).size, 1);
    for (;;) {
      const { notify_at: due } = await db.selectFrom('exports').select('notify_at').where('id', '=', id).executeTakeFirstOrThrow();
      if (due === null) break;
      await delay(20);
    }
    assert.equal(received.filter(({ path }) => path === '/elsewhere').length, 0);
  });

  test('private addresses are not told unless the site allows it', async () => {
    const said = new Promise<void>((resolve) => {
      let count = 0;
      limited.process.stderr?.on('data', (line: Buffer) => {
        count += line.toString().split('the address is private').length - 1;
        if (count >= 2) resolve();
      });
    });
    const authorization = await contract.limitedToken('webhooks');
    for (const host of ['127.0.0.1', 'localhost']) {
      const notify = { url: `${url.replace('127.0.0.1', host)}/private` };
      const created = await limited.request('POST', '/exports/', csvTable({ item: () => '/services/api/v1/tables/3/' }, { notify }), {
        authorization,
        prefer: 'wait=60',
      });
      assert.equal(created.status, 201, JSON.stringify(created.body));
    }
    await said;
    assert.equal(received.filter(({ path }) => path === '/private').length, 0);
  });
}
