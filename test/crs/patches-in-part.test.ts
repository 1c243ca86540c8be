import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchModel } from '../../src/crs/patches.ts';
import { PatchTransform } from '../../src/crs/patchtransform.ts';
import { type Bounds, compare, placesIn, randomNumbers } from './compare.ts';

const WORLD: Bounds = [-180, -90, 180, 90];

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
    const { furthest, left } = await compare(from, to, extent, 10_000);
    assert.ok(left > 0 && left <= most, `${left}`);
    assert.ok(furthest <= tolerance, `${furthest}`);
  });

test('a datum shift that holds in a small part of the extent only is found', async () => {
  // France's grid, beside places where PROJ shifts by parameters: a hundredth of the extent.
  const { furthest, left } = await compare('EPSG:4275', 'EPSG:4171', [-60, 0, 60, 80], 10_000);
  assert.ok(left < 0.1, `${left}`);
  assert.ok(furthest <= 1e-8, `${furthest}`);
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
