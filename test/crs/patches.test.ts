import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchModel } from '../../src/crs/patches.ts';
import { PatchTransform } from '../../src/crs/patchtransform.ts';
import { type Bounds, byGdal, compare, placesIn, randomNumbers } from './compare.ts';

const NEW_ZEALAND: Bounds = [1_090_000, 4_740_000, 2_090_000, 6_195_000];
const GREAT_BRITAIN: Bounds = [80_000, 5_000, 660_000, 1_220_000];
const WORLD: Bounds = [-180, -90, 180, 90];
/** An oblique Mercator that no registry knows, in feet, on the International 1924 ellipsoid by seven parameters. */
const CUSTOM =
  'BOUNDCRS[SOURCECRS[PROJCRS["Site grid",BASEGEOGCRS["Site datum",DATUM["Site datum",ELLIPSOID["International 1924",6378388,297]]],' +
  'CONVERSION["Site grid",METHOD["Hotine Oblique Mercator (variant B)",ID["EPSG",9815]],PARAMETER["Latitude of projection centre",-41.2,ANGLEUNIT["degree",0.0174532925199433]],' +
  'PARAMETER["Longitude of projection centre",174.8,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Azimuth of initial line",30,ANGLEUNIT["degree",0.0174532925199433]],' +
  'PARAMETER["Angle from Rectified to Skew Grid",30,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Scale factor on initial line",0.9999,SCALEUNIT["unity",1]],' +
  'PARAMETER["Easting at projection centre",300000,LENGTHUNIT["foot",0.3048]],PARAMETER["Northing at projection centre",500000,LENGTHUNIT["foot",0.3048]]],' +
  'CS[Cartesian,2],AXIS["easting (E)",east,LENGTHUNIT["foot",0.3048]],AXIS["northing (N)",north,LENGTHUNIT["foot",0.3048]]]],' +
  'TARGETCRS[GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563]],CS[ellipsoidal,2],AXIS["latitude",north],AXIS["longitude",east],ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",4326]]],' +
  'ABRIDGEDTRANSFORMATION["Site datum to WGS 84",METHOD["Position Vector transformation (geog2D domain)",ID["EPSG",9606]],PARAMETER["X-axis translation",59.47],PARAMETER["Y-axis translation",-5.04],' +
  'PARAMETER["Z-axis translation",187.44],PARAMETER["X-axis rotation",0.47],PARAMETER["Y-axis rotation",-0.1],PARAMETER["Z-axis rotation",1.024],PARAMETER["Scale difference",0.9999954007]]]';

/** What 1e-8 m is in degrees is less than gdaltransform prints (15 digits: 1e-12 from 100 on). */
const METRES = 1e-7;
const DEGREES = 1e-11;

const EVERYWHERE: [name: string, from: string, to: string, extent: Bounds, tolerance: number][] = [
  ['a city to longitude and latitude', 'EPSG:2193', 'EPSG:4326', [1_740_000, 5_415_000, 1_760_000, 5_440_000], DEGREES],
  ['a country to longitude and latitude', 'EPSG:2193', 'EPSG:4326', NEW_ZEALAND, DEGREES],
  ['a country from longitude and latitude', 'EPSG:4326', 'EPSG:2193', [166, -47.5, 178.7, -34], METRES],
  ['a country to Web Mercator', 'EPSG:2193', 'EPSG:3857', NEW_ZEALAND, 1e-6],
  ['a datum shift', 'EPSG:27700', 'EPSG:4326', GREAT_BRITAIN, DEGREES],
  ['a datum shift to Web Mercator', 'EPSG:27700', 'EPSG:3857', GREAT_BRITAIN, 1e-6],
  ['the world to Web Mercator', 'EPSG:4326', 'EPSG:3857', [-180, -80, 180, 80], 1e-6],
  ['a continent to equal areas', 'EPSG:4326', 'EPSG:3035', [-25, 34, 45, 72], METRES],
  ['a pole inside the extent', 'EPSG:4326', 'EPSG:3031', [-180, -90, 180, -60], METRES],
  ['one zone to the next', 'EPSG:26910', 'EPSG:26911', [400_000, 4_000_000, 900_000, 5_500_000], METRES],
  ['feet to longitude and latitude', 'EPSG:2263', 'EPSG:4326', [900_000, 110_000, 1_080_000, 280_000], DEGREES],
  ['longitude and latitude to feet', 'EPSG:4326', 'EPSG:2263', [-74.3, 40.4, -73.6, 41], METRES],
  ['from a definition without a code', CUSTOM, 'EPSG:4326', [150_000, 300_000, 450_000, 700_000], DEGREES],
  ['to a definition without a code', 'EPSG:2193', CUSTOM, [1_700_000, 5_400_000, 1_800_000, 5_500_000], METRES],
  ['another unit', 'EPSG:2263', 'EPSG:32118', [900_000, 110_000, 1_080_000, 280_000], METRES],
  ['heights beside x and y', 'EPSG:2193', 'EPSG:7839', NEW_ZEALAND, METRES],
];

for (const [name, from, to, extent, tolerance] of EVERYWHERE)
  test(`patches give PROJ's own result all over the extent: ${name}`, async () => {
    const { furthest, left } = await compare(from, to, extent);
    assert.equal(left, 0);
    assert.ok(furthest <= tolerance, `${furthest}`);
  });

