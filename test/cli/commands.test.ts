import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parcels, places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { raster } from '../fixtures/rasters.ts';
import { dataFolder, finished, geocrate, startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const dataDir = await dataFolder();

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `geocrate`, on a data directory without a server unless told. */
function run(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(geocrate, args, { env: { ...process.env, GEOCRATE_DATA_DIR: dataDir, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test('a command whose output is cut short ends quietly', () => {
  const { status, stderr } = spawnSync('sh', ['-c', `for i in 1 2 3; do "${geocrate}" --help | true; done`], { encoding: 'utf8' });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});

test('every command has a help that explains each of its options', async () => {
  const { stdout } = await run(['--help']);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*? {2}\S/gm)].map(([, name = '']) => name);
  assert.deepEqual(commands, ['serve', 'worker', 'publish', 'token', 'layers', 'export', 'doctor', 'gc', 'admin', 'backup', 'restore']);
  for (const name of commands) {
    const help = await run([name, '--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: geocrate /);
    for (const [line] of help.stdout.matchAll(/^ {2}(?:-\w, )?--[\w-]+.*$/gm)) assert.match(line, / {2,}\S/, `${name}: ${line}`);
  }
});

test('wrong usage ends with 2, a failure with 1, each with a sentence and no stack', async () => {
  for (const [args, code, words] of [
    [['fly'], 2, /unknown command/],
    [['publish'], 2, /missing required argument/],
    [['publish', 'x.gpkg', '--id', 'zero'], 2, /whole number/],
    [['publish', join(folder, 'none.gpkg')], 1, /does not exist/],
    [['token', 'create'], 2, /--user/],
    [['token', 'create', '--user', 'a', '--scope', 'everything'], 2, /Scopes are layers:read/],
    [['token', 'revoke', '99'], 1, /no such token/],
    [['export', '--format', 'shp'], 2, /--layer 1/],
    [['export', '--layer', '1', '--format', 'papyrus'], 2, /no layer format "papyrus"/],
    [['export', '--layer', '1', '--format', 'shp', '--bbox', '1,2,3'], 2, /four numbers/],
    [['export', '--layer', '1', '--format', 'shp', '--server', 'http://127.0.0.1:9'], 2, /--token/],
    [['export', '--layer', '1', '--format', 'shp', '--server', 'http://127.0.0.1:9', '--token', 'x'], 1, /cannot be reached/],
    [['export', '--layer', '1', '--format', 'shp', '--extent', join(folder, 'none.json')], 1, /cannot be read as GeoJSON/],
  ] as const) {
    const ended = await run([...args]);
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, words);
    assert.doesNotMatch(ended.stderr, /\n\s+at /);
    assert.equal(ended.stdout, '');
  }
  const wrong = await run(['layers'], { GEOCRATE_PORT: 'http' });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /GEOCRATE_PORT must be/);
});

test('token create prints the token alone; list tells of it; revoke ends it', async () => {
  const created = await run(['token', 'create', '--user', 'anna', '--scope', 'catalog']);
  assert.match(created.stdout, /^[0-9a-f]{40}\n$/);
  const listed = await run(['token', 'list', '--user', 'anna']);
  assert.match(listed.stdout, /^ID +USER +SCOPES +MADE +LAST USED\n\d+ +anna +catalog +\S+ \S+ +never\n$/);
  assert.doesNotMatch(listed.stdout, new RegExp(created.stdout.trim()));
  assert.equal((await run(['token', 'revoke', created.stdout.trim()])).code, 0);
  assert.equal((await run(['token', 'list', '--user', 'anna'])).stdout, '');
});

test('layers tells what is there, for people and as JSON', async () => {
  assert.match((await run(['layers'])).stdout, /Nothing is published yet/);
  await run(['publish', parcels(folder), '--id', '7', '--title', 'Ōtautahi parcels']);
  assert.match((await run(['layers'])).stdout, /^ID +KIND +CRS +HOLDS +TITLE\n7 +vector +EPSG:4326 +100 +Ōtautahi parcels\n$/);
  const [row] = JSON.parse((await run(['layers', '--json'])).stdout);
  assert.deepEqual(
    { ...row, published_at: 0 },
    { id: 7, kind: 'vector', title: 'Ōtautahi parcels', crs: 'EPSG:4326', features: 100, pixels: null, tiles: null, published_at: 0 },
  );
  const tiles = [0, 1].map((n) => raster(folder, `t${n}.tif`, { size: [20, 10], place: [1_600_000 + n * 200, 5_400_000, 10, 10] }));
  const said = (await run(['publish', ...tiles, '--id', '8', '--title', 'Heights'])).stdout;
  assert.equal(said, 'layer 8 "Heights": version 2, grid of 40 × 10 pixels, 1 band of Int16, 2 tiles, EPSG:2193\n');
  assert.match((await run(['layers'])).stdout, /\n8 +grid +EPSG:2193 +40×10 in 2 +Heights\n$/);
  const [, heights] = JSON.parse((await run(['layers', '--json'])).stdout);
  assert.deepEqual([heights.kind, heights.features, heights.pixels, heights.tiles], ['grid', null, [40, 10], 2]);
  assert.match((await run(['publish', ...tiles, '--tile-id-pattern', '('])).stderr, /no regular expression/);
});

test('doctor says what is there, and what a missing piece takes away', async () => {
  const well = await run(['doctor']);
  assert.equal(well.code, 0, well.stderr);
  for (const words of [
    ...(process.platform === 'linux' ? [/ok +jemalloc/] : []),
    /ok +GDAL 3/,
    /ok +Shapefile/,
    /ok +EPSG dataset/,
    /ok +Database: the embedded database.*2 layers/,
    /GDAL’s processes run as .*in an environment of their own/,
    /Disk: [\d.]+ GiB free/,
  ])
    assert.match(well.stdout, words);
  // A path on which there is a shell and nothing of GDAL.
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['sh', 'dirname', 'readlink', 'cat']) symlinkSync(`/usr/bin/${name}`, join(bin, name));
  const without = await run(['doctor'], { PATH: bin });
  assert.equal(without.code, 1);
  assert.match(without.stdout, /FAILED +GDAL\n +.*apt-get install gdal-bin/);
  // What is said of the allocator by who runs it holds.
  const elsewhere = await run(['doctor'], { DATABASE_URL: 'postgresql://nobody:secret@127.0.0.1:9/none', MALLOC_CONF: 'narenas:1' });
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.stdout, /FAILED +Database/);
  if (process.platform === 'linux') assert.match(elsewhere.stdout, /missing +jemalloc\n +.*apt-get install libjemalloc2/);
  assert.doesNotMatch(elsewhere.stdout + elsewhere.stderr, /secret/);
  // Without GDAL neither of these does anything, and both end.
  for (const name of ['serve', 'worker']) {
    const ended = await run([name], { PATH: bin, GEOCRATE_PORT: '0' });
    assert.equal(ended.code, 1, name);
    assert.match(ended.stderr, /^geocrate: ogrinfo is not installed/m);
  }
});

test('doctor says which published versions this machine cannot read, and publishing them again mends them', async () => {
  const store = join(dataDir, 'store');
  const files = readdirSync(store, { recursive: true, encoding: 'utf8' });
  const [features, tile] = [/features\.fgb$/, /tiles\/.*\.tif$/].map((kind) => join(store, files.find((name) => kind.test(name)) ?? ''));
  assert.ok(features && tile);
  const bytes = statSync(tile).size;
  rmSync(features);
  truncateSync(tile, 10);
  const { code, stdout } = await run(['doctor']);
  assert.equal(code, 0);
  assert.match(stdout, /^missing +Published versions: 2 of 2 cannot be read$/m);
  assert.ok(stdout.includes(`: ${features} is missing.`), stdout);
  assert.ok(stdout.includes(`“Heights”, version 2: ${tile} has 10 bytes in place of ${bytes}.`), stdout);
  assert.match(stdout, /^ {9}Exports of them fail here\. Publish them again/m);
  await run(['publish', join(folder, 'parcels.geojson'), '--id', '7']);
  await run(['publish', ...[0, 1].map((n) => join(folder, `t${n}.tif`)), '--id', '8']);
  assert.match((await run(['doctor'])).stdout, /^ok +Published versions: all 2 are there$/m);
});

test('each command works beside a running server, and tells a second server so', async () => {
  const site = await startSite({ dataDir });
  assert.match(
    (await site.geocrate('publish', places(folder), '--id', '9', '--title', 'Places', '--description', 'Towns', '--tag', 'a', '--tag', 'b'))
      .stdout,
    /^table 9 "Places": version \d+, 250 rows\n/,
  );
  const { data, description, tags } = (await site.request('GET', '/tables/9/')).body;
  assert.deepEqual([data.feature_count, description, tags], [250, 'Towns', ['a', 'b']]);
  assert.match((await site.geocrate('layers')).stdout, /9 +table +- +250 +Places/);
  const token = (await site.geocrate('token', 'create', '--user', 'beside')).stdout.trim();
  const headers = { authorization: `key ${token}` };
  assert.equal((await site.request('GET', '/exports/', undefined, headers)).status, 200);
  assert.match((await site.geocrate('token', 'list', '--user', 'beside')).stdout, /beside .* \d\d:\d\d\n$/);
  await site.geocrate('token', 'revoke', token);
  assert.equal((await site.request('GET', '/exports/', undefined, headers)).status, 401);
  assert.equal((await run(['doctor'])).code, 0);
  const second = await run(['serve'], { GEOCRATE_PORT: '0', GEOCRATE_DEMO: '0' });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /Another geocrate server already runs on .*GEOCRATE_DATA_DIR/);
  const taken = await run(['serve'], { GEOCRATE_PORT: new URL(site.url).port, GEOCRATE_DEMO: '0', GEOCRATE_DATA_DIR: await dataFolder() });
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /Port \d+ is taken/);
});

