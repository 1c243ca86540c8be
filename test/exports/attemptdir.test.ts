import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAttemptDir, removeLeftAttempts } from '../../src/exports/attemptdir.ts';
import { temporaryFolder } from '../fixtures/folder.ts';

const parent = temporaryFolder();

test('the folder of an attempt that goes on stays, with its lock, until it is removed', async () => {
  const remove = await makeAttemptDir(parent, '1-a');
  writeFileSync(join(parent, '1-a', 'file'), 'content');
  assert.equal(await removeLeftAttempts(parent), 0);
  assert.ok(existsSync(join(parent, '1-a', 'file')));
  await remove();
  assert.deepEqual(readdirSync(parent), []);
});

test('an attempt whose folder cannot be made leaves no lock', async () => {
  writeFileSync(join(parent, '2-b'), '');
  await assert.rejects(makeAttemptDir(parent, '2-b'), { code: 'EEXIST' });
  assert.deepEqual(
    readdirSync(parent).filter((name) => name.endsWith('.lock')),
    [],
  );
});
