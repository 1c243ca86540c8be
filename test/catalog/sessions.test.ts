import assert from 'node:assert/strict';
import { after, mock, test } from 'node:test';
import { createSession } from '../../src/catalog/sessions.ts';
import { createToken, DEFAULT_SCOPES, findCaller, findSessionCaller } from '../../src/catalog/users.ts';
import { openDatabase } from '../../src/db/open.ts';
import { dataFolder } from '../fixtures/site.ts';

const { db, close } = await openDatabase({ databaseUrl: null, dataDir: await dataFolder() });
after(close);

test('a session holds and ends by the database’s clock, however wrong that of a machine is', async () => {
  const caller = await findCaller(db, await createToken(db, 'anna', DEFAULT_SCOPES));
  const tokenId = caller?.tokenId ?? 0;
  const right = await createSession(db, tokenId);
  // Forty days ahead: it takes nobody's session away, and those that it makes end when they should.
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 40 * 86_400_000 });
  const ahead = await createSession(db, tokenId);
  for (const key of [right, ahead]) assert.equal((await findSessionCaller(db, key))?.tokenId, tokenId);
  mock.timers.reset();
  const sessions = await db.selectFrom('sessions').select('expires_at').execute();
  assert.equal(sessions.length, 2);
  for (const { expires_at: end } of sessions) assert.ok(Math.abs(end.getTime() - Date.now() - 30 * 86_400_000) < 60_000, `${end}`);
  await db.updateTable('sessions').set({ expires_at: new Date() }).execute();
  assert.equal(await findSessionCaller(db, right), undefined);
});
