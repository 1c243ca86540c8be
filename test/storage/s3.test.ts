import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { promisify } from 'node:util';
import { type BucketConfig, readConfig } from '../../src/config.ts';
import { Bucket } from '../../src/storage/bucket.ts';
import { S3Storage } from '../../src/storage/s3.ts';
import { StorageError } from '../../src/storage/storage.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startS3 } from '../fixtures/s3.ts';
import { until } from '../fixtures/until.ts';

const folder = temporaryFolder();
const bucket = await startS3();
Object.assign(process.env, bucket.env);

function config(env: Record<string, string> = {}): BucketConfig {
  const { storage } = readConfig({ ...bucket.env, AWS_MAX_ATTEMPTS: '3', ...env });
  assert.ok(storage.kind === 's3');
  return storage;
}

const storage = new S3Storage(new Bucket(config()));

/** A file that is to be taken over. */
function made(content: string | Buffer): string {
  const path = join(folder, 'made');
  writeFileSync(path, content);
  return path;
}

/** Large enough for three parts. */
const LARGE = Buffer.alloc(20 << 20, 'many bytes ');

afterEach(() => {
  bucket.fault = null;
});

async function listed(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list()) keys.push(key);
  return keys;
}

/** Asserts that something fails with a sentence. */
const fails = (doing: Promise<unknown>, sentence: RegExp) =>
  assert.rejects(doing, (error) => {
    assert.ok(error instanceof StorageError, String(error));
    assert.match(error.message, sentence);
    assert.match(error.message, /^[A-Zh].*\.$/);
    assert.ok(!error.message.includes('S3RVER'));
    return true;
  });

test('a file lies under its key below the prefix, and is gone from where it was', async () => {
  const path = made('an archive');
  await storage.put('1-ab.zip', path);
  assert.deepEqual(bucket.keys(), ['site/archives/1-ab.zip']);
  assert.equal(bucket.content('site/archives/1-ab.zip').toString(), 'an archive');
  assert.ok(!existsSync(path));
  assert.deepEqual(await storage.stat('1-ab.zip'), { size: 10 });
  assert.equal(
    await new Response(
      await storage
        .read('1-ab.zip', 3, 5)
        .then((stream) => stream.toArray())
        .then((all) => Buffer.concat(all)),
    ).text(),
    'arc',
  );
  assert.deepEqual(await listed(), ['1-ab.zip']);
  await storage.remove('1-ab.zip');
  await storage.remove('1-ab.zip');
  assert.equal(await storage.stat('1-ab.zip'), null);
  assert.deepEqual(await listed(), []);
});

test('a large file goes in parts, each with its MD5, and is whole', async () => {
  bucket.requests.length = 0;
  await storage.put('large.zip', made(LARGE));
  assert.equal(bucket.requests.filter((request) => request.includes('partNumber=')).length, 3);
  assert.ok(bucket.content('site/archives/large.zip').equals(LARGE));
  assert.deepEqual(bucket.uploads(), []);
});

/** The parts that were sent, in order, with those that were sent anew. */
const partsSent = () => bucket.requests.flatMap((request) => /partNumber=(\d+)/.exec(request)?.[1] ?? []);

test('a file goes while it is written, each part once all of it is there, in whatever order that is', async () => {
  bucket.requests.length = 0;
  const path = join(folder, 'growing');
  const file = openSync(path, 'w');
  const following = storage.follow('growing.zip', path, new AbortController().signal);
  const write = (from: number, to: number) => {
    writeSync(file, LARGE, from, to - from, from);
    following.written(from, to - from, LARGE.length);
  };
  // Of the first part a byte is lacking.
  write(1, 9 << 20);
  assert.deepEqual(bucket.uploads(), []);
  write(9 << 20, 17 << 20);
  await until('the second part is there', () => partsSent().length === 1);
  assert.deepEqual(partsSent(), ['2']);
  write(0, 1);
  await until('the first part is there', () => partsSent().length === 2);
  assert.equal(bucket.uploads().length, 1);
  write(17 << 20, LARGE.length);
  assert.equal(await storage.stat('growing.zip'), null);
  await following.finish();
  await following.abort();
  assert.deepEqual(partsSent(), ['2', '1', '3']);
  assert.ok(bucket.content('site/archives/growing.zip').equals(LARGE));
  assert.deepEqual(bucket.uploads(), []);
  closeSync(file);
});

test('a small file that was written bit by bit goes as a whole, and one of one part leaves no upload', async () => {
  bucket.requests.length = 0;
  for (const bytes of [LARGE.subarray(0, 1000), LARGE.subarray(0, 8 << 20)]) {
    const following = storage.follow('small.zip', made(bytes), new AbortController().signal);
    for (let at = 0; at < bytes.length; at += bytes.length / 4) following.written(at, bytes.length / 4, bytes.length);
    await following.finish();
    assert.ok(bucket.content('site/archives/small.zip').equals(bytes));
  }
  assert.deepEqual(partsSent(), ['1']);
  assert.deepEqual(bucket.uploads(), []);
});

