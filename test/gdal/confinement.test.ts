import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type Confinement, confineGdal } from '../../src/gdal/confinement.ts';
import { describeDataset } from '../../src/gdal/describe.ts';
import { gdalInstallation, remoteDrivers } from '../../src/gdal/drivers.ts';
import { GdalError, runGdal } from '../../src/gdal/process.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { until } from '../fixtures/until.ts';

const POINT = JSON.stringify({ type: 'Point', coordinates: [1, 2] });
const folder = temporaryFolder();
const dataDir = join(folder, 'data');
mkdirSync(dataDir, { mode: 0o700 });
const isRoot = process.getuid?.() === 0;
const onLinux = process.platform === 'linux';
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.writeHead(200, { 'content-length': POINT.length }).end(POINT);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());
const address = server.address();
assert.ok(typeof address === 'object' && address);
const url = `http://127.0.0.1:${address.port}`;

/** A file of the data directory, in folders that are made as Geocrate makes them. */
function file(path: string, mode = 0o600): string {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth++) mkdirSync(join(dataDir, ...parts.slice(0, depth)), { recursive: true, mode: 0o700 });
  writeFileSync(join(dataDir, path), POINT, { mode });
  return join(dataDir, path);
}

/** What a program of GDAL's name says of itself: it stands in its place on the path. */
async function fake(script: string): Promise<string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'gdalsrsinfo'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const path = process.env.PATH;
  process.env.PATH = `${bin}:${path}`;
  try {
    return (await runGdal('gdalsrsinfo', [])).stdout;
  } finally {
    process.env.PATH = path;
  }
}

const secret = file('secret.geojson');
const postgres = file('postgres/base.geojson', 0o666);
const version = file('store/aaaa/features.geojson');
const outside = join(folder, 'outside.geojson');
writeFileSync(outside, POINT, { mode: 0o600 });

test('the operator’s own command reads what the operator may, but has none of the site’s secrets', async () => {
  process.env.DATABASE_URL = 'postgresql://a:hunter2@b/c';
  process.env.GEOCRATE_STORAGE = 's3://hunter2/';
  process.env.PGPASSWORD = 'the operator’s';
  assert.equal((await describeDataset(outside)).driver, 'GeoJSON');
  assert.equal((await describeDataset(`/vsicurl/${url}/operator.geojson`)).driver, 'GeoJSON');
  assert.notDeepEqual(asked, []);
  const said = await fake('env');
  assert.ok(!said.includes('hunter2'));
  assert.match(said, /^PGPASSWORD=/m);
});

/** From here on all are confined. */
let found: Confinement;

test('what is in force is told', async (t) => {
  const closed = remoteDrivers(await gdalInstallation());
  found = await confineGdal({ dataDir, closedDrivers: closed, cpuSeconds: 600, fileBytes: 1 << 20 });
  if (!isRoot || !onLinux) return t.skip('whether a user may confine processes is the system’s choice');
  assert.deepEqual([found.user?.uid, found.isOffline, found.isLimited, found.lacks], [64_321, true, true, []]);
});

test('no secret is in the environment of a confined process, and no setting of this user’s', async () => {
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'GEOCRATE_X', 'SOME_TOKEN', 'GDAL_HTTP_USERPWD']) process.env[name] = 'hunter2';
  const said = await fake('env');
  assert.ok(!said.includes('hunter2') && !/^(PGPASSWORD|HOME|DATABASE_URL|AWS_\w+)=/m.test(said), said);
  assert.match(said, /^GDAL_SKIP=.*\bWFS\b/m);
});

test('a confined process has no privileges to gain, little memory to write to, and leaves no core', async (t) => {
  if (!found.isLimited) return t.skip('no prlimit here');
  const said = await fake('cat /proc/self/limits /proc/self/status');
  assert.match(said, /^Max cpu time +600 /m);
  assert.match(said, /^Max file size +1048576 /m);
  assert.match(said, /^Max core file size +0 /m);
  assert.match(said, /^Max data size +\d{10} /m);
  assert.match(said, /^NoNewPrivs:\s+1$/m);
  if (isRoot) assert.match(said, /^CapBnd:\s+0+$/m);
});

test('nothing is fetched: neither by name nor by driver, whatever the address ends in', async () => {
  asked.length = 0;
  const names = [`/vsicurl/${url}/a.geojson`, `/vsicurl/${url}/a?{none}`, `/vsicurl_streaming/${url}/a.geojson`];
  const drivers = [`WFS:${url}/`, `${url}/a.geojson`, `OAPIF:${url}`, `/vsizip//vsicurl/${url}/a.zip`, `CSW:${url}`];
  for (const name of [...names, ...drivers, '/vsis3/bucket/key', 'PG:host=127.0.0.1'])
    await assert.rejects(runGdal('ogrinfo', ['-ro', '-al', name]), GdalError, name);
  await assert.rejects(runGdal('gdalinfo', [`WMS:${url}/?LAYERS=a`]), GdalError);
  assert.deepEqual(asked, []);
});

