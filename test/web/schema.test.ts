import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apiTypes } from '../../web/types/types.ts';
import { startSite } from '../fixtures/site.ts';

test('the types that the page is checked against are those of the API as it is', async () => {
  const site = await startSite();
  const now = await apiTypes(`${site.api}/openapi.json`);
  const kept = readFileSync(join(import.meta.dirname, '../../web/api/schema.d.ts'), 'utf8');
  assert.ok(now === kept, 'web/api/schema.d.ts is old. Run `npm run api-types`.');
});