test('gc removes what nothing refers to and is older than an hour, and --dry-run only says so', async () => {
  const site = await startSite();
  const { body } = await site.request('POST', '/exports/', {}, {});
  assert.equal(body.is_valid, false);
  await site.geocrate('publish', places(folder), '--id', '1', '--title', 'Places');
  const created = await site.request('POST', '/exports/', { formats: { table: 'text/csv' }, items: [{ item: `${site.api}/tables/1/` }] });
  assert.equal((await finished(site, created.body.id)).state, 'complete');
  const old = new Date(Date.now() - 2 * 3_600_000);
  const leftover = (path: string) => {
    writeFileSync(path, 'x');
    utimesSync(path, old, old);
  };
  const archives = join(site.dataDir, 'archives');
  for (const name of readdirSync(archives)) utimesSync(join(archives, name), old, old);
  leftover(join(archives, '999-aaaaaaaaaaaaaaaa.zip'));
  const temporary = join(site.dataDir, 'tmp', 'export', '999-1');
  mkdirSync(temporary, { recursive: true });
  leftover(join(temporary, 'archive.zip.part'));
  utimesSync(temporary, old, old);
  assert.match(
    (await site.geocrate('gc', '--dry-run')).stdout,
    /Would remove 0 expired archives, 1 archives and 0 versions .*, 1 temporary/,
  );
  assert.ok(existsSync(temporary));
  assert.match((await site.geocrate('gc')).stdout, /^Removed 0 expired archives, 1 archives and 0 versions .*, 1 temporary/);
  assert.ok(!existsSync(temporary));
  assert.equal(readdirSync(archives).length, 1);
  assert.equal((await site.request('GET', `/exports/${created.body.id}/download/`)).status, 302);
});

test('what stands in titles gives no orders to a terminal', async () => {
  const title = 'A\u001b]0;b\u0007\u001b[31mc\n\u202ed';
  const shown = 'A\ufffd]0;b\ufffd\ufffd[31mc';
  assert.ok((await run(['publish', parcels(folder), '--id', '10', '--title', title])).stdout.includes(`layer 10 "${shown}\n\ufffdd"`));
  assert.ok((await run(['layers'])).stdout.includes(`${shown} \ufffdd\n`));
  const second = await run(['publish', places(folder), '--id', '10', '--crs', 'EPSG:4326']);
  assert.ok(second.stderr.includes(`("${shown}`) && !second.stderr.includes('\u001b'), second.stderr);
});
