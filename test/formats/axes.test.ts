import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parquetReadObjects } from 'hyparquet';
import { temporaryFolder } from '../fixtures/folder.ts';
import { exported, positions, readFeatures } from '../fixtures/readback.ts';
import { startSite } from '../fixtures/site.ts';

const run = promisify(execFile);
const folder = temporaryFolder();
/** The Beehive in Wellington. */
const PLACE = [174.7766, -41.2784] as const;
const path = join(folder, 'place.geojson');
writeFileSync(path, JSON.stringify({ type: 'Feature', properties: { id: 1 }, geometry: { type: 'Point', coordinates: PLACE } }));
const site = await startSite({ publish: [[path, { id: 1, title: 'Place' }]] });

/** Each format's file, and what it says of its CRS: the one that was asked for, always EPSG:4326, or nothing. */
const FORMATS = [
  ['application/x-zipped-shp', 'shp', 'asked'],
  ['application/x-ogc-gpkg', 'gpkg', 'asked'],
  ['applicaton/x-ogc-filegdb', 'gdb', 'asked'],
  ['application/x-ogc-mapinfo_file', 'tab', 'asked'],
  ['application/x-ogc-mapinfo_file+mif', 'mif', 'asked'],
  ['text/csv', 'csv', 'nothing'],
  ['application/vnd.google-earth.kml+xml', 'kml', 'EPSG:4326'],
  ['image/vnd.dxf', 'dxf', 'nothing'],
  ['application/geo+json', 'geojson', 'EPSG:4326'],
  ['application/flatgeobuf', 'fgb', 'asked'],
  ['application/vnd.apache.parquet', 'parquet', 'asked'],
] as const;

/** PROJ's own word, x before y. */
async function expectedIn(crs: string): Promise<readonly [number, number]> {
  const { stdout } = await run('sh', ['-c', `echo ${PLACE.join(' ')} | gdaltransform -output_xy -s_srs EPSG:4326 -t_srs ${crs}`]);
  const [x = NaN, y = NaN] = stdout.trim().split(' ').map(Number);
  return [x, y];
}

/** The point of a file, as it stands there; or moved to longitude and latitude by what the file says of its CRS. */
async function position(file: string, args: string[] = []): Promise<readonly [number, number]> {
  const [feature] = file.endsWith('.parquet') ? await readParquet(file) : await readFeatures(file, undefined, args);
  return positions(feature?.wkt ?? '')[0] ?? [NaN, NaN];
}

/** GDAL before 3.8 may lack the driver. */
async function readParquet(file: string): Promise<{ wkt: string }[]> {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const rows = await parquetReadObjects({ file: bytes, geoparquet: false, utf8: false });
  return rows.map((row) => {
    const wkb: unknown = Object.values(row).find((value) => value instanceof Uint8Array);
    assert.ok(wkb instanceof Uint8Array && wkb[0] === 1 && wkb[1] === 1);
    const view = new DataView(wkb.buffer, wkb.byteOffset);
    return { wkt: `POINT (${view.getFloat64(5, true)} ${view.getFloat64(13, true)})` };
  });
}

// EPSG has latitude before longitude in 4326 and northing before easting in 2193; files have x before y.
for (const crs of ['EPSG:4326', 'EPSG:2193', 'EPSG:3857']) {
  const tolerance = crs === 'EPSG:4326' ? 1e-6 : 0.01;
  test(`${crs}: every format has x before y, and says where it lies`, async () => {
    const asked = await expectedIn(crs);
    await Promise.all(
      FORMATS.map(async ([mimetype, extension, says]) => {
        const { dir } = await exported(site, folder, { crs, formats: { vector: mimetype }, items: [{ item: `${site.api}/layers/1/` }] });
        const file = join(dir, 'place', `place.${extension}`);
        const [x, y] = await position(file);
        const expected = says === 'EPSG:4326' ? PLACE : asked;
        const away = Math.hypot(x - expected[0], y - expected[1]);
        assert.ok(away <= tolerance, `${extension}: ${x} ${y}, not ${expected}`);
        if (extension === 'csv') {
          const [row] = await readFeatures(file);
          assert.ok(Math.hypot(Number(row?.values.X) - x, Number(row?.values.Y) - y) <= tolerance);
        }
        if (says === 'nothing' || extension === 'parquet') return;
        const [longitude, latitude] = await position(file, ['-t_srs', 'EPSG:4326']);
        assert.ok(Math.hypot(longitude - PLACE[0], latitude - PLACE[1]) < 1e-6, `${extension} in EPSG:4326: ${longitude} ${latitude}`);
      }),
    );
  });
}
