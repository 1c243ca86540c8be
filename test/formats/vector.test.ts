import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { everything } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { exported, farthest, type ReadFeature, readFeatures } from '../fixtures/readback.ts';
import { startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const source = everything(folder);
const site = await startSite({ publish: [[source, { id: 1, title: 'Everything' }]] });
const item = `${site.api}/layers/1/`;

/** What GDAL itself makes of the source, by feature: mended where the data is, then projected. */
const mended = join(folder, 'mended.gpkg');
execFileSync('ogr2ogr', ['-f', 'GPKG', mended, source, '-makevalid', '-nlt', 'GEOMETRY', '-lco', 'FID=key'], { stdio: 'ignore' });
const expected = new Map((await readFeatures(mended, undefined, ['-t_srs', 'EPSG:2193'])).map((feature) => [feature.values.id, feature]));
const LONG = 'ō'.repeat(200);

function exportAs(format: string, crs: string | null = 'EPSG:2193') {
  return exported(site, folder, { ...(crs ? { crs } : {}), formats: { vector: format }, items: [{ item }] });
}

/** Each feature's geometry is GDAL's own to a millimetre; `apart` ones come as several features. */
function sameGeometry(features: readonly ReadFeature[], reference = expected, tolerance = 1e-3): void {
  for (const [id, { wkt }] of reference) {
    const mine = features.filter(({ values }) => values.id === id);
    assert.ok(mine.length > 0, `feature ${id} is missing`);
    const away = farthest(mine.map((feature) => feature.wkt).join(' '), wkt);
    assert.ok(away <= tolerance, `feature ${id} is ${away} away`);
  }
}

function valuesOf(features: readonly ReadFeature[], id: string): Record<string, string> {
  const feature = features.find(({ values }) => values.id === id);
  assert.ok(feature);
  return feature.values;
}

test('Shapefile: a file for each kind of geometry, short names, cut texts, UTF-8', async () => {
  const { dir, done } = await exportAs('application/x-zipped-shp');
  const parts = ['point', 'line', 'polygon'].map((part) => join(dir, 'everything', `everything-${part}.shp`));
  const features = (await Promise.all(parts.map((path) => readFeatures(path)))).flat();
  sameGeometry(features);
  const first = valuesOf(features, '1');
  assert.equal(first.a_very_lon, 'Ōtautahi');
  assert.equal(first.a_very_l_1, 'ō'.repeat(127));
  assert.equal(first.yes, '1');
  assert.equal(first.big, '9007199254740993');
  assert.equal(first.day, '1850/02/03');
  assert.equal(first.moment, '2020-01-02T03:04:05+05:30');
  assert.equal(first.list, '["x,y","z"]');
  assert.equal(valuesOf(features, '2').a_very_lon, '東京 😀');
  assert.equal(readFileSync(join(dir, 'everything', 'everything-line.cpg'), 'utf8').trim(), 'UTF-8');
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
  assert.deepEqual(
    manifest.items[0].renamed_fields.map(({ from, to }: { from: string; to: string }) => [from, to]),
    [
      ['a_very_long_name_one', 'a_very_lon'],
      ['a_very_long_name_two', 'a_very_l_1'],
    ],
  );
  assert.match(readFileSync(join(dir, 'README.txt'), 'utf8'), /a_very_long_name_two/);
  assert.ok(
    done.warnings.some((one: string) => /1 text of field “a_very_long_name_two” longer than 254 bytes/.test(one)),
    done.warnings.join('\n'),
  );
  assert.ok(done.warnings.some((one: string) => /own file or table/.test(one)));
});

test('GeoPackage keeps all of it', async () => {
  const { dir, done } = await exportAs('application/x-ogc-gpkg');
  const features = await readFeatures(join(dir, 'everything', 'everything.gpkg'));
  assert.equal(features.length, 7);
  sameGeometry(features);
  const first = valuesOf(features, '1');
  assert.equal(first.a_very_long_name_two, LONG);
  assert.equal(first.big, '9007199254740993');
  assert.equal(first.day, '1850/02/03');
  assert.match(first.moment ?? '', /^2020\/01\/01 21:34:05/);
  assert.match(features.find(({ values }) => values.id === '3')?.wkt ?? '', /^POINT Z \(.* 5\)$/);
  assert.deepEqual(done.warnings, []);
});

test('File Geodatabase: a feature class for each kind of geometry', async () => {
  const { dir, done } = await exportAs('applicaton/x-ogc-filegdb');
  const path = join(dir, 'everything', 'everything.gdb');
  const features = (
    await Promise.all(['everything_point', 'everything_line', 'everything_polygon'].map((layer) => readFeatures(path, layer)))
  ).flat();
  sameGeometry(features);
  const first = valuesOf(features, '1');
  assert.equal(first.a_very_long_name_two, LONG);
  assert.equal(first.big, '9007199254740993');
  assert.equal(first.day, '1850-02-03');
  assert.ok(done.warnings.some((one: string) => /before 1900/.test(one)));
});

test('MapInfo TAB and MIF: no nulls, no heights, names and texts whole', async () => {
  for (const [format, file] of [
    ['application/x-ogc-mapinfo_file', 'everything.tab'],
    ['application/x-ogc-mapinfo_file+mif', 'everything.mif'],
  ] as const) {
    const { dir, done } = await exportAs(format);
    const features = await readFeatures(join(dir, 'everything', file));
    sameGeometry(features);
    const first = valuesOf(features, '1');
    assert.equal(first.a_very_long_name_one, 'Ōtautahi');
    assert.equal(first.big, '9007199254740993');
    assert.equal(first.day, '1850/02/03');
    assert.equal(valuesOf(features, '3').ratio, '0');
    for (const word of [/Nulls of/, /Z values/, /2\^53/, /longer than 254/])
      assert.ok(
        done.warnings.some((one: string) => word.test(one)),
        String(word),
      );
  }
});

test('CSV: every value and coordinate in full', async () => {
  const { dir, done } = await exportAs('text/csv');
  const features = await readFeatures(join(dir, 'everything', 'everything.csv'));
  assert.equal(features.length, 7);
  sameGeometry(features);
  const second = valuesOf(features, '2');
  assert.equal(second.a_very_long_name_two, 'a "quoted", text\non two lines');
  assert.equal(valuesOf(features, '1').big, '9007199254740993');
  assert.equal(valuesOf(features, '1').moment, '2020-01-02T03:04:05+05:30');
  assert.deepEqual(done.warnings, []);
});

test('KML: longitude and latitude whatever was asked for, styled', async () => {
  const { dir } = await exported(site, folder, {
    formats: { vector: 'application/vnd.google-earth.kml+xml' },
    items: [{ item, color: '#3399DD' }],
  });
  const path = join(dir, 'everything', 'everything.kml');
  const features = await readFeatures(path);
  const degrees = new Map((await readFeatures(mended)).map((feature) => [feature.values.id, feature]));
  sameGeometry(features, degrees, 1e-8);
  assert.equal(valuesOf(features, '2').a_very_long_name_one, '東京 😀');
  assert.equal(valuesOf(features, '1').big, '9007199254740993');
  // KML's colours are aabbggrr.
  assert.match(readFileSync(path, 'utf8'), /<color>(ff)?dd9933/i);
});

test('DXF: geometry alone, in colour, and the rest is said', async () => {
  const { dir, done } = await exported(site, folder, {
    crs: 'EPSG:2193',
    formats: { vector: 'image/vnd.dxf' },
    items: [{ item, color: '#FF0000' }],
  });
  const text = execFileSync('ogrinfo', ['-q', '-al', join(dir, 'everything', 'everything.dxf')], { encoding: 'utf8' });
  const all = [...expected.values()].map(({ wkt }) => wkt).join(' ');
  assert.ok(farthest(text.replace(/^ {2}(?!(POLYGON|LINESTRING|POINT)).*$/gm, ''), all) < 1e-3);
  assert.match(text, /#ff0000/i);
  for (const word of [/fields were left out/, /1 feature without geometry/, /no coordinate system/])
    assert.ok(
      done.warnings.some((one: string) => word.test(one)),
      String(word),
    );
});

test('GeoJSON is RFC 7946: longitude and latitude, right-handed, true to types', async () => {
  const { dir, done } = await exportAs('application/geo+json');
  const text = readFileSync(join(dir, 'everything', 'everything.geojson'), 'utf8');
  assert.match(text, /"big":9007199254740993/);
  const { features, crs } = JSON.parse(text);
  assert.equal(crs, undefined);
  assert.equal(features.length, 7);
  const first = features.find((one: { properties: { id: number } }) => one.properties.id === 1);
  assert.deepEqual(first.properties.list, ['x,y', 'z']);
  assert.equal(first.properties.yes, true);
  const [ring, hole] = first.geometry.coordinates;
  assert.ok(signedArea(ring) > 0 && signedArea(hole) < 0);
  assert.equal(features.find((one: { properties: { id: number } }) => one.properties.id === 4).geometry, null);
  assert.ok(done.warnings.some((one: string) => /always written in EPSG:4326/.test(one)));
});

test('FlatGeobuf keeps all of it, with an index', async () => {
  const { dir } = await exportAs('application/flatgeobuf');
  const path = join(dir, 'everything', 'everything.fgb');
  const features = await readFeatures(path);
  assert.equal(features.length, 7);
  sameGeometry(features);
  assert.equal(valuesOf(features, '1').big, '9007199254740993');
  const inBox = execFileSync('ogrinfo', ['-so', path, 'everything', '-spat', '0', '0', '1', '1'], { encoding: 'utf8' });
  assert.match(inBox, /Feature Count: 0\n/);
  assert.match(inBox, /ID\["EPSG",2193\]\]/);
});

test('GeoParquet 1.1 with the metadata that readers look for', async () => {
  const { dir } = await exportAs('application/vnd.apache.parquet');
  const file = readFileSync(join(dir, 'everything', 'everything.parquet'));
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
  const metadata = parquetMetadata(bytes);
  assert.equal(Number(metadata.num_rows), 7);
  const geo = JSON.parse(metadata.key_value_metadata?.find(({ key }) => key === 'geo')?.value ?? '{}');
  assert.equal(geo.version, '1.1.0');
  assert.deepEqual(geo.columns.geometry.crs.id, { authority: 'EPSG', code: 2193 });
  assert.equal(geo.columns.geometry.encoding, 'WKB');
  assert.equal(geo.columns.geometry.bbox.length, 4);
  const rows = await parquetReadObjects({ file: bytes, geoparquet: false });
  const first = rows.find((row) => Number(row.id) === 1);
  assert.equal(first?.big, 9007199254740993n);
  assert.equal(first?.day.toISOString().slice(0, 10), '1850-02-03');
  assert.equal(first?.moment.toISOString(), '2020-01-01T21:34:05.000Z');
  assert.equal(first?.a_very_long_name_two, LONG);
});

function signedArea(ring: number[][]): number {
  return ring.reduce((sum, [x = 0, y = 0], i) => {
    const [nextX = x, nextY = y] = ring[i + 1] ?? [];
    return sum + x * nextY - nextX * y;
  }, 0);
}

test('a layer without fields goes to every format that holds geometry', async () => {
  const path = join(folder, 'bare.geojson');
  writeFileSync(path, JSON.stringify({ type: 'Point', coordinates: [170, -44] }));
  await site.publish(path, { id: 2, title: 'Bare' });
  for (const [format, file] of [
    ['application/x-zipped-shp', 'bare.shp'],
    ['application/x-ogc-gpkg', 'bare.gpkg'],
    ['application/x-ogc-mapinfo_file', 'bare.tab'],
    ['application/x-ogc-mapinfo_file+mif', 'bare.mif'],
  ] as const) {
    const body = { crs: 'EPSG:2193', formats: { vector: format }, items: [{ item: `${site.api}/layers/2/` }] };
    const { dir } = await exported(site, folder, body);
    assert.equal((await readFeatures(join(dir, 'bare', file))).length, 1, file);
  }
});

test('binary values are hexadecimal text where the format or GDAL would lose them, and that is said', async () => {
  const path = join(folder, 'blobs.gpkg');
  const sql = "SELECT geometry, 1 AS n, x'00ff' AS photo FROM everything WHERE id = 1";
  execFileSync('ogr2ogr', [path, source, '-dialect', 'SQLite', '-sql', sql, '-nln', 'blobs'], { stdio: 'ignore' });
  await site.publish(path, { id: 3, title: 'Blobs' });
  for (const [format, file, kept] of [
    ['application/x-ogc-gpkg', 'blobs.gpkg', true],
    ['applicaton/x-ogc-filegdb', 'blobs.gdb', false],
    ['text/csv', 'blobs.csv', false],
  ] as const) {
    const body = { crs: 'EPSG:2193', formats: { vector: format }, items: [{ item: `${site.api}/layers/3/` }] };
    const { dir, done } = await exported(site, folder, body);
    // Of binary values GDAL says the digits in capitals.
    assert.equal((await readFeatures(join(dir, 'blobs', file)))[0]?.values.photo, kept ? '00FF' : '00ff', file);
    assert.equal(
      done.warnings.some((one: string) => /“photo” is binary/.test(one)),
      !kept,
    );
  }
});

test('odd names, control characters, line breaks and infinite numbers: what a format cannot hold is replaced and counted', async () => {
  const path = join(folder, 'odd.geojson');
  const properties = `{"id":7,"<b>&":"x","a\\"b":"y","text":"a\\u0001b\\nc","ratio":Infinity}`;
  writeFileSync(path, `{"type":"Feature","properties":${properties},"geometry":{"type":"Point","coordinates":[170,-44]}}`);
  await site.publish(path, { id: 4, title: 'Odd' });
  for (const [format, file, expected, words] of [
    [
      'application/vnd.google-earth.kml+xml',
      'odd.kml',
      { '<b>&': 'x', 'a"b': 'y', text: 'a\ufffdb\nc', ratio: '' },
      [/control characters/, /infinite/],
    ],
    ['application/x-ogc-mapinfo_file+mif', 'odd.mif', { text: 'a\u0001b c', ratio: '0' }, [/line breaks/, /infinite/, /Nulls of/]],
    ['application/geo+json', 'odd.geojson', { '<b>&': 'x', text: 'a\u0001b\nc', ratio: '' }, [/1 infinite number of field “ratio”/]],
    ['application/x-ogc-gpkg', 'odd.gpkg', { '<b>&': 'x', a_b: 'y', ratio: 'inf' }, []],
  ] as const) {
    const { dir, done } = await exported(site, folder, {
      crs: 'EPSG:4326',
      formats: { vector: format },
      items: [{ item: `${site.api}/layers/4/` }],
    });
    const [feature] = await readFeatures(join(dir, 'odd', file));
    for (const [name, value] of Object.entries(expected)) assert.equal(feature?.values[name], value, `${file} ${name}`);
    for (const word of words)
      assert.ok(
        done.warnings.some((one: string) => word.test(one)),
        `${file}: ${word} in ${done.warnings}`,
      );
  }
});
