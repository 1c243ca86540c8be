import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { everything, parcels, places, roads } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { gdal, raster } from '../fixtures/rasters.ts';
import { NO_TOKEN, startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();

function geojson(name: string, features: { properties: object; geometry: object }[]): string {
  const path = join(folder, `${name}.geojson`);
  const all = features.map((feature) => ({ type: 'Feature', ...feature }));
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features: all }));
  return path;
}

function inCrs(path: string, crs: string): string {
  const out = path.replace('.geojson', '.gpkg');
  execFileSync('ogr2ogr', ['-t_srs', crs, out, path]);
  return out;
}

/** Islands on both sides of the antimeridian, in a CRS that holds them together. */
const islands = [178.5, -176.5].map((lon) => ({
  properties: { name: `island at ${lon}` },
  geometry: {
    type: 'Polygon',
    coordinates: [[-0.5, 0.5].map((dy) => [lon - 0.5, -44 + dy]), [0.5, -0.5].map((dy) => [lon + 0.5, -44 + dy])].flat(),
  },
}));
const closedIslands = islands.map(({ properties, geometry: { type, coordinates } }) => ({
  properties,
  geometry: { type, coordinates: [[...coordinates, coordinates[0]]] },
}));
/** Many small squares, of which a small scale shows no more than pixels. */
const crowd = Array.from({ length: 3000 }, (_, n) => {
  const [x, y] = [170 + (n % 60) * 0.001, -44 + Math.floor(n / 60) * 0.001];
  const ring = [
    [x, y],
    [x + 0.0009, y],
    [x + 0.0009, y + 0.0009],
    [x, y + 0.0009],
    [x, y],
  ];
  return { properties: { name: `<img src=x onerror=alert(${n})>` }, geometry: { type: 'Polygon', coordinates: [ring] } };
});

const site = await startSite();
const publish = (path: string, id: number, more = {}) => site.publish(path, { id, title: `Layer ${id}`, ...more });
await publish(inCrs(parcels(folder), 'EPSG:2193'), 1);
await publish(roads(folder), 2);
await publish(places(folder), 3);
await publish(inCrs(geojson('islands', closedIslands), 'EPSG:2193'), 4);
await publish(geojson('crowd', crowd), 5);
await publish(everything(folder), 6);
await publish(raster(folder, 'grid.tif', { type: 'Float32', crs: 'EPSG:2193' }), 7, { kind: 'grid' });

/** The tile that a place lies in. */
function tileAt(lon: number, lat: number, z: number): { z: number; x: number; y: number } {
  const sine = Math.sin((lat * Math.PI) / 180);
  const side = 2 ** z;
  return { z, x: Math.floor((lon / 360 + 0.5) * side), y: Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * side) };
}

interface Read {
  id: number | undefined;
  properties: Record<string, unknown>;
  /** [west, south, east, north] in degrees. */
  box: number[];
  type: string;
}

let read = 0;

