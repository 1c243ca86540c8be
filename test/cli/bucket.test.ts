import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { promisify } from 'node:util';
import { CreateMultipartUploadCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { parcels, places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startS3 } from '../fixtures/s3.ts';
import { finished, geocrate, startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const bucket = await startS3();
const env = { ...bucket.env, GEOCRATE_CACHE: '1' };
// The embedded database, and all that is large in the bucket.
const site = await startSite({ env, publish: [[places(folder), { id: 1, title: 'Places' }]] });

afterEach(() => {
  bucket.fault = null;
});

/** Runs a command on the site's data directory, with other variables. */
async function run(args: string[], other: Record<string, string> = {}) {
  const all = { ...process.env, ...env, GEOCRATE_DATA_DIR: site.dataDir, AWS_MAX_ATTEMPTS: '2', ...other };
  return promisify(execFile)(geocrate, args, { env: all }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

async function make() {
  const body = { formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/1/` }] };
  return finished(site, (await site.request('POST', '/exports/', body)).body.id);
}

const archives = () => bucket.keys().filter((key) => key.startsWith('site/archives/'));

test('archives and versions lie in the bucket, and one of the same content is taken again', async () => {
  const first = await make();
  const second = await make();
  assert.equal(second.sha256, first.sha256);
  assert.equal(archives().length, 1);
  assert.ok(bucket.keys().some((key) => /^site\/store\/[0-9a-f]+\/index\.json$/.test(key)));
  assert.deepEqual(
    readdirSync(site.dataDir).filter((name) => name === 'archives'),
    [],
  );
  assert.deepEqual(readdirSync(join(site.dataDir, 'store')), []);
});

test('what a machine kept of a version is fetched again when it has gone', async () => {
  rmSync(join(site.dataDir, 'cache'), { recursive: true });
  const done = await finished(
    site,
    (
      await site.request('POST', '/exports/', {
        name: 'anew',
        formats: { table: 'text/csv' },
        items: [{ item: `${site.api}/tables/1/` }],
      })
    ).body.id,
  );
  assert.equal(done.state, 'complete', JSON.stringify(done.error));
});

test('a bucket that takes nothing is an error with a sentence, and nothing is left behind', async () => {
  bucket.fault = ({ method }) => (method === 'PUT' ? { status: 403, code: 'AccessDenied' } : null);
  const body = { name: 'refused', formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/1/` }] };
  const done = await finished(site, (await site.request('POST', '/exports/', body)).body.id);
  assert.equal(done.state, 'error');
  assert.equal(done.error.code, 'storage-unavailable');
  assert.match(done.error.message, /^The storage of this site .*\.$/);
  const publish = await run(['publish', parcels(folder), '--id', '7']);
  assert.equal(publish.code, 1);
  assert.match(publish.stderr, /^geocrate: These credentials may not use the bucket "geocrate" .*\.$/m);
  bucket.fault = null;
  assert.equal((await site.request('GET', '/layers/7/')).status, 404);
});

test('doctor writes to the bucket and reads from it, and says what is wrong', async () => {
  const before = bucket.keys();
  const well = await run(['doctor']);
  assert.equal(well.code, 0, well.stdout);
  assert.match(well.stdout, /ok +Storage: the bucket "geocrate" below "site\/" at http:.*, written in \d+ ms/);
  assert.match(well.stdout, /ok +Database: .*, 0 exports waiting or in the making/);
  assert.match(well.stdout, /ok +Published versions: all 1 are there/);
  assert.deepEqual(bucket.keys(), before);
  const outside = await run(['doctor'], { GEOCRATE_STORAGE_PUBLIC_URL: 'http://127.0.0.1:9' });
  assert.equal(outside.code, 0);
  assert.match(
    outside.stdout,
    /missing +Storage: .*\n +Downloads lead to http:\/\/127\.0\.0\.1:9, which does not answer .*GEOCRATE_STORAGE_PUBLIC_URL\.$/m,
  );
  const missing = await run(['doctor'], { GEOCRATE_STORAGE: 's3://nowhere' });
  assert.equal(missing.code, 1);
  assert.match(missing.stdout, /FAILED +Storage: .*\n +There is no such bucket/);
  const denied = await run(['doctor'], { AWS_SECRET_ACCESS_KEY: 'wrong' });
  assert.match(denied.stdout, /FAILED +Storage: .*\n +These credentials may not use/);
  assert.doesNotMatch(denied.stdout + denied.stderr, /wrong/);
  // Names no class of the SDK's and no stack.
  const nobody = await run(['doctor'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });
  assert.match(nobody.stdout, /FAILED +Storage: .*\n +http:\/\/127\.0\.0\.1:9 does not answer \(ECONNREFUSED\)/);
});

test('gc removes from the bucket what nothing refers to: archives, versions and uploads that were broken off', async () => {
  const kept = bucket.keys();
  Object.assign(process.env, bucket.env);
  const client = new S3Client({ endpoint: bucket.endpoint, region: 'us-east-1', forcePathStyle: true });
  const at = (key: string) => ({ Bucket: 'geocrate', Key: `site/${key}` });
  // What processes leave that are killed before they record it.
  for (const key of ['archives/999-aaaaaaaaaaaaaaaa.zip', `store/${'e'.repeat(64)}/features.fgb`, 'parts/999-e/0/0']) {
    const md5 = createHash('md5').update('left').digest('base64');
    await client.send(new PutObjectCommand({ ...at(key), Body: 'left', ContentMD5: md5 }));
  }
  await client.send(new CreateMultipartUploadCommand(at('archives/1000-b.zip')));
  assert.equal(bucket.uploads().length, 1);
  assert.match((await run(['gc'])).stdout, /^Removed 0 expired archives, 0 archives and 0 versions .*, 0 uploads/);
  bucket.age(2 * 24 * 3_600_000);
  assert.match(
    (await run(['gc', '--dry-run'])).stdout,
    /^Would remove 0 expired archives, 1 archives and 1 versions .*, 1 temporary .* 1 uploads/,
  );
  assert.equal(bucket.uploads().length, 1);
  assert.match((await run(['gc'])).stdout, /^Removed 0 expired archives, 1 archives and 1 versions .*, 1 temporary .* 1 uploads/);
  assert.deepEqual(bucket.uploads(), []);
  assert.deepEqual(bucket.keys(), kept);
});

test('gc removes from a machine what it kept of versions that are gone, and what it had half fetched', async () => {
  const cache = join(site.dataDir, 'cache');
  const [known = ''] = readdirSync(cache);
  const gone = join(cache, 'c'.repeat(64));
  mkdirSync(gone);
  const [used, half] = [join(gone, 'used'), join(cache, known, 'features.fgb.x.part')];
  for (const path of [used, half]) writeFileSync(path, '');
  assert.match((await run(['gc'])).stdout, / 0 versions /);
  const then = new Date(Date.now() - 2 * 3_600_000);
  for (const path of [used, half]) utimesSync(path, then, then);
  assert.match((await run(['gc', '--dry-run'])).stdout, / 1 versions /);
  assert.match((await run(['gc'])).stdout, / 1 versions /);
  assert.deepEqual(readdirSync(cache), [known]);
  assert.ok(!existsSync(half));
});