test("a point's result does not depend on the points before it, on the patches' edges too", async () => {
  const model = await patchModel('EPSG:2193', 'EPSG:4326', NEW_ZEALAND);
  assert.ok(model);
  const transform = new PatchTransform(model);
  const corners = Array.from({ length: model.bounds.length / 4 }, (_, node) => [...model.bounds.subarray(4 * node, 4 * node + 4)]).flatMap(
    ([minX = 0, minY = 0, maxX = 0, maxY = 0]) => [minX, minY, maxX, maxY, minX, (minY + maxY) / 2, (minX + maxX) / 2, maxY],
  );
  const places = Float64Array.from([...corners, ...placesIn(NEW_ZEALAND, 1000)]);
  const together = places.slice();
  transform.transform(together, places.length / 2);
  const random = randomNumbers();
  for (let n = 0; n < places.length; n += 2) {
    const before = 2 * Math.floor((random() * places.length) / 2);
    const pair = Float64Array.from([...places.subarray(before, before + 2), ...places.subarray(n, n + 2)]);
    transform.transform(pair, 2);
    assert.deepEqual([...pair.subarray(2)], [...together.subarray(n, n + 2)]);
  }
});

test('points a hair outside the extent have a result, those further out and those without coordinates have none', async () => {
  const [minX, minY, maxX, maxY] = NEW_ZEALAND;
  const model = await patchModel('EPSG:2193', 'EPSG:4326', NEW_ZEALAND);
  assert.ok(model);
  const near = Float64Array.of(minX - 1e-4, minY - 1e-4, maxX + 1e-4, maxY + 1e-4);
  const truth = await byGdal(near, 'EPSG:2193', 'EPSG:4326');
  const far = Float64Array.of(minX - 1, minY, maxX, maxY + 1, NaN, NaN, Infinity, minY);
  const transform = new PatchTransform(model);
  transform.transform(near, 2);
  transform.transform(far, 4);
  assert.ok(near.every((value, i) => Math.abs(value - (truth[i] ?? NaN)) < DEGREES));
  assert.ok(far.every(Number.isNaN));
});

test('an extent of a single point, and only as many points as are asked for', async () => {
  const model = await patchModel('EPSG:2193', 'EPSG:4326', [1_748_735, 5_427_916, 1_748_735, 5_427_916]);
  assert.ok(model);
  const xy = Float64Array.of(1_748_735, 5_427_916, 1_748_735, 5_427_916);
  const truth = await byGdal(xy, 'EPSG:2193', 'EPSG:4326');
  new PatchTransform(model).transform(xy, 1);
  assert.ok(Math.abs((xy[0] ?? NaN) - (truth[0] ?? NaN)) < DEGREES && Math.abs((xy[1] ?? NaN) - (truth[1] ?? NaN)) < DEGREES);
  assert.deepEqual([...xy.subarray(2)], [1_748_735, 5_427_916]);
});

test('coordinates that PROJ does not change keep every bit', async () => {
  const model = await patchModel('EPSG:4326', 'EPSG:4979', WORLD);
  assert.ok(model);
  const places = placesIn(WORLD, 1000);
  const made = places.slice();
  new PatchTransform(model).transform(made, 1000);
  assert.deepEqual(made, places);
});

test('where a projection is cut open the extent is not divided without end', async () => {
  const model = await patchModel('EPSG:4326', 'EPSG:3832', [-180, -18, 179.95, -16]);
  assert.ok(model);
  const widths = Array.from({ length: model.bounds.length / 4 }, (_, n) => (model.bounds[4 * n + 2] ?? 0) - (model.bounds[4 * n] ?? 0));
  assert.ok(Math.min(...widths) > 1e-6, `a patch of ${Math.min(...widths)} degrees`);
});

test('longitudes past the antimeridian go on, as those of a layer that crosses it', async () => {
  const extent: Bounds = [1_990_000, 3_900_000, 2_290_000, 4_200_000];
  const [places, count] = [placesIn(extent, 1000), 1000];
  const truth = await byGdal(places, 'EPSG:3460', 'EPSG:4326');
  assert.ok(truth.some((value) => value > 179) && truth.some((value) => value < -179));
  const whole = await patchModel('EPSG:3460', 'EPSG:4326', extent, undefined, 180);
  assert.ok(whole);
  const transform = new PatchTransform(whole);
  assert.ok(transform.covers(...extent));
  const made = places.slice();
  transform.transform(made, count);
  assert.ok(made.every((value, i) => Math.abs(value - ((truth[i] ?? NaN) + (i % 2 === 0 && (truth[i] ?? NaN) < 0 ? 360 : 0))) < DEGREES));
  // As PROJ gives them they are torn apart.
  const torn = await patchModel('EPSG:3460', 'EPSG:4326', extent);
  assert.ok(!torn || !new PatchTransform(torn).covers(...extent));
});

test('a model is remembered', async () => {
  const extent: Bounds = [1_740_000, 5_415_000, 1_760_000, 5_440_000];
  const [first, second] = await Promise.all([patchModel('EPSG:2193', 'EPSG:3857', extent), patchModel('EPSG:2193', 'EPSG:3857', extent)]);
  assert.ok(first);
  assert.equal(first, second);
});

test('CRSs between which PROJ knows no way and cancelled calls are said', async () => {
  await assert.rejects(patchModel('EPSG:2193', 'EPSG:1', [0, 0, 1, 1]));
  await assert.rejects(patchModel('EPSG:2193', 'EPSG:4326', [0, 0, 1, 1], AbortSignal.abort(new Error('enough'))), /enough/);
});