/** A tile's features as GDAL reads them, placed by the tile's address. */
function readTile(bytes: Buffer, { z, x, y }: { z: number; x: number; y: number }, layer = 'features'): Read[] {
  const dir = join(folder, `tiles-${++read}`, String(z), String(x));
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${y}.mvt`);
  writeFileSync(path, bytes);
  const args = ['-f', 'GeoJSON', '-t_srs', 'EPSG:4326', '/vsistdout/', path, layer];
  const { features } = JSON.parse(
    execFileSync('ogr2ogr', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 }),
  );
  return features.map(({ properties: { mvt_id: id, ...properties }, geometry }: ReturnType<JSON['parse']>) => {
    const flat = geometry.coordinates.flat(9);
    const [lons, lats] = [flat.filter((_: number, i: number) => i % 2 === 0), flat.filter((_: number, i: number) => i % 2 === 1)];
    return { id, properties, type: geometry.type, box: [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)] };
  });
}

async function preview(id: number) {
  const { body: layer } = await site.request('GET', `/layers/${id}/`);
  const { body } = await site.request('GET', `${site.url}/site/preview/layers/${id}/versions/${layer.version.id}/`);
  return body;
}

async function fetchTile(address: string, { z, x, y }: { z: number; x: number; y: number }, headers: Record<string, string> = {}) {
  const url = address.replace('{z}', String(z)).replace('{x}', String(x)).replace('{y}', String(y));
  const response = await fetch(url, { headers: { authorization: `key ${site.token}`, ...headers } });
  site.description.check('GET', new URL(url).pathname, response.status, response.headers.get('content-type'), null);
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

async function features(id: number, tile: { z: number; x: number; y: number }): Promise<Read[]> {
  const { tiles } = await preview(id);
  const { status, bytes } = await fetchTile(tiles[0], tile);
  return status === 204 ? [] : readTile(bytes, tile);
}

test('a preview tells where the layer is, what its tiles hold and where they are', async () => {
  const described = await preview(1);
  assert.deepEqual([described.type, described.geometry_type, described.name_field], ['vector', 'polygon', 'name']);
  assert.deepEqual(described.vector_layers, [
    { id: 'features', fields: { name: 'string', id: 'integer64', area: 'real', surveyed: 'date' } },
  ]);
  for (const [index, value] of [170, -44, 171, -43].entries())
    assert.ok(Math.abs(described.bounds[index] - value) < 0.1, String(described.bounds));
  const grid = await preview(7);
  assert.equal(grid.type, 'raster');
  assert.equal(grid.legend.type, 'values');
  const [, , east] = (await preview(4)).bounds;
  assert.ok(east > 180, String(east));
});

test('features lie where PROJ puts them, to the tile’s grid, and are known by id and name', async () => {
  const tile = tileAt(170.55, -43.45, 12);
  const found = await features(1, tile);
  const named = found.filter(({ properties }) => properties.name !== undefined);
  assert.ok(named.length >= 1 && named.length <= 4, JSON.stringify(found));
  const lot = (await features(1, tileAt(170.5, -43.5, 6))).find(({ properties }) => properties.name === 'Lot 56 Ōtautahi');
  // A unit of the grid at zoom 6 is 0.0014°.
  for (const [index, value] of [170.5, -43.5, 170.6, -43.4].entries())
    assert.ok(Math.abs((lot?.box[index] ?? 0) - value) < 0.002, JSON.stringify(lot));
  assert.deepEqual([lot?.type, lot?.properties.id], ['Polygon', 56]);
  assert.equal(typeof lot?.id, 'number');
});

test('a tile has what lies in it and a little around, cut there', async () => {
  const tile = tileAt(170.55, -43.45, 12);
  const width = 360 / 2 ** 12;
  const west = tile.x * width - 180;
  for (const { box } of await features(1, tile)) {
    assert.ok((box[0] ?? 0) >= west - 0.02 * width && (box[2] ?? 0) <= west + 1.02 * width, JSON.stringify(box));
  }
  const lines = await features(2, tileAt(170.5, -43.5, 9));
  assert.ok(lines.length > 0 && lines.every(({ type }) => type === 'LineString'));
});

test('where nothing lies the answer is 204, and where no tile is 404', async () => {
  const { tiles } = await preview(1);
  assert.equal((await fetchTile(tiles[0], tileAt(10, 50, 8))).status, 204);
  for (const tile of [
    { z: 2, x: 4, y: 0 },
    { z: 30, x: 0, y: 0 },
    { z: 1, x: 0, y: 2 },
  ])
    assert.equal((await fetchTile(tiles[0], tile)).status, 404);
  assert.equal((await fetchTile(tiles[0].replace('.mvt', '.png'), tileAt(170.5, -43.5, 8))).status, 404);
  assert.equal((await fetchTile(tiles[0].replace('layers/1/', 'layers/99/'), { z: 0, x: 0, y: 0 })).status, 404);
});

test('a layer on both sides of the antimeridian is on both sides of the map', async () => {
  const whole = await features(4, { z: 0, x: 0, y: 0 });
  assert.ok(whole.length >= 2, JSON.stringify(whole));
  for (const [lon, name] of [
    [178.5, 'island at 178.5'],
    [-176.5, 'island at -176.5'],
  ] as const) {
    const found = (await features(4, tileAt(lon, -44, 6))).filter(({ properties }) => properties.name === name);
    assert.equal(found.length, 1, name);
    for (const [index, value] of [lon - 0.5, -44.5, lon + 0.5, -43.5].entries())
      assert.ok(Math.abs((found[0]?.box[index] ?? 0) - value) < 0.05);
  }
});

test('what is smaller than a pixel shows as one, and is itself again from near', async () => {
  const far = await features(5, tileAt(170.03, -43.97, 5));
  assert.ok(far.length > 0 && far.length < 100, String(far.length));
  const near = await features(5, tileAt(170.0305, -43.9695, 14));
  assert.ok(near.length > 100 && near.every(({ properties }) => String(properties.name).startsWith('<img')), String(near.length));
});

test('no feature is lost between what is drawn and what is a pixel', async () => {
  // The parcels are a square without gaps, and so is what a tile shows of them: each part of it is covered.
  for (const zoom of [2, 3, 4, 5]) {
    const found = await features(1, tileAt(170.5, -43.5, zoom));
    const pixel = 360 / 2 ** zoom / 512;
    for (let lon = 170.02; lon < 171; lon += 0.04) {
      const covered = found.some(({ box: [w = 0, , e = 0] }) => w - 2 * pixel <= lon && e + 2 * pixel >= lon);
      assert.ok(covered, `${zoom} ${lon}`);
    }
  }
});

test('tiles of a version never change: they are kept for good, and asked for again cost nothing', async () => {
  const { tiles } = await preview(1);
  const first = await fetchTile(tiles[0], tileAt(170.5, -43.5, 7));
  assert.equal(first.headers.get('cache-control'), 'private, max-age=31536000, immutable');
  assert.equal(first.headers.get('content-type'), 'application/vnd.mapbox-vector-tile');
  const again = await fetchTile(tiles[0], tileAt(170.5, -43.5, 7), { 'if-none-match': first.headers.get('etag') ?? '' });
  assert.deepEqual([again.status, again.bytes.length], [304, 0]);
});

test('previews need the scope that layers need', async () => {
  const { tiles } = await preview(1);
  assert.equal((await fetchTile(tiles[0], { z: 0, x: 0, y: 0 }, { authorization: 'key x' })).status, 401);
  const other = { authorization: `key ${await site.createToken('other', ['exports:read'])}` };
  assert.equal((await fetchTile(tiles[0], { z: 0, x: 0, y: 0 }, other)).status, 403);
  assert.equal((await site.request('GET', `${site.url}/site/preview/tables/3/rows/`, undefined, other)).status, 403);
});

test('a grid is a picture, with colours where it has values and nothing where it has none', async () => {
  const { tiles, bounds, fit_zoom: zoom } = await preview(7);
  const [west, south, east, north] = bounds;
  const tile = tileAt((west + east) / 2, (south + north) / 2, zoom + 1);
  const { status, headers, bytes } = await fetchTile(tiles[0], tile);
  assert.deepEqual([status, headers.get('content-type')], [200, 'image/png']);
  const { width, height, seen, colours } = pictureOf(bytes);
  assert.deepEqual([width, height], [512, 512]);
  assert.ok(seen > 0 && seen < 512 * 512, String(seen));
  assert.ok(colours > 8, String(colours));
  assert.equal((await fetchTile(tiles[0], tileAt(west - 90, 20, 6))).status, 204);
});

/** What can be seen in a PNG of ours. */
function pictureOf(bytes: Buffer) {
  const path = join(folder, 'picture.png');
  writeFileSync(path, bytes);
  const raw = join(folder, 'picture.raw');
  gdal('gdal_translate', '-of', 'ENVI', '-co', 'INTERLEAVE=BIP', path, raw);
  const data = readFileSync(raw);
  let seen = 0;
  const colours = new Set<number>();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) continue;
    seen++;
    colours.add(data.readUInt32BE(i));
  }
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), seen, colours: colours.size };
}

test('the basemap needs no token and no demo data: land, borders and places of the whole world', async () => {
  const tile = { z: 3, x: 4, y: 2 };
  const response = await fetch(`${site.url}/site/basemap/3/4/2.mvt`);
  assert.deepEqual([response.status, response.headers.get('cache-control')], [200, 'public, max-age=86400']);
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.ok(readTile(bytes, tile, 'land').length > 0);
  assert.ok(readTile(bytes, tile, 'borders').length > 5);
  const cities = readTile(bytes, tile, 'places').map(({ properties }) => String(properties.name));
  assert.ok(cities.includes('Paris') && cities.includes('Berlin'), cities.join());
  assert.equal((await site.request('GET', `${site.url}/site/basemap/20/0/0.mvt`, undefined, { authorization: NO_TOKEN })).status, 404);
  // Far inside a continent there is nothing but land, far out nothing at all.
  assert.equal((await fetch(`${site.url}/site/basemap/8/0/128.mvt`)).status, 204);
});

test('the first rows are told with their fields, as JSON can hold them', async () => {
  const { body } = await site.request('GET', `${site.url}/site/preview/tables/3/rows/?limit=3`);
  assert.deepEqual(body, {
    fields: [
      { name: 'code', type: 'integer' },
      { name: 'name', type: 'string' },
      { name: 'people', type: 'integer' },
    ],
    rows: [
      [1, 'Ōtepoti 0', 0],
      [2, 'Whangārei 1', 10],
      [3, 'Łódź 2', 20],
    ],
  });
  assert.equal((await site.request('GET', `${site.url}/site/preview/tables/3/rows/`)).body.rows.length, 20);
  const every = (await site.request('GET', `${site.url}/site/preview/layers/6/rows/`)).body;
  const column = (name: string) =>
    every.rows.map((row: unknown[]) => row[every.fields.findIndex((field: { name: string }) => field.name === name)]);
  assert.ok(
    column('big').some((value: unknown) => value === '9007199254740993'),
    JSON.stringify(column('big')),
  );
  assert.ok(column('yes').includes(true) && column('yes').includes(false));
  assert.equal((await site.request('GET', `${site.url}/site/preview/layers/7/rows/`)).status, 404);
  assert.equal((await site.request('GET', `${site.url}/site/preview/tables/3/rows/?limit=1000`)).status, 400);
});

test('many tiles at once are answered while the server answers others', async () => {
  const { tiles } = await preview(5);
  const asked = Array.from({ length: 60 }, (_, n) =>
    fetchTile(tiles[0], tileAt(170 + (n % 10) * 0.006, -44 + Math.floor(n / 10) * 0.008, 13)),
  );
  const started = performance.now();
  assert.equal((await site.request('GET', '/layers/')).status, 200);
  assert.ok(performance.now() - started < 2000);
  for (const { status } of await Promise.all(asked)) assert.ok([200, 204].includes(status));
});
