import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/open.ts';
import { expireAudit, listAudit } from '../../src/exports/audit.ts';
import { expireArchives } from '../../src/exports/expiry.ts';
import { accept, begin, cancel, complete, fail, putBack, report } from '../../src/exports/states.ts';
import { turnOf } from '../../src/exports/turn.ts';
import { LocalStorage } from '../../src/storage/local.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { dataFolder } from '../fixtures/site.ts';

const { db, close } = await openDatabase({ databaseUrl: null, dataDir: await dataFolder() });
after(close);

async function user(name: string): Promise<number> {
  return (await db.insertInto('users').values({ name }).returning('id').executeTakeFirstOrThrow()).id;
}

/** An export of a user that will take about so many seconds. */
function asked(userId: number, seconds = 0.5) {
  return accept(db, {
    user_id: userId,
    name: 'export',
    created_via: 'api',
    request: '{}',
    request_hash: '',
    data_modified_at: new Date(),
    size_estimate: 1000,
    seconds_estimate: seconds,
    job_id: randomUUID(),
    stages: '[]',
    warnings: '[]',
    turn: turnOf(userId, seconds),
  });
}

const archived = { key: 'a.zip', contentHash: 'c', sizeBytes: 1, sha256: 'a', warnings: [], stages: [], keepFor: 3_600_000 };
const failure = { code: 'internal', message: 'Something.', item: null };

test('an attempt that another has taken over from changes nothing any more', async () => {
  const { id } = await asked(await user('anna'));
  const lost = await begin(db, id, 'here');
  const now = await begin(db, id, 'here');
  assert.ok(lost && now);
  assert.equal(now.attempts, 2);
  assert.equal(await report(db, lost, 0.9, []), false);
  await putBack(db, lost);
  assert.equal(await fail(db, lost, failure), undefined);
  assert.equal(await complete(db, lost, { ...archived, key: 'lost.zip' }), undefined);
  assert.equal(await report(db, now, 0.5, []), true);
  const done = await complete(db, now, archived);
  assert.equal(done?.archive_key, 'a.zip');
  assert.equal(done?.attempts, 2);
  assert.equal(done?.error, null);
  // Nor does the same attempt once more.
  assert.equal(await complete(db, now, archived), undefined);
  assert.equal(await begin(db, id, 'here'), undefined);
});

test('an archive’s time is by the database’s clock, whatever that of a machine says', async (t) => {
  const { id } = await asked(await user('tick'));
  const attempt = await begin(db, id, 'here');
  assert.ok(attempt);
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 30 * 24 * 3_600_000 });
  await complete(db, attempt, { ...archived, key: 'clock.zip', keepFor: 3_600_000 });
  const folder = temporaryFolder();
  const storage = new LocalStorage(folder);
  writeFileSync(join(folder, 'clock.zip'), 'an archive');
  assert.equal(await expireArchives(db, storage), 0);
  t.mock.timers.setTime(Date.now() - 60 * 24 * 3_600_000);
  await sql`update exports set expires_at = now() where id = ${id}`.execute(db);
  assert.equal(await expireArchives(db, storage), 1);
  assert.equal(await storage.stat('clock.zip'), null);
});

test('a cancel ends an export whichever attempt has it', async () => {
  const { id } = await asked(await user('ben'));
  const attempt = await begin(db, id, 'here');
  assert.ok(attempt);
  assert.equal((await cancel(db, id))?.state, 'cancelled');
  assert.equal(await complete(db, attempt, archived), undefined);
});

test('turns: short before long, a user’s first before another’s hundredth, and none waits for more than came before its turn', async () => {
  const [busy, other] = [await user('busy'), await user('other')];
  const first = [];
  for (let n = 0; n < 40; n++) first.push(await asked(busy));
  const turns = first.map(({ turn }) => turn?.getTime() ?? 0);
  assert.deepEqual(
    turns.toSorted((a, b) => a - b),
    turns,
  );
  // Half a second each, one after the other.
  const apart = ((turns.at(-1) ?? 0) - (turns[0] ?? 0)) / 39_000;
  assert.ok(apart > 0.49 && apart < 0.6, `${apart}`);
  const turnOfOthers = (await asked(other)).turn?.getTime() ?? 0;
  assert.ok(turnOfOthers < (turns.at(-1) ?? 0));
  // 100 MB take a minute: what is asked for within that minute and is short goes before it, and nothing that comes later.
  const long = await asked(await user('long'), 50);
  const wait = ((long.turn?.getTime() ?? 0) - long.created_at.getTime()) / 1000;
  assert.ok(wait > 45 && wait < 60, `${wait}`);
  // Whatever its estimate says, an hour is the most.
  const huge = await asked(await user('huge'), 500_000);
  assert.ok((huge.turn?.getTime() ?? 0) - huge.created_at.getTime() < 3_700_000);
  // Once a user's exports are made, the next begins where everybody's do.
  await db.updateTable('exports').set({ state: 'cancelled' }).where('user_id', '=', busy).execute();
  const next = await asked(busy);
  assert.ok((next.turn?.getTime() ?? 0) - next.created_at.getTime() < 5000);
});

test('what the audit log keeps for long enough goes, the oldest first and so many rows at a time', async () => {
  const { id } = await asked(await user('zoe'));
  await sql`insert into audit (event, via, export_id, datasets, bytes, at)
    select 'export', 'api', ${id}, '[]', days, now() - days * interval '1 day' from generate_series(1, 6) days`.execute(db);
  const kept = async () => (await listAudit(db, {}, 10)).map(({ bytes }) => Number(bytes)).sort();
  const keepFor = 2.5 * 86_400_000;
  assert.equal(await expireAudit(db, keepFor, 3), 3);
  assert.deepEqual(await kept(), [1, 2, 3]);
  assert.equal(await expireAudit(db, keepFor, 3), 1);
  assert.deepEqual(await kept(), [1, 2]);
  assert.equal(await expireAudit(db, keepFor, 3), 0);
});
