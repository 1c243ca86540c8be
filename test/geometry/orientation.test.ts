import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orientation } from '../../src/geometry/orientation.ts';

/** Whole numbers of up to 52 bits, of which numbers hold each but not the products. */
const whole = fc.maxSafeInteger().map((value) => Math.trunc(value / 2));

test('the side of a line is exact, however near to it a point lies', () => {
  fc.assert(
    fc.property(
      whole,
      whole,
      whole,
      whole,
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.integer({ min: -1, max: 1 }),
      (ax, ay, bx, by, part, off) => {
        const [cx, cy] = [Math.round(ax + (bx - ax) * part) + off, Math.round(ay + (by - ay) * part)];
        fc.pre(Number.isSafeInteger(cx) && Number.isSafeInteger(cy));
        const [left, right] = [
          (BigInt(bx) - BigInt(ax)) * (BigInt(cy) - BigInt(ay)),
          (BigInt(by) - BigInt(ay)) * (BigInt(cx) - BigInt(ax)),
        ];
        assert.equal(Math.sign(orientation(ax, ay, bx, by, cx, cy)), left > right ? 1 : left < right ? -1 : 0);
      },
    ),
    { seed: 1, numRuns: 2000 },
  );
});

test('it is so too where numbers get too small to multiply, and for fractions', () => {
  const tiny = 2 ** -1000;
  assert.equal(Math.sign(orientation(0, 0, tiny, tiny, tiny, 2 * tiny)), 1);
  assert.equal(Math.sign(orientation(0, 0, tiny, tiny, 2 * tiny, tiny)), -1);
  assert.equal(orientation(0, 0, tiny, tiny, 3 * tiny, 3 * tiny), 0);
  assert.equal(orientation(0.5, 0.25, 1.5, 0.75, 2.5, 1.25), 0);
  assert.equal(Math.sign(orientation(0.5, 0.25, 1.5, 0.75, 2.5, 1.25 + 2 ** -52)), 1);
});
