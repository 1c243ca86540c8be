import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_TOKEN } from '../fixtures/site.ts';
import { type Contract, countExports, halfway, LIMITS, PUBLIC_URL, SENTENCE } from './site.ts';
import { circle } from './validate.ts';

const table = { formats: { table: 'text/csv' }, items: [{ item: '/services/api/v1/tables/3/' }] };
const parcels = { crs: 'EPSG:4326', formats: { vector: 'application/geo+json' }, items: [{ item: '/services/api/v1/layers/1/' }] };

/** The limits of a site's configuration, and its public address. */
export function limits({ limited, limitedDb, limitedToken }: Contract): void {
  const validated = async (user: string, body: unknown) =>
    (await limited.request('POST', '/exports/validate/', body, { authorization: await limitedToken(user) })).body;

  test('OPTIONS tells the limits', async () => {
    const { body } = await limited.request('OPTIONS', '/exports/', undefined, { authorization: NO_TOKEN });
    assert.deepEqual(body.limits, {
      items: LIMITS.items,
      vertices: LIMITS.vertices,
      body_bytes: LIMITS.bodyBytes,
      export_bytes: LIMITS.exportBytes,
      active_exports: LIMITS.active,
      requests_per_minute: LIMITS.requests,
    });
    const { POST } = body.actions;
    assert.equal(POST.items.max_length, LIMITS.items);
    assert.equal(POST.extent.max_vertices, LIMITS.vertices);
    assert.ok(POST.extent.help_text.includes(`at most ${LIMITS.vertices} vertices`));
  });

  test('the API’s description tells the same numbers', async () => {
    const { body } = await limited.request('GET', '/openapi.json', undefined, { authorization: NO_TOKEN });
    for (const sentence of [
      `at most ${LIMITS.items} items in an export`,
      `at most ${LIMITS.vertices} vertices in an extent`,
      `at most ${LIMITS.bodyBytes} bytes in a body`,
      `at most ${LIMITS.active} exports of a user in the making`,
      `at most ${LIMITS.exportBytes} bytes in an archive`,
      `at most ${LIMITS.requests} requests a minute and token`,
    ])
      assert.ok(body.info.description.includes(sentence), sentence);
    assert.deepEqual(body.servers, [{ url: PUBLIC_URL }]);
  });

  test('validate’s sentences tell the same numbers', async () => {
    const items = [1, 2, 4, 9].map((id) => ({ item: `/services/api/v1/layers/${id}/` }));
    const many = await validated('limits', { ...parcels, items });
    assert.deepEqual(many.invalid_reasons, ['too-many-items']);
    assert.match(many.errors.items[0], new RegExp(`at most ${LIMITS.items} items, not 4`));
    assert.equal((await validated('limits', { ...parcels, extent: circle(LIMITS.vertices) })).is_valid, true);
    const complex = await validated('limits', { ...parcels, extent: circle(LIMITS.vertices + 1) });
    assert.deepEqual(complex.invalid_reasons, ['extent-too-complex']);
    assert.match(complex.errors.extent[0], new RegExp(`at most ${LIMITS.vertices} `));
    const large = await validated('limits', { ...table, items: [{ item: '/services/api/v1/tables/5/' }] });
    assert.deepEqual(large.invalid_reasons, ['too-large']);
    assert.match(large.errors.items[0], new RegExp(`about ${large.size_estimate_zipped} bytes; this site allows ${LIMITS.exportBytes}\\.`));
  });

  test('a body over the limit is 413', async () => {
    const authorization = await limitedToken('limits');
    const post = (length: number) =>
      limited.request('POST', '/exports/validate/', `{"name":"${'x'.repeat(length - 11)}"}`, { authorization });
    assert.equal((await post(LIMITS.bodyBytes)).status, 200);
    assert.equal((await post(LIMITS.bodyBytes + 1)).status, 413);
  });

  test('a user has so many exports in the making and no more, also when many are asked for at once', async () => {
    const authorization = await limitedToken('quota');
    const post = (body: object) => limited.request('POST', '/exports/', body, { authorization });
    // Two that never end on their own.
    const held = [await post(table), await post(table)].map(({ body }) => body.id);
    for (const id of held) await ended(id);
    for (const id of held) await halfway(limitedDb, id);
    const before = await countExports(limitedDb);
    const [validatedNow, refused] = [await limited.request('POST', '/exports/validate/', table, { authorization }), await post(table)];
    for (const { body } of [validatedNow, refused]) {
      assert.deepEqual(body.invalid_reasons, ['quota-exceeded']);
      assert.equal(body.is_valid, false);
      assert.match(body.errors.items[0], new RegExp(`^You have ${LIMITS.active} exports in the making.*\\.$`));
    }
    assert.equal(refused.status, 400);
    assert.equal(await countExports(limitedDb), before);
    // Another user is not concerned.
    assert.equal((await validated('quota neighbour', table)).is_valid, true);

    await limited.request('DELETE', `/exports/${held[0]}/`, undefined, { authorization });
    await limited.request('DELETE', `/exports/${held[1]}/`, undefined, { authorization });
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(table)));
    const accepted = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      assert.equal(status, 400);
      assert.deepEqual(body.invalid_reasons, ['quota-exceeded']);
    }
    const rows = await limitedDb.selectFrom('exports').select(['id', 'created_at', 'finished_at']).where('id', 'in', accepted).execute();
    for (const id of accepted) await ended(id);
    assert.ok(accepted.length >= LIMITS.active);
    for (const row of rows) {
      // At the moment that one was accepted, so many at most had not ended.
      const finished = await limitedDb.selectFrom('exports').selectAll().where('id', 'in', accepted).execute();
      const together = finished.filter((one) => one.created_at <= row.created_at && (one.finished_at ?? new Date()) > row.created_at);
      assert.ok(together.length <= LIMITS.active, `${together.length} at once`);
    }

    async function ended(id: number): Promise<void> {
      for (;;) {
        const row = await limitedDb.selectFrom('exports').select('state').where('id', '=', id).executeTakeFirstOrThrow();
        if (row.state !== 'processing') return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  });

  test('a direct link hands out what is made, and follows what is in the making, whatever else the user waits for', async () => {
    const authorization = await limitedToken('linked quota');
    const get = (query: string) => limited.request('GET', `/tables/3/export/?${query}`, undefined, { authorization });
    const made = await get('format=csv&wait=60');
    assert.equal(made.status, 302);
    const [one, other] = [await get('format=xlsx&wait=60'), await get('format=dbf&wait=60')];
    assert.deepEqual([one.status, other.status], [302, 302]);
    await limitedDb
      .updateTable('exports')
      .set({ state: 'processing', progress: 0.5 })
      .where('name', 'in', ['places-XLSX', 'places-DBF'])
      .execute();
    assert.equal((await get('format=csv')).status, 302);
    assert.equal((await get('format=xlsx&wait=0')).status, 202);
    const refused = await get('format=gpkg');
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.body.invalid_reasons, ['quota-exceeded']);
    await limitedDb.updateTable('exports').set({ state: 'cancelled' }).where('state', '=', 'processing').execute();
  });

  test('too many requests a minute with one token are 429 with Retry-After', async () => {
    const authorization = await limitedToken('eager');
    const answers = await Promise.all(
      Array.from({ length: LIMITS.requests * 2 }, () => limited.request('GET', '/exports/', undefined, { authorization })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 0 && refused.length <= LIMITS.requests);
    assert.equal(answers.length - refused.length, answers.filter(({ status }) => status === 200).length);
    for (const { headers, body } of refused) {
      assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
      assert.match(body.detail, SENTENCE);
      assert.ok(body.detail.includes(String(LIMITS.requests)));
    }
    assert.equal((await limited.request('GET', '/exports/', undefined, { authorization: await limitedToken('patient') })).status, 200);
  });

  test('URLs begin with GEOCRATE_PUBLIC_URL, with its path, whatever Host the request has', async () => {
    const authorization = await limitedToken('public');
    const list = await limited.request('GET', '/data/?page_size=1&sort=id', undefined, { authorization });
    assert.equal(list.body[0].url, `${PUBLIC_URL}/services/api/v1/layers/1/`);
    assert.ok(list.headers.get('link')?.startsWith(`<${PUBLIC_URL}/services/api/v1/data/?page_size=1&sort=id&page=2>; rel="page-next"`));
    const forwarded = { authorization, 'x-forwarded-host': 'evil.example.org', 'x-forwarded-proto': 'http' };
    const created = await limited.request('POST', '/exports/', table, { ...forwarded, prefer: 'wait=60' });
    assert.ok(created.headers.get('location')?.startsWith(`${PUBLIC_URL}/services/api/v1/exports/`));
    assert.equal(created.body.download_url, `${created.body.url}download/`);
    const redirect = await limited.request('GET', `/exports/${created.body.id}/download/`, undefined, forwarded);
    const address = redirect.headers.get('location') ?? '';
    assert.ok(address.startsWith(`${PUBLIC_URL}/downloads/`));
    // The proxy takes its own path away.
    assert.equal((await fetch(address.replace(PUBLIC_URL, limited.url))).status, 200);
  });

  test('items are accepted by the public URL, by the request’s own host and by path', async () => {
    for (const base of [PUBLIC_URL, limited.url, '', '/geo'])
      assert.equal((await validated('public', { ...table, items: [{ item: `${base}/services/api/v1/tables/3/` }] })).is_valid, true, base);
    for (const base of ['https://example.org/geo', `${PUBLIC_URL}/other`])
      assert.equal((await validated('public', { ...table, items: [{ item: `${base}/services/api/v1/tables/3/` }] })).is_valid, false, base);
  });
}
