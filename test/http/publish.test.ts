import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { SCOPES } from '../../src/catalog/users.ts';
import { signIn } from '../fixtures/browser.ts';
import { districts, parcels, places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { raster } from '../fixtures/rasters.ts';
import { NO_TOKEN, startSite } from '../fixtures/site.ts';
import { until } from '../fixtures/until.ts';
import { rawZip } from '../fixtures/zip.ts';

const folder = temporaryFolder();
const LIMIT = 2 << 20;
const site = await startSite({ user: 'publisher', scopes: SCOPES, env: { GEOCRATE_MAX_UPLOAD_BYTES: String(LIMIT) } });
const { dataDir, token } = site;
const otherToken = await site.createToken('another publisher', SCOPES);
const reader = await site.createToken(
  'reader',
  SCOPES.filter((scope) => scope !== 'admin'),
);
const page = (path: string) => `${site.url}/site${path}`;

async function upload(filename: string, content: Buffer | string, headers: Record<string, string> = {}) {
  const response = await fetch(page(`/uploads/?filename=${encodeURIComponent(filename)}`), {
    method: 'POST',
    headers: { authorization: `key ${token}`, 'content-type': 'application/octet-stream', ...headers },
    body: new Uint8Array(Buffer.from(content)),
  });
  const body = JSON.parse(await response.text());
  site.description.check('POST', '/site/uploads/', response.status, response.headers.get('content-type'), body);
  return { status: response.status, body };
}

/** Publishes a file and gives what came of it, as the events tell it. */
async function publish(filename: string, content: Buffer | string, options: object = {}) {
  const { body: uploaded } = await upload(filename, content);
  const started = await site.request('POST', page('/publish/'), { upload: uploaded.id, ...options });
  assert.equal(started.status, 202, JSON.stringify(started.body));
  const events = await (await fetch(started.body.events_url, { headers: { authorization: `key ${token}` } })).text();
  const told = [...events.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
  const { body } = await site.request('GET', started.body.url);
  assert.deepEqual(told.at(-1), body);
  return { ...body, told, upload: uploaded.id };
}

/** The same, and removes what was uploaded: only so many may wait to be published. */
async function publishOnce(filename: string, content: Buffer | string, options: object = {}) {
  const job = await publish(filename, content, options);
  await site.request('DELETE', page(`/uploads/${job.upload}/`));
  return job;
}

/** What uploads have left on the disk. */
const left = () => {
  try {
    return readdirSync(join(dataDir, 'tmp/upload'));
  } catch {
    return [];
  }
};

const geojson = readFileSync(parcels(folder));

test('an upload is published as the command would, its progress told by events, and leaves nothing behind', async () => {
  const job = await publish('parcels.geojson', geojson, {
    title: 'Land Parcels',
    license: 'CC-BY-4.0',
    description: 'All of them.',
    tags: ['land'],
  });
  assert.deepEqual([job.state, job.stage, job.progress, job.sentences], ['published', 'done', 1, []], JSON.stringify(job));
  const [{ id, url, version }] = job.published;
  const { body } = await site.request('GET', url);
  assert.deepEqual(
    [body.id, body.title, body.license.type, body.description, body.tags],
    [id, 'Land Parcels', 'cc-by', 'All of them.', ['land']],
  );
  assert.equal(body.data.feature_count, 100);
  assert.equal(body.version.id, version);
  for (const [index, one] of job.told.slice(1).entries()) assert.ok(one.progress >= job.told[index].progress);
  await until('the upload is gone', () => left().length === 0);
  assert.equal((await site.request('POST', page('/publish/'), { upload: job.upload })).status, 404);
});

test('a new version keeps the id; the same file again says that it is the same', async () => {
  const again = await publish('parcels.geojson', geojson, { id: 1 });
  assert.deepEqual([again.state, again.published[0].unchanged], ['published', true]);
  assert.match(again.sentences.join(), /holds the same/);
  const wrong = await publish('places.csv', readFileSync(places(folder)), { id: 1 });
  assert.equal(wrong.state, 'error');
  assert.match(wrong.sentences[0], /is a layer of features/);
});

test('tables, crop layers, zipped Shapefiles and rasters are published', async () => {
  const table = await publish('places.csv', readFileSync(places(folder)), { title: 'Places', kind: 'table' });
  assert.deepEqual([table.state, table.published[0].kind], ['published', 'table'], table.sentences.join());
  const crops = await publish('districts.geojson', readFileSync(districts(folder)), {
    title: 'Districts',
    crop_layer: true,
    name_field: 'name',
  });
  assert.equal(crops.state, 'published', crops.sentences.join());
  assert.ok((await site.request('GET', '/exports/croplayers/')).body.some(({ name }: { name: string }) => name === 'Districts'));
  const shapes = join(folder, 'shapes');
  mkdirSync(shapes);
  execFileSync('ogr2ogr', [join(shapes, 'lots.shp'), parcels(folder)], { stdio: 'ignore' });
  const shapefile = await publish(
    'lots.zip',
    rawZip(readdirSync(shapes).map((name) => ({ name: `lots/${name}`, content: readFileSync(join(shapes, name)) }))),
    { title: 'Lots' },
  );
  assert.deepEqual([shapefile.state, shapefile.published[0]?.title], ['published', 'Lots'], shapefile.sentences.join());
  const grid = await publish('grid.tif', readFileSync(raster(folder, 'grid.tif', { type: 'Float32' })), { title: 'Grid', kind: 'grid' });
  assert.deepEqual([grid.state, grid.published[0]?.kind], ['published', 'grid'], grid.sentences.join());
});

test('what is no data is refused with a sentence that names no path, and may be tried again in another way', async () => {
  const job = await publish('nothing.gpkg', 'no GeoPackage at all');
  assert.equal(job.state, 'error');
  assert.ok(!job.sentences.join().includes('/') && /nothing\.gpkg/.test(job.sentences[0]), job.sentences.join());
  const noCrs = JSON.stringify({
    type: 'FeatureCollection',
    features: [{ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [1e6, 5e6] } }],
  });
  const far = await publish('far.geojson', noCrs, { crs: 'EPSG:1' });
  assert.equal(far.state, 'error');
  const again = await site.request('POST', page('/publish/'), { upload: far.upload, crs: 'EPSG:2193' });
  assert.equal(again.status, 202);
  await until('it has ended', async () => (await site.request('GET', again.body.url)).body.finished_at !== null);
  assert.equal((await site.request('GET', again.body.url)).body.state, 'published');
  assert.equal((await site.request('DELETE', page(`/uploads/${job.upload}/`))).status, 204);
  assert.equal((await site.request('DELETE', page(`/uploads/${job.upload}/`))).status, 404);
});

test('files that show what other files or the network hold are refused, whatever they are called', async () => {
  const secret = join(folder, 'secret.geojson');
  writeFileSync(secret, geojson);
  const ogrVrt = `<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>${secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>`;
  const vrt = `<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>`;
  const wms = '<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:1/</ServerUrl></Service></GDAL_WMS>';
  const polyglot = `{"type":"FeatureCollection","x":"${vrt.replaceAll('"', '\\"')}","features":[]}`;
  const linked = join(folder, 'linked');
  mkdirSync(linked);
  symlinkSync('/etc/passwd', join(linked, 'passwd.csv'));
  for (const [name, content] of [
    ['a.vrt', ogrVrt],
    ['a.geojson', ogrVrt],
    ['a.tif', vrt],
    ['a.png', wms],
    ['a.geojson', polyglot],
    ['a.zip', rawZip([{ name: 'a.tif', content: Buffer.from(vrt) }])],
    [
      'b.zip',
      rawZip([
        { name: 'a.tif', content: readFileSync(raster(folder, 'ok.tif')) },
        { name: 'a.tif.ovr', content: Buffer.from(vrt) },
      ]),
    ],
  ] as const) {
    const job = await publishOnce(name, content);
    assert.equal(job.state, 'error', `${name} ${JSON.stringify(job.published)}`);
    assert.ok(!job.sentences.join().includes('passwd'));
  }
});

/** A GeoPackage of one layer, in whose schema stands what SQLite would run when it is opened. */
function geopackage(...statements: string[]): Buffer {
  const path = join(folder, 'hostile.gpkg');
  rmSync(path, { force: true });
  execFileSync('ogr2ogr', ['-f', 'GPKG', path, parcels(folder), '-nln', 'lots'], { stdio: 'ignore' });
  const database = new DatabaseSync(path, { defensive: false });
  database.exec('PRAGMA writable_schema = ON');
  for (const statement of statements) database.exec(statement);
  database.close();
  return readFileSync(path);
}

const asTable = (name: string, sql: string) => [
  `insert into sqlite_schema (type, name, tbl_name, rootpage, sql) values ('table', '${name}', '${name}', 0, '${sql.replaceAll("'", "''")}')`,
  `insert into gpkg_contents (table_name, data_type, identifier) values ('${name}', 'attributes', '${name}')`,
];

test('a GeoPackage whose tables or views are computed is refused, however its schema hides them', async () => {
  const secret = join(folder, 'secret.csv');
  writeFileSync(secret, 'a\nsecret\n', { mode: 0o644 });
  for (const sql of [
    `CREATE VIRTUAL TABLE evil USING VirtualText('${secret}','UTF-8',1,COMMA)`,
    `CREATE/**/VIRTUAL TABLE evil USING VirtualText('${secret}','UTF-8',1,COMMA)`,
    `CREATE--\nVIRTUAL TABLE evil USING VirtualOGR('${secret}') -- using rtree (`,
    `CREATE VIRTUAL TABLE evil /* using rtree( */ USING VirtualText('${secret}','UTF-8',1,COMMA)`,
    `CREATE VIRTUAL TABLE evil USING/*rtree*/VirtualText('${secret}','UTF-8',1,COMMA)`,
  ]) {
    const job = await publishOnce('evil.gpkg', geopackage(...asTable('evil', sql)));
    assert.deepEqual([job.state, job.published], ['error', []], sql);
    assert.match(job.sentences[0], /shows what other files hold/, sql);
  }
  const endless = 'create/**/view "evil" as with recursive c(x) as (select 1 union all select x + 1 from c) select x as a from c';
  const job = await publishOnce('endless.gpkg', geopackage(endless, ...asTable('evil', '').slice(1)));
  assert.match(job.sentences[0], /has a view, evil/);
  const huge = await publishOnce('huge.gpkg', geopackage('alter table lots add column huge text as (hex(zeroblob(50000000)))'));
  assert.match(huge.sentences[0], /has a column that is computed, huge/);
  const good = await publishOnce('good.gpkg', geopackage());
  assert.equal(good.state, 'published', good.sentences.join());
});

test('a raster that names another file as its overviews is refused, in its own tags or beside it', async () => {
  const other = raster(folder, 'other.tif', { type: 'Byte' });
  const own = raster(folder, 'own.tif', { type: 'Byte' });
  const beside = `<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">${other}</MDI></Metadata></PAMDataset>`;
  const item = `<GDALMetadata><Item name="OVERVIEW_FILE" domain="OVERVIEWS">${other}</Item></GDALMetadata>`;
  const tagged = join(folder, 'tagged.tif');
  // A tag as long as it is to be, whose text is then another.
  execFileSync('gdal_translate', ['-q', '-of', 'GTiff', '-mo', `A=${'x'.repeat(item.length)}`, own, tagged]);
  const bytes = readFileSync(tagged);
  const from = bytes.indexOf('<GDALMetadata>');
  bytes.fill(' ', from, bytes.indexOf('</GDALMetadata>') + 15);
  bytes.write(item, from);
  const zip = [
    { name: 'own.tif', content: readFileSync(own) },
    { name: 'own.tif.aux.xml', content: Buffer.from(beside) },
  ];
  for (const [name, content] of [
    ['tagged.tif', bytes],
    ['own.zip', rawZip(zip)],
  ] as const) {
    const job = await publishOnce(name, content);
    assert.match(job.sentences.join(), /shows what other files hold/, name);
    assert.deepEqual(job.published, []);
  }
});

/** A TIFF (revision 6.0) of tiles that are not there, as wide and high as it says, of one byte a pixel. */
function emptyTiff(side: number): Buffer {
  const tile = 32_768;
  const tiles = Math.ceil(side / tile) ** 2;
  const entries = [
    [256, 4, 1, side],
    [257, 4, 1, side],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [277, 3, 1, 1],
    [322, 4, 1, tile],
    [323, 4, 1, tile],
    [324, 4, tiles, 200],
    [325, 4, tiles, 200 + 4 * tiles],
  ] as const;
  const bytes = Buffer.alloc(200 + 8 * tiles);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries.length, 8);
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * index;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(count, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  }
  return bytes;
}

