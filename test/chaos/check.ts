import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { TestBucket } from '../fixtures/s3.ts';
import type { Client, Promised } from './client.ts';
import type { Hooks } from './hooks.ts';
import type { Journal } from './journal.ts';
import type { Asked } from './load.ts';
import type { Machine } from './machine.ts';

/** Errors that say what has happened and what can be done about it. Others stand for what nobody thought of. */
const CODES = ['write-failed', 'disk-full', 'storage-unavailable', 'worker-lost'];
const OLD_MS = 2 * 24 * 3_600_000;

/** The archive of a request that was made undisturbed. */
export type Reference = Map<Asked, { sha256: string }>;

/** Checks an archive in itself: its ZIP, its manifest's checksums and the number of its features; throws what is wrong. */
export function checkArchive(bytes: Buffer, { name, features }: Asked, folder: string): void {
  const path = join(folder, 'checked.zip');
  writeFileSync(path, bytes);
  const unzip = (...args: string[]) => execFileSync('unzip', [...args], { maxBuffer: 1 << 28 });
  unzip('-t', '-q', path);
  const manifest = JSON.parse(unzip('-p', path, 'manifest.json').toString());
  const items: { feature_count: number | null; files: { path: string; size: number; sha256: string }[] }[] = manifest.items;
  for (const file of [...items.flatMap(({ files }) => files), ...manifest.files]) {
    const content = unzip('-p', path, file.path.replace(/[[\]*?]/g, '\\$&'));
    if (content.length !== file.size || hash(content) !== file.sha256)
      throw new Error(`${file.path} of ${name} is not what the manifest says`);
  }
  const counted = items.reduce((sum, { feature_count: count }) => sum + (count ?? 0), 0);
  if (counted !== features) throw new Error(`${name} has ${counted} features, not ${features}`);
  rmSync(path);
}

/** Checks that every export has ended as it may, and that its archive is the one that an undisturbed run makes. */
export async function checkPromises(client: Client, reference: Reference, journal: Journal): Promise<void> {
  for (const promised of client.promised) {
    await client.look(promised);
    const { id, shown, cancelled, discarded, body, key } = promised;
    const again = await client.send(key, body);
    if (again.id !== id) journal.fail(`the key of export ${id} now gives ${again.id}`);
    switch (shown.state) {
      case 'complete':
        await checkComplete(client, promised, reference, journal);
        break;
      case 'error':
        checkError(promised, journal);
        break;
      case 'cancelled':
        // Who got no answer may not know.
        break;
      case 'gone':
        if (!discarded) journal.fail(`export ${id} is gone, and nobody discarded it`);
        break;
      default:
        journal.fail(`export ${id} is ${shown.state}${cancelled ? ', and was cancelled' : ''}`);
    }
  }
}

async function checkComplete(client: Client, promised: Promised, reference: Reference, journal: Journal): Promise<void> {
  const { id, asked, shown } = promised;
  try {
    const bytes = await client.download(promised);
    const sum = hash(bytes);
    if (bytes.length !== shown.size_zipped) journal.fail(`the archive of export ${id} has ${bytes.length} bytes, not ${shown.size_zipped}`);
    if (sum !== shown.sha256) journal.fail(`the archive of export ${id} has another checksum than the export says`);
    // Byte for byte: so its entries and its manifest are right as well.
    if (sum !== reference.get(asked)?.sha256)
      journal.fail(`the archive of export ${id} (${asked.name}) is not what an undisturbed run makes`);
  } catch (error) {
    journal.fail(`export ${id} (${asked.name}) is complete, and ${error instanceof Error ? error.message : error}`);
  }
}

function checkError({ id, shown: { error } }: Promised, journal: Journal): void {
  if (!error || !CODES.includes(error.code)) journal.fail(`export ${id} ended with ${JSON.stringify(error)}`);
  else if (!/^[A-Z].*\.$/.test(error.message) || /\/(tmp|work|home)\//.test(error.message))
    journal.fail(`export ${id} ended with no sentence: ${error.message}`);
}

/** Checks that whoever asked to be told of an export's end was told, and of that end. */
function checkTold(promised: readonly Promised[], { told }: Hooks, toCome: readonly string[], journal: Journal): void {
  for (const { id, isNotified, shown } of promised) {
    const states = told.get(id) ?? [];
    const end = shown.state === 'gone' ? 'complete' : shown.state;
    // What was taken up by a process that was killed comes again, after a while that grows.
    const isToCome = toCome.includes(String(id));
    if (isNotified && states.length === 0 && !isToCome) journal.fail(`nobody was told that export ${id} is ${shown.state}`);
    if (states.some((state) => state !== end) || (!isNotified && states.length > 0))
      journal.fail(`export ${id} is ${end}, and ${states} was told`);
  }
}

/** Checks that there is a row for each promise and no other, that nothing waits any more, and that `gc` leaves nothing which nobody needs. */
export async function checkLeft(
  promised: readonly Promised[],
  { machines, url, bucket, hooks }: { machines: readonly Machine[]; url: string; bucket: TestBucket; hooks: Hooks },
  journal: Journal,
): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  const column = async (sql: string): Promise<string[]> =>
    (await client.query({ text: sql, rowMode: 'array' })).rows.map(([value]) => String(value));
  try {
    const known = new Set(promised.map(({ id }) => String(id)));
    const unknown = (await column('select id from exports')).filter((id) => !known.has(id));
    if (unknown.length > 0) journal.fail(`exports that nobody was told of: ${unknown.join(', ')}`);
    const waiting = await column(`select id from pgboss.job where name = 'export' and state < 'completed'`);
    if (waiting.length > 0) journal.fail(`${waiting.length} jobs wait for exports that have ended`);
    checkTold(promised, hooks, await column('select id from exports where notify_at is not null'), journal);
    const before = bucket.keys().length;
    bucket.age(OLD_MS);
    for (const machine of machines) {
      for (const path of machine.left()) utimesSync(path, new Date(Date.now() - OLD_MS), new Date(Date.now() - OLD_MS));
      journal.note(`gc on ${machine.name}: ${(await machine.command('gc')).trim()}`);
      const left = machine.left();
      if (left.length > 0) journal.fail(`${machine.name} has left ${left.join(', ')}`);
    }
    const archives = await column(`select distinct archive_key from exports where state = 'complete'`);
    const versions = await column('select distinct content from versions');
    const wanted = (key: string) =>
      archives.some((one) => key.endsWith(`/archives/${one}`)) || versions.some((one) => key.includes(`/store/${one}/`));
    const keys = bucket.keys();
    const superfluous = keys.filter((key) => !wanted(key));
    if (superfluous.length > 0) journal.fail(`gc has left in the bucket ${superfluous.join(', ')}`);
    const missing = archives.filter((one) => !keys.some((key) => key.endsWith(`/archives/${one}`)));
    if (missing.length > 0) journal.fail(`gc has removed ${missing.join(', ')}`);
    if (bucket.uploads().length > 0) journal.fail(`gc has left ${bucket.uploads().length} uploads`);
    journal.note(`the bucket had ${before} objects, now ${keys.length}`);
  } finally {
    await client.end();
  }
}

/** SHA-256, hexadecimal. */
function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