test('while a file is written, a store that fails keeps nobody from writing; what it did not take goes in the end', async () => {
  const following = storage.follow('outage.zip', made(LARGE), new AbortController().signal);
  let refused = 0;
  bucket.fault = ({ url }) => (url.includes('partNumber=') && ++refused ? { status: 403, code: 'AccessDenied' } : null);
  following.written(0, 17 << 20, LARGE.length);
  await until('both parts are refused', () => refused === 2);
  following.written(17 << 20, 1000, LARGE.length);
  assert.equal(refused, 2);
  bucket.fault = null;
  following.written((17 << 20) + 1000, LARGE.length - (17 << 20) - 1000, LARGE.length);
  await following.finish();
  assert.ok(bucket.content('site/archives/outage.zip').equals(LARGE));
  assert.deepEqual(bucket.uploads(), []);
});

test('a file that is not finished leaves nothing', async () => {
  const following = storage.follow('given-up.zip', made(LARGE), new AbortController().signal);
  following.written(0, LARGE.length, LARGE.length);
  await until('parts are there', () => bucket.uploads().length === 1);
  await following.abort();
  assert.deepEqual(bucket.uploads(), []);
  assert.equal(await storage.stat('given-up.zip'), null);
});

test('its address gives the file without a token, by the name it is to have, in parts and as a header', async () => {
  await storage.put('named.zip', made('0123456789'));
  const download = { filename: 'a-layer.zip', validFor: 60_000 };
  const address = await storage.address('named.zip', { ...download, method: 'GET' });
  const whole = await fetch(address);
  assert.equal(whole.headers.get('content-type'), 'application/zip');
  assert.equal(whole.headers.get('content-disposition'), 'attachment; filename="a-layer.zip"');
  assert.equal(whole.headers.get('content-length'), '10');
  assert.equal(whole.headers.get('cache-control'), 'private, max-age=3600');
  assert.equal(await whole.text(), '0123456789');
  const part = await fetch(address, { headers: { range: 'bytes=7-' } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), 'bytes 7-9/10');
  assert.equal(await part.text(), '789');
  const head = await fetch(await storage.address('named.zip', { ...download, method: 'HEAD' }), { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-length'), '10');
  assert.equal(head.headers.get('content-disposition'), 'attachment; filename="a-layer.zip"');
  // What is signed cannot be altered.
  for (const [from, to] of [
    ['named.zip', 'large.zip'],
    ['a-layer', 'b-layer'],
    ['X-Amz-Expires=60', 'X-Amz-Expires=600'],
  ] as const) {
    assert.ok(address.includes(from));
    assert.equal((await fetch(address.replace(from, to))).status, 403);
  }
});

test('a machine whose clock is wrong by hours, and is put right, asks for files, and gives addresses that work', async () => {
  await storage.put('timed.zip', made('in time'));
  const clock = join(folder, 'clock');
  const code = `
    import { readConfig } from '${join(import.meta.dirname, '../../src/config.ts')}';
    import { Bucket } from '${join(import.meta.dirname, '../../src/storage/bucket.ts')}';
    import { writeFileSync } from 'node:fs';
    import { setTimeout as delay } from 'node:timers/promises';
    const bucket = new Bucket(readConfig().storage);
    const address = () => bucket.address('archives/timed.zip', { method: 'GET', filename: 'a.zip', validFor: 60_000 });
    const unasked = await address();
    const now = Date.now();
    const size = await bucket.size('archives/timed.zip');
    const asked = await address();
    writeFileSync(process.env.CHAOS_CLOCK, '0');
    await delay(600);
    console.log(JSON.stringify([now, size, [unasked, asked, await address()]]));`;
  for (const hours of [-26, 3]) {
    writeFileSync(clock, String(hours * 3_600_000));
    const args = ['--import', join(import.meta.dirname, '../chaos/clock.ts'), '--input-type=module-typescript', '-e', code];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, CHAOS_CLOCK: clock } });
    const [now, size, addresses] = JSON.parse(stdout);
    assert.ok(Math.abs(now - Date.now() - hours * 3_600_000) < 600_000);
    assert.equal(size, 7);
    for (const address of addresses) {
      assert.equal(await (await fetch(address)).text(), 'in time');
      const signed = new URL(address).searchParams.get('X-Amz-Date')?.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:') ?? '';
      assert.ok(Math.abs(Date.parse(signed) - Date.now()) < 600_000, signed);
    }
  }
});

test('clients get addresses by the name under which they reach the store', async () => {
  const outside = new S3Storage(new Bucket(config({ GEOCRATE_STORAGE_PUBLIC_URL: 'https://files.example.org' })));
  const address = await outside.address('named.zip', { method: 'GET', filename: 'a.zip', validFor: 60_000 });
  assert.ok(address.startsWith('https://files.example.org/geocrate/site/archives/named.zip?'));
  assert.deepEqual(await outside.stat('named.zip'), { size: 10 });
});

