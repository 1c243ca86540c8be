import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { boundsPolygon, polygonBounds } from '../../src/geometry/bounds.ts';
import { loadGeos } from '../../src/geometry/geos.ts';
import { everything, parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { startPostgres } from '../fixtures/postgres.ts';
import { exported, readFeatures } from '../fixtures/readback.ts';
import { geocrate, startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const site = await startSite();
const source = parcels(folder);
const convert = (...args: string[]) => execFileSync('ogr2ogr', args, { stdio: ['ignore', 'ignore', 'inherit'] });

async function publish(...args: string[]): Promise<{ id: number; said: string; body: ReturnType<JSON['parse']> }> {
  const { stdout } = await site.geocrate('publish', ...args);
  const [, type = '', id = ''] = /^(layer|table) (\d+)/.exec(stdout) ?? [];
  const { body } = await site.request('GET', `/${type}s/${id}/`);
  return { id: Number(id), said: stdout, body };
}

/** Runs a command that must fail; gives its exit code and what it said. */
async function failing(...args: string[]): Promise<{ code: number; said: string }> {
  try {
    await site.geocrate(...args);
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'stderr' in error) return { code: Number(error.code), said: String(error.stderr) };
    throw error;
  }
  throw new Error(`${args.join(' ')} did not fail.`);
}

test('what GDAL opens can be published, whatever the format', async () => {
  const made: [string, string[]][] = [
    ['a.shp', ['-lco', 'ENCODING=UTF-8']],
    ['a.gpkg', []],
    ['a.fgb', []],
    ['a.gdb', ['-f', 'OpenFileGDB']],
    ['a.kml', ['-f', 'LIBKML']],
    ['a.tab', ['-f', 'MapInfo File', '-lco', 'ENCODING=UTF-8']],
  ];
  for (const [name, args] of made) {
    const path = join(folder, name);
    convert(path, source, ...args);
    const { body, said } = await publish(path, '--title', name);
    assert.equal(body.data.feature_count, 100, said);
    assert.equal(body.data.crs.id, 'EPSG:4326', said);
    assert.match(body.data.geometry_type, /polygon/, said);
  }
});

test('ids that begin at 0 are kept, and nothing is said of them', async () => {
  const point = { type: 'Point', coordinates: [170, -44] };
  const features = [0, 1, 5].map((id) => ({ type: 'Feature', id, properties: { name: `${id}` }, geometry: point }));
  const text = join(folder, 'from-zero.geojson');
  writeFileSync(text, JSON.stringify({ type: 'FeatureCollection', features }));
  convert('-f', 'GPKG', '-preserve_fid', join(folder, 'from-zero.gpkg'), text);
  const { id, said } = await publish(join(folder, 'from-zero.gpkg'));
  assert.doesNotMatch(said, /note/);
  const items = [{ item: `${site.api}/layers/${id}/` }];
  const { dir } = await exported(site, folder, { crs: 'EPSG:4326', formats: { vector: 'text/csv' }, items });
  const rows = await readFeatures(join(dir, 'from-zero', 'from-zero.csv'));
  assert.deepEqual(
    rows.map(({ values }) => [values.fid, values.name]),
    ['0', '1', '5'].map((text) => [text, text]),
  );
});

test('a DXF drawing has no coordinate system: --crs says it', async () => {
  const path = join(folder, 'a.dxf');
  convert('-f', 'DXF', path, source, '-nlt', 'LINESTRING', '-sql', 'SELECT name AS Layer FROM parcels');
  const { code, said } = await failing('publish', path, '--title', 'Drawing');
  assert.equal(code, 1);
  assert.match(said, /--crs EPSG:n/);
  assert.equal((await publish(path, '--title', 'Drawing', '--crs', 'EPSG:4326')).body.data.crs.id, 'EPSG:4326');
});

test('the text of a Shapefile is read by its encoding, said or found out', async () => {
  const bytes: [string, string, Buffer | null][] = [
    ['utf8', 'Ōtautahi', null],
    ['cp1252', 'Zürich – “Café”', Buffer.from('Z\xfcrich \x96 \x93Caf\xe9\x94', 'latin1')],
    ['cp1251', 'Москва', null],
  ];
  for (const [name, text, raw] of bytes) {
    const features = [{ type: 'Feature', properties: { name: text }, geometry: { type: 'Point', coordinates: [1, 2] } }];
    const path = join(folder, `${name}.geojson`);
    writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }));
    const shp = join(folder, `${name}.shp`);
    convert(shp, path, '-lco', `ENCODING=${name === 'utf8' ? 'UTF-8' : name.toUpperCase()}`);
    // Without the .cpg only the bytes tell, unless they are said.
    if (name !== 'cp1251' || raw) rmSync(join(folder, `${name}.cpg`), { force: true });
    const { id } = await publish(shp, '--title', name);
    const { dir } = await exported(site, folder, {
      crs: 'EPSG:4326',
      formats: { vector: 'text/csv' },
      items: [{ item: `${site.api}/layers/${id}/` }],
    });
    const [feature] = await readFeatures(join(dir, name, `${name}.csv`));
    assert.equal(feature?.values.name, text);
  }
});

