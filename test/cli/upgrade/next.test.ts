import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sideBySide } from './sidebyside.ts';
import { NEXT, THIS } from './versions.ts';

test('this version and the one after it work side by side', async (t) => {
  const migrations = await sideBySide(t, THIS, NEXT);
  assert.equal(migrations.at(-1), '9999-next');
});