test('a store that is busy for a while is asked again', async () => {
  let refusals = 0;
  bucket.fault = ({ url }) => (url.includes('partNumber=2') && refusals++ < 2 ? { status: 503, code: 'SlowDown' } : null);
  await storage.put('busy.zip', made(LARGE));
  assert.equal(refusals, 3);
  assert.ok(bucket.content('site/archives/busy.zip').equals(LARGE));
});

test('a connection that is cut is made again', async () => {
  let cuts = 0;
  bucket.fault = ({ method }) => (method === 'PUT' && cuts++ < 1 ? 'cut' : null);
  await storage.put('cut.zip', made('whole'));
  assert.equal(bucket.content('site/archives/cut.zip').toString(), 'whole');
});

test('what was spoilt on its way is sent again, and what always is, is refused', async () => {
  let spoilt = 0;
  bucket.fault = ({ url }) => (url.includes('partNumber=3') && spoilt++ < 1 ? { status: 400, code: 'BadDigest' } : null);
  await storage.put('spoilt.zip', made(LARGE));
  assert.ok(bucket.content('site/archives/spoilt.zip').equals(LARGE));
  bucket.fault = ({ url }) => (url.includes('partNumber=3') ? { status: 400, code: 'BadDigest' } : null);
  await fails(storage.put('never.zip', made(LARGE)), /BadDigest/);
  assert.deepEqual(bucket.uploads(), []);
});

test('a store that fails for good leaves the file where it was, and no parts of it', async () => {
  bucket.fault = ({ url }) => (url.includes('partNumber=2') ? { status: 500, code: 'InternalError' } : null);
  const path = made(LARGE);
  await fails(storage.put('failed.zip', path), /is not able to serve the bucket "geocrate" now \(500 InternalError\)/);
  assert.ok(existsSync(path));
  assert.deepEqual(bucket.uploads(), []);
  assert.equal(await storage.stat('failed.zip'), null);
});

test('a put that is cancelled ends at once and leaves no parts', async () => {
  const controller = new AbortController();
  bucket.fault = ({ url }) => {
    if (url.includes('partNumber=2')) controller.abort(new Error('no longer wanted'));
    return null;
  };
  await assert.rejects(storage.put('cancelled.zip', made(LARGE), controller.signal), /no longer wanted/);
  await until('the upload is taken back', () => bucket.uploads().length === 0);
  assert.equal(await storage.stat('cancelled.zip'), null);
});

test('uploads that were broken off are found and removed once they are old', async () => {
  // A process that is killed takes nothing back.
  bucket.fault = ({ method, url }) => (url.includes('partNumber=') || method === 'DELETE' ? { status: 403, code: 'AccessDenied' } : null);
  await fails(storage.put('killed.zip', made(LARGE)), /may not use/);
  bucket.fault = null;
  assert.equal(bucket.uploads().length, 1);
  assert.equal(await storage.removeUploads(new Date(Date.now() - 60_000), false), 0);
  bucket.age(120_000);
  assert.equal(await storage.removeUploads(new Date(Date.now() - 60_000), true), 1);
  assert.equal(await storage.removeUploads(new Date(Date.now() - 60_000), false), 1);
  assert.deepEqual(bucket.uploads(), []);
  // Some stores cannot list them.
  bucket.fault = ({ url }) => (url.includes('uploads') ? { status: 501, code: 'NotImplemented' } : null);
  assert.equal(await storage.removeUploads(new Date(), false), 0);
});

test('what is wrong with the bucket is said in a sentence that says what to look at', async () => {
  const other = new S3Storage(new Bucket(config({ GEOCRATE_STORAGE: 's3://elsewhere' })));
  await fails(other.put('a.zip', made('x')), /There is no such bucket: the bucket "elsewhere" at http:.* GEOCRATE_STORAGE/);
  const nobody = new S3Storage(new Bucket(config({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' })));
  await fails(nobody.stat('a.zip'), /http:\/\/127\.0\.0\.1:9 does not answer \(ECONNREFUSED\)/);
  const secret = process.env.AWS_SECRET_ACCESS_KEY;
  process.env.AWS_SECRET_ACCESS_KEY = 'wrong';
  const denied = new S3Storage(new Bucket(config()));
  await fails(denied.put('a.zip', made('x')), /These credentials may not use the bucket "geocrate" .* \(SignatureDoesNotMatch\)/);
  await fails(denied.stat('a.zip'), /These credentials may not use/);
  process.env.AWS_SECRET_ACCESS_KEY = secret;
  bucket.fault = () => ({ status: 403, code: 'RequestTimeTooSkewed' });
  await fails(storage.put('a.zip', made('x')), /The clock of this machine is wrong/);
});

test('keys that could name anything else are refused by every function', async () => {
  for (const key of ['', '..', '../made', 'a/b', 'a b', 'x'.repeat(201)]) {
    await assert.rejects(storage.put(key, made('content')), /cannot be a key/);
    await assert.rejects(storage.stat(key), /cannot be a key/);
    await assert.rejects(storage.remove(key), /cannot be a key/);
    await assert.rejects(storage.read(key, 0, 1), /cannot be a key/);
    await assert.rejects(storage.address(key, { method: 'GET', filename: 'a.zip', validFor: 1000 }), /cannot be a key/);
  }
});