test('text that is not as the source says is read as what it is, and that is said', async () => {
  const features = [{ type: 'Feature', properties: { name: 'Zürich' }, geometry: { type: 'Point', coordinates: [1, 2] } }];
  const path = join(folder, 'text.geojson');
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }));
  const [sources, expected]: [string[], RegExp[]] = [[], []];
  for (const [name, actual, cpg, words] of [
    ['silent', 'CP1252', null, /Nothing says.*Windows-1252: “Zürich”.*--encoding/],
    ['lying', 'CP1252', 'UTF-8', /says that its text is UTF-8, but it is not.*“Zürich”.*--encoding/],
    ['modest', 'UTF-8', '1252', /says that its text is CP1252, but it is UTF-8.*“Zürich”.*--encoding/],
  ] as const) {
    const shp = join(folder, `${name}.shp`);
    convert(shp, path, '-lco', `ENCODING=${actual}`);
    rmSync(join(folder, `${name}.cpg`), { force: true });
    if (cpg) writeFileSync(join(folder, `${name}.cpg`), cpg);
    const dbf = readFileSync(join(folder, `${name}.dbf`));
    dbf[29] = 0;
    writeFileSync(join(folder, `${name}.dbf`), dbf);
    sources.push(shp);
    expected.push(words);
  }
  const { said } = await publish(...sources, '--title', 'Text');
  for (const words of expected) assert.match(said, words);
  assert.match((await failing('publish', join(folder, 'silent.shp'), '--encoding', 'FOO', '--title', 'x')).said, /"FOO" is no encoding/);
});

test('a file of several layers is published layer by layer', async () => {
  const path = join(folder, 'several.gpkg');
  convert(path, source, '-nln', 'first');
  convert('-update', path, source, '-nln', 'second', '-where', 'id <= 10');
  const { stdout } = await site.geocrate('publish', path, '--id', '100', '--title', 'Several');
  assert.match(stdout, /layer 100 "Several: first".*100 features/);
  assert.match(stdout, /layer 101 "Several: second".*10 features/);
  const one = await publish(path, '--id', '110', '--layer', 'second', '--title', 'One');
  assert.equal(one.body.data.feature_count, 10);
  // A GeoPackage's own key is kept.
  assert.deepEqual(one.body.data.primary_key_fields, ['id']);
  assert.match((await failing('publish', path, '--layer', 'third')).said, /no layer "third".*first, second/);
});

test('CSV: coordinates or WKT make a layer, and no value is changed by its type', async () => {
  const path = join(folder, 'mixed.csv');
  writeFileSync(path, 'code,when,count,share,lon,lat\n007,2020-02-03,1,1.5,170,-44\n08,1850-01-01,,2,171,-43\n');
  const { body } = await publish(path, '--crs', 'EPSG:4326', '--title', 'Mixed');
  assert.equal(body.data.geometry_type, 'point');
  assert.deepEqual(
    body.data.fields.map(({ name, type }: { name: string; type: string }) => `${name} ${type}`),
    ['code string', 'when date', 'count integer', 'share real', 'lon real', 'lat real'],
  );
  writeFileSync(path, 'id,WKT\n1,POINT (1 2)\n2,somewhere\n3,\n');
  assert.match(
    (await publish(path, '--crs', 'EPSG:4326', '--title', 'Unreadable')).said,
    /1 value of column "WKT" is no geometry that GDAL reads \(“somewhere”\)/,
  );
  const table = await publish(path, '--kind', 'table', '--title', 'Mixed table');
  assert.equal(table.body.type, 'table');
  assert.equal(table.body.data.feature_count, 3);
});

