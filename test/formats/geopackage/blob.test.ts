import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GeometryBlob, toGeoPackageBinary } from '../../../src/formats/geopackage/blob.ts';
import { GEOMETRY_TYPES, type Geometry, type GeometryType } from '../../../src/store/feature.ts';
import { fromWkb } from '../../../src/store/wkb.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { flat, query } from './file.ts';

const folder = temporaryFolder();

const SHAPES = [
  ['POINT', '(1.25 -2)'],
  ['LINESTRING', '(1 2,3 4,-5 6)'],
  ['POLYGON', '((0 0,9 0,9 9,0 9,0 0),(1 1,2 1,2 2,1 1))'],
  ['MULTIPOINT', '((1 2),(3 4))'],
  ['MULTILINESTRING', '((1 2,3 4),(5 6,7 8,9 1))'],
  ['MULTIPOLYGON', '(((0 0,9 0,9 9,0 9,0 0),(1 1,2 1,2 2,1 1)),((20 0,21 0,21 1,20 0)))'],
  ['GEOMETRYCOLLECTION', '(POINT(1 2),LINESTRING(3 4,5 6))'],
] as const;

/** Each shape in two to four dimensions. */
const TEXTS = SHAPES.flatMap(([name, body]) =>
  ['', ' Z', ' M', ' ZM'].map((dimensions) => {
    let n = 0;
    const more = body.replace(/(-?[\d.]+ -?[\d.]+)/g, (xy) => `${xy}${` ${7 - n++}`.repeat(dimensions.trim().length)}`);
    return `${name}${dimensions} ${more.replace(/(POINT|LINESTRING)\(/g, `$1${dimensions} (`)}`;
  }),
);

/** What GDAL makes of the texts. */
function byGdal(): { wkt: string; blob: Buffer }[] {
  const source = join(folder, 'shapes.csv');
  writeFileSync(source, ['wkt,n', ...TEXTS.map((text, n) => `"${text}",${n}`)].join('\n'));
  const path = join(folder, 'shapes.gpkg');
  const options = ['-nlt', 'GEOMETRY', '-a_srs', 'EPSG:2193', '-oo', 'GEOM_POSSIBLE_NAMES=wkt'];
  execFileSync('ogr2ogr', ['-f', 'GPKG', path, source, ...options], { stdio: 'ignore' });
  return query(path, 'SELECT wkt, geom FROM shapes ORDER BY fid').map(({ wkt, geom }) => ({
    wkt: String(wkt),
    blob: geom instanceof Uint8Array ? Buffer.from(geom) : Buffer.alloc(0),
  }));
}

function inBlob(geometry: Geometry): Buffer | null {
  const shape = flat(geometry);
  if (!shape) return null;
  const blob = new GeometryBlob(2193);
  blob.set(shape);
  const bytes = Buffer.alloc(blob.length + 8, 0xee);
  blob.write(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 4);
  assert.ok(
    [...bytes.subarray(0, 4), ...bytes.subarray(-4)].every((byte) => byte === 0xee),
    'it writes outside its place',
  );
  return bytes.subarray(4, -4);
}

test('every type in every dimension is what GDAL writes, byte by byte', () => {
  const made = byGdal();
  assert.equal(made.length, TEXTS.length);
  for (const { wkt, blob } of made) {
    const envelope = [0, 32, 48][((blob[3] ?? 0) >> 1) & 7] ?? 0;
    const geometry = fromWkb(blob.subarray(8 + envelope));
    assert.deepEqual(Buffer.from(toGeoPackageBinary(geometry, 2193)), blob, wkt);
    const flatBytes = inBlob(geometry);
    if (geometry.type === 'GeometryCollection') assert.equal(flatBytes, null);
    else assert.deepEqual(flatBytes, blob, wkt);
  }
});

test('geometries without points say so', () => {
  for (const type of GEOMETRY_TYPES) {
    const empty: Geometry = { type, xy: new Float64Array(), z: null, m: null, ends: null, parts: [] };
    const bytes = Buffer.from(toGeoPackageBinary(empty, 4326));
    assert.equal(bytes[3], 0x11);
    assert.equal(bytes.readInt32LE(4), 4326);
    assert.equal(fromWkb(bytes.subarray(8)).type, type);
    const made = inBlob(empty);
    if (made) assert.deepEqual(made.subarray(8), bytes.subarray(8));
  }
});

test('a polygon with Z is measured in three dimensions', () => {
  const type: GeometryType = 'Polygon';
  const xy = Float64Array.of(0, 0, 4, 0, 4, 3, 0, 0);
  const bytes = Buffer.from(
    toGeoPackageBinary({ type, xy, z: Float64Array.of(5, -6, 7, 5), m: null, ends: Uint32Array.of(4), parts: [] }, 2193),
  );
  assert.deepEqual(
    Array.from({ length: 6 }, (_, i) => bytes.readDoubleLE(8 + 8 * i)),
    [0, 4, 0, 3, -6, 7],
  );
});
