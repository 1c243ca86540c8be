import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parcels, places, squareExtent } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { dataFolder, geocrate, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';

const folder = temporaryFolder();
const gdal = heldGdal(folder);
const site = await startSite({
  publish: [
    [parcels(folder), { id: 1, title: 'Parcels', license: 'CC-BY-4.0' }],
    [places(folder), { id: 2, title: 'Places' }],
  ],
  env: { PATH: gdal.PATH },
});
const area = join(folder, 'area.geojson');
writeFileSync(area, JSON.stringify({ type: 'Feature', properties: {}, geometry: squareExtent(0, 0, 0.35) }));
const shapefile = ['--layer', '1', '--format', 'shp', '--crs', 'EPSG:2193', '--extent', area];

/** Lets the first `cutAfter` bytes of each connection's answers through, and alters what passes. */
interface Proxy {
  url: string;
  cutAfter: number;
  alter: (bytes: Buffer) => Buffer;
  /** The `Range` headers of the requests that passed. */
  ranges: string[];
  cuts: number;
}

async function startProxy(): Promise<Proxy> {
  const proxy: Proxy = { url: '', cutAfter: Number.POSITIVE_INFINITY, alter: (bytes) => bytes, ranges: [], cuts: 0 };
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = createConnection(Number(new URL(site.url).port), '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {}).on('close', () => open.delete(socket));
    }
    client.on('data', (bytes) => {
      const range = /^range: (.*)$/im.exec(bytes.toString('latin1'))?.[1];
      if (range) proxy.ranges.push(range.trim());
      upstream.write(bytes);
    });
    let passed = 0;
    upstream.on('data', (bytes: Buffer) => {
      const rest = proxy.cutAfter - passed;
      passed += bytes.length;
      if (bytes.length <= rest) return void client.write(proxy.alter(bytes));
      proxy.cuts++;
      client.write(bytes.subarray(0, rest), () => client.destroy());
      upstream.destroy();
    });
    client.on('end', () => upstream.end());
    upstream.on('end', () => client.end());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  proxy.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return proxy;
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
/** What `export` says of a finished download. */
const SAID = /^(.*\.zip) {2}(\d+) bytes {2}sha256 ([0-9a-f]{64})\n$/;

/** Runs `geocrate export` through a proxy. */
function through(proxy: Proxy, args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      geocrate,
      ['export', ...args, '--server', proxy.url],
      { env: { ...process.env, GEOCRATE_TOKEN: site.token } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

test('export beside a server shows its progress line by line where there is no terminal, and leaves the archive and its checksum', async () => {
  const out = join(folder, 'beside.zip');
  const { stdout, stderr } = await site.geocrate('export', ...shapefile, '-o', out);
  const [, path, size, sum] = SAID.exec(stdout) ?? [];
  assert.equal(path, out);
  assert.equal(Number(size), readFileSync(out).length);
  assert.equal(sum, sha256(out));
  assert.match(stderr, /^(Exporting \(\w+\)|Waiting for a worker|Downloading|Done) \d+%$/m);
  assert.ok(!stderr.includes('\u001b') && !stderr.includes('\r'));
  // The token that the command made for itself is gone with it.
  assert.equal((await site.geocrate('token', 'list', '--user', userInfo().username)).stdout, '');
});

test('export without a server makes the archive by itself; a folder as output takes the name of the export', async () => {
  const dataDir = await dataFolder();
  const env = { ...process.env, GEOCRATE_DATA_DIR: dataDir };
  const run = (...args: string[]) =>
    new Promise<string>((resolve, reject) =>
      execFile(geocrate, args, { env }, (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout))),
    );
  await run('publish', places(folder), '--id', '2', '--title', 'Places');
  const target = join(folder, 'a folder');
  mkdirSync(target);
  const [, path = ''] = SAID.exec(await run('export', '--table', '2', '--format', 'csv', '-o', target)) ?? [];
  assert.equal(path, join(target, 'places-CSV.zip'));
  assert.ok(existsSync(path));
});

test('a download that breaks off again and again goes on where it stopped', async () => {
  const proxy = await startProxy();
  const direct = join(folder, 'direct.zip');
  await site.geocrate('export', '--table', '2', '--format', 'csv', '-o', direct);
  const size = readFileSync(direct).length;
  // Enough for each answer but the archive.
  proxy.cutAfter = 2500;
  assert.ok(size > proxy.cutAfter, `${size}`);
  const out = join(folder, 'broken.zip');
  const { code, stderr } = await through(proxy, ['--table', '2', '--format', 'csv', '-o', out]);
  assert.equal(code, 0, stderr);
  assert.equal(sha256(out), sha256(direct));
  assert.ok(proxy.cuts > 0);
  assert.match(proxy.ranges.at(-1) ?? '', /^bytes=[1-9]\d*-$/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.part')),
    [],
  );
});

test('what an earlier run has downloaded is not downloaded again', async () => {
  const proxy = await startProxy();
  const whole = readFileSync(join(folder, 'direct.zip'));
  const out = join(folder, 'resumed.zip');
  writeFileSync(`${out}.${sha256(join(folder, 'direct.zip')).slice(0, 12)}.part`, whole.subarray(0, 1000));
  const { code, stderr } = await through(proxy, ['--table', '2', '--format', 'csv', '-o', out]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(readFileSync(out), whole);
  assert.deepEqual(proxy.ranges, ['bytes=1000-']);
});

test('a download that was damaged on its way is refused and leaves no file', async () => {
  const proxy = await startProxy();
  proxy.alter = (bytes) => {
    const at = bytes.indexOf('PK\x01\x02', 0, 'latin1');
    if (at < 0) return bytes;
    const damaged = Buffer.from(bytes);
    damaged[at + 5] = (damaged[at + 5] ?? 0) ^ 1;
    return damaged;
  };
  const out = join(folder, 'damaged.zip');
  const { code, stdout, stderr } = await through(proxy, ['--table', '2', '--format', 'csv', '-o', out]);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^geocrate: The archive was damaged on its way: .*\.$/m);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('damaged')),
    [],
  );
});

test('Ctrl-C cancels the export', async () => {
  gdal.hold();
  const env = { ...process.env, GEOCRATE_DATA_DIR: site.dataDir };
  const mapinfo = ['--layer', '1', '--format', 'tab', '--crs', 'EPSG:2193'];
  const command = spawn(geocrate, ['export', ...mapinfo, '-o', join(folder, 'never.zip')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  command.stderr.on('data', (text: Buffer) => {
    said += text;
  });
  const ended = once(command, 'exit');
  await until('GDAL is at work', () => gdal.waiting().length === 1);
  command.kill('SIGINT');
  assert.deepEqual(await ended, [1, null]);
  assert.match(said, /^geocrate: Interrupted; the export was cancelled\.$/m);
  await until('GDAL has ended', () => gdal.waiting().length === 0);
  gdal.release();
  assert.equal((await site.geocrate('token', 'list', '--user', userInfo().username)).stdout, '');
  assert.ok(!existsSync(join(folder, 'never.zip')));
});

test('an output that cannot be written is said before anything is exported', async () => {
  const before = (await site.request('GET', '/exports/')).headers.get('x-resource-range');
  const proxy = await startProxy();
  const { code, stderr } = await through(proxy, [...shapefile, '-o', join(folder, 'no', 'such', 'out.zip')]);
  assert.equal(code, 1);
  assert.match(stderr, /^geocrate: The folder .*such is not there or may not be written to\. Name another with --output\.$/m);
  assert.equal((await site.request('GET', '/exports/')).headers.get('x-resource-range'), before);
});

test('a server with its own database has kept to half a gigabyte since it started', { skip: process.platform !== 'linux' }, () => {
  const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${site.process.pid}/status`, 'utf8')) ?? [];
  assert.ok(Number(peak) < 512 * 1024, `${peak} KiB`);
});