test('a ZIP file may hold a Shapefile in a folder', async () => {
  const inner = join(folder, 'zipped', 'deep');
  mkdirSync(inner, { recursive: true });
  convert(join(inner, 'z.shp'), source);
  const zip = join(folder, 'zipped.zip');
  execFileSync('python3', ['-m', 'zipfile', '-c', zip, join(folder, 'zipped', 'deep')]);
  assert.equal((await publish(zip, '--title', 'Zipped')).body.data.feature_count, 100);
});

test('geometry is mended and counted, and nothing is lost on the way', async () => {
  const { body, said } = await publish(everything(folder), '--title', 'Everything');
  assert.match(said, /7 features, EPSG:4326, 1 geometries mended/);
  assert.equal(body.data.has_z, true);
  assert.equal(body.data.empty_geometry_count, 1);
  assert.equal(body.data.geometry_type, 'geometry');
  const types = Object.fromEntries(body.data.fields.map(({ name, type }: { name: string; type: string }) => [name, type]));
  assert.deepEqual(
    { yes: types.yes, big: types.big, day: types.day, moment: types.moment, time: types.time, ratio: types.ratio, list: types.list },
    { yes: 'boolean', big: 'integer64', day: 'date', moment: 'datetime', time: 'time', ratio: 'real', list: 'json' },
  );
});

test('publishing again makes a new version where something changed, and keeps the title', async () => {
  const path = join(folder, 'again.gpkg');
  convert(path, source, '-nln', 'again');
  const first = await publish(path, '--id', '200', '--title', 'Again', '--license', 'CC0-1.0');
  const same = await publish(path, '--id', '200');
  assert.match(same.said, /the same as before/);
  assert.equal(same.body.version.id, first.body.version.id);
  convert('-f', 'GPKG', '-overwrite', path, source, '-nln', 'again', '-where', 'id <= 50');
  const second = await publish(path, '--id', '200');
  assert.equal(second.body.title, 'Again');
  assert.equal(second.body.license.type, 'cc0');
  assert.equal(second.body.data.feature_count, 50);
  const versions = (await site.request('GET', '/layers/200/versions/')).body;
  assert.equal(versions.length, 2);
  // The version before can still be asked for by its address.
  const { dir } = await exported(site, folder, {
    crs: 'EPSG:4326',
    formats: { vector: 'text/csv' },
    items: [{ item: first.body.version.url }],
  });
  assert.equal((await readFeatures(join(dir, 'again', 'again.csv'))).length, 100);
});

test('a source that cannot be published is one sentence, exit code 1, and leaves nothing behind', async () => {
  const broken = join(folder, 'broken.geojson');
  writeFileSync(broken, '{"type":"FeatureCollection","features":[{');
  const text = join(folder, 'notes.txt');
  writeFileSync(text, 'just text');
  const wide = join(folder, 'wide.csv');
  writeFileSync(wide, `${Array.from({ length: 1999 }, (_, n) => `c${n}`).join(',')}\n`);
  const geocentric = join(folder, 'geocentric.gpkg');
  convert(geocentric, source, '-a_srs', 'EPSG:4936');
  const unindexed = join(folder, 'unindexed.shp');
  convert(unindexed, source);
  rmSync(join(folder, 'unindexed.shx'));
  const store = readdirSync(join(site.dataDir, 'store'));
  const layers = (await site.request('GET', '/data/?page_size=100')).headers.get('x-resource-range');
  const latin = join(folder, 'latin.csv');
  writeFileSync(latin, Buffer.from('id,name\n1,Z\xfcrich\n', 'latin1'));
  const wide16 = join(folder, 'wide16.csv');
  writeFileSync(wide16, Buffer.from('\ufeffid,name\n1,x\n', 'utf16le'));
  const heavy = join(folder, 'heavy.geojson');
  const properties = { a: 'x'.repeat(40_000_000), b: 'y'.repeat(30_000_000) };
  writeFileSync(heavy, JSON.stringify({ type: 'Feature', properties, geometry: { type: 'Point', coordinates: [0, 0] } }));
  for (const [args, words] of [
    [[heavy], /A row of \S*heavy\.geojson holds 70000000 bytes of text and binary values; one can hold 67108864\./],
    [[latin], /latin\.csv is not UTF-8.*“Zürich”.*iconv -f WINDOWS-1252 -t UTF-8 latin\.csv/],
    [[wide16], /wide16\.csv is UTF-16.*iconv -f UTF-16/],
    [[broken], /broken\.geojson cannot be read/],
    [[text], /notes\.txt cannot be read: it is nothing that GDAL opens/],
    [[wide], /wide\.csv has 1999 fields/],
    [[geocentric], /a geocentric system/],
    [[unindexed], /\.shx/],
    [[join(folder, 'nowhere.gpkg')], /does not exist/],
    [[source, '--crs', 'EPSG:999999'], /no coordinate reference system EPSG:999999/],
    [[source, '--crs', '2193'], /written as its EPSG code/],
    [[source, '--license', 'CC-BY-5.0'], /CC-BY-4\.0/],
    [[source, '--crop-layer', '--name-field', 'nope'], /no field "nope"/],
    [[join(folder, 'mixed.csv'), '--kind', 'vector'], /--crs/],
  ] as const) {
    const { code, said } = await failing('publish', ...args, '--title', 'Bad');
    assert.equal(code, 1, said);
    assert.match(said, words);
    assert.doesNotMatch(said, /\n\s+at /);
  }
  assert.deepEqual(readdirSync(join(site.dataDir, 'store')), store);
  assert.deepEqual(existsSync(join(site.dataDir, 'tmp', 'publish')) ? readdirSync(join(site.dataDir, 'tmp', 'publish')) : [], []);
  assert.equal((await site.request('GET', '/data/?page_size=100')).headers.get('x-resource-range'), layers);
});

