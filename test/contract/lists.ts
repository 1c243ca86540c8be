import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../fixtures/site.ts';
import { type Contract, SENTENCE } from './site.ts';

/** "Ground rules": lists and times. The 100 crop features of the parcels are the longest list. */
export function lists({ site }: Contract): void {
  const features = '/exports/croplayers/1/cropfeatures/';

  test('a list is answered 20 at a time unless told, at most 100', async () => {
    const list = await site.request('GET', features);
    assert.ok(Array.isArray(list.body));
    assert.equal(list.body.length, 20);
    assert.equal(list.headers.get('x-paginate-by'), '20');
    assert.equal((await site.request('GET', `${features}?page_size=100`)).body.length, 100);
    assert.equal((await site.request('GET', `${features}?page_size=7`)).headers.get('x-paginate-by'), '7');
  });

  test('X-Resource-Range is start-end/total, from 0, the end exclusive', async () => {
    const range = async (query: string) => (await site.request('GET', `${features}${query}`)).headers.get('x-resource-range');
    assert.equal(await range(''), '0-20/100');
    assert.equal(await range('?page=2'), '20-40/100');
    assert.equal(await range('?page=5'), '80-100/100');
    assert.equal(await range('?page=2&page_size=70'), '70-100/100');
    assert.equal(await range('?q=no such name'), '0-0/0');
  });

  test('Link leads to the next, the previous and the last page by full URLs that keep the query', async () => {
    const links = async (query: string) => relations((await site.request('GET', `${features}${query}`)).headers);
    const page = (number: number) => `${site.api}${features}?q=lot&sort=-name&page_size=30&page=${number}`;
    const query = '?q=lot&sort=-name&page_size=30';
    assert.deepEqual(await links(query), { 'page-next': page(2), next: page(2), 'page-last': page(4), last: page(4) });
    assert.deepEqual(await links(`${query}&page=2`), {
      'page-next': page(3),
      next: page(3),
      'page-previous': page(1),
      prev: page(1),
      'page-last': page(4),
      last: page(4),
    });
    assert.deepEqual(await links(`${query}&page=4`), { 'page-previous': page(3), prev: page(3), 'page-last': page(4), last: page(4) });
    const odd = await links('?q=%25%3E%22%3Blot&page_size=1');
    for (const url of Object.values(odd)) assert.equal(new URL(url).searchParams.get('q'), '%>";lot');
  });

  test('the pages hold each thing once, in order', async () => {
    const ids: number[] = [];
    let next: string | undefined = `${features}?page_size=9&sort=-id`;
    while (next) {
      const list: Answer = await site.request('GET', next);
      ids.push(...list.body.map(({ id }: { id: number }) => id));
      next = relations(list.headers)['page-next'];
    }
    assert.equal(new Set(ids).size, 100);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => b - a),
    );
  });

  test('sort takes a field, with - for descending, and refuses others', async () => {
    for (const [path, fields] of [
      [features, ['id', 'name']],
      ['/exports/croplayers/', ['id', 'name']],
      ['/exports/', ['id', 'created_at', 'name', 'state']],
      ['/data/', ['id', 'title', 'name', 'kind', 'created_at', 'first_published_at', 'published_at', 'updated_at']],
      ['/layers/', ['id', 'name', 'created_at', 'updated_at']],
      ['/layers/1/versions/', ['id', 'published_at']],
    ] as const) {
      for (const field of fields) {
        const up = await site.request('GET', `${path}?sort=${field}&page_size=100`);
        const down = await site.request('GET', `${path}?sort=-${field}&page_size=100`);
        assert.equal(up.status, 200, `${path} ${field}`);
        assert.deepEqual(up.body, down.body.toReversed(), `${path} ${field}`);
      }
      for (const wrong of ['nothing', '--id', 'id,name', '__proto__']) {
        const refused = await site.request('GET', `${path}?sort=${wrong}`);
        assert.equal(refused.status, 400, `${path} ${wrong}`);
        assert.match(refused.body.detail, /^sort must be one of .*id/);
      }
    }
  });

  test('a page past the end is 404; one that is no page at all is 400', async () => {
    for (const query of ['page=6', 'page=1000000', 'page=2&page_size=100', 'page=2&q=no such name']) {
      const answer = await site.request('GET', `${features}?${query}`);
      assert.equal(answer.status, 404, query);
      assert.match(answer.body.detail, SENTENCE);
    }
    for (const query of [
      'page=0',
      'page=-1',
      'page=a',
      'page=1.5',
      'page=99999999999',
      'page=Infinity',
      `page=${'9'.repeat(400)}`,
      'page_size=0',
      'page_size=101',
      `page_size=${'9'.repeat(400)}`,
      'page=1&page=2',
    ]) {
      const answer = await site.request('GET', `${features}?${query}`);
      assert.equal(answer.status, 400, query);
      assert.match(answer.body.detail, /^page(_size)? /);
    }
  });

  test('a list answers HEAD with the same headers', async () => {
    const [get, head] = [await site.request('GET', features), await site.request('HEAD', features)];
    for (const name of ['x-paginate-by', 'x-resource-range', 'link', 'content-type', 'content-length'])
      assert.equal(head.headers.get(name), get.headers.get(name), name);
  });
}

/** The URLs of a Link header by their relation (RFC 8288). */
export function relations(headers: Headers): Record<string, string> {
  const links = headers.get('link')?.matchAll(/<([^>]*)>; rel="([^"]*)"/g) ?? [];
  return Object.fromEntries([...links].map(([, url = '', rel = '']) => [rel, url]));
}