test('a raster of some kilobytes that says it has a million million pixels is refused at once', async () => {
  const world = Buffer.from('10\n0\n0\n-10\n0\n0\n');
  const zip = rawZip([
    { name: 'a.tif', content: emptyTiff(1_000_000) },
    { name: 'a.tfw', content: world },
  ]);
  const job = await publishOnce('a.zip', zip, { crs: 'EPSG:3857' });
  assert.match(job.sentences[0], /1000000 × 1000000 pixels/);
});

test('a layer’s name is no option of a program', async () => {
  const asked = await publishOnce('parcels.geojson', geojson, { layer: '--optfile' });
  assert.match(asked.sentences[0], /begins with a hyphen/);
  const named = await publishOnce('named.geojson', geojson.toString().replace('{', '{"name":"-sql",'));
  assert.match(named.sentences[0], /“-sql” begins with a hyphen/);
});

test('no upload makes GDAL ask an address', async () => {
  const asked: string[] = [];
  const listener = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('EPSG:4326');
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  assert.ok(typeof address === 'object' && address);
  const url = `http://127.0.0.1:${address.port}`;
  const feature = '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2]}}';
  const withCrs = (crs: string) => `{"type":"FeatureCollection","crs":${crs},"features":[${feature}]}`;
  const point = '<Point><coordinates>1,2</coordinates></Point>';
  try {
    for (const [name, content] of [
      ['link.geojson', withCrs(`{"type":"link","properties":{"href":"${url}/link","type":"esriwkt"}}`)],
      ['name.geojson', withCrs(`{"type":"name","properties":{"name":"${url}/name"}}`)],
      [
        'a.kml',
        `<!DOCTYPE kml [<!ENTITY % x SYSTEM "${url}/dtd">%x;]><kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>${url}/kml</href></Link></NetworkLink><Placemark><styleUrl>${url}/style.kml#a</styleUrl>${point}</Placemark></Document></kml>`,
      ],
      [
        'a.gml',
        `<a:c xmlns:a="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://ogr.maptools.org/ ${url}/a.xsd"><gml:featureMember><a:b fid="1"><a:n xlink:href="${url}/x.gml#x"/><a:g><gml:Point srsName="${url}/srs"><gml:coordinates>1,2</gml:coordinates></gml:Point></a:g></a:b></gml:featureMember></a:c>`,
      ],
    ] as const)
      await publishOnce(name, content);
    assert.deepEqual(asked, []);
  } finally {
    listener.close();
  }
});