test('Ctrl-C in the middle of publishing leaves nothing behind', async () => {
  const store = readdirSync(join(site.dataDir, 'store'));
  const env = { ...process.env, GEOCRATE_DATA_DIR: site.dataDir };
  const publishing = spawn(geocrate, ['publish', source, '--title', 'Interrupted'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  publishing.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said === '') publishing.kill('SIGINT');
    said += text;
  });
  const [code] = await once(publishing, 'close');
  assert.equal(code, 1, said);
  assert.match(said, /Interrupted; nothing was published\./);
  assert.deepEqual(readdirSync(join(site.dataDir, 'store')), store);
  assert.deepEqual(readdirSync(join(site.dataDir, 'tmp', 'publish')), []);
});

test('fields may have the names that publishing itself uses, and coordinates may be infinite', async () => {
  const path = join(folder, 'odd.geojson');
  const properties = {
    geocrate_fid: 'a',
    geocrate_geom: 'b',
    fid: 'c',
    '': 'd',
    X: 'e',
    x: 'f',
    'g\nh': 'i',
    'j,"k': [9007199254740992, 1],
  };
  const feature = JSON.stringify({ type: 'Feature', properties, geometry: { type: 'Point', coordinates: [1, 2] } });
  writeFileSync(path, feature.replace('9007199254740992', '9007199254740993'));
  const { body } = await publish(path, '--title', 'Odd');
  const { dir } = await exported(site, folder, {
    crs: 'EPSG:4326',
    formats: { vector: 'text/csv' },
    items: [{ item: `${site.api}/layers/${body.id}/` }],
  });
  const text = readFileSync(join(dir, 'odd', 'odd.csv'), 'utf8');
  assert.match(text, /,"g\nh","j,""k"\n/);
  assert.match(text, /,a,b,c,d,e,f,i,"\[ ?9007199254740993, ?1 ?\]"\n$/);

  const lines = join(folder, 'infinite.geojson');
  // GDAL's reader takes these words, which no standard of JSON has.
  const geometries = [
    '{"type":"LineString","coordinates":[[1,2,0],[Infinity,3,0],[4,5,NaN]]}',
    '{"type":"LineString","coordinates":[[1,2],[NaN,3]]}',
    '{"type":"Point","coordinates":[1,2]}',
    '{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[-Infinity,7]]]}',
  ];
  const features = geometries.map((geometry, n) => `{"type":"Feature","properties":{"id":${n}},"geometry":${geometry}}`);
  writeFileSync(lines, `{"type":"FeatureCollection","features":[${features}]}`);
  const infinite = await publish(lines, '--title', 'Infinite');
  assert.match(infinite.said, /4 features, EPSG:4326, 2 geometries mended/);
  assert.match(infinite.said, /1 geometry had too few positions that are numbers/);
  // What was mended can be written by everyone.
  for (const format of ['application/x-zipped-shp', 'applicaton/x-ogc-filegdb', 'application/x-ogc-mapinfo_file']) {
    const item = `${site.api}/layers/${infinite.id}/`;
    const made = await exported(site, folder, { crs: 'EPSG:4326', formats: { vector: format }, items: [{ item }] });
    assert.equal(JSON.parse(readFileSync(join(made.dir, 'manifest.json'), 'utf8')).items[0].feature_count, 4);
  }
});

