import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { PatchTransform, patchModel } from '../../src/crs/patches.ts';

type Bounds = readonly [number, number, number, number];

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

/** The same numbers in [0, 1) at each run (Lehmer's generator, Park and Miller's constants). */
function randomNumbers(): () => number {
  let state = 20_011;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** x and y of places all over the bounds. */
function placesIn([minX, minY, maxX, maxY]: Bounds, count: number): Float64Array {
  const random = randomNumbers();
  return Float64Array.from({ length: 2 * count }, (_, i) =>
    i % 2 === 0 ? minX + (maxX - minX) * random() : minY + (maxY - minY) * random(),
  );
}

/** What gdaltransform itself makes of places. */
function byGdal(places: Float64Array, from: string, to: string): Float64Array {
  const lines = Array.from({ length: places.length / 2 }, (_, n) => `${places[2 * n]} ${places[2 * n + 1]}`);
  const said = execFileSync('gdaltransform', ['-output_xy', '-s_srs', from, '-t_srs', to], { input: lines.join('\n'), stdio: 'pipe' });
  const made = String(said).trimEnd().split('\n');
  return Float64Array.from(made.flatMap((line) => (/^[-\d]/.test(line) ? line.split(' ').map(Number) : [NaN, NaN])));
}

/** How far a model is from gdaltransform, in the target's units, and the part of the places that it leaves to it. */
async function compare(from: string, to: string, extent: Bounds, count = 5000): Promise<{ furthest: number; left: number }> {
  const model = await patchModel(from, to, extent);
  if (!model) return { furthest: 0, left: 1 };
  const places = placesIn(extent, count);
  const truth = byGdal(places, from, to);
  assert.equal(truth.length, places.length);
  const made = places.slice();
  new PatchTransform(structuredClone(model)).transform(made, count);
  let [furthest, left] = [0, 0];
  for (let i = 0; i < made.length; i += 2) {
    const [x = NaN, y = NaN] = [made[i], made[i + 1]];
    if (Number.isNaN(x) && Number.isNaN(y)) {
      left++;
      continue;
    }
    const off = Math.max(Math.abs(x - (truth[i] ?? NaN)), Math.abs(y - (truth[i + 1] ?? NaN)));
    furthest = Math.max(furthest, Number.isNaN(off) ? Infinity : off);
  }
  return { furthest, left: left / count };
}

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

test('a datum-shift grid is honoured, kinks and all, to less than a millimetre', async () => {
  const city: Bounds = [2_650_000, 5_980_000, 2_680_000, 6_010_000];
  const { furthest, left } = await compare('EPSG:27200', 'EPSG:2193', city);
  assert.ok(left < 0.1, `${left}`);
  assert.ok(furthest < 5e-4, `${furthest}`);
});

const IN_PART: [name: string, from: string, to: string, extent: Bounds, tolerance: number, most: number][] = [
  ['the world to a country', 'EPSG:4326', 'EPSG:2193', WORLD, 5e-4, 1],
  ['the cut of a projection', 'EPSG:4326', 'ESRI:54009', WORLD, 5e-4, 0.1],
  ['the antimeridian', 'EPSG:2193', 'EPSG:4326', [1_500_000, 4_740_000, 3_090_000, 6_195_000], 1e-8, 0.1],
  ['a pole and the antimeridian', 'EPSG:3031', 'EPSG:4326', [-3e6, -3e6, 3e6, 3e6], 1e-8, 0.6],
  ['operations that meet', 'EPSG:4267', 'EPSG:4326', [-125, 25, -66, 49], 1e-8, 0.4],
  ['a grid over a country', 'EPSG:27200', 'EPSG:2193', [2_000_000, 5_300_000, 3_010_000, 6_760_000], 5e-4, 1],
];

for (const [name, from, to, extent, tolerance, most] of IN_PART)
  test(`patches leave to PROJ what they cannot give: ${name}`, async () => {
    const { furthest, left } = await compare(from, to, extent, 20_000);
    assert.ok(left > 0 && left <= most, `${left}`);
    assert.ok(furthest <= tolerance, `${furthest}`);
  });

test('a box is covered where all its points have a result, and not where one has none', async () => {
  const extent: Bounds = [1_500_000, 4_740_000, 3_090_000, 6_195_000];
  const model = await patchModel('EPSG:2193', 'EPSG:4326', extent);
  assert.ok(model);
  const transform = new PatchTransform(model);
  assert.equal(transform.covers(1_500_000, 5_000_000, 1_600_000, 5_100_000), true);
  assert.equal(transform.covers(...extent), false, 'the antimeridian is in it');
  assert.equal(transform.covers(1_400_000, 5_000_000, 1_600_000, 5_100_000), false, 'it begins outside the extent');
  const random = randomNumbers();
  let covered = 0;
  for (let n = 0; n < 2000; n++) {
    const [x, y, size] = [1_500_000 + random() * 1_540_000, 4_740_000 + random() * 1_400_000, random() * 50_000];
    const box = [x, y, x + size, y + size] as const;
    const inside = Float64Array.from([...placesIn(box, 50), x, y, x + size, y, x, y + size, x + size, y + size]);
    transform.transform(inside, inside.length / 2);
    if (transform.covers(...box)) {
      covered++;
      assert.ok(inside.every(Number.isFinite));
    }
  }
  assert.ok(covered > 1000 && covered < 2000, `${covered}`);
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
  const truth = byGdal(near, 'EPSG:2193', 'EPSG:4326');
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
  const truth = byGdal(xy, 'EPSG:2193', 'EPSG:4326');
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
