import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readQuery, writeQuery } from '../../web/catalogue/query.ts';
import { routeOf } from '../../web/router.ts';

test('every address names one page, with and without its last slash', () => {
  assert.deepEqual(routeOf('/'), { page: 'catalogue' });
  assert.deepEqual(routeOf('/layers/3/'), { page: 'item', type: 'layer', id: 3 });
  assert.deepEqual(routeOf('/tables/5'), { page: 'item', type: 'table', id: 5 });
  assert.deepEqual(routeOf('/exports/12/'), { page: 'one-export', id: 12 });
  assert.deepEqual(routeOf('/exports'), { page: 'exports' });
  for (const path of ['/layers/', '/layers/x/', '/layers/3/4/', '/nothing/', '/export/1/', '/layers/12345678901/'])
    assert.deepEqual(routeOf(path), { page: 'unknown' }, path);
});

test('a search comes back from its address, and what is none is left out', () => {
  const query = { q: 'Ōtautahi & more', kind: 'vector', license: 'cc-by', geometry: 'point', bbox: '170,-44,171,-43' } as const;
  assert.deepEqual(readQuery(writeQuery(query)), query);
  assert.deepEqual(readQuery('?kind=road&bbox=1,2,x,4'), { q: '', kind: '', license: '', geometry: '', bbox: '' });
});