test('areas of a crop layer are valid, also where rounding has a hole touch its outline', async () => {
  const square = (from: number, to: number) => [
    [from, from],
    [to, from],
    [to, to],
    [from, to],
    [from, from],
  ];
  const geometry = { type: 'Polygon', coordinates: [square(0, 1), square(0.5, 1 - 3e-10).reverse()] };
  const path = join(folder, 'corner.geojson');
  writeFileSync(path, JSON.stringify({ type: 'Feature', properties: { name: 'Corner' }, geometry }));
  await publish(path, '--title', 'Corners', '--crop-layer');
  const [layer] = (await site.request('GET', '/exports/croplayers/?q=Corners')).body;
  const [feature] = (await site.request('GET', layer.features)).body;
  const { body } = await site.request('GET', feature.url);
  const geos = await loadGeos();
  using area = geos.fromPolygons(body.geometry.coordinates);
  assert.equal(area.invalidity(), null);
  assert.equal(area.area(), 0.75);
});

test('the area of a crop feature is that of the newest version, whoever asked for it before', async () => {
  const path = join(folder, 'ward.geojson');
  const publishWard = async (east: number) => {
    const coordinates = boundsPolygon([0, 0, east, 1]);
    writeFileSync(
      path,
      JSON.stringify({ type: 'Feature', properties: { id: 1, name: 'Ward' }, geometry: { type: 'Polygon', coordinates } }),
    );
    await publish(path, '--id', '700', '--title', 'Wards', '--crop-layer');
    const [layer] = (await site.request('GET', '/exports/croplayers/?q=Wards')).body;
    const [feature] = (await site.request('GET', layer.features)).body;
    return feature.url;
  };
  const east = async (url: string) => polygonBounds((await site.request('GET', url)).body.geometry.coordinates)[2];
  const ward = await publishWard(1);
  assert.equal(await east(ward), 1);
  assert.equal(await publishWard(2), ward);
  assert.equal(await east(ward), 2);
});

test('a PostGIS table is published by its connection string, which is kept nowhere', async () => {
  const url = await startPostgres();
  const { hostname, port, username, password, pathname } = new URL(url);
  const connection = `PG:host=${hostname} port=${port} user=${username} password=${password} dbname=${pathname.slice(1)}`;
  // Without PostGIS there is no geometry, but the way is the same.
  convert('-f', 'PostgreSQL', connection, source, '-nln', 'parcels', '-nlt', 'NONE', '-lco', 'GEOMETRY_NAME=');
  const { body } = await publish(connection, '--layer', 'parcels', '--title', 'From PostgreSQL');
  assert.equal(body.data.feature_count, 100);
  assert.doesNotMatch(JSON.stringify(body), /secret/);
  assert.match((await failing('publish', connection, '--title', 'x')).said, /--layer schema\.table/);
  const wrong = await failing('publish', connection.replace('dbname=', 'dbname=no'), '--layer', 'parcels', '--title', 'x');
  assert.doesNotMatch(wrong.said, /secret/);
});

test('publishing never disturbs an export in flight', async () => {
  const path = join(folder, 'flight.gpkg');
  convert(path, source, '-nln', 'flight');
  const { id } = await publish(path, '--id', '300', '--title', 'Flight');
  const item = `${site.api}/layers/${id}/`;
  const making = exported(site, folder, { crs: 'EPSG:2193', formats: { vector: 'text/csv' }, items: [{ item }] });
  convert('-f', 'GPKG', '-overwrite', path, source, '-nln', 'flight', '-where', 'id <= 5');
  const [{ dir }] = await Promise.all([making, publish(path, '--id', '300')]);
  assert.equal((await readFeatures(join(dir, 'flight', 'flight.csv'))).length, 100);
});