test('ZIP files that lead out of their folder, link, lie about their size or hold too much are refused, and write nothing', async () => {
  const before = readdirSync(dataDir);
  const big = Buffer.alloc(20 << 20);
  for (const [what, entries] of [
    ['up', [{ name: '../../../evil.geojson', content: geojson }]],
    ['up, with backslashes', [{ name: '..\\..\\evil.geojson', content: geojson }]],
    ['absolute', [{ name: '/tmp/evil-geocrate.geojson', content: geojson }]],
    ['link', [{ name: 'a.geojson', content: Buffer.from('/etc/passwd'), mode: 0o120777 }]],
    ['bomb', [{ name: 'a.csv', content: big }]],
    ['bomb that lies', [{ name: 'a.csv', content: big, says: 100 }]],
    ['control character', [{ name: 'a\n.geojson', content: geojson }]],
  ] as const) {
    const job = await publish('evil.zip', rawZip([...entries]));
    assert.equal(job.state, 'error', `${what} ${JSON.stringify(job)}`);
    assert.match(job.sentences[0], /ZIP/, what);
    assert.equal((await site.request('DELETE', page(`/uploads/${job.upload}/`))).status, 204);
  }
  assert.deepEqual(readdirSync(dataDir), before);
  assert.deepEqual(
    readdirSync(join(dataDir, 'tmp')).filter((name) => name.includes('evil')),
    [],
  );
});