test('as root’s, a confined process reads what it is given in the data directory, and nothing else of it or of root’s', async (t) => {
  if (found.user === null) return t.skip('GDAL has no user of its own here');
  for (const path of [secret, postgres, outside]) await assert.rejects(describeDataset(path), GdalError, path);
  assert.equal((await describeDataset(version)).driver, 'GeoJSON');
  const mine = file('tmp/upload/1-aa/points.geojson');
  assert.equal((await describeDataset(mine)).driver, 'GeoJSON');
  await runGdal('ogr2ogr', ['-f', 'FlatGeobuf', join(dataDir, 'tmp/upload/1-aa/points.fgb'), mine]);
  // Of what it was not given it writes nothing.
  for (const path of ['store/aaaa/x.fgb', 'store/x.fgb', 'archives/x.fgb', 'x.fgb', 'tmp/x.fgb', 'tmp/upload/x.fgb'])
    await assert.rejects(runGdal('ogr2ogr', ['-f', 'FlatGeobuf', join(dataDir, path), mine]), GdalError, path);
  assert.equal(statSync(version).uid, 0);
  assert.equal(statSync(dataDir).mode & 0o777, 0o710);
});

test('through a link, or on a way back up, nothing is given', async (t) => {
  if (found.user === null) return t.skip('GDAL has no user of its own here');
  file('tmp/upload/1-bb/a.geojson');
  symlinkSync(secret, join(dataDir, 'tmp/upload/1-bb/link.geojson'));
  symlinkSync(folder, join(dataDir, 'tmp/upload/1-bb/folder'));
  for (const path of ['tmp/upload/1-bb/link.geojson', 'tmp/upload/1-bb/folder/outside.geojson', 'tmp/upload/1-bb/../../../secret.geojson'])
    await assert.rejects(describeDataset(`${dataDir}/${path}`), GdalError, path);
  for (const path of [secret, outside]) assert.deepEqual([statSync(path).uid, statSync(path).mode & 0o777], [0, 0o600]);
  assert.equal(statSync(folder).uid, 0);
});

test('threads that are started later confine their processes too', async () => {
  asked.length = 0;
  const { href } = new URL('../../src/gdal/process.ts', import.meta.url);
  const code = `import('${href}').then(({ runGdal }) => runGdal('ogrinfo', ['/vsicurl/${url}/thread.geojson'])).then(() => process.exit(1), () => process.exit(0));`;
  const [exit] = await once(new Worker(code, { eval: true }), 'exit');
  assert.deepEqual([exit, asked], [0, []]);
});

test('a confined process dies with the one that started it', async (t) => {
  if (!onLinux) return t.skip('only Linux tells children');
  const bin = join(folder, 'sleeping');
  const told = join(dataDir, 'tmp/export/one/pid');
  mkdirSync(bin);
  file('tmp/export/one/input');
  writeFileSync(join(bin, 'ogrinfo'), '#!/bin/sh\necho $$ > "$1"\nexec sleep 60\n', { mode: 0o755 });
  const src = new URL('../../src/gdal/', import.meta.url).href;
  const code = `
    const { confineGdal } = await import('${src}confinement.ts');
    const { runGdal } = await import('${src}process.ts');
    await confineGdal({ dataDir: ${JSON.stringify(dataDir)}, closedDrivers: '', cpuSeconds: null, fileBytes: null });
    process.env.PATH = ${JSON.stringify(bin)} + ':' + process.env.PATH;
    await runGdal('ogrinfo', [${JSON.stringify(told)}]);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
  const pid = () => Number(spawnSync('cat', [told], { encoding: 'utf8' }).stdout);
  await until('it has begun', () => pid() > 0);
  if (found.user) assert.match(readFileSync(`/proc/${pid()}/status`, 'utf8'), /^Uid:\s+64321\s+64321\s+64321\s+64321$/m);
  parent.kill('SIGKILL');
  const isAlive = () => spawnSync('kill', ['-0', String(pid())]).status === 0;
  await until('it has died too', () => !isAlive());
});

test('where other users cannot get to the data directory, GDAL keeps this user, without root’s privileges, and that is told', async (t) => {
  if (!isRoot || !onLinux) return t.skip('for root alone');
  const closed = join(folder, 'closed');
  const inside = join(closed, 'data');
  mkdirSync(inside, { recursive: true });
  chmodSync(closed, 0o700);
  const { user, lacks, wrapper } = await confineGdal({ dataDir: inside, closedDrivers: '', cpuSeconds: null, fileBytes: null });
  assert.equal(user, null);
  assert.match(lacks.join(), /cannot be let into/);
  assert.ok(wrapper.includes('--bounding-set=-all'));
});

test('a root that has no privileges, as in a container, confines what it can', async (t) => {
  if (!isRoot || !onLinux) return t.skip('for root alone');
  const inside = join(folder, 'powerless');
  const { href } = new URL('../../src/gdal/confinement.ts', import.meta.url);
  const code = `
    const { confineGdal } = await import('${href}');
    const found = await confineGdal({ dataDir: ${JSON.stringify(inside)}, closedDrivers: '', cpuSeconds: null, fileBytes: null });
    process.stdout.write(JSON.stringify(found));`;
  const without = ['--bounding-set=-all', '--inh-caps=-all', process.execPath, '--input-type=module', '-e', code];
  const { stdout, stderr } = spawnSync('setpriv', without, { encoding: 'utf8' });
  assert.ok(stdout, stderr);
  const { user, isLimited, lacks }: Confinement = JSON.parse(stdout);
  assert.deepEqual([user, isLimited], [null, true]);
  assert.match(lacks.join(), /without its privileges/);
});