test('an upload that is too large is refused, known before or not, and leaves nothing', async () => {
  const count = left().length;
  assert.equal((await upload('large.geojson', Buffer.alloc(LIMIT + 1))).status, 413);
  const { port } = new URL(site.url);
  const answer = await new Promise<string>((resolve) => {
    let said = '';
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(
        `POST /site/uploads/?filename=a.csv HTTP/1.1\r\nHost: x\r\nAuthorization: key ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      const chunk = Buffer.alloc(1 << 20);
      for (let i = 0; i < 4; i++) socket.write(Buffer.concat([Buffer.from('100000\r\n'), chunk, Buffer.from('\r\n')]));
    });
    socket
      .on('data', (data) => (said += data))
      .on('error', () => {})
      .on('close', () => resolve(said));
  });
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.equal(left().length, count);
});

test('an upload that breaks off leaves nothing', async () => {
  const count = left().length;
  const { port } = new URL(site.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    `POST /site/uploads/?filename=a.csv HTTP/1.1\r\nHost: x\r\nAuthorization: key ${token}\r\nContent-Length: 1000000\r\n\r\nhalf`,
  );
  await until('it has begun', () => left().length === count + 1);
  socket.destroy();
  await until('it is gone', () => left().length === count);
});

test('a file’s name leads nowhere', async () => {
  for (const [sent, kept] of [
    ['../../etc/passwd.CSV', 'passwd.csv'],
    ['C:\\data\\a b.gpkg', 'a b.gpkg'],
    ['.hidden', 'hidden'],
    ['a\u0000<script>.csv', 'a__script_.csv'],
    ['Ōtautahi.geojson', 'Ōtautahi.geojson'],
  ] as const) {
    const { status, body } = await upload(sent, 'a,b\n1,2\n');
    if (sent.includes('\u0000')) assert.equal(status, 400);
    else {
      assert.equal(body.filename, kept);
      await site.request('DELETE', page(`/uploads/${body.id}/`));
    }
  }
});

test('publishing needs the scope admin; by cookie, the page’s own token as well', async () => {
  const { body: mine } = await upload('parcels.geojson', geojson);
  const lesser = { authorization: `key ${reader}` };
  assert.equal((await upload('a.csv', 'a\n1\n', lesser)).status, 403);
  for (const [method, path, body] of [
    ['POST', '/publish/', { upload: mine.id }],
    ['GET', '/publish/', undefined],
    ['DELETE', `/uploads/${mine.id}/`, undefined],
    ['PATCH', '/data/1/', { title: 'x' }],
  ] as const) {
    assert.equal((await site.request(method, page(path), body, lesser)).status, 403, path);
    assert.equal((await site.request(method, page(path), body, { authorization: NO_TOKEN })).status, 401, path);
  }
  const browser = await signIn(site);
  assert.equal((await upload('a.csv', 'a\n1\n', { authorization: 'none', cookie: browser.cookie })).status, 401);
  const without = await fetch(page('/uploads/?filename=a.csv'), { method: 'POST', headers: { cookie: browser.cookie }, body: 'a\n1\n' });
  assert.equal(without.status, 403);
  const own = { cookie: browser.cookie, 'x-csrf-token': browser.csrf };
  const withToken = await fetch(page('/uploads/?filename=a.csv'), { method: 'POST', headers: own, body: 'a\n1\n' });
  assert.equal(withToken.status, 201);
  assert.equal((await browser.request('PATCH', page('/data/1/'), { title: 'x' }, { 'x-csrf-token': 'x' })).status, 403);
});

test('another publisher’s uploads and jobs do not exist', async () => {
  const { body: mine } = await upload('parcels.geojson', geojson);
  const other = { authorization: `key ${otherToken}` };
  assert.equal((await site.request('POST', page('/publish/'), { upload: mine.id }, other)).status, 404);
  assert.equal((await site.request('DELETE', page(`/uploads/${mine.id}/`), undefined, other)).status, 404);
  const job = await site.request('POST', page('/publish/'), { upload: mine.id });
  assert.equal((await site.request('GET', job.body.url, undefined, other)).status, 404);
  assert.equal((await site.request('DELETE', job.body.url, undefined, other)).status, 404);
  assert.deepEqual((await site.request('GET', page('/publish/'), undefined, other)).body, []);
  await until('it has ended', async () => (await site.request('GET', job.body.url)).body.finished_at !== null);
});

test('a job that is cancelled publishes nothing', async () => {
  const { body: mine } = await upload('cancelled.geojson', geojson);
  const job = await site.request('POST', page('/publish/'), { upload: mine.id, title: 'Never' });
  const cancelled = await site.request('DELETE', job.body.url);
  assert.deepEqual([cancelled.status, cancelled.body.state], [200, 'cancelled']);
  assert.equal((await site.request('DELETE', job.body.url)).status, 409);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.deepEqual((await site.request('GET', '/data/?q=Never')).body, []);
});

test('title, description, tags and licence are edited, one by one, and found by their new words', async () => {
  const patch = (body: object) => site.request('PATCH', page('/data/1/'), body);
  const hostile = '<img src=x onerror=alert(1)>';
  const answer = await patch({ title: hostile });
  assert.deepEqual([answer.status, answer.body.title, answer.body.description], [200, hostile, 'All of them.']);
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
  const { body } = await site.request('GET', '/layers/1/');
  assert.equal(body.title, hostile);
  await patch({ title: 'Ōtautahi parcels', description: `Text ${hostile}`, tags: ['new'] });
  assert.deepEqual(
    (await site.request('GET', '/data/?q=otautahi')).body.map(({ id }: { id: number }) => id),
    [1],
  );
  const edited = await site.request('GET', '/layers/1/');
  assert.equal(edited.body.description_html.includes('<img'), false);
  assert.match((await patch({ license: 'ODbL-1.0' })).body.license, /Open Data Commons/);
  assert.equal((await patch({ license: null })).body.license, null);
  for (const wrong of [
    { title: '' },
    { title: 'a\u0000b' },
    { title: 'a\u001b[31mb' },
    { description: 'a\u0000b' },
    { tags: ['a\nb'] },
    { title: 5 },
    { license: 'nothing' },
    { unknown: 1 },
    { tags: 'x' },
    { description: 'x'.repeat(30_000) },
  ]) {
    const refused = await patch(wrong);
    assert.equal(refused.status, 400, JSON.stringify(wrong));
    assert.match(refused.body.detail, /\.$/);
  }
  assert.equal((await site.request('PATCH', page('/data/9999/'), { title: 'x' })).status, 404);
});

test('a request to publish that is no such thing is answered 400', async () => {
  const { body: mine } = await upload('parcels.geojson', geojson);
  for (const wrong of [
    {},
    { upload: 5 },
    { upload: mine.id, id: 0 },
    { upload: mine.id, license: 'nothing' },
    { upload: mine.id, path: '/etc' },
    { upload: mine.id, title: 'a\u0000b' },
    { upload: mine.id, layer: 'a\u0000b' },
  ])
    assert.equal((await site.request('POST', page('/publish/'), wrong)).status, 400, JSON.stringify(wrong));
  for (const wrong of ['../../x', 'x', '0'.repeat(32)])
    assert.equal((await site.request('POST', page('/publish/'), { upload: wrong })).status, 404, wrong);
});

test('a server stops at once, also while files arrive and while somebody follows what becomes of one', async () => {
  const { body: mine } = await upload('last.geojson', geojson);
  const job = await site.request('POST', page('/publish/'), { upload: mine.id, title: 'Last' });
  const events = await fetch(job.body.events_url, { headers: { authorization: `key ${token}` } });
  const socket = connect(Number(new URL(site.url).port), '127.0.0.1').on('error', () => {});
  const count = left().length;
  socket.write(
    `POST /site/uploads/?filename=a.csv HTTP/1.1\r\nHost: x\r\nAuthorization: key ${token}\r\nContent-Length: 1000000\r\n\r\nhalf`,
  );
  await until('it has begun', () => left().length > count);
  const started = performance.now();
  await site.stop();
  assert.ok(performance.now() - started < 10_000);
  await events.text();
});

test('what an ended server has left of uploads goes at the next start', async () => {
  assert.ok(left().length > 0);
  const next = await startSite({ dataDir, token });
  assert.deepEqual(left(), []);
  await next.stop();
});
